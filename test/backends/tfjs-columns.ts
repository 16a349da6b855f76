/** Columns as a filter may meet them, drawn from a seed without a book: lanes at and around slack 0, of every width and magnitude. */
import type { FilterChunk, FilterShelf, Vectors } from '../../src/scan/backend.js';
import { Closings } from '../../src/scan/closings.js';
import { LANES, NO_HANDLE } from '../../src/store/shelf.js';
import type { Random } from '../../src/synthetic/random.js';
import { pick } from '../scan/mixed.js';

/** How lanes are drawn. */
export interface Draw {
  readonly width: number;
  readonly portfolios: number;
  /** A row's size, on a line of this slope. */
  readonly size: (random: Random, slope: number) => number;
  /** What is added to the cash at which slack would be 0, given Σ|size · slope| and the sum itself. */
  readonly off: (random: Random, sum: number, slack: number) => number;
}

const SLICES_PER_CHUNK = 4;

/** Slopes for the lines of `lines` shelves; line 0 is padding. */
export function vectorsOf(slopes: readonly number[]): Vectors {
  return {
    slopes: Float64Array.of(0, ...slopes),
    pairs: new Float64Array(2 * (slopes.length + 1)),
    firstClosing: slopes.length + 1,
    closings: new Closings([]),
    needs: new Float64Array(slopes.length + 1),
    notionals: new Float64Array(slopes.length + 1),
  };
}

function emptyChunk(width: number): FilterChunk {
  const lanes = SLICES_PER_CHUNK * LANES;
  const column = (count: number): SharedArrayBuffer => new SharedArrayBuffer(4 * count);
  return {
    line: new Uint32Array(column(lanes * width)),
    size: new Float32Array(column(lanes * width)),
    cash: new Float32Array(column(lanes)).fill(Number.POSITIVE_INFINITY),
    handle: new Uint32Array(column(lanes)).fill(NO_HANDLE),
    fixed: null,
  };
}

/** A shelf whose chunks hold four slices; every tenth lane is empty. */
export function drawShelf(random: Random, { slopes }: Vectors, draw: Draw, firstHandle = 0): FilterShelf {
  const { width, portfolios } = draw;
  const slices = Math.ceil(portfolios / LANES);
  const chunks = Array.from({ length: Math.ceil(slices / SLICES_PER_CHUNK) }, () => emptyChunk(width));
  for (let slot = 0; slot < portfolios; slot++) {
    if (random.chance(0.1)) continue;
    const chunk = chunks[Math.floor(slot / (SLICES_PER_CHUNK * LANES))];
    const lane = slot % (SLICES_PER_CHUNK * LANES);
    const rows = 1 + random.integer(width);
    let [sum, slack] = [0, 0];
    for (let j = 0; j < rows; j++) {
      const row = (lane - (lane % LANES)) * width + j * LANES + (lane % LANES);
      const line = 1 + random.integer(slopes.length - 1);
      chunk.line[row] = line;
      chunk.size[row] = draw.size(random, slopes[line]);
      const product = chunk.size[row] * slopes[line];
      slack += product;
      sum += Math.abs(product);
    }
    chunk.cash[lane] = draw.off(random, sum, slack) - slack;
    // Not ascending, so that an order by handle is not taken for the order of lanes.
    chunk.handle[lane] = firstHandle + (slot ^ 5);
  }
  const slicesIn = (chunk: number): number => Math.min(SLICES_PER_CHUNK, slices - chunk * SLICES_PER_CHUNK);
  return { width, method: 'lines', chunks, slicesIn };
}

/** Positions as on a venue, of either side. */
export const ordinarySize = (random: Random): number => (random.uniform() - 0.5) * 10 ** (1 + random.integer(6));

/** Products of about the same magnitude, whatever the slopes are: what one row adds, others take away. */
export const levelSize = (random: Random, slope: number): number =>
  ((random.chance(0.5) ? 1 : -1) * (1 + random.uniform()) * 1e6) / Math.abs(slope || 1);

/** Within a few float32 roundings of S, where a bound that is too small misses some. */
export const closeOff = (random: Random, sum: number): number =>
  sum * 2 ** -24 * pick(random, [0, -1, 1, 4]) * random.uniform() * 4;
