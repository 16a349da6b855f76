/** Filter, then verdict: prices in, the exact standing of every portfolio that could be in trouble out. */
import { compareDecimals, type Decimal, formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Market } from '../model/instruments.js';
import { INVERSE_MARK_MIN, PRICE_MAX } from '../model/limits.js';
import type { FundingIndex, IndexPrice, Mark, PriceUpdate } from '../model/records.js';
import { type Backend, HandleList, type Nominations } from './backend.js';
import { HotSet, type WantedStatistics } from './hot-set.js';
import type { LiveBook } from './live-book.js';
import { type BookStatistics, Statistics, summarise } from './statistics.js';
import { Verdict } from './verdict.js';

/** What one scan found. Handles are in no particular order. */
export interface ScanResult {
  readonly nominees: number;
  /** Portfolios that lack a price. */
  readonly unpriced: Uint32Array;
  readonly liquidatable: readonly number[];
  /** With positions; those without are decided when they change, for no mark moves them. */
  readonly insolvent: readonly number[];
}

export class Scanner {
  readonly book: LiveBook;
  readonly backend: Backend;
  readonly verdict: Verdict;
  /** Null where the backend cannot find what is near. */
  readonly hot: HotSet | null;
  /** Filled again and again: a wish may be repeated at every tick until a full scan comes. */
  private sums: Statistics | null = null;
  private wanted: WantedStatistics | null = null;
  private latest: BookStatistics | null = null;
  private readonly nominations: Nominations = { nominees: new HandleList(), unpriced: new HandleList() };

  constructor(book: LiveBook, backend: Backend) {
    this.book = book;
    this.backend = backend;
    this.verdict = new Verdict(book);
    book.retierPlain = backend.retier;
    this.hot = backend.findsNear ? new HotSet(book.lines, book.store.shelves, backend) : null;
  }

  /** Takes new prices and re-tiers the markets that they carry out of their windows. All or none: a bad price changes nothing. */
  setPrices(prices: PriceUpdate): void {
    for (const mark of prices.marks) this.checkMark(mark);
    for (const index of prices.indexes ?? []) this.checkIndex(index);
    for (const funding of prices.funding ?? []) this.checkFunding(funding);
    this.book.update(prices);
    this.verdict.update(prices);
  }

  /** `onLiquidatable` is called while the verdict still holds what it judged of the portfolio. */
  scan(onLiquidatable: (handle: number) => void = () => undefined): ScanResult {
    const { nominees, unpriced } = this.nominations;
    this.filter();
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

  /** The statistics of the last scan that made them. */
  get statistics(): BookStatistics | null {
    return this.latest;
  }

  /** Has the next full scan make statistics; an urgent wish makes the next scan a full one. */
  wantStatistics(isUrgent: boolean): void {
    this.sums ??= new Statistics(this.book.lines.slopes.length);
    this.wanted = { statistics: this.sums, isUrgent };
  }

  private filter(): void {
    const { book, backend, nominations: into, wanted } = this;
    const statistics = wanted?.statistics ?? null;
    let isFull = true;
    if (this.hot !== null) isFull = this.hot.scan(into, wanted);
    else backend.scan({ shelves: book.store.shelves, vectors: book.lines, into, near: null, statistics });
    if (statistics === null || !isFull) return;
    this.latest = summarise(statistics, book.lines, book.instruments.markets);
    this.wanted = null;
  }

  private checkMark({ market, price }: Mark): void {
    const instrument = this.marketAt(market, 'mark');
    const place = `mark of ${instrument.id}`;
    if (price.units <= 0n && !instrument.allowNonPositive) throw badInput(place, 'a price above 0', formatDecimal(price));
    checkSize(place, price);
    if (instrument.kind === 'inverse' && compareDecimals(price, INVERSE_MARK_MIN) < 0) {
      throw badInput(place, `a price of at least ${formatDecimal(INVERSE_MARK_MIN)}`, formatDecimal(price), 'overflow');
    }
  }

  private checkIndex({ asset, price }: IndexPrice): void {
    const { assets, valuation } = this.book.instruments;
    if (assets[asset] === undefined) throw badInput('index', `an asset index below ${assets.length}`, String(asset));
    const place = `index of ${assets[asset].id}`;
    if (asset === valuation.index) throw badInput(place, 'no index price, as it is the valuation asset', formatDecimal(price));
    if (price.units <= 0n) throw badInput(place, 'a price above 0', formatDecimal(price));
    checkSize(place, price);
  }

  private checkFunding({ market, index }: FundingIndex): void {
    checkSize(`funding of ${this.marketAt(market, 'funding').id}`, index);
  }

  private marketAt(market: number, what: string): Market {
    const { markets } = this.book.instruments;
    const instrument = markets[market];
    if (instrument === undefined) throw badInput(what, `a market index below ${markets.length}`, String(market));
    return instrument;
  }
}

function checkSize(place: string, price: Decimal): void {
  const size = { units: price.units < 0n ? -price.units : price.units, decimals: price.decimals };
  if (compareDecimals(size, { units: PRICE_MAX, decimals: 0 }) > 0) {
    throw badInput(place, `a price within ${PRICE_MAX}`, formatDecimal(price), 'overflow');
  }
}
