/** Filter, then verdict: marks in, the exact standing of every portfolio that could be in trouble out. */
import { compareDecimals, formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { PRICE_MAX } from '../model/limits.js';
import type { Mark } from '../model/records.js';
import { type Backend, HandleList, type Nominations } from './backend.js';
import type { LiveBook } from './live-book.js';
import { Verdict } from './verdict.js';

/** What one scan found. Handles are in no particular order. */
export interface ScanResult {
  readonly nominees: number;
  /** Portfolios with positions that lack a mark. */
  readonly unpriced: Uint32Array;
  readonly liquidatable: readonly number[];
  /** With positions; those without are decided when they change, for no mark moves them. */
  readonly insolvent: readonly number[];
}

export class Scanner {
  readonly book: LiveBook;
  readonly backend: Backend;
  readonly verdict: Verdict;
  private readonly nominations: Nominations = { nominees: new HandleList(), unpriced: new HandleList() };

  constructor(book: LiveBook, backend: Backend) {
    this.book = book;
    this.backend = backend;
    this.verdict = new Verdict(book);
  }

  /** Takes new marks and re-tiers the markets that they carry out of their windows. All or none: a bad mark changes nothing. */
  setMarks(marks: readonly Mark[]): void {
    for (const mark of marks) this.checkMark(mark);
    for (const { market, price } of marks) {
      this.book.lines.setMark(market, price);
      this.verdict.setMark(market, price);
    }
    this.book.retier(marks.map(({ market }) => market));
  }

  /** `onLiquidatable` is called while the verdict still holds what it judged of the portfolio. */
  scan(onLiquidatable: (handle: number) => void = () => undefined): ScanResult {
    const { nominees, unpriced } = this.nominations;
    this.backend.scan(this.book.store, this.book.lines.slopes, this.nominations);
    const liquidatable: number[] = [];
    const insolvent: number[] = [];
    for (const handle of nominees.view()) {
      const standing = this.verdict.judge(handle);
      if (standing === 'liquidatable') {
        liquidatable.push(handle);
        onLiquidatable(handle);
      } else if (standing === 'insolvent') {
        insolvent.push(handle);
      }
    }
    return { nominees: nominees.count, unpriced: unpriced.view(), liquidatable, insolvent };
  }

  private checkMark({ market, price }: Mark): void {
    const instrument = this.book.instruments.markets[market];
    if (instrument === undefined)
      throw badInput('mark', `a market index below ${this.book.instruments.markets.length}`, String(market));
    const place = `mark of ${instrument.id}`;
    if (price.units <= 0n && !instrument.allowNonPositive) throw badInput(place, 'a price above 0', formatDecimal(price));
    const size = { units: price.units < 0n ? -price.units : price.units, decimals: price.decimals };
    if (compareDecimals(size, { units: PRICE_MAX, decimals: 0 }) > 0) {
      throw badInput(place, `a price within ${PRICE_MAX}`, formatDecimal(price), 'overflow');
    }
  }
}
