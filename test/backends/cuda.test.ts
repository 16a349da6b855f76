/**
 * The cuda backend over the library's host build: the same portfolios as js through growth and updates, on two devices; a device that fails at any
 * call costs no tick and no breach, and comes back.
 */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu.js';
import { CudaBackend } from '../../src/backends/cuda.js';
import { native } from '../../src/backends/native.js';
import { HandleList, type Nominations } from '../../src/scan/backend.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Statistics } from '../../src/scan/statistics.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';
import { Random } from '../../src/synthetic/random.js';
import { HostCuda } from './host-cuda.js';

const { addon } = native();
const hasCompiler = (() => {
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const canRun = addon !== null && hasCompiler;
if (!canRun) process.stdout.write('skipped: the cuda backend on the host build needs g++ and the native library\n');

const host = new HostCuda();
beforeAll(async () => {
  if (canRun) await host.build();
}, 120_000);
afterAll(() => host.remove());

const ticks = 12;

function open(libraryPath: string, alerts: string[]): CudaBackend {
  if (addon === null) throw new Error('expected the native library');
  return new CudaBackend({
    addon,
    libraryPath,
    devices: [0, 1],
    fallback: new CpuBackend(addon, 1),
    onAlert: (text) => alerts.push(text),
  });
}

/** A book of several assets that grows and changes from tick to tick, as told to `onTick`. */
function walk(seed: number, onTick: (scanner: Scanner, tick: number) => void): void {
  const { instruments, prices, indexes } = multiAssetVenue(10);
  const random = new Random(seed, 'cuda walk');
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  const { book } = scanner;
  scanner.setPrices({
    marks: prices.map((price, market) => ({ market, price })),
    indexes: indexes.flatMap((price, asset) => (asset === instruments.valuation.index ? [] : [{ asset, price }])),
  });
  const accounts = syntheticAccounts({ instruments, prices, indexes, positions: 6_000, seed })[Symbol.iterator]();
  for (let tick = 0; tick < ticks; tick++) {
    for (let n = 0; n < 150; n++) {
      const { value, done } = accounts.next();
      if (!done) book.setAccount(value, 0);
    }
    for (let n = 0; n < 30; n++) {
      const handle = random.integer(book.store.handleEnd);
      if (book.store.isLive(handle))
        book.addToBalance(handle, instruments.valuation.index, -(10n ** 18n) * BigInt(random.integer(500)));
    }
    const marks = prices.map(({ units, decimals }, market) => ({
      market,
      price: { units: units * BigInt(980 + random.integer(40)), decimals: decimals + 3 },
    }));
    scanner.setPrices({ marks });
    onTick(scanner, tick);
  }
}

const lists = (): Nominations => ({ nominees: new HandleList(), unpriced: new HandleList() });

function expectAlike({ book: { store, lines } }: Scanner, backend: CudaBackend, wantsStatistics: boolean): number {
  const [found, wanted] = [lists(), lists()];
  const make = (): Statistics | null => (wantsStatistics ? new Statistics(lines.slopes.length) : null);
  const [a, b] = [make(), make()];
  backend.scan({ shelves: store.shelves, vectors: lines, into: found, near: null, statistics: a });
  new JsBackend().scan({ shelves: store.shelves, vectors: lines, into: wanted, near: null, statistics: b });
  expect([...found.nominees.view()]).toEqual([...wanted.nominees.view()]);
  expect([...found.unpriced.view()]).toEqual([...wanted.unpriced.view()]);
  if (a !== null && b !== null) {
    expect([...a.bandCount]).toEqual([...b.bandCount]);
    expect([...a.lineCount]).toEqual([...b.lineCount]);
    expect(Math.abs(a.equity / b.equity - 1)).toBeLessThan(1e-9);
    expect(Math.abs(a.maintenance / b.maintenance - 1)).toBeLessThan(1e-9);
  }
  return wanted.nominees.count;
}

describe.skipIf(!canRun)('the cuda backend', { timeout: 120_000 }, () => {
  it('finds what js finds while the book grows and changes, and uploads only what did', () => {
    const alerts: string[] = [];
    const backend = open(host.path(null), alerts);
    const uploaded: number[] = [];
    let nominees = 0;
    walk(1, (scanner, tick) => {
      nominees += expectAlike(scanner, backend, tick % 3 === 1);
      uploaded.push(backend.lastCost.uploadedBytes);
    });
    expect(backend.name).toBe('cuda');
    expect([alerts, nominees > 500]).toEqual([[], true]);
    expect(Math.min(...uploaded)).toBeGreaterThan(0);
    backend.close();
  });

  it('a device that fails at any call hands that very tick over, says so once, and comes back when told to', () => {
    let failures = 0;
    for (let faultAfter = 0; faultAfter < 400; faultAfter += 7) {
      const alerts: string[] = [];
      const path = host.path(faultAfter);
      let backend: CudaBackend;
      try {
        backend = open(path, alerts);
      } catch (error) {
        expect(String(error)).toContain('CUDA error');
        continue;
      }
      let resumedAt = -1;
      walk(2, (scanner, tick) => {
        expectAlike(scanner, backend, tick === 3);
        if (backend.name === 'cuda' || resumedAt >= 0) return;
        failures += 1;
        expect(alerts.length).toBe(1);
        expect(alerts[0]).toMatch(/^cuda: .*CUDA error 719.*; cpu scans until it is told to resume$/);
        backend.resume();
        expect(backend.name).toBe('cuda');
        resumedAt = tick;
      });
      expect([alerts.length, backend.name]).toEqual([resumedAt >= 0 ? 1 : 0, 'cuda']);
      backend.close();
    }
    expect(failures).toBeGreaterThan(5);
  });

  it('a device that is not there is an error that says so', () => {
    const [alerts, path] = [[] as string[], host.path(null)];
    if (addon === null) return;
    const options = { addon, libraryPath: path, fallback: new JsBackend(), onAlert: (text: string) => alerts.push(text) };
    expect(() => new CudaBackend({ ...options, devices: [7] })).toThrow('expected a device below 2, was 7');
  });
});
