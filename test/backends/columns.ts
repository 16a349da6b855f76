/** Shelves drawn column by column, for backends: any width and count of lanes, ordinary or adversarial. Knows no book. */

import { plainAsset } from '../../src/model/instruments.js';
import type { FilterChunk, FilterShelf, Vectors } from '../../src/scan/backend.js';
import { Closings } from '../../src/scan/closings.js';
import { LANES, NO_HANDLE } from '../../src/store/shelf.js';
import type { Random } from '../../src/synthetic/random.js';

/** How close a portfolio's slack comes to 0. */
export type Kind = 'ordinary' | 'edge' | 'hedged' | 'tiny' | 'huge' | 'all' | 'none' | 'second' | 'ties' | 'unpriced' | 'broken';
export const KINDS: readonly Kind[] = [
  'ordinary',
  'edge',
  'hedged',
  'tiny',
  'huge',
  'all',
  'none',
  'second',
  'ties',
  'unpriced',
  'broken',
];

const SLICES_PER_CHUNK = 64;

/** Tables of a tick for so many lines; a few without a price when the kind asks for it. */
export function drawVectors(random: Random, lines: number, kind: Kind): Vectors & { readonly speeds: Float64Array } {
  const scale = kind === 'tiny' ? 1e-300 : kind === 'huge' ? 1e100 : 1;
  const column = (of: (line: number) => number): Float64Array => Float64Array.from({ length: lines + 1 }, (_, line) => of(line));
  const slopes = column((line) => {
    if (line === 0) return 0;
    if (kind === 'unpriced' && random.chance(0.02)) return Number.NaN;
    return (random.uniform() + 0.01) * 10 ** (random.integer(7) - 2) * scale;
  });
  const magnitudes = slopes.map(Math.abs);
  return {
    slopes,
    pairs: new Float64Array(2 * (lines + 1)),
    firstClosing: lines + 1,
    closings: new Closings([plainAsset(0, 'USDT', 6)]),
    needs: magnitudes.map((slope) => slope * 0.01),
    notionals: magnitudes,
    speeds: magnitudes.map((slope) => slope * 1e-3),
  };
}

function sizeOf(random: Random, slope: number, kind: Kind): number {
  const sign = random.chance(0.5) ? 1 : -1;
  if (kind === 'ties') return sign * 2;
  if (kind === 'hedged' || kind === 'edge') return (sign * (1 + random.uniform()) * 1e6) / (slope || 1);
  if (kind === 'tiny') return sign * 2 ** -140 * (1 + random.integer(100));
  if (kind === 'huge') return sign * 2 ** 120 * random.uniform();
  if (kind === 'broken' && random.chance(0.05))
    return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0][random.integer(4)];
  return sign * (1 + random.integer(100_000)) * (random.chance(0.5) ? 1 : 0.001);
}

/** What slack is to be. */
function slackOf(random: Random, sum: number, kind: Kind, lane: number): number {
  if (kind === 'all') return -sum * random.uniform();
  if (kind === 'none') return sum * (1 + random.uniform());
  if (kind === 'second') return sum * (lane % 2 === 0 ? -1 : 1);
  if (kind === 'ties') return [0, sum * 2 ** -24, -sum * 2 ** -24][random.integer(3)];
  if (kind === 'hedged') return sum * 1e-9 * (random.uniform() - 0.5);
  if (kind === 'edge') return sum * 2 ** -24 * (random.uniform() * 4 - 2);
  return sum * (random.uniform() - 0.05) * 0.2;
}

function emptyChunk(width: number): FilterChunk {
  const lanes = SLICES_PER_CHUNK * LANES;
  const column = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return {
    line: new Uint32Array(column(4 * lanes * width)),
    size: new Float32Array(column(4 * lanes * width)),
    cash: new Float32Array(column(4 * lanes)).fill(Number.POSITIVE_INFINITY),
    handle: new Uint32Array(column(4 * lanes)).fill(NO_HANDLE),
    fixed: new Uint16Array(column(2 * lanes)),
  };
}

/** A shelf of so many lanes, a tenth of which are empty. Handles rise from `firstHandle`, out of order. */
export function drawShelf(
  random: Random,
  { slopes }: Vectors,
  { width, lanes, kind, firstHandle }: { width: number; lanes: number; kind: Kind; firstHandle: number },
): FilterShelf {
  const slices = Math.ceil(lanes / LANES);
  const chunks = Array.from({ length: Math.ceil(slices / SLICES_PER_CHUNK) }, () => emptyChunk(width));
  for (let slot = 0; slot < lanes; slot++) {
    if (random.chance(0.1)) continue;
    const chunk = chunks[Math.floor(slot / (SLICES_PER_CHUNK * LANES))];
    const lane = slot % (SLICES_PER_CHUNK * LANES);
    const base = (lane - (lane % LANES)) * width + (lane % LANES);
    let [sum, product] = [0, 0];
    for (let j = 0; j < 1 + random.integer(width); j++) {
      const line = 1 + random.integer(slopes.length - 1);
      chunk.line[base + j * LANES] = line;
      chunk.size[base + j * LANES] = sizeOf(random, slopes[line], kind);
      const term = chunk.size[base + j * LANES] * slopes[line];
      product += term;
      sum += Math.abs(term);
    }
    chunk.cash[lane] = slackOf(random, sum, kind, slot) - product;
    // What folds a constant leaves neither in a lane that is used: +∞ says that it is empty.
    if (Number.isNaN(chunk.cash[lane]) || chunk.cash[lane] === Number.POSITIVE_INFINITY) chunk.cash[lane] = 1;
    chunk.fixed![lane] = random.integer(2) * 0x3f80;
    chunk.handle[lane] = firstHandle + (slot ^ 5);
  }
  const slicesIn = (chunk: number): number => Math.min(SLICES_PER_CHUNK, slices - chunk * SLICES_PER_CHUNK);
  return { width, method: 'lines', chunks, slicesIn };
}
