/** WF-VEN: the venue's own loss account; WF-ISS: claims against the reserve token; WF-CONV: collateral sold. */
import { dec } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { BANKRUPTCY, convert, full, fund, issuance, MARKET } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100' };

scenario('WF-VEN-001', 'takes over what nobody would close, at the bankruptcy price, and then owes nothing', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 90.5
    ack alice A unfilled
    end
  `,
});

scenario('WF-VEN-001', 'takes over what is worth less than nothing at the mark, above the mark', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 85
    ack alice A unfilled
    end
  `,
});

scenario('WF-VEN-002', 'bears to the last unit what nobody else has paid, with an alert', {
  accounts: one,
  policy: policyOf([full({ price: MARKET })]),
  script: `
    tick A 90.5
    fill alice A @89.333333333333333333
    end
  `,
});

scenario('WF-VEN-003', 'takes over the whole open interest of a market that is in one account', {
  accounts: { alice: '1000; A 100 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 100
    tick A 50
    ack alice A unfilled
    end
  `,
});

scenario('WF-VEN-004', 'sells what is left of other assets before it pays', {
  accounts: { alice: '100; ETH 1; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: MARKET })]),
  script: `
    tick A 100 ETH 1000
    tick A 90.5 ETH 1000
    fill alice A @88
    end
  `,
});

scenario('WF-VEN-005', 'takes over each leg of a hedge at its own bankruptcy price', {
  accounts: { alice: 'hedge; 500; A 100 @100; A -50 @100', bob: '1000; A -50 @100' },
  policy: policyOf([]),
  script: `
    tick A 90.5
    end
  `,
});

scenario('WF-CONV-001', 'other assets are sold at index price less haircut, for as much as is owed', {
  accounts: { alice: '100; ETH 2; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: MARKET }), convert(), fund()]),
  script: `
    admin fund 5000
    tick A 100 ETH 1000
    tick A 82 ETH 1000
    fill alice A @81
    end
  `,
});

scenario('WF-CONV-001', 'other assets are all sold when that is not enough, and the fund pays the rest', {
  accounts: { alice: '100; ETH 1; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: MARKET }), convert(), fund()]),
  script: `
    admin fund 5000
    tick A 100 ETH 1000
    tick A 90.5 ETH 1000
    fill alice A @88
    end
  `,
});

scenario('WF-CONV-002', 'nothing is sold while positions are left, or when there is nothing', {
  accounts: one,
  policy: policyOf([convert(), full({ price: MARKET }), convert()]),
  script: `
    tick A 90.5
    fill alice A @89
    end
  `,
});

scenario('WF-ISS-001', 'claims are recorded for what is missing, with an alert', {
  accounts: one,
  policy: policyOf([full({ price: MARKET }), issuance()]),
  script: `
    tick A 90.5
    fill alice A @89
    end
  `,
});

scenario('WF-ISS-002', 'claims of all cases together stay within the cap; the venue bears the rest', {
  accounts: { alice: '1000; A 100 @100', carol: '1000; A 50 @100; B 50 @100', bob: '3000; A -150 @100; B -50 @100' },
  policy: policyOf([full({ price: MARKET }), issuance({ cap: dec(150) })]),
  script: `
    tick A 90.5 B 90
    fill alice A @89
    fill carol A @89
    fill carol B @88
    tick A 90
    end
  `,
});
