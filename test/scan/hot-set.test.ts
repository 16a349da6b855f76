/**
 * The hot set finds what a full scan finds, tick by tick: random walks with jumps, updates of every kind in between, radii from far too small to
 * far too large, ticks that stay within the radius and that just leave it. `HOT_WALKS=200` asks for more, `SEED` for others.
 */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu.js';
import { native } from '../../src/backends/native.js';
import { type Backend, HandleList, type Nominations } from '../../src/scan/backend.js';
import { HotSet } from '../../src/scan/hot-set.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';
import { Random } from '../../src/synthetic/random.js';
import { Scene } from './scene.js';

const WALKS = Number(process.env.HOT_WALKS ?? 20);
const SEED = Number(process.env.SEED ?? 1);

const LONG_MS = 30_000 + 2_000 * WALKS;

const totals = { full: 0, warm: 0, hot: 0, hotLiquidatable: 0, hotUnpriced: 0 };

const { addon } = native();
const js = new JsBackend();
const cpu = addon === null ? js : new CpuBackend(addon, 2, 'widest');
/** The rings are filled by what the backend says is near: both are asked in turn. */
const backendOf = (walk: number): Backend => (walk % 2 === 0 ? js : cpu);

const lists = (): Nominations => ({ nominees: new HandleList(), unpriced: new HandleList() });
const sorted = (handles: Uint32Array): number[] => [...handles].sort((a, b) => a - b);

/** One scan both ways, on one store. The hot set alone drains what has changed. */
function expectTheSame(scanner: Scanner, hot: HotSet, full: JsBackend): void {
  const [few, all] = [lists(), lists()];
  const { book, verdict } = scanner;
  const before = hot.counts.full;
  hot.scan(few, null);
  full.scan({ shelves: book.store.shelves, vectors: book.lines, into: all, near: null, statistics: null });
  const breached = (found: Nominations): number[] =>
    sorted(found.nominees.view()).filter((handle) => verdict.judge(handle) !== 'healthy');
  expect(breached(few)).toEqual(breached(all));
  expect(sorted(few.unpriced.view())).toEqual(sorted(all.unpriced.view()));
  expect(new Set(few.nominees.view()).size).toBe(few.nominees.count);
  if (hot.counts.full > before) return;
  totals.hotLiquidatable += breached(few).length;
  totals.hotUnpriced += few.unpriced.count;
}

/** A new radius now and then, from far too small to far too large. */
function perturb(hot: HotSet, random: Random): void {
  for (const ring of [hot.outer, hot.inner])
    if (random.chance(0.05)) ring.radius = [1e-9, 0.1, 1, 10, 100, 1e4][random.integer(6)];
}

function count(hot: HotSet): void {
  totals.full += hot.counts.full;
  totals.warm += hot.counts.warm;
  totals.hot += hot.counts.hot;
}

describe('on books of a made-up venue, along walks with jumps', { timeout: LONG_MS }, () => {
  it.each([false, true])('of several assets: %s', (several) => {
    for (let walk = 0; walk < WALKS / 4; walk++) {
      const random = new Random(SEED * 1000 + walk, 'hot walk');
      const seeds = defaultMarkets(12);
      const venue = several
        ? multiAssetVenue(12)
        : { instruments: syntheticInstruments(seeds, 'USDT'), prices: seeds.map(({ price }) => price), indexes: undefined };
      const { instruments, prices } = venue;
      const indexes = (venue.indexes ?? []).flatMap((price, asset) =>
        asset === instruments.valuation.index ? [] : [{ asset, price }],
      );
      const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
      const { book } = scanner;
      const hot = new HotSet(book.lines, book.store.shelves, backendOf(walk));
      scanner.setPrices({ marks: prices.map((price, market) => ({ market, price })), indexes });
      const drawn = venue.indexes === undefined ? { instruments, prices } : { instruments, prices, indexes: venue.indexes };
      for (const account of syntheticAccounts({ ...drawn, positions: 3_000, seed: walk + 1 })) book.setAccount(account, 0);
      const factors = prices.map(() => 1_000_000n);
      for (let tick = 0; tick < 150; tick++) {
        const jump = random.chance(0.03) ? 30_000 : 40;
        const marks = prices.flatMap(({ units, decimals }, market) => {
          if (random.chance(0.3)) return [];
          factors[market] += BigInt(random.integer(2 * jump + 1) - jump);
          return [{ market, price: { units: units * factors[market], decimals: decimals + 6 } }];
        });
        scanner.setPrices({ marks });
        for (let update = random.integer(4); update > 0; update--) change(scanner, random);
        perturb(hot, random);
        expectTheSame(scanner, hot, new JsBackend());
      }
      count(hot);
    }
  });
});

/** Moves a balance, or takes a position to twice its size or away. */
function change({ book }: Scanner, random: Random): void {
  const handle = random.integer(book.store.handleEnd);
  if (!book.store.isLive(handle)) return;
  const [position] = book.portfolio(handle).positions;
  const { index } = book.instruments.valuation;
  if (position === undefined || random.chance(0.5)) {
    book.addToBalance(handle, index, book.store.cashOf(handle) / 2n - 10n ** 18n);
  } else {
    const factor = random.chance(0.3) ? 0 : 2;
    book.setPosition(handle, position.market, position.lots * factor, position.cost * BigInt(factor), position.lots);
  }
}

it('on extreme venues, through updates of every kind', { timeout: LONG_MS }, () => {
  for (let walk = 0; walk < WALKS * 3; walk++) {
    const scene = new Scene(SEED * 7_000 + walk);
    const { scanner, random } = scene;
    const hot = new HotSet(scanner.book.lines, scanner.book.store.shelves, backendOf(walk));
    for (let step = 0; step < 60; step++) {
      if (random.chance(0.5)) scene.step();
      perturb(hot, random);
      expectTheSame(scanner, hot, new JsBackend());
    }
    count(hot);
  }
});

it('had hot ticks, breaches in them, and portfolios without a price', () => {
  expect(totals.hot).toBeGreaterThan(totals.full / 4);
  expect(totals.warm).toBeGreaterThan(totals.full / 10);
  expect(totals.hotLiquidatable).toBeGreaterThan(1_000);
  expect(totals.hotUnpriced).toBeGreaterThan(100);
});
