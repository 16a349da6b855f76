/** WF-FUND: the insurance fund, its reservations and its limits; WF-FEE: what feeds it. */
import { dec, rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { BANKRUPTCY, full, fund, MARKET, partial, SECONDS } from './stages.js';
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
      fund-change outside -> fund 500
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund entered
      realised alice -> clearing:A 1050
      fund fund -> alice 50
    end
      USDT: bob 3000 + clearing:A 1050 + fund 450 = 4500, was 4500
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-002', 'of zero pays nothing, says so, and hands on', {
  accounts: one,
  policy: paying(),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund skipped insufficient
      alice venue-loss entered
      realised alice -> clearing:A 1050
      venue-loss venue -> alice 50
      alert fund-empty
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1050 + venue -50 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-003', 'that is exactly enough pays to its last unit, and nobody else pays', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund 50.000000000000000001
      fund-change outside -> fund 50.000000000000000001
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.5 fee 0.000000000000000001
      ended alice A sell 0 (full)
      case alice closed, bad debt 50.000000000000000001
      alice full left no-position
      alice fund entered
      realised alice -> clearing:A 1050
      fee alice -> fees 0.000000000000000001
      fund fund -> alice 50.000000000000000001
    end
      USDT: bob 3000 + clearing:A 1050 + fees 0.000000000000000001 = 4050.000000000000000001, was 4050.000000000000000001
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-003', 'that is one unit short pays all it has, and the next pays the unit', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund 49.999999999999999999
      fund-change outside -> fund 49.999999999999999999
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund entered
      alice fund left insufficient
      alice venue-loss entered
      realised alice -> clearing:A 1050
      fund fund -> alice 49.999999999999999999
      venue-loss venue -> alice 0.000000000000000001
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1050 + venue -0.000000000000000001 = 4049.999999999999999999, was 4049.999999999999999999
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-004', 'reserves the worst expected loss of a case when it opens: what another has reserved is not paid', {
  // Each expects to lose 0.05 · 9,050 less its equity of 50: 402.5. The fund has 500 for both.
  accounts: two,
  policy: paying(),
  script: `
    admin fund 500
      fund-change outside -> fund 500
    tick A 90.5 B 90.5
      new alice A sell 100 (full)
      new carol B sell 100 (full)
      case alice opened, deficit 40.5
      case carol opened, deficit 40.5
      alice full entered
      carol full entered
    fill carol B @86.5
      ended carol B sell 0 (full)
      case carol closed, bad debt 350
      carol full left no-position
      carol fund entered
      carol fund left insufficient
      carol venue-loss entered
      realised carol -> clearing:B 1350
      fund fund -> carol 97.5
      venue-loss venue -> carol 252.5
      alert venue-loss
    fill alice A @85.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 450
      alice full left no-position
      alice fund entered
      alice fund left insufficient
      alice venue-loss entered
      realised alice -> clearing:A 1450
      fund fund -> alice 402.5
      venue-loss venue -> alice 47.5
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1450 + clearing:B 1350 + venue -300 = 5500, was 5500
      A: bob -100 + clearing 100 = 0, was 0
      B: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-004', 'by the stage that pays in its asset', {
  accounts: { alice: '0; ETH 1; E 100 @1', bob: '0; ETH 100; E -100 @1' },
  policy: policyOf([fund({ assets: new Set([0]) }), fund({ assets: new Set([1]), reserve: rate('0.5') })]),
  script: `
    admin fund 60 ETH
      fund-change outside -> fund 60 ETH
    tick E 0.995 ETH 100
      new alice E sell 100 (fund)
      case alice opened, deficit 54.5
      alice fund skipped insufficient
      alice fund entered
    admin fund -20 ETH
      refused commands[0].amount
    admin fund -10 ETH
      fund-change fund -> outside 10 ETH
    end
      ETH: alice 1 + bob 100 + fund 50 = 151, was 151
      E: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-FUND-005', 'gives a reservation back when its case ends: the next case has it all', {
  accounts: two,
  policy: paying(),
  script: `
    admin fund 450
      fund-change outside -> fund 450
    tick A 90.5 B 95
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    admin fund -48
      refused commands[0].amount
    admin fund -47.5
      fund-change fund -> outside 47.5
    fill alice A @90
      ended alice A sell 0 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 1000
    tick B 90
      new carol B sell 100 (full)
      case carol opened, deficit 90
      carol full entered
    fill carol B @85.5
      ended carol B sell 0 (full)
      case carol closed, bad debt 450
      carol full left no-position
      carol fund entered
      carol fund left insufficient
      carol venue-loss entered
      realised carol -> clearing:B 1450
      fund fund -> carol 402.5
      venue-loss venue -> carol 47.5
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1000 + clearing:B 1450 + venue -47.5 = 5402.5, was 5402.5
      A: bob -100 + clearing 100 = 0, was 0
      B: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-006', 'pays a case no more than its cap', {
  accounts: one,
  policy: paying({ caseMax: dec(30) }),
  script: `
    admin fund 500
      fund-change outside -> fund 500
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund entered
      alice fund left insufficient
      alice venue-loss entered
      realised alice -> clearing:A 1050
      fund fund -> alice 30
      venue-loss venue -> alice 20
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1050 + fund 470 + venue -20 = 4500, was 4500
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-007', 'pays no more than its cap within a window, and again when the window is over', {
  accounts: { ...two, dave: '1000; A 100 @100', bob: '3000; A -200 @100; B -100 @100' },
  policy: paying({ window: { amount: dec(80), durationUs: 60 * SECONDS } }),
  script: `
    admin fund 2000
      fund-change outside -> fund 2000
    tick A 90.5 B 90.5
      new alice A sell 100 (full)
      new carol B sell 100 (full)
      new dave A sell 100 (full)
      case alice opened, deficit 40.5
      case carol opened, deficit 40.5
      case dave opened, deficit 40.5
      alice full entered
      carol full entered
      dave full entered
    fill alice A @89.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund entered
      realised alice -> clearing:A 1050
      fund fund -> alice 50
    fill carol B @89.5
      ended carol B sell 0 (full)
      case carol closed, bad debt 50
      carol full left no-position
      carol fund entered
      carol fund left insufficient
      carol venue-loss entered
      realised carol -> clearing:B 1050
      fund fund -> carol 30
      venue-loss venue -> carol 20
      alert venue-loss
    +60 fill dave A @89.5
      ended dave A sell 0 (full)
      case dave closed, bad debt 50
      dave full left no-position
      dave fund entered
      realised dave -> clearing:A 1050
      fund fund -> dave 50
    end
      USDT: bob 3000 + clearing:A 2100 + clearing:B 1050 + fund 1870 + venue -20 = 8000, was 8000
      A: bob -200 + clearing 200 = 0, was 0
      B: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-008', 'stops when it has fallen by a share of its peak, and pays again when it has come back', {
  accounts: { ...two, dave: '1000; A 100 @100', bob: '3000; A -200 @100; B -100 @100' },
  policy: paying({ drawdown: { trigger: rate('0.1'), stop: rate('0.05'), peakUs: 3_600 * SECONDS } }),
  script: `
    admin fund 2000
      fund-change outside -> fund 2000
    tick A 90.5 B 90.5
      new alice A sell 100 (full)
      new carol B sell 100 (full)
      new dave A sell 100 (full)
      case alice opened, deficit 40.5
      case carol opened, deficit 40.5
      case dave opened, deficit 40.5
      alice full entered
      carol full entered
      dave full entered
    fill alice A @88
      ended alice A sell 0 (full)
      case alice closed, bad debt 200
      alice full left no-position
      alice fund entered
      realised alice -> clearing:A 1200
      fund fund -> alice 200
    fill carol B @89.5
      ended carol B sell 0 (full)
      case carol closed, bad debt 50
      carol full left no-position
      carol fund skipped insufficient
      carol venue-loss entered
      realised carol -> clearing:B 1050
      venue-loss venue -> carol 50
      alert fund-empty
      alert venue-loss
    admin fund 120
      fund-change outside -> fund 120
    fill dave A @89.5
      ended dave A sell 0 (full)
      case dave closed, bad debt 50
      dave full left no-position
      dave fund entered
      realised dave -> clearing:A 1050
      fund fund -> dave 50
    end
      USDT: bob 3000 + clearing:A 2250 + clearing:B 1050 + fund 1870 + venue -50 = 8120, was 8120
      A: bob -200 + clearing 200 = 0, was 0
      B: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-009', "of a market pays first, then its asset's; other markets' funds never", {
  accounts: one,
  policy: paying({ perMarket: true }),
  script: `
    admin fund 30 A
      fund-change outside -> fund:A 30
    admin fund 1000 B
      fund-change outside -> fund:B 1000
    admin fund 5
      fund-change outside -> fund 5
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @89.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund entered
      alice fund left insufficient
      alice venue-loss entered
      realised alice -> clearing:A 1050
      fund fund:A -> alice 30
      fund fund -> alice 5
      venue-loss venue -> alice 15
      alert venue-loss
    end
      USDT: bob 3000 + clearing:A 1050 + fund:B 1000 + venue -15 = 5035, was 5035
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-010', 'closes positions at its expense while it covers what that may cost, and pays what is missing', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 500
      fund-change outside -> fund 500
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new alice A sell 100 (fund)
      alice full left unfilled
      alice fund entered
    fill alice A @87
      ended alice A sell 0 (fund)
      case alice closed, bad debt 300
      realised alice -> clearing:A 1300
      fund fund -> alice 300
    end
      USDT: bob 3000 + clearing:A 1300 + fund 200 = 4500, was 4500
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FUND-010', 'does not close what it may not cover: it hands on at once', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 402.4
      fund-change outside -> fund 402.4
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice fund skipped insufficient
      alice venue-loss entered
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: bob 3000 + fund 402.4 + venue 1000 = 4402.4, was 4402.4
      A: bob -100 + venue 100 = 0, was 0
  `,
});

scenario('WF-FUND-011', 'finding nobody at its expense either hands on, and pays nothing for what was not closed', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund()]),
  script: `
    admin fund 500
      fund-change outside -> fund 500
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new alice A sell 100 (fund)
      alice full left unfilled
      alice fund entered
    ack alice A unfilled
      ended alice A sell 100 (fund)
      case alice closed, bad debt 0
      alice fund left unfilled
      alice venue-loss entered
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: bob 3000 + fund 500 + venue 1000 = 4500, was 4500
      A: bob -100 + venue 100 = 0, was 0
  `,
});

scenario('WF-FUND-012', 'in another asset pays losses of markets that settle in it, in that asset', {
  accounts: { alice: 'ETH 1; E 1 @10', bob: 'ETH 10; E -1 @10' },
  policy: paying(),
  script: `
    admin fund 0.04 ETH
      fund-change outside -> fund 0.04 ETH
    tick E 10 ETH 1000
    tick E 9.05 ETH 1000
      new alice E sell 1 (full)
      case alice opened, deficit 45.5
      alice full entered
    fill alice E @8.95
      ended alice E sell 0 (full)
      case alice closed, bad debt 50
      alice full left no-position
      alice fund entered
      alice fund left insufficient
      alice venue-loss entered
      realised alice -> clearing:E 1.05 ETH
      fund fund -> alice 0.04 ETH
      venue-loss venue -> alice 0.01 ETH
      alert venue-loss
    end
      ETH: bob 10 + clearing:E 1.05 + venue -0.01 = 11.04, was 11.04
      E: bob -1 + clearing 1 = 0, was 0
  `,
});

scenario('WF-FUND-013', 'is changed by operators alone, never below what is reserved', {
  accounts: one,
  policy: paying(),
  script: `
    admin fund -1
      refused commands[0].amount
    admin fund 450
      fund-change outside -> fund 450
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    admin fund -47.6
      refused commands[0].amount
    admin fund -47.5
      fund-change fund -> outside 47.5
    admin fund 0
      refused commands[0].amount
    end
      USDT: alice 1000 + bob 3000 + fund 402.5 = 4402.5, was 4402.5
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-FEE-001', 'a liquidation fee goes to the fund, of what the closing brings beyond the bankruptcy price', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.001'), surplus: 'account' } }),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @90.5
      ended alice A sell 0 @90 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 950
      liquidation-fee alice -> fund 9.05
    end
      USDT: alice 40.95 + bob 3000 + clearing:A 950 + fund 9.05 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FEE-002', 'a liquidation fee is never more than what the closing brings, and nothing at the bankruptcy price', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.005'), surplus: 'account' } }),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A 50 @90.1
      realised alice -> clearing:A 495
      liquidation-fee alice -> fund 5
    fill alice A 50 @90
      ended alice A sell 0 @90 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 500
    end
      USDT: bob 3000 + clearing:A 995 + fund 5 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FEE-003', 'the surplus goes to the fund when the policy says so', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.001'), surplus: 'fund' } }),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @90.5
      ended alice A sell 0 @90 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 950
      liquidation-fee alice -> fund 9.05
      surplus alice -> fund 40.95
    end
      USDT: bob 3000 + clearing:A 950 + fund 50 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FEE-004', 'a fee leaves the portfolio at zero, not below: what other positions have lost meanwhile is not there', {
  accounts: { alice: '1000; A 100 @100; B 50 @100', bob: '3000; A -100 @100; B -50 @100' },
  policy: policyOf([full({ price: BANKRUPTCY })], { fees: { liquidation: rate('0.005'), surplus: 'fund' } }),
  script: `
    tick A 91 B 100
      new alice A sell 100 @90.36 (full)
      new alice B sell 50 @99.3 (full)
      case alice opened, deficit 41
      alice full entered
    tick A 91 B 98.5
    fill alice A @91
      ended alice A sell 0 @90.36 (full)
      realised alice -> clearing:A 900
      liquidation-fee alice -> fund 25
    end
      USDT: alice 75 + bob 3000 + clearing:A 900 + fund 25 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
      B: alice 50 + bob -50 = 0, was 0
  `,
});

scenario('WF-FEE-005', "where markets have funds of their own, fee and surplus go to the market's", {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY }), fund({ perMarket: true })], {
    fees: { liquidation: rate('0.001'), surplus: 'fund' },
  }),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @90.5
      ended alice A sell 0 @90 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 950
      liquidation-fee alice -> fund:A 9.05
      surplus alice -> fund:A 40.95
    end
      USDT: bob 3000 + clearing:A 950 + fund:A 50 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FEE-006', 'a partial liquidation is sized with its fee in it, and its surplus stays: else it would never restore', {
  accounts: one,
  policy: policyOf([partial(), full()], { fees: { liquidation: rate('0.002'), surplus: 'fund' } }),
  script: `
    tick A 90.5
      new alice A sell 55.94 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    fill alice A @90.5
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 531.43
      liquidation-fee alice -> fund 10.12514
    end
      USDT: alice 458.44486 + bob 3000 + clearing:A 531.43 + fund 10.12514 = 4000, was 4000
      A: alice 44.06 + bob -100 + clearing 55.94 = 0, was 0
  `,
});
