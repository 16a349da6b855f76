/** The float32 graph by itself: it keeps what it must, and drops what is clearly safe, else the js filter would do all of the work. */
import { describe, expect, it } from 'vitest';
import { bound32, droppedLanes, slopes32 } from '../../src/backends/tfjs-graph.js';
import { loadTf } from '../../src/backends/tfjs-load.js';
import { AssertionError } from '../../src/model/errors.js';
import type { FilterShelf, Vectors } from '../../src/scan/backend.js';
import { LANES } from '../../src/store/shelf.js';
import { widthOfClass } from '../../src/store/store.js';
import { Random } from '../../src/synthetic/random.js';
import { drawShelf, levelSize, ordinarySize, vectorsOf } from './tfjs-columns.js';

const FLOAT32_MAX = 3.4028234663852886e38;
const { NaN: UNKNOWN, POSITIVE_INFINITY: INFINITE } = Number;

describe('slopes32', () => {
  it('takes normal numbers of float32 to the nearest, zeros as they are, and nothing else', () => {
    const { values, largest } = slopes32(Float64Array.of(0, -0, 0.1, -1e30, 2 ** -126, -FLOAT32_MAX));
    expect([...values]).toEqual([0, 0, Math.fround(0.1), Math.fround(-1e30), 2 ** -126, -FLOAT32_MAX]);
    expect(largest).toBe(FLOAT32_MAX);
    const others = [UNKNOWN, INFINITE, -INFINITE, 1e60, FLOAT32_MAX * (1 + 2 ** -25), 2 ** -126 * (1 - 2 ** -53), 1e-45, -1e-60];
    expect(slopes32(Float64Array.from(others))).toEqual({ values: Float32Array.from(others, () => UNKNOWN), largest: 0 });
  });
});

describe('bound32', () => {
  it('is some (w + 2.5) · 2^-23 of S, and next to nothing beside it', () => {
    for (let index = 0; index < 14; index++) {
      const width = widthOfClass(index);
      const { factor, absolute } = bound32(width, 1e5);
      expect(factor / ((width + 2.5) * 2 ** -23)).toBeGreaterThan(1);
      expect(factor / ((width + 2.5) * 2 ** -23)).toBeLessThan(1.002);
      expect(absolute).toBeLessThan(1e-28);
    }
  });

  it('is of no use beyond the rows that a portfolio can have', () => {
    expect(bound32(2 ** 20, 1).factor).toBeLessThan(1);
    expect(() => bound32(2 ** 20 + 1, 1)).toThrow(AssertionError);
  });
});

describe.each(['wasm', 'cpu'] as const)('the graph on %s', (flavour) => {
  /** What becomes of the lanes of a shelf that is one chunk: true where dropped. */
  async function dropped(shelf: FilterShelf, { slopes }: Vectors): Promise<boolean[]> {
    const { tf } = await loadTf([flavour], (name) => import(name));
    const { values, largest } = slopes32(slopes);
    const [{ line, size, cash }] = shelf.chunks;
    const [count, { width }] = [shelf.slicesIn(0), shelf];
    const rows = count * LANES * width;
    const slices = {
      count,
      width,
      line: Int32Array.from(line).subarray(0, rows),
      size: size.slice(0, rows),
      cash: cash.slice(0, count * LANES),
    };
    let found: boolean[] = [];
    tf.tidy(() => {
      const tensor = tf.tensor(values, [values.length], 'float32');
      found = Array.from(droppedLanes(tf, tensor, slices, bound32(width, largest)), (is) => is !== 0);
    });
    return found;
  }

  it('drops every lane whose slack is twice the bound, and empty ones', async () => {
    const random = new Random(1, 'tfjs drops');
    const vectors = vectorsOf(Array.from({ length: 50 }, () => (random.uniform() - 0.4) * 10 ** random.integer(6)));
    for (const width of [1, 2, 4, 24, 96]) {
      const off = (_: Random, sum: number): number => 2 * bound32(width, 1e6).factor * sum + 1e-20;
      for (const size of [ordinarySize, levelSize]) {
        const found = await dropped(drawShelf(random, vectors, { width, portfolios: 128, size, off }), vectors);
        expect(found).toEqual(Array.from({ length: 128 }, () => true));
      }
    }
  });

  it('keeps a lane that has no price, whose sums overflow or come near to it, or whose cash is beyond float32', async () => {
    const lanes: readonly (readonly [size: number, slope: number, cash: number, isDropped: boolean])[] = [
      // The largest slope is 2^126, so a lane needs more than 2 beside its S·factor.
      [1, 1, 100, true],
      [1, 1, 0.9, false],
      [1, -100, 100, false],
      [1, UNKNOWN, 1, false],
      [0, UNKNOWN, 1, false],
      [1, 1e60, 1, false],
      [1, 1e-60, 1, false],
      [1e30, 1e30, 1, false],
      [1e30, -1e30, FLOAT32_MAX, false],
      [1, 2 ** 125, 1, true],
      [1, 2 ** 126, 1, false],
      [1, 1, -INFINITE, false],
      [0, 0, INFINITE, true],
    ];
    const vectors = vectorsOf(lanes.map(([, slope]) => slope));
    const column = (of: (lane: number) => number): number[] => Array.from({ length: LANES }, (_, i) => of(i % lanes.length));
    const chunk = {
      line: Uint32Array.from(column((lane) => lane + 1)),
      size: Float32Array.from(column((lane) => lanes[lane][0])),
      cash: Float32Array.from(column((lane) => lanes[lane][2])),
      handle: new Uint32Array(LANES),
      fixed: null,
    };
    const shelf: FilterShelf = { width: 1, method: 'lines', chunks: [chunk], slicesIn: () => 1 };
    expect(await dropped(shelf, vectors)).toEqual(column((lane) => lane).map((lane) => lanes[lane][3]));
  });
});
