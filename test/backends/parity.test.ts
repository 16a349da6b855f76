/**
 * One suite over all backends: what the js backend nominates, and leaves unpriced, every other does, in the same order; where they tell what is near
 * and make statistics, those are equal too. That the js backend never misses a breach is the business of test/scan. On a CUDA host the devices are
 * asked, too; `PLIMSOLL_TEST_CUDA_LIBRARY` names another library than the built one. `PORTFOLIOS=10000000` asks for more, `SEED` for others.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend, VARIANTS, type Variant } from '../../src/backends/cpu.js';
import { CudaBackend } from '../../src/backends/cuda.js';
import { probeHere } from '../../src/backends/cuda-probe.js';
import { cudaLibraryPath, native } from '../../src/backends/native.js';
import { type Backend, HandleList, LaneList, type Pass, type Shelves, type Vectors } from '../../src/scan/backend.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { Statistics } from '../../src/scan/statistics.js';
import { widthOfClass } from '../../src/store/store.js';
import { Random } from '../../src/synthetic/random.js';
import { Scene } from '../scan/scene.js';
import { drawShelf, drawVectors, KINDS } from './columns.js';

const PORTFOLIOS = Number(process.env.PORTFOLIOS ?? 200_000);
const SEED = Number(process.env.SEED ?? 1);
/** At the edges of a lane, a slice, a warp, a block and a chunk. */
const LANE_COUNTS = [0, 1, 31, 32, 33, 255, 256, 257, 5_000];
const WIDTHS = Array.from({ length: 13 }, (_, index) => widthOfClass(index));
/** Float64 sums in another order, of up to a few million terms. */
const SUM_ROUNDING = 1e-9;

const loaded = native();
const { addon, refused } = loaded;
if (addon === null) process.stdout.write(`skipped: no native backend: ${refused.join('; ')}\n`);

interface Found {
  readonly nominees: Uint32Array;
  readonly unpriced: Uint32Array;
  readonly nearShelf: Uint32Array;
  readonly nearSlot: Uint32Array;
  readonly statistics: Statistics;
}

/** A scan with all that a backend can tell, and one that only nominates: both nominate alike. */
function scanned(backend: Backend, shelves: Shelves, vectors: Vectors, speeds: Float64Array, radius: number): Found {
  const lanes = new LaneList();
  const statistics = new Statistics(vectors.slopes.length);
  const pass = (extras: Pick<Pass, 'near' | 'statistics'>): Pass => {
    const into = { nominees: new HandleList(1), unpriced: new HandleList(1) };
    into.nominees.count = 1;
    return { shelves, vectors, into, ...extras };
  };
  const rich = pass({ near: backend.findsNear ? { speeds, radius, lanes } : null, statistics });
  backend.scan(rich);
  const plain = pass({ near: null, statistics: null });
  backend.scan(plain);
  expect(equal(plain.into.nominees.view(), rich.into.nominees.view())).toBe(true);
  expect(equal(plain.into.unpriced.view(), rich.into.unpriced.view())).toBe(true);
  return {
    nominees: rich.into.nominees.view(),
    unpriced: rich.into.unpriced.view(),
    nearShelf: lanes.shelf.subarray(0, lanes.count),
    nearSlot: lanes.slot.subarray(0, lanes.count),
    statistics,
  };
}

function equal(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>): void {
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || Math.abs(a[i] - b[i]) <= SUM_ROUNDING * Math.abs(a[i])) continue;
    expect([i, b[i]]).toEqual([i, a[i]]);
  }
}

function expectAlike(found: Found, wanted: Found, findsNear: boolean): void {
  const near = findsNear ? (['nearShelf', 'nearSlot'] as const) : [];
  for (const list of ['nominees', 'unpriced', ...near] as const) expect(equal(found[list], wanted[list])).toBe(true);
  const [a, b] = [found.statistics, wanted.statistics];
  expectClose(a.bandCount, b.bandCount);
  expectClose(a.bandNotional, b.bandNotional);
  expectClose(a.lineSize, b.lineSize);
  expectClose(a.lineCount, b.lineCount);
}

/** The GPUs of this machine, or why there are none. */
function openCuda(): Backend | string {
  if (loaded.addon === null) return 'no native library';
  try {
    const libraryPath = process.env.PLIMSOLL_TEST_CUDA_LIBRARY ?? cudaLibraryPath();
    const devices = probeHere(loaded.path, libraryPath).devices.filter(({ isUsable }) => isUsable);
    const fail = (text: string): never => {
      throw new Error(text);
    };
    const indexes = devices.map(({ index }) => index);
    return new CudaBackend({ addon: loaded.addon, libraryPath, devices: indexes, fallback: new JsBackend(), onAlert: fail });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const contenders: { readonly name: string; readonly backend: Backend }[] = [];
const js = new JsBackend();
beforeAll(() => {
  if (addon === null) return;
  for (const variant of VARIANTS) {
    for (const threads of [1, 3]) {
      const backend = new CpuBackend(addon, threads, variant as Variant);
      contenders.push({ name: `${variant} ${threads}`, backend });
    }
  }
  const cuda = openCuda();
  if (typeof cuda === 'string') process.stdout.write(`skipped: no device is compared: ${cuda}\n`);
  else contenders.push({ name: 'cuda', backend: cuda });
});
afterAll(() => {
  for (const { backend } of contenders) backend.close();
});

const totals = { portfolios: 0, nominees: 0, unpriced: 0, near: 0, groups: 0 };

function compare(shelves: Shelves, vectors: Vectors, speeds: Float64Array, radius: number): void {
  const wanted = scanned(js, shelves, vectors, speeds, radius);
  for (const { backend } of contenders)
    expectAlike(scanned(backend, shelves, vectors, speeds, radius), wanted, backend.findsNear);
  totals.nominees += wanted.nominees.length;
  totals.unpriced += wanted.unpriced.length;
  totals.near += wanted.nearSlot.length;
}

describe.skipIf(addon === null)('every native variant finds what js finds', { timeout: 60_000 + PORTFOLIOS }, () => {
  it.each(KINDS)('on %s portfolios of every width, at the edges of slices and blocks', (kind) => {
    const random = new Random(SEED, `parity ${kind}`);
    for (const lanes of LANE_COUNTS) {
      const vectors = drawVectors(random, 3_000, kind);
      const shelves: Shelves = WIDTHS.map((width, index) =>
        index % 5 === 4 ? undefined : drawShelf(random, vectors, { width, lanes, kind, firstHandle: 10_000 * index }),
      );
      compare(shelves, vectors, vectors.speeds, random.uniform() * 50);
    }
  });

  it('on many random portfolios', () => {
    const random = new Random(SEED, 'parity many');
    for (let done = 0; done < PORTFOLIOS; ) {
      const kind = KINDS[random.integer(KINDS.length)];
      const vectors = drawVectors(random, 1 + random.integer(20_000), kind);
      const shelves = WIDTHS.slice(0, 7).map((width, index) => {
        const lanes = random.integer(8_000);
        done += lanes;
        totals.portfolios += lanes;
        return drawShelf(random, vectors, { width, lanes, kind, firstHandle: 10_000 * index });
      });
      compare(shelves, vectors, vectors.speeds, random.uniform() * 50);
    }
  });

  it('on books of extreme venues with groups, through updates', () => {
    for (let seed = 0; seed < 40; seed++) {
      const scene = new Scene(SEED * 3_000 + seed);
      const { lines, store } = scene.scanner.book;
      for (let step = 0; step < 25; step++) {
        scene.step();
        if (step % 5 !== 0) continue;
        compare(store.shelves, lines, lines.notionals, 0.01);
        for (const shelf of store.shelves) if (shelf?.method === 'groups') totals.groups += shelf.sliceCount;
      }
    }
  });

  it('had nominees, portfolios without a price, near ones and groups', () => {
    expect(contenders.length).toBeGreaterThanOrEqual(8);
    for (const total of Object.values(totals)) expect(total).toBeGreaterThan(100);
  });
});
