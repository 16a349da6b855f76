/** WF-GATE: part of a case may not be acted on; the rest of it goes on, and that part is come back to. */
import { policyOf } from '../../support/policies.js';
import { adl, auction, BANKRUPTCY, full, SECONDS } from './stages.js';
import { scenario } from './table.js';

const accounts = { alice: '1000; A 100 @100; B 10 @100', bob: '3000; A -100 @100; B -10 @100' };
const freshness = { staleUs: 5 * SECONDS, warmupTicks: 0 };

scenario(
  'WF-GATE-010',
  'what found nobody goes on though a market of the case is stale, which is tried from there when it is fresh',
  {
    accounts,
    policy: policyOf([full({ price: BANKRUPTCY }), full({ retries: 9 })]),
    freshness,
    script: `
    tick A 95 B 100
    +6 tick A 90.5
      new alice A sell 100 @90.05 (full)
      case alice opened, deficit 50.5
      alice full entered
    ack alice A unfilled
      ended alice A sell 100 @90.05 (full)
      new alice A sell 100 (full)
      alice full left unfilled
      alice full entered
    +2 clock
    tick B 100
      cancel alice A sell 100 (full)
    ack alice A cancelled
      ended alice A sell 100 (full)
      new alice A sell 100 @90.05 (full)
      new alice B sell 10 @99.51 (full)
      alice full left market-open
      alice full entered
    fill alice B @99.6
      ended alice B sell 0 @99.51 (full)
      realised alice -> clearing:B 4
    fill alice A @90.4
      ended alice A sell 0 @90.05 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 960
    end
      USDT: alice 36 + bob 3000 + clearing:A 960 + clearing:B 4 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
      B: bob -10 + clearing 10 = 0, was 0
  `,
  },
);

scenario('WF-GATE-010', 'what has no counterparty goes on though a market of the case is paused', {
  accounts: { alice: '1000; A 100 @100; B 10 @100', bob: '3000; B -10 @100' },
  policy: policyOf([adl()]),
  script: `
    admin pause market B
    tick A 90.5 B 100
      case alice opened, deficit 50.5
      alice adl skipped no-counterparty
      alice venue-loss entered
      realised alice -> venue 995.0248756218905472
      alert venue-loss
    admin resume market B
      case alice closed, bad debt 0
      alice venue-loss left market-open
      alice adl entered
      adl alice against bob B 10 needed 10 @99.50248756218905472 forgone -4.9751243781094528
      realised alice -> clearing:B 4.9751243781094528
      realised clearing:B -> bob 4.9751243781094528
    end
      USDT: bob 3004.9751243781094528 + venue 995.0248756218905472 = 4000, was 4000
      A: venue 100 = 100, was 100
  `,
});

scenario('WF-GATE-010', 'what nobody has bid for goes on though the auction of another market cannot be held', {
  accounts: { alice: '1000; A 100 @100; B 10 @100', bob: '3000; A -100 @100; B -10 @100', maker: '9000' },
  policy: policyOf([auction({ resetsMax: 0 }), full()]),
  script: `
    admin bidder maker
    admin pause market B
    tick A 90.5 B 100
      case alice opened, deficit 50.5
      alice auction entered
      auction alice A opened 100 @90.5
    +41 clock
      new alice A sell 100 (full)
      alice auction left no-bids
      alice full entered
      auction alice A ended 100 @53.395
    admin resume market B
      cancel alice A sell 100 (full)
    ack alice A cancelled
      ended alice A sell 100 (full)
      alice full left market-open
      alice auction entered
      auction alice A opened 100 @90.5
      auction alice B opened 10 @100
    bid maker for alice A @90.5
      auction alice A taken by maker 100 @89.595
      realised alice -> clearing:A 1040.5
    end
      USDT: alice -40.5 + bob 3000 + maker 9000 + clearing:A 1040.5 = 13000, was 13000
      A: bob -100 + maker 100 = 0, was 0
      B: alice 10 + bob -10 = 0, was 0
  `,
});
