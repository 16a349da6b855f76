/**
 * Re-tiering in native code leaves a book as the live book itself does: lines, constants and dirty slices are equal to the last bit, on venues of
 * every kind, through updates and prices that leave windows.
 */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu.js';
import { native } from '../../src/backends/native.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';
import { Scene } from '../scan/scene.js';

const { addon } = native();
const totals = { sweeps: 0, retiered: 0, left: 0 };

/** A backend that counts what it is asked to re-tier. */
function counting(threads: number): CpuBackend {
  if (addon === null) throw new Error('expected the native library');
  const backend = new CpuBackend(addon, threads, 'widest');
  return Object.assign(Object.create(backend), {
    retier: (sweep: Parameters<CpuBackend['retier']>[0]) => {
      const left = backend.retier(sweep);
      totals.sweeps += 1;
      totals.left += left.length;
      return left;
    },
  });
}

/** Slices that changed are compared, and forgotten. */
function expectEqualBooks(a: LiveBook, b: LiveBook): void {
  expect(a.store.shelves.length).toBe(b.store.shelves.length);
  for (const [index, shelf] of a.store.shelves.entries()) {
    const other = b.store.shelves[index];
    if (shelf === undefined || other === undefined) {
      expect(other).toBe(shelf);
      continue;
    }
    const dirty = shelf.drainDirty().sort((x, y) => x - y);
    totals.retiered += dirty.length;
    expect(other.drainDirty().sort((x, y) => x - y)).toEqual(dirty);
    for (const [c, chunk] of shelf.chunks.entries()) {
      const twin = other.chunks[c];
      const words = (column: Float32Array): Buffer => Buffer.from(column.buffer, column.byteOffset, column.byteLength);
      expect(words(chunk.cash).equals(words(twin.cash))).toBe(true);
      expect(words(chunk.size).equals(words(twin.size))).toBe(true);
      expect(Buffer.from(chunk.line).equals(Buffer.from(twin.line))).toBe(true);
      expect(chunk.line.every((line, row) => line === twin.line[row])).toBe(true);
      expect(chunk.fixed.every((half, lane) => half === twin.fixed[lane])).toBe(true);
    }
  }
}

describe.skipIf(addon === null)('native re-tiering', { timeout: 120_000 }, () => {
  it.each([1, 3])('of made-up books whose markets fall out of their windows, on %i threads', (threads) => {
    for (const several of [false, true]) {
      const seeds = defaultMarkets(40);
      const plain = { instruments: syntheticInstruments(seeds, 'USDT'), prices: seeds.map(({ price }) => price) };
      const venue = several ? multiAssetVenue(40) : plain;
      const { instruments, prices } = venue;
      const [js, cpu] = [new JsBackend(), counting(threads)].map((backend) => new Scanner(new LiveBook(instruments), backend));
      const indexes = several ? multiAssetVenue(40).indexes : [];
      const start = {
        marks: prices.map((price, market) => ({ market, price })),
        indexes: indexes.flatMap((price, asset) => (asset === instruments.valuation.index ? [] : [{ asset, price }])),
      };
      for (const scanner of [js, cpu]) scanner.setPrices(start);
      for (const account of syntheticAccounts({ ...venue, positions: 20_000, seed: 5 }))
        for (const scanner of [js, cpu]) scanner.book.setAccount(account, 0);
      for (const factor of [1_060n, 1_000n, 700n, 1_900n, 100n, 999n]) {
        const marks = prices.map(({ units, decimals }, market) => ({
          market,
          price: { units: market % 3 === 0 ? units * 1_000n : units * factor, decimals: decimals + 3 },
        }));
        for (const scanner of [js, cpu]) scanner.setPrices({ marks });
        expectEqualBooks(js.book, cpu.book);
      }
    }
  });

  it('of extreme venues, through updates of every kind', () => {
    for (let seed = 0; seed < 60; seed++) {
      const [js, cpu] = [new Scene(seed), new Scene(seed)];
      cpu.scanner.book.retierPlain = counting(2).retier;
      for (let step = 0; step < 40; step++) {
        js.step();
        cpu.step();
      }
      expectEqualBooks(js.scanner.book, cpu.scanner.book);
    }
  });

  it('had sweeps, and portfolios that were left', () => {
    expect(totals.sweeps).toBeGreaterThan(40);
    expect(totals.retiered).toBeGreaterThan(1_000);
    expect(totals.left).toBeGreaterThan(1_000);
  });
});
