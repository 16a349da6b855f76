/**
 * `serve` killed again and again under load, within one life of its journal: what was accepted is there, no order executes twice, and a fresh replay
 * agrees with the engine that went on. `KILLS` and `SEED` from the environment.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { verifyJournal } from '../../src/app/journal.js';
import { engineOfJournal } from '../../src/app/journal-engine.js';
import { replayJournal } from '../../src/app/journal-replay.js';
import { connect, type PlimsollClient } from '../../src/client/client.js';
import type { Engine } from '../../src/engine/engine.js';
import { stateHash } from '../../src/engine/state-hash.js';
import { JournalReader } from '../../src/journal/reader.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { Random } from '../../src/synthetic/random.js';
import { long, writeBook } from './book.js';
import { KillClients, TRADERS } from './kill-clients.js';
import { killAll, killed, plimsoll, type Served, startServe, statsWhen } from './process.js';

const KILLS = Number(process.env.KILLS ?? 10);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const TICK_MS = 20;
const WARMUP_TICKS = 3;
/** A long journal is replayed from its beginning, by a machine that does other things too. */
const START_SECONDS = 60;

const files = writeBook([long('begun', '10', '20'), long('calm', '1', '500'), ...TRADERS]);
const kept = join(mkdtempSync(join(tmpdir(), 'plimsoll-killed-')), 'kept');
const TOKENS = { PLIMSOLL_OPERATOR_TOKEN: 'operator-of-the-kills', PLIMSOLL_EXECUTOR_TOKEN: 'executor-of-the-kills' };
const ARGS = [
  ...['--book', files.book, '--marks', files.marks, '--journal', kept, '--backend', 'js', '--policy', 'full-close'],
  ...['--executor', 'external', '--mode', 'live', '--order-ttl-ms', '250', '--tick-interval-ms', String(TICK_MS)],
];

afterAll(async () => {
  await killAll();
  rmSync(files.folder, { recursive: true, force: true });
});

async function client(served: Served, token: string): Promise<PlimsollClient> {
  return connect({ url: served.url, token });
}

/** One life of the process, until it is killed or, with no time, until all that was sent is settled and nothing is out. */
async function live(clients: KillClients, lifeMs: number | null): Promise<void> {
  const served = await startServe(ARGS, { env: TOKENS, seconds: START_SECONDS });
  const operator = await client(served, TOKENS.PLIMSOLL_OPERATOR_TOKEN);
  const executor = await client(served, TOKENS.PLIMSOLL_EXECUTOR_TOKEN);
  await clients.begin(operator, executor);
  if (lifeMs !== null) {
    clients.load();
    await sleep(lifeMs);
    await killed(served);
  } else {
    await clients.settled();
    await statsWhen(served.http, ({ openCases, liveOrders }) => openCases === 0 && liveOrders === 0, 'every case to end');
    await clients.settled();
    served.process.kill('SIGINT');
    await served.exited;
  }
  await clients.end();
  await Promise.all([operator.close(), executor.close()]);
}

/** What a fresh replay of the journal, from its beginning, finds. */
interface Replayed {
  readonly engine: Engine;
  /** Lots that the engine booked, by order. */
  readonly executed: ReadonlyMap<string, number>;
  readonly restarts: number;
  /** Orders that were made before their market had warmed up. */
  readonly early: readonly string[];
}

async function replayed(): Promise<Replayed> {
  const reader = new JournalReader(kept);
  try {
    const { engine } = await engineOfJournal(reader.head.header, { book: files.book }, new JsBackend(), false);
    const executed = new Map<string, number>();
    const early: string[] = [];
    let restarts = 0;
    let ticks = 0;
    replayJournal(reader, engine, null, {
      onSkipped: () => undefined,
      before: ({ record }) => {
        if (record.type === 'tick') ticks += 1;
        if (record.type !== 'restart') return;
        restarts += 1;
        ticks = 0;
      },
      after: (_, { effects }) => {
        for (const effect of effects) {
          if (effect.type === 'execution') executed.set(effect.orderId, (executed.get(effect.orderId) ?? 0) + effect.lots);
          if (effect.type !== 'orders' || ticks >= WARMUP_TICKS) continue;
          early.push(...effect.rows.filter(({ event }) => event === 'new').map(({ orderId }) => orderId));
        }
        return false;
      },
    });
    return { engine, executed, restarts, early };
  } finally {
    reader.close();
  }
}

test(`killed ${KILLS} times under load (SEED=${SEED})`, { timeout: 60_000 + KILLS * 20_000 }, async () => {
  const random = new Random(SEED, 'kills');
  const clients = new KillClients(SEED);
  for (let i = 0; i < KILLS; i += 1) await live(clients, 100 + random.integer(900));
  await live(clients, null);
  const { engine, executed, restarts, early } = await replayed();
  const { venue, accounts, traders, sent } = clients;
  process.stdout.write(
    `SEED=${SEED}: ${KILLS} kills, ${sent.accepted} batches accepted, ${sent.again} sent again; ` +
      `${venue.orders.size} orders at the venue, ${venue.queries} asked for, ${venue.absent} never had; ${verifyJournal(kept).records?.last} records\n`,
  );

  // Nothing that was accepted is lost: rows, and trades to the last unit.
  const { book } = engine.scanHalf;
  const portfolioOf = (id: string) => book.portfolio(book.store.find(id));
  for (const [id, { version, cash }] of accounts) {
    expect([id, book.sourceVersion(id)]).toEqual([id, version]);
    expect([id, portfolioOf(id).cash]).toEqual([id, cash]);
  }
  for (const [id, { lots, cash }] of traders) {
    expect([id, portfolioOf(id).positions.map((each) => each.lots)]).toEqual([id, lots === 0 ? [] : [lots]]);
    expect([id, portfolioOf(id).cash]).toEqual([id, cash]);
  }
  expect(accounts.size + traders.size).toBeGreaterThan(KILLS);

  // No order executes twice: at the venue, in the engine, and they agree.
  expect(venue.trouble).toEqual([]);
  const atVenue = [...venue.orders].filter(([, { executed: lots }]) => lots > 0).map(([id, order]) => [id, order.executed]);
  expect([...executed].sort()).toEqual(atVenue.sort());
  expect(executed.size).toBeGreaterThan(KILLS / 2);

  // It went on where it was, warmed up each time, and is what a fresh replay is.
  expect([restarts, early]).toEqual([KILLS, []]);
  const { snapshots, damage } = verifyJournal(kept);
  expect(damage).toEqual([]);
  expect(stateHash(engine)).toBe(snapshots.at(-1)?.stateHash);
  engine.checkConservation();
  expect(await plimsoll('journal', 'verify', kept)).toMatchObject({ code: 0, stderr: '' });
  const [orderId] = [...executed.keys()].slice(-1);
  const why = await plimsoll('why', orderId, '--journal', kept, '--book', files.book);
  expect(why).toMatchObject({ code: 0, stderr: '' });
  expect(why.stdout).toContain(`order ${orderId}: sell`);
  // Of a failure it stays, to be looked at.
  rmSync(join(kept, '..'), { recursive: true, force: true });
});
