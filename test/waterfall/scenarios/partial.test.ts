/** WF-PART: closing just enough, by each of the four methods; WF-DUST. */
import { lots } from '../../../src/model/portfolio.js';
import { dec, rate } from '../../support/books.js';
import { policyOf } from '../../support/policies.js';
import { full, partial, SECONDS } from './stages.js';
import { venue } from './steps.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '1000; A -100 @100' };

scenario('WF-PART-001', 'restore: closes the least size that brings equity to maintenance', {
  accounts: one,
  policy: policyOf([partial(), full()]),
  script: `
    tick A 90.5
      new alice A sell 44.752 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    fill alice A @90.5
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 425.144
    end
      USDT: alice 574.856 + bob 1000 + clearing:A 425.144 = 2000, was 2000
      A: alice 55.248 + bob -100 + clearing 44.752 = 0, was 0
  `,
});

scenario('WF-PART-001', 'restore: to the target above maintenance, after fees and the slippage expected', {
  accounts: one,
  policy: policyOf([partial({ slippage: rate('0.002') }), full()], { liquidationTarget: rate('0.1') }),
  instruments: venue({ takerFee: rate('0.001') }),
  script: `
    tick A 90.8
      new alice A sell 27.362 (partial)
      case alice opened, deficit 10.8
      alice partial entered
    fill alice A @90.6184 fee 2.479501
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 256.6993392
      fee alice -> fees 2.479501
    end
      USDT: alice 740.8211598 + bob 1000 + clearing:A 256.6993392 + fees 2.479501 = 2000, was 2000
      A: alice 72.638 + bob -100 + clearing 27.362 = 0, was 0
  `,
});

scenario('WF-PART-001', 'restore: one lot beyond where a venue liquidates at maintenance, and nothing more', {
  accounts: { alice: '1045; A 100 @100', bob: '1000; A -100 @100' },
  policy: policyOf([partial(), full()]),
  instruments: { ...venue(), liquidateWhen: 'equity<=maintenance' },
  script: `
    tick A 90
      new alice A sell 50.001 (partial)
      case alice opened, deficit 45
      alice partial entered
    fill alice A @90
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 500.01
    end
      USDT: alice 544.99 + bob 1000 + clearing:A 500.01 = 2045, was 2045
      A: alice 49.999 + bob -100 + clearing 50.001 = 0, was 0
  `,
});

scenario('WF-PART-002', 'restore: the position that needs the most margin first, and others only when that is not enough', {
  accounts: { alice: '1000; A 100 @100; B 80 @100', bob: '1000; A -100 @100; B -80 @100' },
  policy: policyOf([partial(), full()]),
  script: `
    tick A 95 B 95
      new alice A sell 74.737 (partial)
      case alice opened, deficit 71
      alice partial entered
    tick A 94.9 B 95
    fill alice A @94.9
      ended alice A sell 0 (partial)
      new alice B sell 10.5 (partial)
      realised alice -> clearing:A 381.1587
    end
      USDT: alice 618.8413 + bob 1000 + clearing:A 381.1587 = 2000, was 2000
      A: alice 25.263 + bob -100 + clearing 74.737 = 0, was 0
      B: alice 80 + bob -80 = 0, was 0
  `,
});

scenario('WF-PART-003', 'fraction: a share of a large position, then a pause, then what is left as far as restores', {
  accounts: one,
  policy: policyOf([
    partial({ method: { kind: 'fraction', share: rate('0.2'), above: dec(5_000), cooldownUs: 30 * SECONDS } }),
    full(),
  ]),
  script: `
    tick A 90.5
      new alice A sell 20 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    fill alice A @90.5
      ended alice A sell 0 (partial)
      realised alice -> clearing:A 190
    +10 tick A 90.5
    +20 clock
      new alice A sell 24.752 (partial)
    fill alice A @90.5
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 235.144
    end
      USDT: alice 574.856 + bob 1000 + clearing:A 425.144 = 2000, was 2000
      A: alice 55.248 + bob -100 + clearing 44.752 = 0, was 0
  `,
});

scenario('WF-PART-003', 'fraction: all of a small position, as far as restores', {
  accounts: one,
  policy: policyOf([
    partial({ method: { kind: 'fraction', share: rate('0.2'), above: dec(50_000), cooldownUs: 30 * SECONDS } }),
    full(),
  ]),
  script: `
    tick A 90.5
      new alice A sell 44.752 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-PART-004', 'tier: down into the tier so many below its own, round by round', {
  // 25 at 90 are 2,250: 5 % of what is above 2,000, 2 % between 1,000 and 2,000, 1 % below.
  accounts: { alice: '275; T 25 @100', bob: '1000; T -25 @100' },
  policy: policyOf([partial({ method: { kind: 'tier', tiers: 1 } }), full()]),
  script: `
    tick T 90
      new alice T sell 2.778 (partial)
      case alice opened, deficit 17.5
      alice partial entered
    fill alice T @90
      ended alice T sell 0 (partial)
      new alice T sell 2.778 (partial)
      realised alice -> clearing:T 27.78
    fill alice T @90
      ended alice T sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:T 27.78
    end
      USDT: alice 219.44 + bob 1000 + clearing:T 55.56 = 1275, was 1275
      T: alice 19.444 + bob -25 + clearing 5.556 = 0, was 0
  `,
});

scenario('WF-PART-004', 'tier: never more than restores', {
  accounts: { alice: '291; T 25 @100', bob: '1000; T -25 @100' },
  policy: policyOf([partial({ method: { kind: 'tier', tiers: 2 } }), full()]),
  script: `
    tick T 90
      new alice T sell 0.334 (partial)
      case alice opened, deficit 1.5
      alice partial entered
    end
      USDT: alice 291 + bob 1000 = 1291, was 1291
      T: alice 25 + bob -25 = 0, was 0
  `,
});

scenario('WF-PART-005', 'increment: so many lots a round until it is restored', {
  accounts: one,
  policy: policyOf([partial({ method: { kind: 'increment', lots: lots(20_000) } }), full()]),
  script: `
    tick A 90.5
      new alice A sell 20 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    fill alice A @90.5
      ended alice A sell 0 (partial)
      new alice A sell 20 (partial)
      realised alice -> clearing:A 190
    fill alice A @90.5
      ended alice A sell 0 (partial)
      new alice A sell 4.752 (partial)
      realised alice -> clearing:A 190
    fill alice A @90.5
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 45.144
    end
      USDT: alice 574.856 + bob 1000 + clearing:A 425.144 = 2000, was 2000
      A: alice 55.248 + bob -100 + clearing 44.752 = 0, was 0
  `,
});

scenario('WF-PART-006', 'what closing all of it would not restore is handed on at once', {
  accounts: one,
  policy: policyOf([partial(), full()]),
  script: `
    tick A 90
      new alice A sell 100 (full)
      case alice opened, deficit 90
      alice partial skipped beyond-restoring
      alice full entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-PART-007', 'what finds nobody is handed on when it was tried often enough', {
  accounts: one,
  policy: policyOf([partial({ retries: 1 }), full()]),
  script: `
    tick A 90.5
      new alice A sell 44.752 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    ack alice A unfilled
      ended alice A sell 44.752 (partial)
      new alice A sell 44.752 (partial)
    ack alice A unfilled
      ended alice A sell 44.752 (partial)
      new alice A sell 100 (full)
      alice partial left unfilled
      alice full entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-PART-008', 'an order that is out is waited for, whatever its size would be now; then the next round is sized anew', {
  accounts: one,
  policy: policyOf([partial(), full()]),
  script: `
    tick A 90.5
      new alice A sell 44.752 (partial)
      case alice opened, deficit 40.5
      alice partial entered
    tick A 90.3
    fill alice A @90.3
      ended alice A sell 0 (partial)
      new alice A sell 22.026 (partial)
      realised alice -> clearing:A 434.0944
    fill alice A @90.3
      ended alice A sell 0 (partial)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 213.6522
    end
      USDT: alice 352.2534 + bob 1000 + clearing:A 647.7466 = 2000, was 2000
      A: alice 33.222 + bob -100 + clearing 66.778 = 0, was 0
  `,
});

scenario('WF-DUST-001', 'an order below the least closes so many more that it is not', {
  accounts: one,
  policy: policyOf([partial(), full()], { dust: { orderMin: dec(500) } }),
  script: `
    tick A 90.9
      new alice A sell 5.501 (partial)
      case alice opened, deficit 0.9
      alice partial entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-DUST-002', 'a position of which less than the least would be left is closed whole', {
  accounts: one,
  policy: policyOf([partial(), full()], { dust: { orderMin: dec(6_000) } }),
  script: `
    tick A 90.5
      new alice A sell 100 (full)
      case alice opened, deficit 40.5
      alice partial skipped beyond-restoring
      alice full entered
    end
      USDT: alice 1000 + bob 1000 = 2000, was 2000
      A: alice 100 + bob -100 = 0, was 0
  `,
});
