/** WF-CASE: how a case opens, is followed and ends. */
import { rate } from '../../support/books.js';
import { fullClose, policyOf } from '../../support/policies.js';
import { BANKRUPTCY, full, SECONDS } from './stages.js';
import { scenario } from './table.js';

const policy = fullClose(5 * SECONDS);

scenario('WF-CASE-001', 'opens when equity is below maintenance, not at it, with its deficit and a freeze of the account', {
  accounts: { alice: '1000; A 100 @109', bob: '9000; A -100 @100' },
  policy,
  show: ['freezes', 'signals'],
  script: `
    tick A 110
    tick A 100
    tick A 99.99
      signal alice breached 0.99
      new alice A sell 100 @99 (full)
      case alice opened, deficit 0.99
      alice full entered
      frozen alice, free 0
    tick A 100
      signal alice recovered 0
      cancel alice A sell 100 @99 (full)
      case alice recovered, bad debt 0
      released alice, free 0
    clock
    end
      USDT: alice 1000 + bob 9000 = 10000, was 10000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario(
  'WF-CASE-002',
  'ends recovered when the price comes back: orders are cancelled and the account is released with what is free',
  {
    accounts: { alice: '1000; A 100 @100', bob: '1000; A -100 @100' },
    policy,
    show: ['freezes'],
    script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
      frozen alice, free 0
    tick A 95
      cancel alice A sell 100 @90 (full)
      case alice recovered, bad debt 0
      released alice, free 405
    ack alice A cancelled
      ended alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
  },
);

scenario('WF-CASE-003', 'stops at the liquidation target above maintenance, not where it started', {
  accounts: { alice: '1000; A 100 @100', bob: '1000; A -100 @100' },
  policy: { ...policy, liquidationTarget: rate('0.5') },
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    tick A 91.1
    tick A 91.37
    tick A 91.38
      cancel alice A sell 100 @90 (full)
      case alice recovered, bad debt 0
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CASE-004', 'of several the one with the largest deficit comes first', {
  accounts: { alice: '1000; A 100 @100', bob: '980; A 100 @100', carol: '990; A 100 @100', dave: '2000; A -300 @100' },
  policy,
  script: `
    tick A 90.5
      new bob A sell 100 @90.2 (full)
      new carol A sell 100 @90.1 (full)
      new alice A sell 100 @90 (full)
      case bob opened, deficit 60.5
      case carol opened, deficit 50.5
      case alice opened, deficit 40.5
      bob full entered
      carol full entered
      alice full entered
    end
      USDT: alice 1000 + bob 980 + carol 990 + dave 2000 = 4970, was 4970
      A: alice 100 + bob 100 + carol 100 + dave -300 = 0, was 0
  `,
});

scenario(
  'WF-CASE-004',
  'or, when the policy says so, the one with the largest expected bad debt: deficit times the time to fill',
  {
    // Equal sizes of one worth; B is ten times as thin as A.
    accounts: { alice: '900; A 100 @100', bob: '950; B 100 @100', carol: '2000; A -100 @100; B -100 @100' },
    policy: {
      ...policy,
      rank: 'expected-bad-debt',
      limits: {
        ...policy.limits,
        depth: new Map([
          [0, { units: 1_000_000n, decimals: 0 }],
          [1, { units: 100_000n, decimals: 0 }],
        ]),
      },
    },
    script: `
    tick A 90 B 90
      new bob B sell 100 @90.5 (full)
      new alice A sell 100 @91 (full)
      case bob opened, deficit 140
      case alice opened, deficit 190
      bob full entered
      alice full entered
    end
      USDT: alice 900 + bob 950 + carol 2000 = 3850, was 3850
      A: alice 100 + carol -100 = 0, was 0
      B: bob 100 + carol -100 = 0, was 0
  `,
  },
);

scenario('WF-CASE-005', 'opens for what is less than nothing without a position, and is paid at once', {
  accounts: { alice: '-25', bob: '100' },
  policy,
  script: `
    tick A 100
      case alice opened, deficit 25
      case alice recovered, bad debt 25
      alice full skipped no-position
      alice full skipped no-position
      alice venue-loss entered
      venue-loss venue -> alice 25
      alert venue-loss
    end
      USDT: bob 100 + venue -25 = 75, was 75
  `,
});

scenario('WF-CASE-006', 'waits while a mark is missing: nothing new goes out, and what no longer fits is cancelled', {
  accounts: { alice: '1000; A 100 @100', bob: '1000; A -100 @100' },
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    book alice 1000; A 100 @100; B 1 @10
      cancel alice A sell 100 @90 (full)
    ack alice A cancelled
      ended alice A sell 100 @90 (full)
    tick A 90
    tick B 10
      new alice A sell 100 @90 (full)
      new alice B sell 1 @10 (full)
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
      B: alice 1 = 1, was 1
  `,
});

scenario('WF-CASE-007', 'of an isolated position leaves the account alone, and gives back what is left', {
  accounts: { alice: '500; A 100 @100 isolated 1000', bob: '1000; A -100 @100' },
  policy,
  script: `
    tick A 90.5
      new alice/A A sell 100 @90 (full)
      case alice/A opened, deficit 40.5
      alice/A full entered
    fill alice/A A @90.6
      ended alice/A A sell 0 @90 (full)
      case alice/A closed, bad debt 0
      realised alice/A -> clearing:A 940
      release alice/A -> alice 60
    end
      USDT: alice 560 + bob 1000 + clearing:A 940 = 2500, was 2500
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-CASE-007', 'of an isolated position does not take its bad debt from the account', {
  accounts: { alice: '500; A 100 @100 isolated 1000', bob: '1000; A -100 @100' },
  policy,
  script: `
    tick A 90.5
      new alice/A A sell 100 @90 (full)
      case alice/A opened, deficit 40.5
      alice/A full entered
    ack alice/A A unfilled
      ended alice/A A sell 100 @90 (full)
      new alice/A A sell 100 (full)
      alice/A full left unfilled
      alice/A full entered
    fill alice/A A @89
      ended alice/A A sell 0 (full)
      case alice/A closed, bad debt 100
      alice/A full left no-position
      alice/A venue-loss entered
      realised alice/A -> clearing:A 1100
      venue-loss venue -> alice/A 100
      alert venue-loss
    end
      USDT: alice 500 + bob 1000 + clearing:A 1100 + venue -100 = 2500, was 2500
      A: bob -100 + clearing 100 = 0, was 0
  `,
});

scenario('WF-CASE-008', 'ends when its owner brings more', {
  accounts: { alice: '1000; A 100 @100', bob: '1000; A -100 @100' },
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    book alice 2000; A 100 @100
      cancel alice A sell 100 @90 (full)
      case alice recovered, bad debt 0
    end
      USDT: alice 2000 + bob 1000 = 3000, was 3000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CASE-009', 'in hedge mode closes each leg by an order of its own', {
  accounts: { alice: 'hedge; 500; A 100 @100; A -50 @100', bob: '1000; A -50 @100' },
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90.34 (full)
      new alice A buy 50 @90.66 (full)
      case alice opened, deficit 110.75
      alice full entered
    fill alice A sell @91
      ended alice A sell 0 @90.34 (full)
      cancel alice A buy 50 @90.66 (full)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 900
    fill alice A buy @91
      ended alice A buy 0 @90.66 (full)
      realised clearing:A -> alice 450
    end
      USDT: alice 50 + bob 1000 + clearing:A 450 = 1500, was 1500
      A: bob -50 + clearing 50 = 0, was 0
  `,
});

scenario('WF-CASE-010', 'that has ended is over, and a new breach is a case of its own', {
  accounts: { alice: '1000; A 100 @100', bob: '1000; A -100 @100' },
  policy: policyOf([full({ price: BANKRUPTCY })]),
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A 60 @90.5
      cancel alice A sell 40 @90 (full)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 570
    ack alice A cancelled
      ended alice A sell 40 @90 (full)
    trade alice buy A 50 @90.5
      new alice A sell 90 @89.95 (full)
      case alice opened, deficit 31.45
      alice full entered
    tick A 90
    end
      USDT: alice 430 + bob 1000 + clearing:A 570 = 2000, was 2000
      A: alice 90 + bob -100 + clearing 10 = 0, was 0
  `,
});
