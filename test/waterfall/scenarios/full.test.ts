/** WF-FULL: everything is closed by orders, one a position. */
import { rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { adl, BANKRUPTCY, full } from './stages.js';
import { venue } from './steps.js';
import { scenario } from './table.js';

const both = { alice: '1000; A 100 @100; B -50 @40', bob: '1000; A -100 @100' };
const one = { alice: '1000; A 100 @100', bob: '1000; A -100 @100' };

scenario('WF-FULL-001', 'closes every position by one order each, all at their bankruptcy prices leaving nothing', {
  accounts: both,
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 90.6 B 40
      new alice A sell 100 @90.11 (full)
      new alice B buy 50 @40.21 (full)
      case alice opened, deficit 50.6
      alice full entered
    fill alice A @90.11
      ended alice A sell 0 @90.11 (full)
      realised alice -> clearing:A 989
    fill alice B @40.21
      ended alice B buy 0 @40.21 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:B 10.5
    end
      USDT: alice 0.5 + bob 1000 + clearing:A 989 + clearing:B 10.5 = 2000, was 2000
      A: bob -100 + clearing 100 = 0, was 0
      B: clearing -50 = -50, was -50
  `,
});

scenario('WF-FULL-001', 'counts the taker fee in the bankruptcy price: at its limit and after its fee nothing is missing', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY })]),
  instruments: venue({ takerFee: rate('0.001') }),
  script: `
    tick A 90.5
      new alice A sell 100 @90.1 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A @90.1 fee 9.01
      ended alice A sell 0 @90.1 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 990
      fee alice -> fees 9.01
    end
      USDT: alice 0.99 + bob 1000 + clearing:A 990 + fees 9.01 = 2000, was 2000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-FULL-001', 'sends no order where only buying for less than nothing would leave nothing: any price would be a loss', {
  accounts: { alice: '-200; B -10 @10', bob: '1000; B 10 @10' },
  policy: policyOf([full({ price: BANKRUPTCY }), adl()]),
  script: `
    tick B 10
      case alice opened, deficit 201
      case alice closed, bad debt 200
      alice full skipped unfilled
      alice adl entered
      alice adl left no-position
      alice venue-loss entered
      adl alice against bob B 10 needed 10 @10 forgone 0
      venue-loss venue -> alice 200
      alert venue-loss
    end
      USDT: bob 1000 + venue -200 = 800, was 800
  `,
});

scenario('WF-FULL-002', 'tries a position as often as the policy says, then hands on', {
  accounts: one,
  policy: policyOf([full({ price: BANKRUPTCY, retries: 1 }), full()]),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new alice A sell 100 @90 (full)
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      new alice A sell 100 (full)
      alice full left unfilled
      alice full entered
    fill alice A @90
      ended alice A sell 0 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 1000
    end
      USDT: bob 1000 + clearing:A 1000 = 2000, was 2000
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario(
  'WF-FULL-003',
  'at the fillable price: between the mark and the price that leaves no maintenance, by how far it has sunk (dYdX)',
  {
    accounts: one,
    policy: policyOf([full({ price: { kind: 'fillable', adjustment: rate('1'), spread: rate('1.5') } })]),
    script: `
    tick A 90.5
      new alice A sell 100 @89.9 (full)
      case alice opened, deficit 40.5
      alice full entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
  },
);

scenario('WF-FULL-004', 'at a limit that is the mark moved by a rate against the closer', {
  accounts: both,
  policy: policyOf([full({ price: { kind: 'slippage', rate: rate('0.1') } })]),
  script: `
    tick A 90.5 B 40
      new alice A sell 100 @81.45 (full)
      new alice B buy 50 @44 (full)
      case alice opened, deficit 60.5
      alice full entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
      B: alice -50 = -50, was -50
  `,
});

scenario('WF-FULL-005', 'an order that is larger than its position is cancelled and waited for; one that is smaller stays', {
  accounts: one,
  policy: policyOf([full()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    trade alice sell A 30 @90.5
      cancel alice A sell 100 (full)
    clock
    ack alice A cancelled
      ended alice A sell 100 (full)
      new alice A sell 70 (full)
    trade alice buy A 20 @90.5
    end
      USDT: alice 715 + bob 1000 + clearing:A 285 = 2000, was 2000
      A: alice 90 + bob -100 + clearing 10 = 0, was 0
  `,
});

scenario('WF-FULL-006', 'an order that was rejected is sent again after the next report, not before', {
  accounts: one,
  policy: policyOf([full()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A rejected
      ended alice A sell 100 (full)
    clock
    tick A 90.4
      new alice A sell 100 (full)
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-FULL-007', 'closes only in the markets that the policy names; another entry closes the others', {
  accounts: both,
  policy: policyOf([full({ markets: new Set([1]) }), full({ markets: new Set([0]), price: BANKRUPTCY })]),
  script: `
    tick A 90.5 B 40
      new alice B buy 50 (full)
      case alice opened, deficit 60.5
      alice full entered
    fill alice B @40
      ended alice B buy 0 (full)
      new alice A sell 100 @90 (full)
      alice full left no-position
      alice full entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
      B: clearing -50 = -50, was -50
  `,
});

scenario('WF-FULL-008', 'a position that turned over while its order is out waits for it before the other side is closed', {
  accounts: one,
  policy: policyOf([full()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    trade alice sell A 140 @90.5
      cancel alice A sell 100 (full)
      case alice recovered, bad debt 0
    tick A 100
      case alice opened, deficit 370
      alice full entered
    ack alice A cancelled
      ended alice A sell 100 (full)
      new alice A buy 40 (full)
    end
      USDT: alice 50 + bob 1000 + clearing:A 950 = 2000, was 2000
      A: alice -40 + bob -100 + clearing 140 = 0, was 0
  `,
});

scenario('WF-FULL-009', 'a fill in parts closes as it comes, and stops when the portfolio is restored', {
  accounts: one,
  policy: policyOf([full()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A 40 @90.5
      realised alice -> clearing:A 380
    fill alice A 10 @90.5
      cancel alice A sell 50 (full)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 95
    ack alice A cancelled
      ended alice A sell 50 (full)
    end
      USDT: alice 525 + bob 1000 + clearing:A 475 = 2000, was 2000
      A: alice 50 + bob -100 + clearing 50 = 0, was 0
  `,
});
