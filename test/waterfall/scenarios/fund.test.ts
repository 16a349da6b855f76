/** WF-FUND: the insurance fund, its reservations and its limits; WF-FEE: what feeds it. */
import { dec, rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { BANKRUPTCY, full, fund, MARKET, SECONDS } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100' };
const two = { alice: '1000; A 100 @100', carol: '1000; B 100 @100', bob: '3000; A -100 @100; B -100 @100' };
/** Closes at any price first, so that the fund only pays what is missing. */
const paying = (over: Parameters<typeof fund>[0] = {}) => policyOf([full({ price: MARKET }), fund(over)]);

scenario('WF-FUND-001', 'pays what is missing, and keeps the rest', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund 500
    tick A 90.5
    fill alice A @89.5
    end
  `,
});

scenario('WF-FUND-002', 'of zero pays nothing, says so, and hands on', {
  accounts: one,
  policy: paying(),
  script: `
    tick A 90.5
    fill alice A @89.5
    end
  `,
});

scenario('WF-FUND-003', 'that is exactly enough pays to its last unit, and nobody else pays', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund 50.000000000000000001
    tick A 90.5
    fill alice A @89.5 fee 0.000000000000000001
    end
  `,
});

scenario('WF-FUND-003', 'that is one unit short pays all it has, and the next pays the unit', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund 49.999999999999999999
    tick A 90.5
    fill alice A @89.5
    end
  `,
});

scenario('WF-FUND-004', 'reserves the worst expected loss of a case when it opens: what another has reserved is not paid', {
  // Each expects to lose 0.05 · 9,050 less its equity of 50: 402.5. The fund has 500 for both.
  accounts: two,
  policy: paying(),
  script: `
    admin fund 500
    tick A 90.5 B 90.5
    fill carol B @86.5
    fill alice A @85.5
    end
  `,
});

scenario('WF-FUND-005', 'gives a reservation back when its case ends: the next case has it all', {
  accounts: two,
  policy: paying(),
  script: `
    admin fund 450
    tick A 90.5 B 95
    admin fund -48
    admin fund -47.5
    fill alice A @90
    tick B 90
    fill carol B @85.5
    end
  `,
});

scenario('WF-FUND-006', 'pays a case no more than its cap', {
  accounts: one,
  policy: paying({ caseMax: dec(30) }),
  script: `
    admin fund 500
    tick A 90.5
    fill alice A @89.5
    end
  `,
});

scenario('WF-FUND-007', 'pays no more than its cap within a window, and again when the window is over', {
  accounts: { ...two, dave: '1000; A 100 @100', bob: '3000; A -200 @100; B -100 @100' },
  policy: paying({ window: { amount: dec(80), durationUs: 60 * SECONDS } }),
  script: `
    admin fund 2000
    tick A 90.5 B 90.5
    fill alice A @89.5
    fill carol B @89.5
    +60 fill dave A @89.5
    end
  `,
});

scenario('WF-FUND-008', 'stops when it has fallen by a share of its peak, and pays again when it has come back', {
  accounts: { ...two, dave: '1000; A 100 @100', bob: '3000; A -200 @100; B -100 @100' },
  policy: paying({ drawdown: { trigger: rate('0.1'), stop: rate('0.05'), peakUs: 3_600 * SECONDS } }),
  script: `
    admin fund 2000
    tick A 90.5 B 90.5
    fill alice A @88
    fill carol B @89.5
    admin fund 120
    fill dave A @89.5
    end
  `,
});

scenario('WF-FUND-009', "of a market pays first, then its asset's; other markets' funds never", {
  accounts: one,
  policy: paying({ perMarket: true }),
  script: `
    admin fund 30 A
    admin fund 1000 B
    admin fund 5
    tick A 90.5
    fill alice A @89.5
    end
  `,
});

scenario('WF-FUND-010', 'closes positions at its expense while it covers what that may cost, and pays what is missing', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 500
    tick A 90.5
    ack alice A unfilled
    fill alice A @87
    end
  `,
});

scenario('WF-FUND-010', 'does not close what it may not cover: it hands on at once', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 402.4
    tick A 90.5
    ack alice A unfilled
    end
  `,
});

scenario('WF-FUND-011', 'finding nobody at its expense either hands on, and pays nothing for what was not closed', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 500
    tick A 90.5
    ack alice A unfilled
    ack alice A unfilled
    end
  `,
});

scenario('WF-FUND-012', 'in another asset pays losses of markets that settle in it, in that asset', {
  accounts: { alice: 'ETH 10; E 100 @100', bob: 'ETH 100; E -100 @100' },
  policy: paying(),
  script: `
    admin fund 30 ETH
    tick E 100 ETH 1000
    tick E 99.9 ETH 1000
    tick E 91 ETH 1000
    fill alice E @89.9
    end
  `,
});

scenario('WF-FUND-013', 'is changed by operators alone, never below what is reserved', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund -1
    admin fund 450
    tick A 90.5
    admin fund -47.6
    admin fund -47.5
    admin fund 0
    end
  `,
});

scenario('WF-FEE-001', 'a liquidation fee goes to the fund, of what the closing brings beyond the bankruptcy price', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.001'), surplus: 'account' } }),
  script: `
    tick A 90.5
    fill alice A @90.5
    end
  `,
});

scenario('WF-FEE-002', 'a liquidation fee is never more than what the closing brings, and nothing at the bankruptcy price', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.005'), surplus: 'account' } }),
  script: `
    tick A 90.5
    fill alice A 50 @90.1
    fill alice A 50 @90
    end
  `,
});

scenario('WF-FEE-003', 'the surplus goes to the fund when the policy says so', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.001'), surplus: 'fund' } }),
  script: `
    tick A 90.5
    fill alice A @90.5
    end
  `,
});

scenario('WF-FEE-004', 'a fee leaves the portfolio at zero, not below: what other positions have lost meanwhile is not there', {
  accounts: { alice: '1000; A 100 @100; B 50 @100', bob: '3000; A -100 @100; B -50 @100' },
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.005'), surplus: 'fund' } }),
  script: `
    tick A 91 B 100
    tick A 90.9 B 99.9
    tick A 91 B 98
    fill alice A @91
    end
  `,
});

scenario('WF-FEE-005', "where markets have funds of their own, fee and surplus go to the market's", {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund({ perMarket: true })], {
    fees: { liquidation: rate('0.001'), surplus: 'fund' },
  }),
  script: `
    tick A 90.5
    fill alice A @90.5
    end
  `,
});
