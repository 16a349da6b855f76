/**
 * A restored engine is the one that was saved: equal records give equal effects and an equal state, on books of every kind under every shipped policy.
 * `SNAPSHOT_RUNS=500` asks for more, `SEED` for others.
 */
import { describe, expect, it } from 'vitest';
import { loadPolicy, shippedPolicies } from '../../src/app/policies.js';
import { CpuBackend } from '../../src/backends/cpu.js';
import { native } from '../../src/backends/native.js';
import { Engine } from '../../src/engine/engine.js';
import { stateHash } from '../../src/engine/state-hash.js';
import type { Instruments } from '../../src/model/instruments.js';
import { type NamedBuffer, readFrom } from '../../src/model/named-buffers.js';
import type { Account } from '../../src/model/portfolio.js';
import { type Backend, HandleList, type Nominations } from '../../src/scan/backend.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';
import type { Policy } from '../../src/waterfall/policy.js';
import { fullClose } from '../support/policies.js';
import { RandomRecords } from './random-records.js';
import {
  account,
  alice,
  E18,
  effectsOf,
  engineWith,
  fill,
  fills,
  instruments,
  portfolios,
  position,
  TTL_US,
  tick,
} from './support.js';

const POLICIES = await shippedPolicies();
const RUNS = Number(process.env.SNAPSHOT_RUNS ?? 60);
const SEED = Number(process.env.SEED ?? 1);

const { addon, refused } = native();
if (addon === null) process.stdout.write(`skipped: no snapshot on the cpu backend: ${refused.join('; ')}\n`);
const js = (): Backend => new JsBackend();
/** What it is saved on, and restored on. */
const BACKENDS: readonly (readonly [string, string, () => Backend, () => Backend])[] = [
  ['js', 'js', js, js],
  ...(addon === null
    ? []
    : ([
        ['cpu', 'cpu', () => new CpuBackend(addon, 2, 'widest'), () => new CpuBackend(addon, 2, 'widest')],
        ['js', 'cpu', js, () => new CpuBackend(addon, 2, 'widest')],
      ] as const)),
];

/** As whoever keeps them has them: not the live memory. */
const kept = (engine: Engine): NamedBuffer[] => engine.save().map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));

const FRESHNESS = { staleUs: 30_000_000, warmupTicks: 2 };

function fresh(venue: Instruments, backend: Backend, policy: Policy, accounts: readonly Account[] = []): Engine {
  const engine = new Engine({ instruments: venue, backend, policy, freshness: FRESHNESS });
  for (const each of accounts) engine.load(each);
  return engine;
}

function restored(venue: Instruments, backend: Backend, policy: Policy, buffers: readonly NamedBuffer[]): Engine {
  const engine = fresh(venue, backend, policy);
  engine.restore(readFrom(buffers));
  return engine;
}

/** A shipped one, without what the book cannot do yet: to find counterparties and winners. */
async function policyFor(run: number, venue: Instruments): Promise<Policy> {
  const policy = await loadPolicy(POLICIES[run % POLICIES.length], venue);
  return { ...policy, stages: policy.stages.filter(({ stage }) => stage !== 'adl' && stage !== 'socialise') };
}

/** All that a filter finds. */
function scanned({ scanHalf: { book } }: Engine, backend: Backend): unknown {
  const into: Nominations = { nominees: new HandleList(), unpriced: new HandleList() };
  backend.scan({ shelves: book.store.shelves, vectors: book.lines, into, near: null, statistics: null });
  return { nominees: [...into.nominees.view()], unpriced: [...into.unpriced.view()] };
}

/** Buffers that differ between two snapshots. */
function differing(one: readonly NamedBuffer[], other: readonly NamedBuffer[]): string[] {
  const read = readFrom(other);
  const names = one
    .filter(({ name, bytes }) => Buffer.compare(bytes, read(name) ?? Buffer.alloc(0)) !== 0)
    .map(({ name }) => name);
  return one.length === other.length ? names : [...names, `${one.length} against ${other.length} buffers`];
}

const totals = { records: 0, refused: 0, groups: 0, isolated: 0 };
/** After the restart, by type. */
const effects = new Map<string, number>();

describe.each(BACKENDS)('an engine on %s that was saved at a random record and restored on %s', (_, __, open, reopen) => {
  it('gives the same effects, scans and state hash from there on as one that was not stopped', {
    timeout: 120_000 + RUNS * 1_000,
  }, async () => {
    for (let run = 0; run < RUNS; run++) {
      const records = new RandomRecords(SEED * 1_000 + run, 8);
      const venue = records.instruments;
      const loaded = records.loaded();
      const [backend, other] = [open(), reopen()];
      const policy = await policyFor(run, venue);
      const engine = fresh(venue, backend, policy, loaded);
      const count = 10 + records.random.integer(80);
      const cut = records.random.integer(count);
      let again: Engine | null = null;
      for (let i = 0; i < count; i++) {
        const record = records.next();
        const applied = engine.apply(record);
        records.hear(applied.effects);
        if (again !== null) {
          expect(again.apply(structuredClone(record))).toEqual(applied);
          for (const { type } of applied.effects) effects.set(type, (effects.get(type) ?? 0) + 1);
        }
        totals.records += 1;
        totals.refused += applied.problems.length > 0 ? 1 : 0;
        if (i !== cut) continue;
        again = restored(venue, other, policy, kept(engine));
        expect(differing(engine.save(), again.save())).toEqual([]);
        expect(again.counters()).toEqual({ ...engine.counters(), backend: other.name });
      }
      if (again === null) throw new Error('expected a restored engine');
      expect(stateHash(again)).toBe(stateHash(engine));
      expect(portfolios(again)).toEqual(portfolios(engine));
      expect(scanned(again, other)).toEqual(scanned(engine, backend));
      expect(differing(engine.save(), again.save()).filter((name) => !['head', 'scan/reported'].includes(name))).toEqual([]);
      note(engine);
    }
  });

  it('on a book of a made-up venue, through a walk of its prices', { timeout: 120_000 }, async () => {
    const { instruments: made, prices, indexes } = multiAssetVenue(12);
    const indexPrices = indexes.flatMap((price, asset) => (asset === made.valuation.index ? [] : [{ asset, price }]));
    const accounts = [...syntheticAccounts({ instruments: made, prices, indexes, positions: 12_000, seed: 3 })];
    const policy = await policyFor(0, made);
    const engine = fresh(made, open(), policy);
    const { random } = new RandomRecords(SEED, 2);
    const factors = prices.map(() => 1_000_000n);
    const walk = (timeUs: number) => ({
      type: 'tick' as const,
      timeUs,
      indexes: timeUs === 1 ? indexPrices : [],
      marks: prices.map(({ units, decimals }, market) => {
        factors[market] += BigInt(random.integer(20_001) - 10_000);
        return { market, price: { units: units * factors[market], decimals: decimals + 6 } };
      }),
    });
    for (const each of accounts) engine.load(each);
    engine.apply(walk(1));
    let again: Engine | null = null;
    let breached = 0;
    for (let timeUs = 2; timeUs < 60; timeUs++) {
      const record = walk(timeUs);
      const applied = engine.apply(record);
      if (again !== null) expect(again.apply(record)).toEqual(applied);
      breached += again === null ? 0 : applied.effects.length;
      if (timeUs !== 20) continue;
      again = restored(made, reopen(), policy, kept(engine));
      const store = again.scanHalf.book.store;
      expect(
        store.shelves.flatMap((shelf) => shelf?.chunks ?? []).every(({ buffer }) => buffer instanceof SharedArrayBuffer),
      ).toBe(true);
      expect(store.shelves.map((shelf) => shelf?.chunks.length)).toEqual(
        engine.scanHalf.book.store.shelves.map((shelf) => shelf?.chunks.length),
      );
    }
    expect(breached).toBeGreaterThan(20);
    if (again !== null) expect(stateHash(again)).toBe(stateHash(engine));
  });
});

function note(engine: Engine): void {
  const { store } = engine.scanHalf.book;
  for (const shelf of store.shelves) if (shelf?.method === 'groups') totals.groups += shelf.laneCount;
  for (let handle = 0; handle < store.handleEnd; handle++)
    if (store.isLive(handle) && engine.scanHalf.book.isIsolated(handle)) totals.isolated += 1;
}

it('had records that were refused, effects after the restart, breaches, groups and isolated positions', () => {
  expect(totals.refused).toBeGreaterThan(totals.records / 50);
  expect(totals.refused).toBeLessThan(totals.records / 2);
  const wanted = [
    'signals',
    'orders',
    'cases',
    'stages',
    'transfers',
    'execution',
    'auctions',
    'alerts',
    'freezes',
    'cancel-orders',
  ];
  for (const type of wanted) expect(effects.get(type) ?? 0, type).toBeGreaterThan(RUNS / 20);
  expect(totals.groups).toBeGreaterThan(RUNS / 4);
  expect(totals.isolated).toBeGreaterThan(RUNS / 2);
});

it('a trade told before the snapshot is not booked again after it', () => {
  const engine = engineWith(
    alice,
    account('bob', 1_000, { positionMode: 'hedge', cross: [position(20, 30_000), position(-30, 30_000)] }),
  );
  effectsOf(engine, tick(1, 30_000, 2_000));
  effectsOf(engine, fills(2, fill('t'), fill('Ωtrade \ud800')));
  const again = restored(instruments, new JsBackend(), fullClose(TTL_US), kept(engine));
  const before = portfolios(again);
  expect(before.alice.positions[0].lots).toBe(300);
  expect(effectsOf(again, fills(3, fill('t'), fill('Ωtrade \ud800')))).toEqual([]);
  expect(portfolios(again)).toEqual(before);
  effectsOf(again, fills(4, fill('u')));
  expect(portfolios(again).alice.positions[0].lots).toBe(200);
  expect(before.alice.cash).toBe(800n * E18);
});
