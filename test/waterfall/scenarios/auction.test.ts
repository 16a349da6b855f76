/** WF-AUC: Dutch auctions of positions and of whole portfolios. */
import { dec, rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { auction, full, SECONDS } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100', carol: '5000', dave: '5000' };
const stages = (over: Parameters<typeof auction>[0] = {}) => policyOf([auction(over), full()]);

scenario('WF-AUC-001', 'the price of a long falls linearly from the mark; whoever takes it gets it at the price of the moment', {
  accounts: one,
  policy: stages(),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    +1 bid carol for alice A
      case alice closed, bad debt 40.5
      alice auction left no-position
      alice full skipped no-position
      alice venue-loss entered
      auction alice A taken by carol 100 @89.595
      auction alice A ended 0 @89.595
      realised alice -> clearing:A 1040.5
      venue-loss venue -> alice 40.5
      alert venue-loss
    end
      USDT: bob 3000 + carol 5000 + dave 5000 + clearing:A 1040.5 + venue -40.5 = 14000, was 14000
      A: bob -100 + carol 100 = 0, was 0
  `,
});

scenario('WF-AUC-001', 'of a short it mirrors about the mark: its buyer is paid more', {
  accounts: { alice: '1000; A -100 @100', bob: '3000; A 100 @100', carol: '5000' },
  policy: stages(),
  script: `
    admin bidder carol
    tick A 109.5
      case alice opened, deficit 59.5
      alice auction entered
      auction alice A opened 100 @109.5
    +5 bid carol for alice A
      case alice closed, bad debt 497.5
      alice auction left no-position
      alice full skipped no-position
      alice venue-loss entered
      auction alice A taken by carol 100 @114.975
      auction alice A ended 0 @114.975
      realised alice -> clearing:A 1497.5
      venue-loss venue -> alice 497.5
      alert venue-loss
    end
      USDT: bob 3000 + carol 5000 + clearing:A 1497.5 + venue -497.5 = 9000, was 9000
      A: bob 100 + carol -100 = 0, was 0
  `,
});

scenario('WF-AUC-002', 'too few bidders: it is not held', {
  accounts: one,
  policy: stages({ biddersMin: 2 }),
  script: `
    admin bidder carol
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice auction skipped too-few-bidders
      alice full entered
    end
      USDT: alice 1000 + bob 3000 + carol 5000 + dave 5000 = 14000, was 14000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario(
  'WF-AUC-003',
  'no bidders: it is started anew when it is too old, at the mark of then, and given up after so many times',
  {
    accounts: one,
    policy: stages({ biddersMin: 0 }),
    script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    +39 clock
    +1 tick A 90.4
      auction alice A reset 100 @90.4
    +39 clock
    +1 clock
      new alice A sell 100 (full)
      alice auction left no-bids
      alice full entered
      auction alice A ended 100 @54.24
    end
      USDT: alice 1000 + bob 3000 + carol 5000 + dave 5000 = 14000, was 14000
      A: alice 100 + bob -100 = 0, was 0
  `,
  },
);

scenario('WF-AUC-004', 'is started anew when its price is below so much of its start', {
  accounts: one,
  policy: stages({ biddersMin: 0, reserve: rate('0'), resetDrop: rate('0.9') }),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    +10 clock
    +1 clock
      auction alice A reset 100 @90.5
    +11 clock
      new alice A sell 100 (full)
      alice auction left no-bids
      alice full entered
      auction alice A ended 100 @80.545
    end
      USDT: alice 1000 + bob 3000 + carol 5000 + dave 5000 = 14000, was 14000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-AUC-005', 'is taken in parts by several, each at its moment, until the portfolio is restored', {
  accounts: one,
  policy: stages({ curve: { kind: 'linear', durationUs: 10_000 * SECONDS } }),
  script: `
    admin bidder carol
    admin bidder dave
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    bid carol for alice A 30
      auction alice A taken by carol 30 @90.49095
      realised alice -> clearing:A 285.2715
    bid dave for alice A 10 @90.4
    bid dave for alice A
      case alice closed, bad debt 0
      auction alice A taken by dave 70 @90.47285
      auction alice A ended 0 @90.47285
      realised alice -> clearing:A 666.9005
    end
      USDT: alice 47.828 + bob 3000 + carol 5000 + dave 5000 + clearing:A 952.172 = 14000, was 14000
      A: bob -100 + carol 30 + dave 70 = 0, was 0
  `,
});

scenario('WF-AUC-006', 'a bid below the price of the moment takes nothing; when the price has come down to it, it does', {
  accounts: one,
  policy: stages(),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    bid carol for alice A @89.594
    bid carol for alice A @88.69
      case alice closed, bad debt 131
      alice auction left no-position
      alice full skipped no-position
      alice venue-loss entered
      auction alice A taken by carol 100 @88.69
      auction alice A ended 0 @88.69
      realised alice -> clearing:A 1131
      venue-loss venue -> alice 131
      alert venue-loss
    end
      USDT: bob 3000 + carol 5000 + dave 5000 + clearing:A 1131 + venue -131 = 14000, was 14000
      A: bob -100 + carol 100 = 0, was 0
  `,
});

scenario('WF-AUC-007', 'only registered bidders take, that are not the defaulter, nor in default, nor below maintenance by it', {
  accounts: { ...one, erin: '5', frank: '100; B 10 @100' },
  policy: stages({ curve: { kind: 'linear', durationUs: 10_000 * SECONDS } }),
  script: `
    admin bidder alice
    admin bidder erin
    admin bidder frank
    tick A 90.5 B 90
      case alice opened, deficit 40.5
      case frank opened, deficit 9
      alice auction entered
      frank auction entered
      auction alice A opened 100 @90.5
      auction frank B opened 10 @90
    bid carol for alice A
    bid alice for alice A
    bid erin for alice A
    bid frank for alice A
    bid frank for alice A 1
    bid nobody for alice A
    end
      USDT: alice 1000 + bob 3000 + carol 5000 + dave 5000 + erin 5 + frank 100 = 14105, was 14105
      A: alice 100 + bob -100 = 0, was 0
      B: frank 10 = 10, was 10
  `,
});

scenario(
  'WF-AUC-008',
  'of a whole portfolio: the largest share whose sale restores the rest changes hands at the mark, and its worth less the discount is paid (Derive)',
  {
    accounts: { alice: '1000; A 100 @100; B 40 @50', bob: '3000; A -100 @100; B -40 @50', carol: '5000' },
    policy: stages({ of: 'portfolio' }),
    script: `
    admin bidder carol
    tick A 91 B 50
      case alice opened, deficit 11
      alice auction entered
      auction alice * opened @1
    +9 bid carol for alice *
      case alice recovered, bad debt 0
      auction alice * taken by carol @0.91
      auction alice * ended @0.91
      realised alice -> clearing:A 97.065
      auction alice -> carol 0.970588235294117647
    end
      USDT: alice 901.964411764705882353 + bob 3000 + carol 5000.970588235294117647 + clearing:A 97.065 = 9000, was 9000
      A: alice 89.215 + bob -100 + carol 10.785 = 0, was 0
      B: alice 35.686 + bob -40 + carol 4.314 = 0, was 0
  `,
  },
);

scenario('WF-AUC-008', 'of a whole portfolio: who takes it while more than its worth is asked pays that', {
  accounts: one,
  policy: stages({ of: 'portfolio', start: rate('1.5') }),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice * opened @1.5
    bid carol for alice *
      case alice recovered, bad debt 0
      auction alice * taken by carol @1.485
      auction alice * ended @1.485
      realised alice -> clearing:A 335.3025
      auction carol -> alice 8.558823529411764706
    end
      USDT: alice 673.256323529411764706 + bob 3000 + carol 4991.441176470588235294 + dave 5000 + clearing:A 335.3025 = 14000, was 14000
      A: alice 64.705 + bob -100 + carol 35.295 = 0, was 0
  `,
});

scenario('WF-AUC-008', 'of a whole portfolio is not held for what is worth nothing', {
  accounts: one,
  policy: stages({ of: 'portfolio', biddersMin: 0 }),
  script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice auction skipped insolvent
      alice full entered
    end
      USDT: alice 1000 + bob 3000 + carol 5000 + dave 5000 = 14000, was 14000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-AUC-009', 'a bid that is told twice takes once', {
  accounts: one,
  policy: stages(),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    bid carol for alice A 10 id=x
      auction alice A taken by carol 10 @89.595
      realised alice -> clearing:A 104.05
    bid carol for alice A 10 id=x
    end
      USDT: alice 895.95 + bob 3000 + carol 5000 + dave 5000 + clearing:A 104.05 = 14000, was 14000
      A: alice 90 + bob -100 + carol 10 = 0, was 0
  `,
});

scenario('WF-AUC-010', 'ends with its case when the price comes back; a bid after that is too late', {
  accounts: one,
  policy: stages(),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    tick A 95
      case alice recovered, bad debt 0
      auction alice A ended 100 @89.595
    bid carol for alice A
    end
      USDT: alice 1000 + bob 3000 + carol 5000 + dave 5000 = 14000, was 14000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-AUC-011', 'in stairs: cut by a factor at each step (Maker)', {
  accounts: one,
  policy: stages({ curve: { kind: 'stair', cut: dec(99, 2), stepUs: 10 * SECONDS, durationUs: 3_600 * SECONDS } }),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    +9 bid carol for alice A 1
      auction alice A taken by carol 1 @90.5
      realised alice -> clearing:A 9.5
    +1 bid carol for alice A 1
      auction alice A taken by carol 1 @89.595
      realised alice -> clearing:A 10.405
    +10 bid carol for alice A 1
      auction alice A taken by carol 1 @88.69905
      realised alice -> clearing:A 11.30095
    end
      USDT: alice 968.79405 + bob 3000 + carol 5000 + dave 5000 + clearing:A 31.20595 = 14000, was 14000
      A: alice 97 + bob -100 + carol 3 = 0, was 0
  `,
});

scenario('WF-AUC-012', 'never below its reserve', {
  accounts: one,
  policy: stages({ reserve: rate('0.95'), resetAgeUs: 3_600 * SECONDS }),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    +50 bid carol for alice A 1
      auction alice A taken by carol 1 @85.975
      realised alice -> clearing:A 14.025
    end
      USDT: alice 985.975 + bob 3000 + carol 5000 + dave 5000 + clearing:A 14.025 = 14000, was 14000
      A: alice 99 + bob -100 + carol 1 = 0, was 0
  `,
});

scenario('WF-AUC-013', 'is not held, and nothing is taken, while the mark is stale', {
  accounts: one,
  policy: stages(),
  freshness: { staleUs: 5 * SECONDS, warmupTicks: 0 },
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 40.5
      alice auction entered
      auction alice A opened 100 @90.5
    +6 bid carol for alice A
    tick A 90.5
    bid carol for alice A
      case alice closed, bad debt 674
      alice auction left no-position
      alice full skipped no-position
      alice venue-loss entered
      auction alice A taken by carol 100 @83.26
      auction alice A ended 0 @83.26
      realised alice -> clearing:A 1674
      venue-loss venue -> alice 674
      alert venue-loss
    end
      USDT: bob 3000 + carol 5000 + dave 5000 + clearing:A 1674 + venue -674 = 14000, was 14000
      A: bob -100 + carol 100 = 0, was 0
  `,
});

scenario('WF-AUC-014', 'of each leg of a hedge by itself', {
  accounts: { alice: 'hedge; 500; A 100 @100; A -50 @100', bob: '1000; A -50 @100', carol: 'hedge; 5000' },
  policy: stages(),
  script: `
    admin bidder carol
    tick A 90.5
      case alice opened, deficit 110.75
      alice auction entered
      auction alice A opened 100 @90.5
      auction alice A opened 50 @90.5
    bid carol for alice A
      auction alice A taken by carol 50 @91.405
      realised clearing:A -> alice 429.75
    end
      USDT: alice 929.75 + bob 1000 + carol 5000 + clearing:A -429.75 = 6500, was 6500
      A: alice 100 + bob -50 + carol -50 = 0, was 0
  `,
});
