/** The engine on its thread, from the build: a flood, a close, a halt, a book that cannot be had. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { syntheticTicks } from '../../feeds/synthetic.js';
import type { HostedEngine } from '../../src/engine/host.js';
import { engineFromSynthetic } from '../../src/engine/load.js';
import type { WorkerSetup } from '../../src/engine/worker.js';
import type { Effect } from '../../src/model/effects.js';
import { assert, type PlimsollError, type Problem } from '../../src/model/errors.js';
import { cash } from '../../src/model/portfolio.js';
import type { InputRecord, TickRecord } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { writeBook } from '../serve/book.js';
import { built } from '../serve/process.js';

const FLOOD = 5_000;
/** As its file has it. */
const FULL_CLOSE = {
  input: {
    version: 1,
    name: 'full-close',
    title: 'Every position whole',
    sources: [],
    stages: [
      { stage: 'full', price: { kind: 'bankruptcy' }, ttlMs: 5_000 },
      { stage: 'full', price: { kind: 'market' }, ttlMs: 5_000, retries: 1_000_000 },
    ],
  },
  where: 'policy',
  orderTtlUs: null,
};
const seeds = defaultMarkets(20);
const instruments = syntheticInstruments(seeds, 'USDT');
const prices = seeds.map(({ price }) => price);
const synthetic = { instruments, prices, positions: 20_000, seed: 1 };
const SETUP: WorkerSetup = {
  book: { synthetic },
  backend: 'js',
  policy: FULL_CLOSE,
  mode: 'live',
  executor: 'external',
  freshness: { staleUs: null, warmupTicks: 0 },
  seed: 1,
};

let startEngine: typeof import('../../src/engine/host.js').startEngine;
let engine: HostedEngine | null = null;
beforeAll(async () => {
  ({ startEngine } = await built<typeof import('../../src/engine/host.js')>('src/engine/host.js'));
});
afterEach(async () => {
  await engine?.close().catch(() => undefined);
  engine = null;
});

async function start(setup: WorkerSetup = SETUP): Promise<HostedEngine> {
  engine = await startEngine(setup);
  return engine;
}

/** Down by a tenth over all of them. */
function falling(count: number): TickRecord[] {
  const crash = { atTick: 0, depth: 0.1, durationTicks: count };
  const walk = syntheticTicks({ instruments, prices, seed: 1, startUs: 1_000_000, intervalUs: 1_000, crash });
  return Array.from({ length: count }, () => walk.next().value);
}

const emptyAccount = (id: string, version: number): InputRecord => ({
  type: 'book',
  timeUs: 0,
  rows: [{ version, account: { id, positionMode: 'net', balance: cash(BigInt(version)), cross: [], isolated: [] } }],
});
const NONSENSE = { type: 'nonsense', timeUs: 0 } as unknown as InputRecord;

describe('a flood of ticks', () => {
  test('is answered to the last, counted to the last, and ends where the last ticks end', async () => {
    const host = await start();
    const effects: Effect[] = [];
    host.subscribe((batch) => effects.push(...batch));
    const ticks = falling(FLOOD);
    const answers = await Promise.all(ticks.map((tick) => host.submit(tick)));
    expect(answers.every((problems) => problems.length === 0)).toBe(true);
    const { ticks: applied, conflated, tickMs: _tickMs, lagMs: _lagMs, priceEpoch, ...stats } = host.stats();
    expect(applied + conflated).toBe(FLOOD);
    expect(conflated).toBeGreaterThan(0);
    expect(priceEpoch).toBe(applied);

    const reference = engineFromSynthetic(synthetic, { backend: new JsBackend(), policy: SETUP.policy });
    expect(reference.apply(ticks[FLOOD - 1]).problems).toEqual([]);
    const { ticks: _one, priceEpoch: _epoch, ...wanted } = reference.counters();
    expect(wanted.liquidatable).toBeGreaterThan(100);
    // Orders depend on the way: a portfolio that was in breach on it may wait for the answer to its cancel.
    const { liveOrders, unknownOrders: _unknown, ...state } = stats;
    const { liveOrders: ordersWanted, unknownOrders: _none, ...stateWanted } = wanted;
    expect(state).toEqual(stateWanted);
    expect(liveOrders).toBeGreaterThanOrEqual(ordersWanted);
    const breached = effects.flatMap((effect) => (effect.type === 'signals' ? effect.rows : []));
    const isIn = new Map(breached.map(({ portfolio, state: said }) => [portfolio, said !== 'recovered']));
    expect([...isIn.values()].filter((is) => is)).toHaveLength(wanted.liquidatable);
  });

  test('does not disturb the order of what comes between', async () => {
    const host = await start();
    const ticks = falling(200);
    const answers: Promise<readonly Problem[]>[] = [];
    for (const [i, tick] of ticks.entries()) {
      answers.push(host.submit(tick));
      // Versions must rise, so that none may overtake another.
      answers.push(host.submit(emptyAccount('between', i + 1)));
    }
    answers.push(host.submit(emptyAccount('between', 200)));
    const problems = await Promise.all(answers);
    expect(problems.slice(0, -1).flat()).toEqual([]);
    expect(problems.at(-1)).toEqual([{ where: 'rows[0].version', expected: 'a version above 200', found: '200' }]);
    const { ticks: applied, conflated } = host.stats();
    expect(applied + conflated).toBe(200);
  });

  test('refuses the ticks of the past in it, and no others', async () => {
    const host = await start();
    const [first, second, third] = falling(3);
    const answers = await Promise.all([second, third, first, third].map((tick) => host.submit(tick)));
    expect(answers.map(({ length }) => length)).toEqual([0, 0, 1, 0]);
    expect(answers[2][0].where).toBe('tick.timeUs');
    expect(host.stats().tickTimeUs).toBe(third.timeUs);
  });
});

describe('closing', () => {
  test('what was submitted before is answered; what comes after is refused', async () => {
    const host = await start();
    const before = falling(100).map((tick) => host.submit(tick));
    const closed = host.close();
    const after = host.submit(falling(1)[0]);
    await expect(after).rejects.toMatchObject({ code: 'unavailable' });
    expect((await Promise.all(before)).flat()).toEqual([]);
    await closed;
    await host.ended;
    const { ticks, conflated } = host.stats();
    expect(ticks + conflated).toBe(100);
  });

  test('twice is once', async () => {
    const host = await start();
    await Promise.all([host.close(), host.close()]);
    await host.close();
  });
});

test('an engine that halts rejects everything: what is pending, its end, and what comes after', async () => {
  const host = await start();
  const fine = host.submit(falling(1)[0]);
  expect(await fine).toEqual([]);
  const pending = [host.submit(NONSENSE), ...falling(50).map((tick) => host.submit(tick))];
  const said = (promise: Promise<unknown>) =>
    promise.then(
      () => 'resolved',
      (error: Error) => error.message,
    );
  const reason = 'expected a known type of record, was {"type":"nonsense","timeUs":0}';
  expect(await said(host.ended)).toBe(reason);
  expect(new Set(await Promise.all(pending.map(said)))).toEqual(new Set([reason]));
  expect(await said(host.submit(falling(1)[0]))).toBe(reason);
});

describe('a book that cannot be had', () => {
  test('rejects the start with all its problems, under their code', async () => {
    const { book, folder } = writeBook([{ id: 'a b' }, { id: 'c', balances: { EUR: '1' }, positions: [] }]);
    const error: unknown = await start({ ...SETUP, book: { file: book } }).catch((refusal: unknown) => refusal);
    rmSync(folder, { recursive: true });
    expect(error).toMatchObject({ name: 'PlimsollError', code: 'bad-input' });
    const lines = (error as PlimsollError).message.split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) expect(line).toMatch(/book\.json: accounts\[[01]\]/);
  });

  test('and so does a file that is not there', async () => {
    await expect(start({ ...SETUP, book: { file: '/no/such/book.json' } })).rejects.toMatchObject({ code: 'bad-input' });
  });
});

test('statistics come with the ticks; a backend that does not hand over has nothing to resume', { timeout: 60_000 }, async () => {
  const host = await start();
  expect(host.statistics()).toBeNull();
  // They wait for a second of the engine's own clock.
  for (const tick of falling(FLOOD)) {
    await host.submit(tick);
    if (host.statistics() !== null) break;
    await sleep(5);
  }
  const { ticks, backend, positions } = host.stats();
  expect(ticks).toBeLessThan(FLOOD);
  const statistics = host.statistics();
  assert(statistics !== null, 'statistics within the ticks');
  expect(statistics.equity).toBeGreaterThan(statistics.maintenance);
  expect(statistics.bandCount.length).toBe(statistics.bandEnds.length + 1);
  expect(statistics.bandCount.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1_000);
  expect(statistics.sides.reduce((sum, side) => sum + side.positions, 0)).toBe(positions);
  expect(await host.resumeBackend()).toEqual([
    { where: 'backend', expected: 'a backend that can be taken back into use', found: 'one that does not hand over' },
  ]);
  expect(backend).toBe('js');
});

test('a command is refused once the engine is closed', async () => {
  const host = await start();
  const closed = host.close();
  await expect(host.resumeBackend()).rejects.toMatchObject({ code: 'unavailable' });
  await closed;
});

test('progress is told while a large book loads', async () => {
  const told: number[] = [];
  engine = await startEngine(SETUP, (positions) => told.push(positions));
  expect(told.length).toBeGreaterThan(0);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBeLessThanOrEqual(20_000);
  expect(engine.stats()).toMatchObject({ positions: 20_000, ticks: 0, conflated: 0, backend: 'js' });
});
