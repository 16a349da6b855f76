/** WF-X: what crosses: several cases, several portfolios of an account, stages that are scoped, operators in between. */
import { rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { adl, auction, BANKRUPTCY, backstop, full, fund, MARKET } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100', carol: '5000' };

scenario('WF-X-001', 'no bid is taken while the kill switch is on', {
  accounts: one,
  policy: policyOf([auction(), full()]),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    admin kill on
      alert kill
    bid carol for alice A 10
    admin kill off
      alert kill
    bid carol for alice A 10
      auction alice A taken by carol 10 @86.88
      realised alice -> clearing:A 131.2
    end
      USDT: alice 868.8 + bob 3000 + carol 5000 + clearing:A 131.2 = 9000, was 9000
      A: alice 90 + bob -100 + carol 10 = 0, was 0
  `,
});

scenario('WF-X-001', 'nor of a paused account or stage, nor in shadow mode', {
  accounts: one,
  policy: policyOf([auction(), full()]),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    admin pause account alice
    bid carol for alice A 10
    admin resume account alice
    admin pause stage auction
    bid carol for alice A 10
    admin resume stage auction
    admin mode shadow
      shadow alice A sell 100 (full)
      alice auction left shadow
      alice full entered
      auction alice A ended 100 @84.165
      alert mode
    bid carol for alice A 10
    end
      USDT: alice 1000 + bob 3000 + carol 5000 = 9000, was 9000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-X-002', 'no bid is taken of a portfolio that is unpriced: its positions are not known to be there', {
  accounts: one,
  policy: policyOf([auction(), full()]),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    book alice 10; B 1 @10
    bid carol for alice A 10
    end
      USDT: alice 10 + bob 3000 + carol 5000 = 8010, was 8010
      A: bob -100 = -100, was -100
      B: alice 1 = 1, was 1
  `,
});

scenario('WF-X-003', 'a fund that is not for the market of a case does not keep it from being deleveraged', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), fund({ markets: new Set([1]) }), adl()]),
  script: `
    admin fund 1000
      fund-change outside -> fund 1000
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice fund skipped positions-left
      alice adl entered
      adl alice against bob A 100 needed 100 @90 forgone -50
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    end
      USDT: bob 4000 + fund 1000 = 5000, was 5000
  `,
});

scenario('WF-X-004', 'what an isolated position of the account gives back counts at once for the case of its cross portfolio', {
  // Alice has lost all of B and 50 more, while her order in A is still out; her isolated position gives 60 back.
  accounts: { alice: '100; B 10 @100; A 100 @100 isolated 1000', bob: '3000; A -100 @100; B -10 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), full({ price: MARKET }), fund()]),
  script: `
    admin fund 1000
      fund-change outside -> fund 1000
    tick A 90.5 B 90.5
      new alice/A A sell 100 @90 (full)
      new alice B sell 10 @90 (full)
      case alice/A opened, deficit 40.5
      case alice opened, deficit 4.05
      alice/A full entered
      alice full entered
    trade alice sell B 10 @84
      cancel alice B sell 10 @90 (full)
    fill alice/A A @90.6
      ended alice/A A sell 0 @90 (full)
      case alice/A closed, bad debt 0
      realised alice/A -> clearing:A 940
      release alice/A -> alice 60
    ack alice B cancelled
      ended alice B sell 10 @90 (full)
      case alice closed, bad debt 0
    end
      USDT: bob 3000 + clearing:A 940 + clearing:B 160 + fund 1000 = 5100, was 5100
      A: bob -100 + clearing 100 = 0, was 0
      B: bob -10 + clearing 10 = 0, was 0
  `,
});

scenario('WF-X-005', 'each of two positions is deleveraged at the bankruptcy price of what is there then', {
  accounts: { alice: '1500; A 100 @100; B 50 @100', bob: '3000; A -100 @100; B -50 @100' },
  policy: policyOf([adl()]),
  script: `
    tick A 88 B 88
      case alice opened, deficit 432
      case alice closed, bad debt 0
      alice adl entered
      adl alice against bob A 100 needed 100 @90 forgone 200
      adl alice against bob B 50 needed 50 @90 forgone 100
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
      realised alice -> clearing:B 500
      realised clearing:B -> bob 500
    end
      USDT: bob 4500 = 4500, was 4500
  `,
});

scenario('WF-X-006', 'a bidder must bear what it pays above the mark, too', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100', carol: '200' },
  policy: policyOf([auction({ start: rate('1.2') }), full()]),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @108.6
    bid carol for alice A 100
    bid carol for alice A 10
      case alice recovered, bad debt 0
      auction alice A taken by carol 10 @106.428
      auction alice A ended 90 @106.428
      realised clearing:A -> alice 64.28
    end
      USDT: alice 1064.28 + bob 3000 + carol 200 + clearing:A -64.28 = 4200, was 4200
      A: alice 90 + bob -100 + carol 10 = 0, was 0
  `,
});

scenario('WF-X-006', 'what is cheap for the defaulter may be dear on top of what the bidder has', {
  accounts: { alice: '150; T 15 @100', bob: '3000; T -30 @100', carol: '51; T 15 @90' },
  policy: policyOf([auction(), full()]),
  script: `
    admin bidder carol
    tick T 90
      case alice opened, deficit 17
      alice auction entered
      auction alice T opened 15 @90
    bid carol for alice T
    bid carol for alice T 10
      auction alice T taken by carol 10 @88.2
      realised alice -> clearing:T 118
    end
      USDT: alice 32 + bob 3000 + carol 51 + clearing:T 118 = 3201, was 3201
      T: alice 5 + bob -30 + carol 25 = 0, was 0
  `,
});

scenario('WF-X-007', 'a bidder that has no account takes nothing', {
  accounts: one,
  policy: policyOf([auction(), full()]),
  script: `
    admin bidder nobody
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    bid nobody for alice A 10
    end
      USDT: alice 1000 + bob 3000 + carol 5000 = 9000, was 9000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-X-008', 'a counterparty that is below maintenance after it was deleveraged is a case of the same record', {
  accounts: { alice: '1000; A 100 @100', carol: '100; A -40 @86', bob: '5000; A -60 @100' },
  policy: policyOf([full({ price: BANKRUPTCY }), adl({ method: 'hyperliquid' })]),
  script: `
    tick A 84.8
      new alice A sell 100 @90 (full)
      case alice opened, deficit 604.8
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new carol A buy 11.539 @84.8 (full)
      case alice closed, bad debt 0
      case carol opened, deficit 9.782272
      alice full left unfilled
      alice adl entered
      alice adl left no-counterparty
      alice venue-loss entered
      carol full entered
      adl alice against carol A 28.461 needed 28.461 @90 forgone 147.9972
      adl alice against bob A 60 needed 60 @90 forgone 312
      realised alice -> clearing:A 284.61
      realised carol -> clearing:A 113.844
      realised alice -> clearing:A 600
      realised clearing:A -> bob 600
      realised alice -> venue 115.39
      alert venue-loss
    end
      USDT: bob 5600 + carol -13.844 + clearing:A 398.454 + venue 115.39 = 6100, was 6100
      A: carol -11.539 + venue 11.539 = 0, was 0
  `,
});

scenario('WF-X-009', 'an auction ends when the mode becomes shadow, and is held anew when it is live again', {
  accounts: one,
  policy: policyOf([auction(), full()]),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    admin mode shadow
      shadow alice A sell 100 (full)
      alice auction left shadow
      alice full entered
      auction alice A ended 100 @89.595
      alert mode
    +60 admin mode live
      alice full left live
      alice auction entered
      auction alice A opened 100 @90.5
      alert mode
    bid carol for alice A 10
      auction alice A taken by carol 10 @89.595
      realised alice -> clearing:A 104.05
    end
      USDT: alice 895.95 + bob 3000 + carol 5000 + clearing:A 104.05 = 9000, was 9000
      A: alice 90 + bob -100 + carol 10 = 0, was 0
  `,
});

scenario('WF-X-010', 'the backstop does not take over what an order of an earlier case may still close', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100', backstop: '5000' },
  policy: policyOf([backstop(), full()]),
  script: `
    tick A 90.8
      new alice A sell 100 (full)
      case alice opened, deficit 10.8
      alice backstop skipped above-threshold
      alice full entered
    book alice 1500; A 100 @100
      cancel alice A sell 100 (full)
      case alice recovered, bad debt 0
    tick A 85.2
      case alice opened, deficit 65.2
      alice backstop entered
    fill alice A 60 @85.2
      realised alice -> clearing:A 888
    ack alice A cancelled
      ended alice A sell 40 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 612
    end
      USDT: backstop 5000 + bob 3000 + clearing:A 1500 = 9500, was 9500
      A: backstop 40 + bob -100 + clearing 60 = 0, was 0
  `,
});
