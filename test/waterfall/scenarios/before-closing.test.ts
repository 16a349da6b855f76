/** WF-CALL: grace before anything is closed; WF-CXL: open orders are cancelled first. */
import { rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { cancel, full, marginCall, SECONDS } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100' };
const orders = { alice: '1000; A 100 @100; order A 5 @80', bob: '3000; A -100 @100' };

scenario('WF-CALL-001', 'grace: nothing is closed until it is over', {
  accounts: one,
  policy: policyOf([marginCall({ graceUs: 60 * SECONDS }), full()]),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice margin-call entered
    +59 clock
    +1 clock
      new alice A sell 100 (full)
      alice margin-call left grace-over
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CALL-002', 'grace: who brings more in time is let off', {
  accounts: one,
  policy: policyOf([marginCall({ graceUs: 60 * SECONDS }), full()]),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice margin-call entered
    book alice 1100; A 100 @100
      case alice recovered, bad debt 0
    +99 clock
    end
      USDT: alice 1100 + bob 3000 = 4100, was 4100
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CALL-003', 'grace: ends at once when nothing is left', {
  accounts: one,
  policy: policyOf([marginCall({ graceUs: 60 * SECONDS }), full()]),
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice margin-call entered
    tick A 90
      new alice A sell 100 (full)
      alice margin-call left nothing-left
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CXL-001', 'asks once for open orders to go, and closes when they are gone', {
  accounts: orders,
  policy: policyOf([cancel(), full()]),
  script: `
    tick A 90.5
      cancel open orders of alice
      case alice opened, deficit 40.5
      alice cancel entered
    clock
    gone alice
      new alice A sell 100 (full)
      alice cancel left cancelled
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CXL-002', 'waits no longer than the policy says', {
  accounts: orders,
  policy: policyOf([cancel(), full()]),
  script: `
    tick A 90.5
      cancel open orders of alice
      case alice opened, deficit 40.5
      alice cancel entered
    +9 clock
    +1 clock
      new alice A sell 100 (full)
      alice cancel left not-cancelled
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CXL-003', 'has nothing to wait for when there are none', {
  accounts: one,
  policy: policyOf([cancel(), full()]),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice cancel skipped no-orders
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CALL-005', 'calls whoever falls below a threshold, once for each, and clears when it is above all of them', {
  accounts: one,
  policy: policyOf([marginCall(), full()], { watch: { below: rate('1.5'), everyUs: SECONDS } }),
  show: ['margin-calls'],
  script: `
    tick A 91.5
    tick A 91.3
      margin call alice called 1.5
    tick A 91.2
    tick A 91
      margin call alice called 1.2
    tick A 91.2
    tick A 91.4
      margin call alice cleared
    tick A 91.3
      margin call alice called 1.5
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});
