/** The scan half of the engine: book, scan and verdict. It knows its portfolios and reports on them; it knows no cases. */
import type { BookChange, BookTotals } from '../model/book-port.js';
import type { Fraction } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { type BufferReader, type NamedBuffer, plainBuffer, type Saved, under } from '../model/named-buffers.js';
import { type Account, fundedMarkets } from '../model/portfolio.js';
import { ProblemList } from '../model/problems.js';
import type { BookedFill, BookRow, Fill, PortfolioReport, PriceUpdate, Release } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { bookFills } from '../scan/booking.js';
import { checkAccount } from '../scan/check-account.js';
import { LiveBook } from '../scan/live-book.js';
import { type NearRow, nearLine } from '../scan/near-line.js';
import { Scanner } from '../scan/scanner.js';
import { restoreScanner, saveScanner } from '../scan/snapshot.js';
import { BookDesk } from './book-desk.js';
import { Watch, type WatchState } from './watch.js';

/** Counts of the last scan. */
export interface ScanCounts {
  nominees: number;
  unpriced: number;
  insolvent: number;
}

interface ReportedState {
  readonly watch: WatchState;
  readonly totals: BookTotals;
  readonly counts: ScanCounts;
}

export class ScanHalf implements Saved {
  readonly book: LiveBook;
  readonly scanner: Scanner;
  /** What cases may ask in the middle of a record. */
  readonly desk: BookDesk;
  readonly counts: ScanCounts = { nominees: 0, unpriced: 0, insolvent: 0 };
  private readonly watch: Watch;

  constructor(instruments: Instruments, backend: Backend) {
    this.book = new LiveBook(instruments);
    this.scanner = new Scanner(this.book, backend);
    this.watch = new Watch(this.scanner);
    this.desk = new BookDesk(this.scanner, this.watch);
  }

  /** Ids of portfolios without rows whose cash is negative. */
  get drained(): ReadonlySet<string> {
    return this.watch.drained;
  }

  /**
   * New prices, a scan, and a report of every portfolio that is liquidatable, or is followed, or was reported as other than healthy and may no longer be;
   * of insolvent ones once.
   */
  tick(prices: PriceUpdate): PortfolioReport[] {
    this.scanner.setPrices(prices);
    const reports: PortfolioReport[] = [];
    const { reporter } = this.watch;
    const found = this.scanner.scan((handle) => reports.push(reporter.judged(handle, 'liquidatable')));
    this.counts.nominees = found.nominees;
    this.counts.unpriced = found.unpriced.length;
    this.counts.insolvent = found.insolvent.length + this.drained.size;
    return this.watch.onScan(reports, found.insolvent);
  }

  /** The watch list: portfolios with equity below `below` · maintenance, the lowest ratio first. A walk over the whole book: not for every tick. */
  nearLine(below: Fraction): NearRow[] {
    return nearLine(this.scanner, below);
  }

  /** Puts an account into the book without a report: the state before the first record. */
  load(account: Account): void {
    for (const handle of this.book.setAccount(account, 0)) this.watch.note(this.book.store.idOf(handle));
  }

  /**
   * Applies account rows, all or none. Reports those that were not healthy, that are followed, or that are insolvent now without a row; the others wait for
   * the next tick's scan. Refused: a version that is not above the account's present one, and a funding index in a market whose own nobody has
   * told: what has accrued since would be unknown.
   */
  setAccounts(rows: readonly BookRow[]): { readonly change: BookChange; readonly reports: readonly PortfolioReport[] } {
    const problems = new ProblemList();
    const seen = new Map<string, number>();
    for (const [i, { account, version }] of rows.entries()) {
      const known = seen.get(account.id) ?? this.book.sourceVersion(account.id);
      if (!(version > known)) problems.add(`rows[${i}].version`, `a version above ${known}`, String(version));
      for (const market of fundedMarkets(account)) {
        if (this.book.funding.isKnown(market)) continue;
        const expected = `no funding index before that of ${this.book.instruments.markets[market].id} itself was told`;
        problems.add(`rows[${i}].positions`, expected, 'one');
      }
      seen.set(account.id, version);
    }
    problems.throwIfAny();
    for (const { account } of rows) checkAccount(account);
    const before = this.book.totals.copy();
    const changed: string[] = [];
    for (const { account, version } of rows) {
      changed.push(...this.book.portfolioIds(account.id));
      this.book.setAccount(account, version);
      changed.push(...this.book.portfolioIds(account.id));
    }
    return { change: this.book.totals.changeSince(before), reports: this.watch.onChange(changed, false) };
  }

  /** Takes the open orders of accounts out of the book, all or none, and reports their cross portfolios. Refused: an account that is not there. */
  removeOrders(accounts: readonly string[]): PortfolioReport[] {
    const { book } = this;
    const problems = new ProblemList();
    for (const [i, account] of accounts.entries()) {
      const handle = book.store.find(account);
      if (handle < 0 || book.isIsolated(handle)) problems.add(`accounts[${i}]`, 'a known account', JSON.stringify(account));
    }
    problems.throwIfAny();
    for (const account of accounts) {
      const handle = book.store.find(account);
      const { orders, ...rest } = book.portfolio(handle);
      if (orders !== undefined) book.setPortfolio(handle, rest);
    }
    return this.watch.onChange(accounts, true);
  }

  /**
   * Books trades, all or none. Reports every portfolio that they changed. A closed isolated position gives its collateral back, unless it is followed: then
   * when it no longer is.
   */
  applyFills(fills: readonly Fill[]): {
    readonly booked: readonly BookedFill[];
    readonly releases: readonly Release[];
    readonly reports: readonly PortfolioReport[];
  } {
    const { booked, releases, changed } = bookFills(this.book, fills, (portfolio) => this.watch.followed.has(portfolio));
    return {
      booked: booked.map((booking) => this.desk.priced(booking)),
      releases,
      reports: this.watch.onChange(changed, true),
    };
  }

  save(): NamedBuffer[] {
    const state: ReportedState = { watch: this.watch.save(), totals: this.book.totals.copy(), counts: this.counts };
    return [...under('book', saveScanner(this.scanner)), plainBuffer('reported', state)];
  }

  restore(from: BufferReader): void {
    restoreScanner(this.scanner, from.under('book'));
    const { watch, totals, counts } = from.plain('reported') as ReportedState;
    this.watch.restore(watch);
    this.book.totals.restore(totals);
    Object.assign(this.counts, counts);
  }
}
