/** WF-GATE: what may be liquidated; WF-SHAD: shadow mode; WF-ORD: orders nobody answers for; WF-LIM: limits of dispatch; WF-REC. */
import { NO_LIMITS } from '../../../src/dispatch/limits.js';
import { dec, rate } from '../../support/books.js';
import { fullClose, policyOf } from '../../support/policies.js';
import { auction, BANKRUPTCY, cancel, full, fund, marginCall, partial, SECONDS } from './stages.js';
import { scenario } from './table.js';

const one = { alice: '1000; A 100 @100', bob: '3000; A -100 @100' };
const policy = fullClose(5 * SECONDS);

scenario('WF-GATE-001', 'kill: what is out is cancelled, nothing goes out and nobody pays, until it is lifted', {
  accounts: one,
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    admin kill on
      cancel alice A sell 100 @90 (full)
      alert kill
    ack alice A cancelled
      ended alice A sell 100 @90 (full)
    tick A 90.4
    admin kill off
      new alice A sell 100 @90 (full)
      alert kill
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-GATE-002', 'a paused market: its positions wait, others of the case are closed', {
  accounts: { alice: '1000; A 100 @100; B 10 @100', bob: '3000; A -100 @100; B -10 @100' },
  policy,
  script: `
    admin pause market A
    tick A 90.5 B 100
      new alice B sell 10 @99.51 (full)
      case alice opened, deficit 50.5
      alice full entered
    admin resume market A
      new alice A sell 100 @90.05 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
      B: alice 10 + bob -10 = 0, was 0
  `,
});

scenario('WF-GATE-003', 'a paused account is left alone until it is resumed', {
  accounts: one,
  policy,
  script: `
    admin pause account alice
    tick A 90.5
      case alice opened, deficit 40.5
      alice full entered
    admin resume account alice
      new alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-GATE-003', 'what is out of any of its portfolios is cancelled, and nothing of others', {
  accounts: { alice: '0; A 100 @100 isolated 1000', alicia: '1000; A 100 @100', bob: '3000; A -200 @100' },
  policy,
  script: `
    tick A 90.5
      new alice/A A sell 100 @90 (full)
      new alicia A sell 100 @90 (full)
      case alice/A opened, deficit 40.5
      case alicia opened, deficit 40.5
      alice/A full entered
      alicia full entered
    admin pause account alice
      cancel alice/A A sell 100 @90 (full)
    end
      USDT: alice/A 1000 + alicia 1000 + bob 3000 = 5000, was 5000
      A: alice/A 100 + alicia 100 + bob -200 = 0, was 0
  `,
});

scenario('WF-GATE-004', 'a paused stage holds the cases that have come to it', {
  accounts: one,
  policy: policyOf([partial(), full()]),
  script: `
    admin pause stage full
    tick A 90
      case alice opened, deficit 90
      alice partial skipped beyond-restoring
      alice full entered
    admin resume stage full
      new alice A sell 100 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-GATE-005', 'an exempt account is never liquidated, and its case is known', {
  accounts: one,
  policy,
  script: `
    admin exempt alice
    tick A 80
      case alice opened, deficit 1080
      alice full entered
    tick A 95
      case alice recovered, bad debt 0
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-GATE-005', 'what is out of it when it becomes exempt is cancelled', {
  accounts: one,
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    admin exempt alice
      cancel alice A sell 100 @90 (full)
    ack alice A cancelled
      ended alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-GATE-006', 'nothing goes out on a stale mark; a fresh one lets it go', {
  accounts: { alice: '1000; A 100 @100; B 10 @100', bob: '3000; A -100 @100; B -10 @100' },
  policy,
  freshness: { staleUs: 5 * SECONDS, warmupTicks: 0 },
  script: `
    tick A 95 B 100
    +6 tick B 50
      new alice B sell 10 @50 (full)
      case alice opened, deficit 100
      alice full entered
    tick A 95
      new alice A sell 100 @95 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
      B: alice 10 + bob -10 = 0, was 0
  `,
});

scenario(
  'WF-GATE-007',
  'a market that goes stale halfway: what is out stays, nothing new follows, and the venue takes nothing over',
  {
    accounts: one,
    policy: policyOf([full({ price: BANKRUPTCY }), full({ retries: 1 }), fund()]),
    freshness: { staleUs: 5 * SECONDS, warmupTicks: 0 },
    script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    +6 ack alice A unfilled
      ended alice A sell 100 @90 (full)
      alice full left unfilled
      alice full entered
    tick A 90.4
      new alice A sell 100 (full)
    ack alice A unfilled
      ended alice A sell 100 (full)
      new alice A sell 100 (full)
    +6 ack alice A unfilled
      ended alice A sell 100 (full)
      alice full left unfilled
      alice fund skipped insufficient
      alice venue-loss entered
    tick A 90.3
      case alice closed, bad debt 0
      realised alice -> venue 1000
      alert venue-loss
    end
      USDT: bob 3000 + venue 1000 = 4000, was 4000
      A: bob -100 + venue 100 = 0, was 0
  `,
  },
);

scenario('WF-GATE-008', 'a market warms up with so many ticks before anything in it is liquidated', {
  accounts: one,
  policy,
  freshness: { staleUs: null, warmupTicks: 3 },
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice full entered
    tick A 90.4
    tick A 90.3
      new alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-GATE-009', 'a command that names what is not there is refused, with all others of its record', {
  accounts: one,
  policy,
  script: `
    admin pause market X
      refused commands[0].name
    admin pause stage nothing
      refused commands[0].name
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-SHAD-001', 'shadow: orders are told and not sent, once a position; live, they go out', {
  accounts: one,
  policy,
  mode: 'shadow',
  script: `
    tick A 90.5
      shadow alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    tick A 90.4
    clock
    admin mode live
      new alice A sell 100 @90 (full)
      alice full left live
      alice full entered
      alert mode
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-SHAD-002', 'shadow: nothing is moved, nobody is asked to cancel, no auction is held', {
  accounts: { alice: '1000; A 100 @100; order A 1 @50', bob: '3000; A -100 @100', carol: '-5' },
  policy: policyOf([cancel(), auction({ biddersMin: 0 }), full()]),
  mode: 'shadow',
  script: `
    tick A 90.5
      shadow alice A sell 100 (full)
      case alice opened, deficit 40.5
      case carol opened, deficit 5
      alice cancel skipped shadow
      alice auction skipped shadow
      alice full entered
      carol cancel skipped no-orders
      carol auction entered
    admin mode live
      cancel open orders of alice
      case carol recovered, bad debt 5
      alice full left live
      carol auction left live
      alice cancel entered
      carol cancel skipped no-orders
      carol auction skipped no-position
      carol full skipped no-position
      carol venue-loss entered
      venue-loss venue -> carol 5
      alert mode
      alert venue-loss
    end
      USDT: alice 1000 + bob 3000 + venue -5 = 3995, was 3995
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-SHAD-003', 'from live to shadow: what is out is cancelled', {
  accounts: one,
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    admin mode shadow
      cancel alice A sell 100 @90 (full)
      alert mode
    ack alice A cancelled
      ended alice A sell 100 @90 (full)
      shadow alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-ORD-001', 'an order past its time that nobody has ended is asked for by id, and never sent again', {
  accounts: one,
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    +5 clock
    +1 clock
      query alice A sell 100 @90 (full)
    +4 clock
    +1 tick A 90.5
      query alice A sell 100 @90 (full)
    ack alice A unknown
    ack alice A working
    ack alice A absent
      ended alice A sell 100 @90 (full)
      new alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-ORD-002', 'a restart: every order that is out is asked for, and every market warms up', {
  accounts: { alice: '1000; A 100 @100', bob: '3000; A -100 @100; B -100 @100', carol: '1000; B 100 @100' },
  policy,
  freshness: { staleUs: null, warmupTicks: 1 },
  script: `
    tick A 90.5 B 95
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    restart
      query alice A sell 100 @90 (full)
    ack alice A absent
      ended alice A sell 100 @90 (full)
    tick B 90.5
      new carol B sell 100 @90 (full)
      case carol opened, deficit 40.5
      carol full entered
    tick A 90.5
      new alice A sell 100 @90 (full)
    end
      USDT: alice 1000 + bob 3000 + carol 1000 = 5000, was 5000
      A: alice 100 + bob -100 = 0, was 0
      B: bob -100 + carol 100 = 0, was 0
  `,
});

scenario(
  'WF-ORD-003',
  'an execution that comes after its order was told to have ended is booked, and nothing of it is closed twice',
  {
    accounts: one,
    policy,
    script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    ack alice A absent
      ended alice A sell 100 @90 (full)
      new alice A sell 100 @90 (full)
    late alice A @90.2
      cancel alice A sell 100 @90 (full)
      case alice closed, bad debt 0
      realised alice -> clearing:A 980
    ack alice A cancelled
      ended alice A sell 100 @90 (full)
    end
      USDT: alice 20 + bob 3000 + clearing:A 980 = 4000, was 4000
      A: bob -100 + clearing 100 = 0, was 0
  `,
  },
);

scenario('WF-ORD-004', 'more than is left of an order, or another side, is no execution of it', {
  accounts: one,
  policy,
  script: `
    tick A 90.5
      new alice A sell 100 @90 (full)
      case alice opened, deficit 40.5
      alice full entered
    fill alice A 100.001 @90.5
      refused fill t1
    fill alice A 60 @90.5
      cancel alice A sell 40 @90 (full)
      case alice recovered, bad debt 0
      realised alice -> clearing:A 570
    end
      USDT: alice 430 + bob 3000 + clearing:A 570 = 4000, was 4000
      A: alice 40 + bob -100 + clearing 60 = 0, was 0
  `,
});

scenario('WF-LIM-001', 'new orders of an account wait for its tokens', {
  accounts: { alice: '1000; A 100 @100; B 50 @100', bob: '3000; A -100 @100; B -50 @100' },
  policy: policyOf([full({ ttlUs: 60 * SECONDS })], { limits: { ...NO_LIMITS, perAccount: { count: 1, perUs: 10 * SECONDS } } }),
  script: `
    tick A 91 B 100
      new alice A sell 100 (full)
      case alice opened, deficit 41
      alice full entered
    +9 clock
    +1 clock
      new alice B sell 50 (full)
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
      B: alice 50 + bob -50 = 0, was 0
  `,
});

scenario(
  'WF-LIM-002',
  'what is sent in a market within an interval is a share of its depth: a smaller order goes out, the rest follows',
  {
    accounts: one,
    policy: policyOf([full()], {
      limits: { ...NO_LIMITS, notional: { share: rate('0.1'), perUs: 10 * SECONDS }, depth: new Map([[0, dec(40_000)]]) },
    }),
    script: `
    tick A 90.2
      new alice A sell 44.345 (full)
      case alice opened, deficit 70.2
      alice full entered
    fill alice A @90.2
      ended alice A sell 0 (full)
      new alice A sell 4.435 (full)
      realised alice -> clearing:A 434.581
    +5 clock
    end
      USDT: alice 565.419 + bob 3000 + clearing:A 434.581 = 4000, was 4000
      A: alice 55.655 + bob -100 + clearing 44.345 = 0, was 0
  `,
  },
);

scenario('WF-LIM-003', 'of several cases the one with the largest deficit has the tokens', {
  accounts: { alice: '1000; A 100 @100', carol: '990; A 100 @100', bob: '3000; A -200 @100' },
  policy: policyOf([full({ ttlUs: 60 * SECONDS })], { limits: { ...NO_LIMITS, global: { count: 1, perUs: 10 * SECONDS } } }),
  script: `
    tick A 90.5
      new carol A sell 100 (full)
      case carol opened, deficit 50.5
      case alice opened, deficit 40.5
      carol full entered
      alice full entered
    +10 tick A 90.5
      new alice A sell 100 (full)
    end
      USDT: alice 1000 + bob 3000 + carol 990 = 4990, was 4990
      A: alice 100 + bob -200 + carol 100 = 0, was 0
  `,
});

scenario('WF-REC-001', "the venue's figures are compared with ours, and differences are an alert; nothing is decided on them", {
  accounts: one,
  policy,
  show: ['reconciliation'],
  script: `
    tick A 95
    figures alice 500 95
      figures of alice equal
    figures alice 500.000001 95
      figures of alice equal
    figures alice 500.000002 95
      alert reconciliation
      figures of alice differ
    figures nobody 0 0
      alert reconciliation
      figures of nobody differ
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});

scenario('WF-CALL-004', 'grace is kept in shadow mode as it would be', {
  accounts: one,
  policy: policyOf([marginCall({ graceUs: 10 * SECONDS }), full()]),
  mode: 'shadow',
  script: `
    tick A 90.5
      case alice opened, deficit 40.5
      alice margin-call entered
    +10 clock
      shadow alice A sell 100 (full)
      alice margin-call left grace-over
      alice full entered
    end
      USDT: alice 1000 + bob 3000 = 4000, was 4000
      A: alice 100 + bob -100 = 0, was 0
  `,
});
