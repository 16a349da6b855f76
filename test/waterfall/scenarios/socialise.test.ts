/** WF-SOC: losses shared by those who have positions. */
import { policyOf } from '../../support/policies.js';
import { full, MARKET, socialise } from './stages.js';
import { scenario } from './table.js';

/** Alice closes at 89 and leaves 100 to bear. At 90 bob has won 600, carol 300; dave has lost, erin has no position. */
const accounts = {
  alice: '1000; A 100 @100',
  bob: '1000; A -60 @100',
  carol: '1000; A -30 @100',
  dave: '1000; A -10 @80',
  erin: '1000',
};
const stages = (over: Parameters<typeof socialise>[0] = {}) => policyOf([full({ price: MARKET }), socialise(over)]);

scenario(
  'WF-SOC-001',
  'by gains: shares of unrealised profit, floored; the venue has what is left over; who has no gain or no position pays nothing',
  {
    accounts,
    policy: stages(),
    script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice socialise entered
      realised alice -> clearing:A 1100
      socialised bob -> alice 66.666666666666666666
      socialised carol -> alice 33.333333333333333333
      socialised venue -> alice 0.000000000000000001
    end
      USDT: bob 933.333333333333333334 + carol 966.666666666666666667 + dave 1000 + erin 1000 + clearing:A 1100 + venue -0.000000000000000001 = 5000, was 5000
      A: bob -60 + carol -30 + dave -10 + clearing 100 = 0, was 0
  `,
  },
);

scenario('WF-SOC-002', 'what flooring leaves over is paid by the last of those who share, when the policy says so', {
  accounts,
  policy: stages({ remainder: 'last' }),
  script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice socialise entered
      realised alice -> clearing:A 1100
      socialised bob -> alice 66.666666666666666666
      socialised carol -> alice 33.333333333333333334
    end
      USDT: bob 933.333333333333333334 + carol 966.666666666666666666 + dave 1000 + erin 1000 + clearing:A 1100 = 5000, was 5000
      A: bob -60 + carol -30 + dave -10 + clearing 100 = 0, was 0
  `,
});

scenario('WF-SOC-003', 'no gain is cut below nothing: what is beyond all of them goes to the next stage', {
  accounts,
  policy: stages(),
  script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @80
      ended alice A sell 0 (full)
      case alice closed, bad debt 1000
      alice full left no-position
      alice socialise entered
      alice socialise left insufficient
      alice venue-loss entered
      realised alice -> clearing:A 2000
      socialised bob -> alice 600
      socialised carol -> alice 300
      venue-loss venue -> alice 100
      alert venue-loss
    end
      USDT: bob 400 + carol 700 + dave 1000 + erin 1000 + clearing:A 2000 + venue -100 = 5000, was 5000
      A: bob -60 + carol -30 + dave -10 + clearing 100 = 0, was 0
  `,
});

scenario('WF-SOC-004', 'funding-index: by open size, long and short alike, who has lost as well', {
  accounts: { ...accounts, frank: '1000; A 50 @90' },
  policy: stages({ method: 'funding-index' }),
  script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @88.5
      ended alice A sell 0 (full)
      case alice closed, bad debt 150
      alice full left no-position
      alice socialise entered
      realised alice -> clearing:A 1150
      socialised bob -> alice 60
      socialised carol -> alice 30
      socialised dave -> alice 10
      socialised frank -> alice 50
    end
      USDT: bob 940 + carol 970 + dave 990 + erin 1000 + frank 950 + clearing:A 1150 = 6000, was 6000
      A: bob -60 + carol -30 + dave -10 + frank 50 + clearing 100 = 50, was 50
  `,
});

scenario('WF-SOC-005', "market: those in the case's own markets; asset: all whose market settles in it", {
  accounts: { ...accounts, frank: '1000; B 10 @80' },
  policy: stages({ from: 'asset' }),
  script: `
    tick A 90 B 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice socialise entered
      realised alice -> clearing:A 1100
      socialised bob -> alice 60
      socialised carol -> alice 30
      socialised frank -> alice 10
    end
      USDT: bob 940 + carol 970 + dave 1000 + erin 1000 + frank 990 + clearing:A 1100 = 6000, was 6000
      A: bob -60 + carol -30 + dave -10 + clearing 100 = 0, was 0
      B: frank 10 = 10, was 10
  `,
});

scenario('WF-SOC-005', 'market: a gain in another market pays nothing', {
  accounts: { ...accounts, frank: '1000; B 10 @80' },
  policy: stages({ from: 'market' }),
  script: `
    tick A 90 B 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice socialise entered
      realised alice -> clearing:A 1100
      socialised bob -> alice 66.666666666666666666
      socialised carol -> alice 33.333333333333333333
      socialised venue -> alice 0.000000000000000001
    end
      USDT: bob 933.333333333333333334 + carol 966.666666666666666667 + dave 1000 + erin 1000 + frank 1000 + clearing:A 1100 + venue -0.000000000000000001 = 6000, was 6000
      A: bob -60 + carol -30 + dave -10 + clearing 100 = 0, was 0
      B: frank 10 = 10, was 10
  `,
});

scenario('WF-SOC-006', 'takes from nobody more than leaves it an equity of zero', {
  accounts: { alice: '1000; A 100 @100', bob: '0; A -60 @100; B 50 @100', carol: '1000; A -40 @100' },
  policy: stages(),
  script: `
    tick A 90 B 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @84
      ended alice A sell 0 (full)
      new bob A buy 60 (full)
      new bob B sell 50 (full)
      case alice closed, bad debt 600
      case bob opened, deficit 99
      alice full left no-position
      alice socialise entered
      alice socialise left insufficient
      alice venue-loss entered
      bob full entered
      realised alice -> clearing:A 1600
      socialised bob -> alice 100
      socialised carol -> alice 400
      venue-loss venue -> alice 100
      alert venue-loss
    end
      USDT: bob -100 + carol 600 + clearing:A 1600 + venue -100 = 2000, was 2000
      A: bob -60 + carol -40 + clearing 100 = 0, was 0
      B: bob 50 = 50, was 50
  `,
});

scenario('WF-SOC-007', 'whoever is in a case pays nothing', {
  accounts: { alice: '1000; A 100 @100', bob: '0; A -60 @100; B 100 @100', carol: '1000; A -40 @100' },
  policy: stages(),
  script: `
    tick A 90 B 94.1
      new bob A buy 60 (full)
      new bob B sell 100 (full)
      new alice A sell 100 (full)
      case bob opened, deficit 138.1
      case alice opened, deficit 90
      bob full entered
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice socialise entered
      realised alice -> clearing:A 1100
      socialised carol -> alice 100
    end
      USDT: carol 900 + clearing:A 1100 = 2000, was 2000
      A: bob -60 + carol -40 + clearing 100 = 0, was 0
      B: bob 100 = 100, was 100
  `,
});

scenario('WF-SOC-008', 'nobody to share with: the next stage pays', {
  accounts: { alice: '1000; A 100 @100', erin: '1000' },
  policy: stages(),
  script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice full entered
    fill alice A @89
      ended alice A sell 0 (full)
      case alice closed, bad debt 100
      alice full left no-position
      alice socialise skipped nobody-to-share
      alice venue-loss entered
      realised alice -> clearing:A 1100
      venue-loss venue -> alice 100
      alert venue-loss
    end
      USDT: erin 1000 + clearing:A 1100 + venue -100 = 2000, was 2000
      A: clearing 100 = 100, was 100
  `,
});
