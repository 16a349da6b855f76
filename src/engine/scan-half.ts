/** The scan half of the engine: book, scan and verdict. It knows its portfolios and reports on them; it knows no cases. */
import { ONE, ZERO } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import type { Account } from '../model/portfolio.js';
import { ProblemList } from '../model/problems.js';
import type { BookedFill, BookRow, Fill, Mark, PortfolioReport, Standing, Valuation } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { bookFills } from '../scan/fill.js';
import { checkAccount, LiveBook } from '../scan/live-book.js';
import { Scanner } from '../scan/scanner.js';

const NOTHING: Valuation = { equity: ZERO, maintenance: ZERO };

/** Counts of the last scan. */
export interface ScanCounts {
  nominees: number;
  unpriced: number;
  insolvent: number;
}

export class ScanHalf {
  readonly book: LiveBook;
  readonly scanner: Scanner;
  readonly counts: ScanCounts = { nominees: 0, unpriced: 0, insolvent: 0 };
  /** Portfolios last reported as liquidatable. */
  private readonly watched = new Set<string>();
  /** Ids of portfolios without positions whose cash is negative: no mark moves them, so no scan looks at them. */
  readonly drained = new Set<string>();

  constructor(instruments: Instruments, backend: Backend) {
    this.book = new LiveBook(instruments);
    this.scanner = new Scanner(this.book, backend);
  }

  /** New marks, a scan, and a report of every portfolio that is liquidatable or has just ceased to be. */
  tick(marks: readonly Mark[]): PortfolioReport[] {
    this.scanner.setMarks(marks);
    const reports: PortfolioReport[] = [];
    const found = this.scanner.scan((handle) => reports.push(this.reportJudged(handle, 'liquidatable')));
    this.counts.nominees = found.nominees;
    this.counts.unpriced = found.unpriced.length;
    this.counts.insolvent = found.insolvent.length + this.drained.size;
    const now = new Set(reports.map(({ portfolio }) => portfolio));
    for (const portfolio of this.watched) if (!now.has(portfolio)) reports.push(this.reportOf(portfolio));
    for (const report of reports) this.watch(report);
    return reports;
  }

  /** Puts an account into the book without a report: the state before the first record. */
  load(account: Account): void {
    for (const handle of this.book.setAccount(account, 0)) this.trackDrained(this.book.store.idOf(handle));
  }

  /**
   * Applies account rows, all or none. Reports those that were liquidatable; the others wait for the next tick's scan. Refused: a
   * version that is not above the account's present one.
   */
  setAccounts(rows: readonly BookRow[]): PortfolioReport[] {
    const problems = new ProblemList();
    const seen = new Map<string, number>();
    for (const [i, { account, version }] of rows.entries()) {
      const known = seen.get(account.id) ?? this.book.sourceVersion(account.id);
      if (!(version > known)) problems.add(`rows[${i}].version`, `a version above ${known}`, String(version));
      seen.set(account.id, version);
    }
    problems.throwIfAny();
    for (const { account } of rows) checkAccount(account);
    const changed: string[] = [];
    for (const { account, version } of rows) {
      changed.push(...this.book.portfolioIds(account.id));
      this.book.setAccount(account, version);
      changed.push(...this.book.portfolioIds(account.id));
    }
    return this.follow(changed, false);
  }

  /** Books trades, all or none. Reports every portfolio that they changed. */
  applyFills(fills: readonly Fill[]): { booked: BookedFill[]; reports: PortfolioReport[] } {
    const changed = bookFills(this.book, fills);
    const booked = fills.map((fill): BookedFill => ({ fill, mark: this.scanner.verdict.markOf(fill.market), index: ONE }));
    return { booked, reports: this.follow(changed, true) };
  }

  private follow(changed: readonly string[], all: boolean): PortfolioReport[] {
    const reports: PortfolioReport[] = [];
    for (const portfolio of new Set(changed)) {
      this.trackDrained(portfolio);
      if (!all && !this.watched.has(portfolio)) continue;
      const report = this.reportOf(portfolio);
      this.watch(report);
      reports.push(report);
    }
    return reports;
  }

  private trackDrained(portfolio: string): void {
    const { store } = this.book;
    const handle = store.find(portfolio);
    if (handle >= 0 && store.rowsOf(handle) === 0 && store.cashOf(handle) < 0n) this.drained.add(portfolio);
    else this.drained.delete(portfolio);
  }

  private watch({ portfolio, standing }: PortfolioReport): void {
    if (standing === 'liquidatable' || standing === 'unpriced') this.watched.add(portfolio);
    else this.watched.delete(portfolio);
  }

  private reportOf(portfolio: string): PortfolioReport {
    const handle = this.book.store.find(portfolio);
    if (handle >= 0) return this.reportJudged(handle, this.scanner.verdict.judge(handle));
    return { portfolio, standing: 'healthy', version: 0, ...NOTHING, positions: 0, lossToZero: null, rows: [] };
  }

  /** Of the portfolio that the verdict judged last. */
  private reportJudged(handle: number, standing: Standing): PortfolioReport {
    const { verdict } = this.scanner;
    const { equity, maintenance } = standing === 'unpriced' ? NOTHING : verdict.valuation();
    return {
      portfolio: this.book.store.idOf(handle),
      standing,
      version: this.book.store.versionOf(handle),
      equity,
      maintenance,
      positions: this.book.store.rowsOf(handle),
      lossToZero: standing === 'liquidatable' ? equity : null,
      rows: standing === 'liquidatable' ? verdict.breachRows(handle) : [],
    };
  }
}
