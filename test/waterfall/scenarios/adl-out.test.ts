/** WF-ADL: counterparties whose order is out. */
import { policyOf } from '../../support/policies.js';
import { adl, BANKRUPTCY, full } from './stages.js';
import { scenario } from './table.js';

scenario('WF-ADL-016', 'whose order is still out is no counterparty: what it has executed is not known yet, and is booked', {
  accounts: {
    alice: '1000; A 100 @100',
    carol: '0; A -10 @100 isolated 20',
    bob: '9000; A -90 @100',
  },
  policy: policyOf([full({ price: BANKRUPTCY }), adl()]),
  script: `
    tick A 101.5
      new carol/A A buy 10 @102 (full)
      case carol/A opened, deficit 5.15
      carol/A full entered
    tick A 90.5
      new alice A sell 100 @90 (full)
      cancel carol/A A buy 10 @102 (full)
      case alice opened, deficit 40.5
      case carol/A recovered, bad debt 0
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      alice full left unfilled
      alice adl entered
      alice adl left no-counterparty
      alice venue-loss entered
      adl alice against bob A 90 needed 90 @90 forgone -45
      realised alice -> clearing:A 900
      realised clearing:A -> bob 900
      realised alice -> venue 100
      alert venue-loss
    fill carol/A A @101
      ended carol/A A buy 0 @102 (full)
      realised carol/A -> clearing:A 10
      release carol/A -> carol 10
    end
      USDT: bob 9900 + carol 10 + clearing:A 10 + venue 100 = 10020, was 10020
      A: clearing -10 + venue 10 = 0, was 0
  `,
});
