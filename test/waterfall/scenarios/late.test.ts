/** WF-ORD: executions that come when their position was closed inside meanwhile. */
import { rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { adl, BANKRUPTCY, backstop, full, MARKET } from './stages.js';
import { scenario } from './table.js';

const orders = full({ price: BANKRUPTCY });

scenario(
  'WF-ORD-005',
  'of a position that was deleveraged: what it opens is told, pays no fee as it closes nothing, and is a case once it is in default',
  {
    accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100' },
    policy: policyOf([orders, adl()], { fees: { liquidation: rate('0.01'), surplus: 'fund' } }),
    script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice adl entered
      adl alice against bob A 100 needed 100 @90 forgone -50
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    late alice A @92
      alert reconciliation
    tick A 91.5
      new alice A buy 100 @92 (full)
      case alice opened, deficit 41.5
      alice full entered
    end
      USDT: bob 4000 = 4000, was 4000
      A: alice -100 + clearing 100 = 0, was 0
  `,
  },
);

scenario('WF-ORD-005', 'what is still there it closes, for a fee, and the order for that is cancelled', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -70 @100' },
  policy: policyOf([orders, adl(), full({ price: MARKET })], { fees: { liquidation: rate('0.01'), surplus: 'account' } }),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new alice A sell 30 (full)
      alice full left unfilled
      alice adl entered
      alice adl left no-counterparty
      alice full entered
      adl alice against bob A 70 needed 70 @90 forgone -35
      realised alice -> clearing:A 700
      realised clearing:A -> bob 700
    late alice A @92
      cancel alice A sell 30 (full)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 240
      liquidation-fee alice -> fund 27.6
      alert reconciliation
    ack alice A cancelled
      ended alice A sell 30 (full)
    end
      USDT: alice 32.4 + bob 3700 + clearing:A 240 + fund 27.6 = 4000, was 4000
      A: alice -70 + clearing 100 = 30, was 30
  `,
});

scenario('WF-ORD-005', 'in hedge mode it opens the other leg', {
  accounts: { alice: 'hedge; 1000; A 100 @100', bob: '3000; A -100 @100' },
  policy: policyOf([orders, adl()]),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice adl entered
      adl alice against bob A 100 needed 100 @90 forgone -50
      realised alice -> clearing:A 1000
      realised clearing:A -> bob 1000
    late alice A @92
      alert reconciliation
    end
      USDT: bob 4000 = 4000, was 4000
      A: alice -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-ORD-005', 'of an isolated position that is no more it opens one of the account', {
  accounts: { alice: '500; A 100 @100 isolated 1000', bob: '3000; A -100 @100' },
  policy: policyOf([orders, adl()]),
  script: `
    tick A 90.5
      new alice/A A sell 100 @90 (full)
      case alice/A opened, deficit 40.5
      alice/A full entered
    ack alice/A A unfilled
      ended alice/A A sell 100 @90 (full)
      case alice/A closed, bad debt 0
      alice/A full left unfilled
      alice/A adl entered
      adl alice/A against bob A 100 needed 100 @90 forgone -50
      realised alice/A -> clearing:A 1000
      realised clearing:A -> bob 1000
    late alice/A A @92
      alert reconciliation
    end
      USDT: alice 500 + bob 4000 = 4500, was 4500
      A: alice -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-ORD-005', 'of an isolated position that is no more it closes one of the account, which is told and pays no fee', {
  accounts: { alice: '2500; A 150 @100; A 100 @100 isolated 1000', bob: '3000; A -100 @100' },
  policy: policyOf([orders, adl()], { fees: { liquidation: rate('0.01'), surplus: 'fund' } }),
  script: `
    tick A 90.5
      new alice/A A sell 100 @90 (full)
      case alice/A opened, deficit 40.5
      alice/A full entered
    ack alice/A A unfilled
      ended alice/A A sell 100 @90 (full)
      case alice/A closed, bad debt 0
      alice/A full left unfilled
      alice/A adl entered
      adl alice/A against bob A 100 needed 100 @90 forgone -50
      realised alice/A -> clearing:A 1000
      realised clearing:A -> bob 1000
    late alice/A A @92
      realised alice -> clearing:A 800
      alert reconciliation
    end
      USDT: alice 1700 + bob 4000 + clearing:A 800 = 6500, was 6500
      A: alice 50 + clearing 100 = 150, was 150
  `,
});

scenario('WF-ORD-005', 'of a position that the backstop has taken over', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100', backstop: '5000' },
  policy: policyOf([orders, backstop()]),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice backstop entered
      realised alice -> clearing:A 1000
    late alice A @92
      alert reconciliation
    end
      USDT: backstop 5000 + bob 3000 + clearing:A 1000 = 9000, was 9000
      A: alice -100 + backstop 100 + bob -100 + clearing 100 = 0, was 0
  `,
});
