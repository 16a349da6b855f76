/** The scan half of the engine: book, scan and verdict. It knows its portfolios and reports on them; it knows no cases. */
import { lossToZero } from '../model/bankruptcy.js';
import { add, divide, type Fraction, fromDecimal, ZERO } from '../model/fraction.js';
import { type Instruments, isPlain } from '../model/instruments.js';
import { type BufferReader, isText, type NamedBuffer, plainBuffer, type Saved, under } from '../model/named-buffers.js';
import { type Account, cash, cost, fundedMarkets, lots } from '../model/portfolio.js';
import { ProblemList } from '../model/problems.js';
import type {
  BookedFill,
  BookRow,
  BreachRow,
  Fill,
  PortfolioReport,
  PriceUpdate,
  Standing,
  Valuation,
} from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { bookFills } from '../scan/fill.js';
import { checkAccount, LiveBook } from '../scan/live-book.js';
import { Scanner } from '../scan/scanner.js';
import { restoreScanner, saveScanner } from '../scan/snapshot.js';

const NOTHING: Valuation = { equity: ZERO, maintenance: ZERO };

/** Counts of the last scan. */
export interface ScanCounts {
  nominees: number;
  unpriced: number;
  insolvent: number;
}

export class ScanHalf implements Saved {
  readonly book: LiveBook;
  readonly scanner: Scanner;
  readonly counts: ScanCounts = { nominees: 0, unpriced: 0, insolvent: 0 };
  /** Whether every asset counts as it stands, and only positions need margin. */
  private readonly isPlain: boolean;
  /** Portfolios last reported as liquidatable. */
  private readonly watched = new Set<string>();
  /** Ids of portfolios without positions whose cash is negative: no mark moves them, so no scan looks at them. */
  readonly drained = new Set<string>();

  constructor(instruments: Instruments, backend: Backend) {
    this.book = new LiveBook(instruments);
    this.isPlain = instruments.orderMargin === 'initial' && instruments.assets.every(isPlain);
    this.scanner = new Scanner(this.book, backend);
  }

  /** New prices, a scan, and a report of every portfolio that is liquidatable or has just ceased to be. */
  tick(prices: PriceUpdate): PortfolioReport[] {
    this.scanner.setPrices(prices);
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
   * version that is not above the account's present one, and a funding index in a market whose own nobody has told: what has accrued
   * since would be unknown.
   */
  setAccounts(rows: readonly BookRow[]): PortfolioReport[] {
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
    const { verdict } = this.scanner;
    const booked = fills.map((fill): BookedFill => {
      const index = verdict.indexOf(this.book.instruments.markets[fill.market].settleAsset);
      const nothing = { realised: cash(0n), funding: cash(0n), lotsChange: lots(0), costChange: cost(0n) };
      return {
        fill,
        portfolio: fill.account,
        mark: verdict.markOf(fill.market),
        index: index === null ? null : fromDecimal(index),
        ...nothing,
      };
    });
    return { booked, reports: this.follow(changed, true) };
  }

  save(): NamedBuffer[] {
    const { watched, drained, counts } = this;
    return [...under('book', saveScanner(this.scanner)), plainBuffer('reported', { watched, drained, ...counts })];
  }

  /** What is watched and drained comes back in the order in which it came. */
  restore(from: BufferReader): void {
    restoreScanner(this.scanner, from.under('book'));
    const members = from.members('reported');
    for (const portfolio of members.list('watched', isText)) this.watched.add(portfolio);
    for (const portfolio of members.list('drained', isText)) this.drained.add(portfolio);
    for (const count of ['nominees', 'unpriced', 'insolvent'] as const) this.counts[count] = members.count(count);
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

  /** A portfolio that stands on no shelf, and is less than nothing. */
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
    return {
      portfolio,
      standing: 'healthy',
      version: 0,
      ...NOTHING,
      positions: 0,
      lossToZero: null,
      rows: [],
      assets: [],
      openOrders: 0,
    };
  }

  /** Of the portfolio that the verdict judged last. */
  private reportJudged(handle: number, standing: Standing): PortfolioReport {
    const { verdict } = this.scanner;
    const valuation = standing === 'unpriced' ? NOTHING : verdict.valuation();
    const rows = standing === 'liquidatable' ? verdict.breachRows(handle) : [];
    return {
      portfolio: this.book.store.idOf(handle),
      standing,
      version: this.book.store.versionOf(handle),
      ...valuation,
      positions: this.book.positionsIn(handle),
      lossToZero: standing === 'liquidatable' ? this.lossToZero(valuation, rows) : null,
      rows,
      assets: [],
      openOrders: 0,
    };
  }

  /** Without haircuts and margin for anything but positions it is the equity. */
  private lossToZero({ equity, maintenance }: Valuation, rows: readonly BreachRow[]): Fraction | null {
    if (this.isPlain) return equity;
    const { assets, markets, orderMargin } = this.book.instruments;
    const held = this.scanner.verdict.assets();
    if (orderMargin === 'initial' && held.every(({ asset }) => isPlain(assets[asset]))) return equity;
    return lossToZero(
      held.map(({ asset, index, equity: amount }) => {
        const own = rows.filter(({ market }) => markets[market].settleAsset === asset);
        const share = divide(
          own.reduce((total, row) => add(total, row.maintenance), ZERO),
          maintenance,
        );
        return { asset: assets[asset], index, equity: amount, share };
      }),
    );
  }
}
