/** How a book is spread over margin ratios, in float64: for pictures. Decides nothing. */
import { LANES } from '../store/shelf.js';
import type { Rows } from '../store/store.js';
import { EXACT_UNIT, entryNumber, ROW, requirementNumber } from './lines.js';
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
  const equities = new Map([[book.instruments.valuation.index, store.cashNumber(handle) * EXACT_UNIT]]);
  const add = (asset: number, amount: number): void => void equities.set(asset, (equities.get(asset) ?? 0) + amount);
  let maintenance = 0;
  for (let j = 0; j < rows.count; j++) {
    const row = rows.base + j * LANES;
    const line = chunk.line[row];
    const kind = lines.kindOf[line];
    const owner = lines.ownerOf[line];
    if (kind === ROW.amount || kind === ROW.closing) add(owner, chunk.cost.toNumber(row) * EXACT_UNIT);
    if (kind !== ROW.position) continue;
    const market = lines.markets[owner];
    const size = chunk.lots[row];
    const value = size * lines.valuations[owner];
    const entry = entryNumber(market, size, chunk.cost.toNumber(row));
    add(market.settleAsset, value - entry);
    if ((line - market.firstLine) % market.blockLines === market.waivedOffset + (size < 0 ? 1 : 0) && !market.onEntry) continue;
    maintenance += lines.indexes[market.settleAsset] * requirementNumber(market, Math.abs(market.onEntry ? entry : value));
  }
  let equity = 0;
  for (const [asset, amount] of equities) equity += lines.indexes[asset] * lines.closings.floorOf(asset, amount);
  return maintenance > 0 ? equity / maintenance : Number.NaN;
}
