/**
 * Statistics of a full scan, for pictures and metrics: totals, margin-ratio bands, notional by market and side. Float64 sums over the filter's
 * columns, outside effects and hash; they decide nothing.
 */
import type { Market } from '../model/instruments.js';
import { LANES, NO_HANDLE, PADDING_LINE } from '../store/shelf.js';
import type { FilterChunk, FilterShelf, Vectors } from './backend.js';
import type { LineTable } from './lines.js';

/** From `first`, steps of `step` thousandths; one more than the last end is the open band. */
const ENDS_IN_THOUSANDTHS: readonly (readonly [first: number, step: number, count: number])[] = [
  [0, 100, 10],
  [1_000, 25, 21],
  [1_600, 100, 15],
  [3_500, 500, 14],
  [20_000, 0, 1],
  [50_000, 0, 1],
  [100_000, 0, 1],
];

/** Upper ends of the bands of equity / maintenance; the last band is open. A ratio below 1 is liquidatable. */
export const RATIO_BAND_ENDS: Float64Array = Float64Array.from(
  ENDS_IN_THOUSANDTHS.flatMap(([first, step, count]) => Array.from({ length: count }, (_, i) => (first + i * step) / 1000)),
);
export const RATIO_BANDS = RATIO_BAND_ENDS.length + 1;

/**
 * Sums over the portfolios that stand on shelves and have a price of everything; amounts in the valuation asset. What debts need by borrow tables is
 * taken off the equity. A requirement is that of its row's line, which is above the exact one where a window reaches into the next tier.
 */
export class Statistics {
  equity = 0;
  maintenance = 0;
  /** By band, portfolios with a maintenance above 0: how many, and the notional of their positions. */
  readonly bandCount = new Float64Array(RATIO_BANDS);
  readonly bandNotional = new Float64Array(RATIO_BANDS);
  /** By line: Σ|size| of its rows, and how many there are. */
  readonly lineSize: Float64Array;
  readonly lineCount: Float64Array;

  constructor(lines: number) {
    this.lineSize = new Float64Array(lines);
    this.lineCount = new Float64Array(lines);
  }
}

/** What the statistics say of one market's positions of one side. */
export interface SideStatistics {
  readonly market: string;
  readonly side: 'long' | 'short';
  readonly positions: number;
  readonly notional: number;
}

/** For people and metrics; floats. */
export interface BookStatistics {
  readonly equity: number;
  readonly maintenance: number;
  /** Margin-ratio bands: their upper ends (one fewer, the last band is open), and what is in each. */
  readonly bandEnds: readonly number[];
  readonly bandCount: readonly number[];
  readonly bandNotional: readonly number[];
  /** By market, long before short; sides without a position are left out. */
  readonly sides: readonly SideStatistics[];
}

/** Adds the lines up by market and side, at the prices of the table. */
export function summarise(statistics: Statistics, table: LineTable, markets: readonly Market[]): BookStatistics {
  const sides: SideStatistics[] = [];
  for (const [index, { firstLine, orderLine }] of table.markets.entries()) {
    for (const side of ['long', 'short'] as const) {
      let [positions, notional] = [0, 0];
      for (let line = side === 'long' ? firstLine : firstLine + 1; line < orderLine; line += 2) {
        positions += statistics.lineCount[line];
        if (statistics.lineCount[line] > 0) notional += statistics.lineSize[line] * table.notionals[line];
      }
      if (positions > 0) sides.push({ market: markets[index].id, side, positions, notional });
    }
  }
  const { equity, maintenance, bandCount, bandNotional } = statistics;
  return {
    equity,
    maintenance,
    bandEnds: [...RATIO_BAND_ENDS],
    bandCount: [...bandCount],
    bandNotional: [...bandNotional],
    sides,
  };
}

/** The first band whose end is above the ratio. */
export function bandOf(ratio: number): number {
  let low = 0;
  let high = RATIO_BAND_ENDS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ratio < RATIO_BAND_ENDS[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);

/** The upper half of a float32, to nearest: eight bits of it are enough for a statistic. */
export function toUpperHalf(value: number): number {
  word[0] = value;
  return (wordBits[0] + 0x8000) >>> 16;
}

export function fromUpperHalf(half: number): number {
  wordBits[0] = half << 16;
  return word[0];
}

export function clearStatistics(statistics: Statistics): void {
  statistics.equity = 0;
  statistics.maintenance = 0;
  for (const column of ['bandCount', 'bandNotional', 'lineSize', 'lineCount'] as const) statistics[column].fill(0);
}

/** Adds the priced portfolios of a chunk, whose slacks by lane a scan has left. */
export function addChunk(
  statistics: Statistics,
  vectors: Vectors,
  { width }: FilterShelf,
  chunk: FilterChunk,
  slacks: Float64Array,
): void {
  for (let lane = 0; lane < slacks.length; lane++) {
    // A constant below float32's range is −∞: nominated, and in no sum.
    if (chunk.handle[lane] === NO_HANDLE || !Number.isFinite(slacks[lane])) continue;
    addLane(statistics, vectors, { width, chunk, lane }, slacks[lane]);
  }
}

interface Lane {
  readonly width: number;
  readonly chunk: FilterChunk;
  readonly lane: number;
}

/** maintenance = Σ|size|·need − fixed; equity = slack + maintenance: what a row's line bounds from above is in both. */
function addLane(statistics: Statistics, { needs, notionals }: Vectors, { width, chunk, lane }: Lane, slack: number): void {
  const first = Math.floor(lane / LANES) * width * LANES + (lane % LANES);
  let maintenance = chunk.fixed === null ? 0 : -fromUpperHalf(chunk.fixed[lane]);
  let notional = 0;
  for (let row = first; row < first + width * LANES; row += LANES) {
    const line = chunk.line[row];
    // A portfolio's rows come first, then padding.
    if (line === PADDING_LINE) break;
    const size = Math.abs(chunk.size[row]);
    maintenance += size * needs[line];
    notional += size * notionals[line];
    statistics.lineSize[line] += size;
    statistics.lineCount[line] += 1;
  }
  statistics.equity += slack + maintenance;
  statistics.maintenance += maintenance;
  if (!(maintenance > 0)) return;
  const band = bandOf((slack + maintenance) / maintenance);
  statistics.bandCount[band] += 1;
  statistics.bandNotional[band] += notional;
}
