/** The engine on its thread with a journal, from the build: nothing leaves before it is durable, and a start goes on where the last ended. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { syntheticTicks } from '../../feeds/synthetic.js';
import type { HostedEngine } from '../../src/engine/host.js';
import type { WorkerSetup } from '../../src/engine/worker.js';
import { decodeRecord } from '../../src/journal/codec.js';
import { JournalReader } from '../../src/journal/reader.js';
import type { Effect } from '../../src/model/effects.js';
import type { InputRecord, TickRecord } from '../../src/model/records.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { built } from '../serve/process.js';

const seeds = defaultMarkets(10);
const instruments = syntheticInstruments(seeds, 'USDT');
const prices = seeds.map(({ price }) => price);
const synthetic = { instruments, prices, positions: 5_000, seed: 1 };
const policyFile = join(import.meta.dirname, '../../policies/full-close.json');
const policy = { input: JSON.parse(readFileSync(policyFile, 'utf8')), where: 'policy', orderTtlUs: null };

vi.setConfig({ testTimeout: 120_000 });

let startEngine: typeof import('../../src/engine/host.js').startEngine;
let engine: HostedEngine | null = null;
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kept-'));
beforeAll(async () => {
  ({ startEngine } = await built<typeof import('../../src/engine/host.js')>('src/engine/host.js'));
});
afterEach(async () => {
  await engine?.close().catch(() => undefined);
  engine = null;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(name: string, others: Partial<WorkerSetup> = {}): Promise<HostedEngine> {
  const freshness = { staleUs: null, warmupTicks: 0 };
  const setup: WorkerSetup = { book: { synthetic }, backend: 'js', policy, mode: 'live', executor: 'paper', freshness, seed: 1 };
  engine = await startEngine({ ...setup, journal: { folder: join(folder, name), by: 'plimsoll test' }, ...others });
  return engine;
}

/** Down by a quarter over all of them. */
function falling(count: number, startUs: number): TickRecord[] {
  const crash = { atTick: 0, depth: 0.25, durationTicks: count };
  const walk = syntheticTicks({ instruments, prices, seed: 1, startUs, intervalUs: 1_000_000, crash });
  return Array.from({ length: count }, () => walk.next().value);
}

function recordsOf(name: string): InputRecord[] {
  const reader = new JournalReader(join(folder, name));
  const records = [...reader.records()].map(({ payload }) => decodeRecord(payload));
  reader.close();
  return records;
}

test('every record is in the journal, the paper venue’s and the newcomers’ too, before its answer and its effects come', async () => {
  const host = await start('all');
  expect(host.journal).toMatchObject({ epoch: 1, recovery: { snapshotSeq: null, replayed: 0, lastSeq: 0, passedOver: [] } });
  const durable = { answers: 0, effects: 0 };
  const types = new Set<Effect['type']>();
  host.subscribe((batch) => {
    for (const effect of batch) {
      types.add(effect.type);
      if (effect.type !== 'signals') continue;
      durable.effects += 1;
      const ticks = recordsOf('all').filter(({ type }) => type === 'tick');
      expect(ticks.some(({ timeUs }) => timeUs === effect.tickTimeUs)).toBe(true);
    }
  });
  for (const tick of falling(30, 1_000_000)) {
    expect(await host.submit(tick)).toEqual([]);
    expect(recordsOf('all').some((record) => record.type === 'tick' && record.timeUs === tick.timeUs)).toBe(true);
    durable.answers += 1;
  }
  expect([...types]).toEqual(expect.arrayContaining(['orders', 'signals', 'cases', 'stages']));
  expect(durable).toMatchObject({ answers: 30 });
  expect(durable.effects).toBeGreaterThan(3);
  await host.close();
  expect(new Set(recordsOf('all').map(({ type }) => type))).toEqual(new Set(['tick', 'acks', 'fills', 'book']));
});

describe('a second start', () => {
  test('goes on from the snapshot of the close, with a restart', async () => {
    const first = await start('again');
    for (const tick of falling(20, 1_000_000)) await first.submit(tick);
    const before = first.stats();
    await first.close();
    const count = recordsOf('again').length;

    const second = await start('again');
    expect(second.journal).toMatchObject({ epoch: 2, recovery: { snapshotSeq: count, replayed: 0, lastSeq: count } });
    const { accounts, positions, ticks, openCases, liquidations } = second.stats();
    expect({ accounts, positions, ticks, openCases, liquidations }).toEqual({
      accounts: before.accounts,
      positions: before.positions,
      ticks: before.ticks,
      openCases: before.openCases,
      liquidations: before.liquidations,
    });
    expect(liquidations).toBeGreaterThan(0);
    await second.submit({ type: 'clock', timeUs: 40_000_000 });
    expect(recordsOf('again')[count].type).toBe('restart');
    await second.close();
  });

  test('replays from the beginning when the snapshot is gone, and comes to the same', async () => {
    const first = await start('gone');
    for (const tick of falling(20, 1_000_000)) await first.submit(tick);
    const before = first.stats();
    await first.close();
    const { length: count } = recordsOf('gone');
    rmSync(join(folder, 'gone', `snapshot-${count}.bin`));
    const second = await start('gone');
    expect(second.journal?.recovery).toMatchObject({ snapshotSeq: null, replayed: count });
    expect(second.journal?.recovery.passedOver[0]).toMatch(/snapshot-\d+.bin is missing/);
    expect(second.stats().liquidations).toBe(before.liquidations);
    expect(second.stats().positions).toBe(before.positions);
  });

  test('opens accounts that nobody had: as many positions as were closed, as before', async () => {
    const fall = falling(20, 1_000_000);
    const first = await start('joined');
    for (const tick of fall) await first.submit(tick);
    const before = first.stats();
    await first.close();
    const joined = (records: readonly InputRecord[]) =>
      records.flatMap((record) => (record.type === 'book' ? record.rows.map(({ account }) => account.id) : []));
    const earlier = joined(recordsOf('joined'));
    expect(earlier.length).toBeGreaterThan(0);

    const second = await start('joined');
    const lower = ({ marks, ...tick }: TickRecord, i: number): TickRecord => ({
      ...tick,
      timeUs: 60_000_000 + i * 1_000_000,
      marks: marks.map(({ market, price }) => ({ market, price: { ...price, units: (price.units * (20n - BigInt(i))) / 20n } })),
    });
    for (let i = 1; i <= 6; i += 1) await second.submit(lower(fall[19], i));
    const later = joined(recordsOf('joined')).slice(earlier.length);
    expect(later.length).toBeGreaterThan(0);
    expect(later.filter((id) => earlier.includes(id))).toEqual([]);
    const { accounts, positions, liquidations } = second.stats();
    expect(liquidations).toBeGreaterThan(before.liquidations);
    expect([accounts, positions]).toEqual([before.accounts + later.length, before.positions]);
  });

  test('in another mode begins with an operator’s change of mode', async () => {
    await (await start('mode')).close();
    const other = await start('mode', { mode: 'shadow' });
    await other.submit({ type: 'clock', timeUs: 1 });
    // Nothing had entered before: there was nothing to restart.
    await other.close();
    const third = await start('mode', { mode: 'shadow' });
    await third.submit({ type: 'clock', timeUs: 2 });
    await third.close();
    const types = recordsOf('mode').map(({ type }) => type);
    expect(types).toEqual(['admin', 'clock', 'restart', 'clock']);
    expect(recordsOf('mode')[0]).toMatchObject({ commands: [{ command: 'mode', mode: 'shadow' }] });
  });

  test('with another book is refused', async () => {
    await (await start('other')).close();
    const others = { book: { synthetic: { ...synthetic, positions: 6_000 } } };
    await expect(start('other', others)).rejects.toThrow(/positions: expected 5000, as when it was begun, was 6000/);
  });
});

test('a record that has no bytes is refused, and nothing of it is kept', async () => {
  const host = await start('bad');
  const mark = { market: 0, price: { units: 1n, decimals: 0.5 } };
  const problems = await host.submit({ type: 'tick', timeUs: 1, marks: [mark] });
  expect(problems).toEqual([{ where: 'price', expected: 'a whole number from 0 to 2^53 − 1', found: '0.5' }]);
  await host.submit({ type: 'clock', timeUs: 1 });
  await host.close();
  expect(recordsOf('bad').map(({ type }) => type)).toEqual(['clock']);
});

describe('on a full disk', () => {
  let isMounted = false;
  beforeAll(() => {
    try {
      execFileSync('mkdir', [join(folder, 'full')]);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', join(folder, 'full')], { stdio: 'ignore' });
      isMounted = true;
    } catch {
      // Not permitted here.
    }
    return () => {
      if (isMounted) execFileSync('umount', [join(folder, 'full')]);
    };
  });

  test('the engine stops, with the reason, and what it answered is there', async (context) => {
    if (!isMounted) return context.skip('a file system of two megabytes cannot be mounted here');
    const host = await start('full', { executor: 'external' });
    let answered = 0;
    let reason: Error | null = null;
    for (let timeUs = 1; reason === null; timeUs += 1) {
      const accounts = Array.from({ length: 3_000 }, (_, i) => `nobody-${i}`);
      await host.submit({ type: 'orders-gone', timeUs, accounts }).then(
        () => {
          answered = timeUs;
        },
        (error: Error) => {
          reason = error;
        },
      );
    }
    expect(reason).toMatchObject({ code: 'unavailable' });
    expect(String(reason)).toContain('bytes free for the next commit');
    await expect(host.ended).rejects.toBe(reason);
    await expect(host.submit({ type: 'clock', timeUs: 1e9 })).rejects.toBe(reason);
    expect(answered).toBeGreaterThan(5);
    expect(recordsOf('full').map(({ timeUs }) => timeUs)).toEqual(Array.from({ length: answered }, (_, i) => i + 1));
  });
});
