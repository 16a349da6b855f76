/**
 * Scores of deleveraging in float64, with a bound on their own error, for every position of one side of a market. They nominate: what is near enough to be
 * in doubt is decided exactly elsewhere. The derivation of the bounds is in docs/exactness.md, section 4b.
 */
import type { AdlMethod } from '../model/book-port.js';
import { isPlain } from '../model/instruments.js';
import { LANES, PADDING_LINE, type Shelf } from '../store/shelf.js';
import { Candidates } from './candidates.js';
import { EXACT_UNIT, entryNumber, ROW, ULP } from './lines.js';
import type { LiveBook } from './live-book.js';

/** One side of a market, ranked by one method. */
export interface AdlSideOf {
  readonly market: number;
  readonly side: 'long' | 'short';
  readonly method: AdlMethod;
}

/** Decides a position exactly: its score as a float64 that is within 2^-48 of it, relatively; null when it is no target. */
export type DecideScore = (handle: number) => number | null;

/** An equity whose bound is above this share of it is decided exactly: the bounds below take its error to be small. */
const EQUITY_CERTAIN = 2 ** -20;
/** What is beyond may lose digits to underflow or overflow: decided exactly. */
const SAFE_MIN = 2 ** -900;
const SAFE_MAX = 2 ** 900;
/** Room for terms of the second order, and for the roundings of a bound itself. */
const ABOVE = 1 + 2 ** -10;
const UNDERFLOW = 2 ** -1000;
const EXACT_ERROR = 2 ** -48;

type Chunk = Shelf['chunks'][number];

/** Every position of the side whose portfolio has an equity above zero (and of `pro-rata` a profit), and no other. */
export class ScoreBounds {
  readonly candidates = new Candidates();
  private readonly book: LiveBook;
  private readonly wanted: AdlSideOf;
  private readonly decide: DecideScore;
  private readonly valuation: number;
  private readonly canBound: boolean;
  /** Of the portfolio at hand. */
  private equity = 0;
  private equityError = 0;

  constructor(book: LiveBook, wanted: AdlSideOf, decide: DecideScore) {
    const { markets, valuation } = book.instruments;
    this.book = book;
    this.wanted = wanted;
    this.decide = decide;
    this.valuation = valuation.index;
    this.canBound = isPlain(valuation) && markets[wanted.market].settleAsset === valuation.index;
    for (const shelf of book.store.shelves) if (shelf !== undefined) this.takeShelf(shelf);
  }

  private takeShelf(shelf: Shelf): void {
    const { firstLine, orderLine } = this.book.lines.markets[this.wanted.market];
    const span = orderLine - firstLine;
    const parity = this.wanted.side === 'long' ? 0 : 1;
    const rowsPerSlice = shelf.width * LANES;
    for (const [c, chunk] of shelf.chunks.entries()) {
      const { line } = chunk;
      const end = shelf.slicesIn(c) * rowsPerSlice;
      for (let row = 0; row < end; row++) {
        const offset = line[row] - firstLine;
        if (offset < 0 || offset >= span || (offset & 1) !== parity) continue;
        const slice = Math.floor(row / rowsPerSlice);
        const lane = row % LANES;
        const canBound = this.canBound && shelf.method === 'lines';
        const handle = chunk.handle[slice * LANES + lane];
        if (canBound && this.takeEquity(chunk, slice * rowsPerSlice + lane, shelf.width, handle))
          this.takeBounded(handle, chunk, row);
        else this.takeExact(handle, chunk.lots[row]);
      }
    }
  }

  /** Equity and its bound; false when the portfolio has anything but positions that settle in the valuation asset. */
  private takeEquity({ line, lots, cost }: Chunk, base: number, width: number, handle: number): boolean {
    const { lines, store } = this.book;
    const balance = store.cashNumber(handle) * EXACT_UNIT;
    let sum = balance;
    let magnitude = Math.abs(balance);
    for (let row = base; row < base + width * LANES; row += LANES) {
      if (line[row] === PADDING_LINE) break;
      if (lines.kindOf[line[row]] !== ROW.position) return false;
      const index = lines.ownerOf[line[row]];
      const market = lines.markets[index];
      if (market.settleAsset !== this.valuation) return false;
      const worth = lots[row] * lines.valuations[index];
      const accrued = lots[row] * lines.accrued[index];
      const entry = entryNumber(market, lots[row], cost.toNumber(row));
      sum += worth - accrued - entry;
      magnitude += Math.abs(worth) + Math.abs(accrued) + Math.abs(entry);
    }
    this.equity = sum;
    this.equityError = (4 * width + 64) * ULP * magnitude;
    return true;
  }

  private takeBounded(handle: number, { lots, cost }: Chunk, row: number): void {
    const { equity, equityError, candidates } = this;
    // Surely at or below zero: no target.
    if (equity < -equityError) return;
    const { lines } = this.book;
    const { market, method } = this.wanted;
    const size = lots[row];
    const worth = size * lines.valuations[market];
    const entry = entryNumber(lines.markets[market], size, cost.toNumber(row));
    const [w, e] = [Math.abs(worth), Math.abs(entry)];
    const isSafe = w > SAFE_MIN && w < SAFE_MAX && e > SAFE_MIN && e < SAFE_MAX && equity > SAFE_MIN && equity < SAFE_MAX;
    if (!isSafe || !(equityError < equity * EQUITY_CERTAIN)) {
      this.takeExact(handle, size);
      return;
    }
    const profit = worth - entry;
    const profitError = 20 * ULP * (w + e);
    const leverage = w / equity;
    const relative = equityError / equity + 64 * ULP;
    let [score, error] = [0, 0];
    if (method === 'pro-rata') {
      if (profit < -profitError) return;
      [score, error] = profit > profitError ? [profit, profitError] : [Number.NaN, 0];
    } else if (method === 'hyperliquid') {
      score = worth > 0 === entry > 0 ? (worth > 0 ? w / e : e / w) * leverage : Number.NaN;
      error = score * relative;
    } else if (Math.abs(profit) <= 2 * profitError) {
      error = ((4 * profitError) / e) * Math.max(leverage, 1 / leverage);
    } else {
      const factor = profit > 0 ? leverage : 1 / leverage;
      score = (profit / e) * factor;
      error = Math.abs(score) * relative + (profitError / e) * factor;
    }
    error = error * ABOVE + UNDERFLOW;
    if (Number.isFinite(score) && Number.isFinite(error)) candidates.add(handle, Math.abs(size), score - error, score + error);
    else this.takeExact(handle, size);
  }

  private takeExact(handle: number, size: number): void {
    const score = this.decide(handle);
    if (score === null) return;
    const error = Math.abs(score) * EXACT_ERROR + UNDERFLOW;
    // Beyond float64: only that it is.
    const low = score === Number.POSITIVE_INFINITY ? SAFE_MAX : score - error;
    const high = score === Number.NEGATIVE_INFINITY ? -SAFE_MAX : score + error;
    this.candidates.add(handle, Math.abs(size), low, high);
  }
}
