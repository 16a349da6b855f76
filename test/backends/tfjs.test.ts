/** The tfjs backend nominates what the js backend does, to the last entry and in its order, on every flavour that runs anywhere. */
import { getBackend, memory } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTfjs, type TfjsBackend } from '../../src/backends/tfjs.js';
import { AssertionError } from '../../src/model/errors.js';
import { portfoliosOf } from '../../src/model/portfolio.js';
import { type Backend, HandleList, type Shelves, type Vectors } from '../../src/scan/backend.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { widthOfClass } from '../../src/store/store.js';
import { Random } from '../../src/synthetic/random.js';
import { Scene } from '../scan/scene.js';
import { accountArbitrary, atTheEdge, dec, instrumentsArbitrary, oracleFinds } from '../support/books.js';
import { closeOff, type Draw, drawShelf, levelSize, ordinarySize, vectorsOf } from './tfjs-columns.js';

const COUNTS = [0, 1, 31, 32, 33, 255, 256, 257];
const WIDTHS = Array.from({ length: 14 }, (_, index) => widthOfClass(index));
const { NaN: UNKNOWN, POSITIVE_INFINITY: INFINITE } = Number;

interface Lists {
  readonly nominees: readonly number[];
  readonly unpriced: readonly number[];
}

function scanned(backend: Backend, shelves: Shelves, vectors: Vectors): Lists {
  const into = { nominees: new HandleList(1), unpriced: new HandleList(1) };
  // What an earlier scan has left is to be cleared.
  into.nominees.count = 1;
  const pass = { shelves, vectors, into, near: null, statistics: null };
  backend.scan(pass);
  return { nominees: [...into.nominees.view()], unpriced: [...into.unpriced.view()] };
}

describe.each(['wasm', 'cpu'] as const)('on %s', (flavour) => {
  const js = new JsBackend();
  let tfjs: TfjsBackend;
  beforeAll(async () => {
    tfjs = await openTfjs([flavour]);
    expect([tfjs.flavour, getBackend()]).toEqual([flavour, flavour]);
  });
  afterAll(() => tfjs.close());

  /** The same from both; how many there are. */
  const compare = (shelves: Shelves, vectors: Vectors): { nominees: number; unpriced: number } => {
    const found = scanned(tfjs, shelves, vectors);
    expect(found).toEqual(scanned(js, shelves, vectors));
    return { nominees: found.nominees.length, unpriced: found.unpriced.length };
  };

  it('every width of a shelf, lanes within a few float32 roundings of slack 0', () => {
    const random = new Random(1, 'tfjs widths');
    const vectors = vectorsOf(Array.from({ length: 100 }, () => (random.uniform() - 0.4) * 10 ** random.integer(6)));
    for (const width of WIDTHS) {
      for (const size of [ordinarySize, levelSize]) {
        const shelf = drawShelf(random, vectors, { width, portfolios: 512, size, off: closeOff });
        expect(compare([shelf], vectors).nominees).toBeGreaterThan(60);
      }
    }
  });

  it.each(COUNTS)('%i portfolios: none, all and every second one at risk', (portfolios) => {
    const random = new Random(portfolios, 'tfjs counts');
    const vectors = vectorsOf([2, -3, 0.1]);
    const found = [1, -1, 0].map((sign) => {
      let k = 0;
      const off = (_: Random, sum: number): number => (sign === 0 ? (k++ % 2) - 0.5 : sign) * sum;
      return compare([drawShelf(random, vectors, { width: 3, portfolios, size: ordinarySize, off })], vectors).nominees;
    });
    expect(found[0]).toBe(0);
    expect(found[1]).toBeGreaterThanOrEqual(Math.floor(portfolios * 0.6));
    expect(found[2]).toBeLessThanOrEqual(Math.ceil(portfolios / 2));
  });

  it('shelves and chunks in their order, absent ones passed by, again and again', () => {
    const random = new Random(2, 'tfjs order');
    const vectors = vectorsOf([1, -1, 5, UNKNOWN]);
    for (let round = 0; round < 6; round++) {
      const draws: Draw[] = [4, 1, 4, 12].map((width) => ({ width, portfolios: 300, size: ordinarySize, off: closeOff }));
      const shelves = draws.map((draw, i) => drawShelf(random, vectors, draw, 1_000 * i));
      const { nominees, unpriced } = compare([undefined, shelves[0], undefined, ...shelves.slice(round % 3)], vectors);
      expect(Math.min(nominees, unpriced)).toBeGreaterThan(100);
    }
    expect(compare([], vectors)).toEqual({ nominees: 0, unpriced: 0 });
  });

  it('hedged lanes whose gross is up to a billion times their slack', () => {
    const random = new Random(3, 'tfjs hedged');
    const vectors = vectorsOf(Array.from({ length: 40 }, () => 1 + random.uniform() * 1e5));
    const off = (from: Random, sum: number): number => (from.chance(0.5) ? -1 : 1) * sum * 10 ** (-5 - from.integer(5));
    for (const width of [2, 4, 8, 32]) {
      const shelf = drawShelf(random, vectors, { width, portfolios: 1_000, size: levelSize, off });
      expect(compare([shelf], vectors).nominees).toBeGreaterThan(200);
    }
  });

  it('lanes whose roundings all go the same way', () => {
    const random = new Random(5, 'tfjs adverse');
    // To the nearest float32 these lose 0.99 of half an ulp; times the sizes, which are exact, nearly as much again.
    const slopes = Array.from({ length: 20 }, (_, k) => 2 ** (k - 10) * (1 + 2_047 * 2 ** -23 + 0.99 * 2 ** -24));
    const vectors = vectorsOf([...slopes, ...slopes.map((slope) => -slope)]);
    const size = (from: Random, slope: number): number => -Math.sign(slope) * 2 ** from.integer(20) * (1 + 2 ** -12);
    for (const width of [1, 2, 3]) {
      // The cash is to the nearest float32, so that slack is not quite what is asked for; the js filter nominates most.
      const shelf = drawShelf(random, vectors, { width, portfolios: 500, size, off: (_, sum) => 0.9 * 2 ** -24 * sum });
      expect(compare([shelf], vectors).nominees).toBeGreaterThan(300);
    }
  });

  it('products that underflow', () => {
    const random = new Random(6, 'tfjs underflow');
    const vectors = vectorsOf(Array.from({ length: 20 }, () => (random.uniform() - 0.5) * 1e-30));
    // Each is less than half of the smallest float32; together they are more than the cash.
    const size = (from: Random, slope: number): number => (-(0.2 + 0.3 * from.uniform()) * 2 ** -149) / slope;
    const off = (): number => 0;
    for (const width of [3, 6, 16]) {
      const shelf = drawShelf(random, vectors, { width, portfolios: 500, size, off });
      expect(compare([shelf], vectors).nominees).toBeGreaterThan(100);
    }
  });

  it('slopes that float32 does not hold, and sizes and cash at its ends', () => {
    const random = new Random(4, 'tfjs magnitudes');
    const slopes = [0, 1e-60, 1e-45, 1e-38, 2 ** -126, 1e-30, 1, 1e30, 1e38, 3.4028236e38, 1e60, UNKNOWN].flatMap((s) => [s, -s]);
    const SIZES = [0, 2 ** -149, 1e-40, 1, 2 ** 53, 1e30, 3.4028234663852886e38];
    const OFFS = [0, 1e-44, 1e-30, 1, 1e38, 6e38, INFINITE];
    const size = (from: Random): number => (from.chance(0.5) ? 1 : -1) * SIZES[from.integer(SIZES.length)];
    const off = (from: Random): number => (from.chance(0.5) ? 1 : -1) * OFFS[from.integer(OFFS.length)];
    const total = { nominees: 0, unpriced: 0 };
    for (let round = 0; round < 40; round++) {
      // Mostly a few lines, so that lanes without an extreme one are many.
      const vectors = vectorsOf(Array.from({ length: 1 + random.integer(6) }, () => slopes[random.integer(slopes.length)]));
      const width = 1 + random.integer(4);
      const sizes = random.chance(0.5) ? size : levelSize;
      const found = compare([drawShelf(random, vectors, { width, portfolios: 200, size: sizes, off })], vectors);
      total.nominees += found.nominees;
      total.unpriced += found.unpriced;
    }
    expect(Math.min(total.nominees, total.unpriced)).toBeGreaterThan(500);
  });

  it('books of every kind of contract, asset and rule, through random updates and ticks', () => {
    const total = { nominees: 0, unpriced: 0, groups: 0 };
    for (let seed = 1; seed <= 60; seed++) {
      const { scanner, step } = sceneOf(seed);
      const { store, lines } = scanner.book;
      for (let i = 0; i < 12; i++) {
        step();
        // Groups first as well: what the host does and what the graph does come out in the order asked for.
        const found = compare(i % 2 === 0 ? store.shelves : store.shelves.toReversed(), lines);
        total.nominees += found.nominees;
        total.unpriced += found.unpriced;
      }
      for (const shelf of store.shelves) if (shelf?.method === 'groups') total.groups += shelf.sliceCount;
    }
    expect(total.nominees).toBeGreaterThan(300);
    expect(total.unpriced).toBeGreaterThan(50);
    expect(total.groups).toBeGreaterThan(20);
  });

  it('with the verdict decides what the oracle decides, at the edge of slack', () => {
    const scenes = instrumentsArbitrary.chain((instruments) =>
      fc.record({
        instruments: fc.constant(instruments),
        accounts: fc.array(accountArbitrary(instruments, 'a'), { minLength: 6, maxLength: 6 }),
        marks: fc.array(fc.bigInt({ min: 1n, max: 10n ** 11n }), { minLength: 4, maxLength: 4 }),
        offs: fc.array(fc.bigInt({ min: -3n, max: 3n }), { minLength: 6, maxLength: 6 }),
      }),
    );
    let breached = 0;
    fc.assert(
      fc.property(scenes, ({ instruments, accounts, marks, offs }) => {
        const table = instruments.markets.map((_, i) => dec(marks[i], 6));
        const scanner = new Scanner(new LiveBook(instruments), tfjs);
        scanner.setPrices({ marks: table.map((price, market) => ({ market, price })) });
        const state = accounts.map((drawn, i) => ({ ...atTheEdge(drawn, instruments, table, offs[i]), id: `a${i}` }));
        for (const account of state) scanner.book.setAccount(account, 1);
        const portfolios = state.flatMap((account) => portfoliosOf(account, instruments));
        const { liquidatable } = oracleFinds(portfolios, instruments, table);
        expect(
          scanner
            .scan()
            .liquidatable.map((handle) => scanner.book.store.idOf(handle))
            .sort(),
        ).toEqual([...liquidatable].sort());
        breached += liquidatable.length;
      }),
      { numRuns: 100 },
    );
    expect(breached).toBeGreaterThan(100);
  });

  it('an empty store has nothing to nominate, and a scan leaves no tensor behind', () => {
    const { scanner, step } = sceneOf(7);
    const { store, lines } = scanner.book;
    const empty = new LiveBook(scanner.book.instruments);
    expect(compare(empty.store.shelves, empty.lines)).toEqual({ nominees: 0, unpriced: 0 });
    const before = memory().numTensors;
    for (let i = 0; i < 5; i++) {
      step();
      scanned(tfjs, store.shelves, lines);
      expect(memory().numTensors).toBe(before);
    }
  });

  it('a closed one refuses to scan, and another can be opened after it', async () => {
    const closed = await openTfjs([flavour]);
    closed.close();
    const vectors = vectorsOf([1]);
    expect(() => scanned(closed, [], vectors)).toThrow(AssertionError);
    const again = await openTfjs([flavour]);
    expect(scanned(again, [], vectors)).toEqual({ nominees: [], unpriced: [] });
    again.close();
  });
});

function sceneOf(seed: number): { scanner: Scanner; step: () => void } {
  const scene = new Scene(seed);
  return { scanner: scene.scanner, step: () => scene.step() };
}
