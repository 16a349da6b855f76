/** How a book is spread over margin ratios, in float64: for pictures. Decides nothing. */
import { LANES } from '../store/shelf.js';
import type { Rows } from '../store/store.js';
import { EXACT_UNIT, requirementNumber } from './lines.js';
import type { LiveBook } from './live-book.js';

/** Upper ends of the bands; the last band is open. A ratio below 1 is liquidatable. */
export const RATIO_BAND_ENDS = [0, 0.5, 1, 1.05, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100] as const;

/** Portfolios with positions, by band of equity / maintenance. Those without a price or without a requirement are left out. */
export function marginRatioBands(book: LiveBook): number[] {
  const bands = new Array<number>(RATIO_BAND_ENDS.length + 1).fill(0);
  for (let handle = 0; handle < book.store.handleEnd; handle++) {
    const ratio = book.store.isLive(handle) ? marginRatio(book, handle) : Number.NaN;
    if (Number.isNaN(ratio)) continue;
    const band = RATIO_BAND_ENDS.findIndex((end) => ratio < end);
    bands[band < 0 ? RATIO_BAND_ENDS.length : band] += 1;
  }
  return bands;
}

const rows = {} as Rows;

/** NaN when the portfolio has no position, no price or no requirement. */
function marginRatio(book: LiveBook, handle: number): number {
  const { lines, store } = book;
  if (!store.locate(handle, rows)) return Number.NaN;
  const { chunk } = rows;
  let equity = store.cashNumber(handle) * EXACT_UNIT;
  let maintenance = 0;
  for (let j = 0; j < rows.count; j++) {
    const row = rows.base + j * LANES;
    const size = chunk.lots[row];
    const index = lines.marketOf[chunk.line[row]];
    const market = lines.markets[index];
    const value = size * lines.valuations[index];
    const cost = chunk.cost.toNumber(row) * market.costUnit;
    equity += value - cost;
    maintenance += requirementNumber(market, Math.abs(market.onEntry ? cost : value));
  }
  return maintenance > 0 ? equity / maintenance : Number.NaN;
}
