/** WF-BACK: an account that takes positions over. */
import { dec, rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { backstop, full, marginCall, SECONDS } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100', backstop: '5000' };
const stages = (over: Parameters<typeof backstop>[0] = {}) => policyOf([backstop(over), full()]);

scenario('WF-BACK-001', 'takes everything over at the bankruptcy price when equity is below a share of maintenance', {
  accounts: one,
  policy: stages(),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      case alice closed, bad debt 0
      alice backstop entered
      realised alice -> clearing:A 1000
    end
      USDT: backstop 5000 + bob 3000 + clearing:A 1000 = 9000, was 9000
      A: backstop 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-BACK-001', 'between two ticks as well, and it is told at once that nothing is in default any more', {
  accounts: one,
  policy: policyOf([marginCall({ graceUs: 10 * SECONDS }), backstop(), full()]),
  show: ['signals'],
  script: `
    tick A 90.5
      signal alice breached 40.5
      case alice opened, deficit 40.5
      alice margin-call entered
    +11 clock
      signal alice recovered 0
      case alice closed, bad debt 0
      alice margin-call left grace-over
      alice backstop entered
      realised alice -> clearing:A 1000
    tick A 90.5
    end
      USDT: backstop 5000 + bob 3000 + clearing:A 1000 = 9000, was 9000
      A: backstop 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-BACK-002', 'not above that share: the next stage closes', {
  accounts: one,
  policy: stages(),
  script: `
    tick A 90.8
      new alice A sell 100 (full)
      case alice opened, deficit 10.8
      alice backstop skipped above-threshold
      alice full entered
    end
      USDT: alice 1000 + backstop 5000 + bob 3000 = 9000, was 9000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-BACK-003', 'not when it would lose more than its limit, over all that it has taken', {
  accounts: { alice: '1000; A 100 @100', dave: '1000; A 100 @100', bob: '4000; A -200 @100', backstop: '9000' },
  policy: stages({ lossLimit: dec(150) }),
  script: `
    tick A 89
      new dave A sell 100 (full)
      case alice opened, deficit 189
      case alice closed, bad debt 0
      case dave opened, deficit 189
      alice backstop entered
      dave backstop skipped loss-limit
      dave full entered
      realised alice -> clearing:A 1000
    tick A 88.9
    end
      USDT: backstop 9000 + bob 4000 + dave 1000 + clearing:A 1000 = 15000, was 15000
      A: backstop 100 + bob -200 + dave 100 = 0, was 0
  `,
});

scenario('WF-BACK-004', 'not when it is too small: it must keep as much again as what it takes over needs', {
  accounts: { ...one, backstop: '130.999999' },
  policy: stages(),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice backstop skipped backstop-too-small
      alice full entered
    end
      USDT: alice 1000 + backstop 130.999999 + bob 3000 = 4130.999999, was 4130.999999
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-BACK-004', 'nor when what it has already makes that dearer than it was for the defaulter', {
  accounts: { alice: '150; T 15 @100', backstop: '64; T 15 @90', bob: '3000; T -30 @100' },
  policy: stages(),
  script: `
    tick T 90
      new alice T sell 15 (full)
      case alice opened, deficit 17
      alice backstop skipped backstop-too-small
      alice full entered
    end
      USDT: alice 150 + backstop 64 + bob 3000 = 3214, was 3214
      T: alice 15 + backstop 15 + bob -30 = 0, was 0
  `,
});

scenario('WF-BACK-004', 'with just enough it does', {
  accounts: { ...one, backstop: '131' },
  policy: stages({ below: rate('1') }),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      case alice closed, bad debt 0
      alice backstop entered
      realised alice -> clearing:A 1000
    end
      USDT: backstop 131 + bob 3000 + clearing:A 1000 = 4131, was 4131
      A: backstop 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-BACK-005', 'not when there is none, or when it is itself in default', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100; B -50 @100', backstop: '500; B 50 @100' },
  policy: policyOf([backstop({ account: 'nobody' }), backstop(), full()]),
  script: `
    tick A 90.5 B 90
      new backstop B sell 50 (full)
      new alice A sell 100 (full)
      case backstop opened, deficit 45
      case alice opened, deficit 40.5
      backstop backstop skipped no-backstop
      backstop backstop skipped backstop-in-default
      backstop full entered
      alice backstop skipped no-backstop
      alice backstop skipped backstop-in-default
      alice full entered
    end
      USDT: alice 1000 + backstop 500 + bob 3000 = 4500, was 4500
      A: alice 100 + bob -100 = 0, was 0
      B: backstop 50 + bob -50 = 0, was 0
  `,
});

scenario('WF-BACK-006', 'closes what it has the other way with what it takes over', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -30 @100', backstop: '5000; A -70 @95' },
  policy: stages(),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      case alice closed, bad debt 0
      alice backstop entered
      realised alice -> clearing:A 1000
      realised clearing:A -> backstop 350
    end
      USDT: backstop 5350 + bob 3000 + clearing:A 650 = 9000, was 9000
      A: backstop 30 + bob -30 = 0, was 0
  `,
});
