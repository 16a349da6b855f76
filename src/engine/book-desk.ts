/** The book as cases may ask of it in the middle of a record: the scan half's side of the port. It knows no cases. */
import type { AdlRequest, AdlTarget, BalanceMove, BookPort, InternalTrade, TradesBooked, Winner } from '../model/book-port.js';
import { assert } from '../model/errors.js';
import { fromDecimal } from '../model/fraction.js';
import { isAmount } from '../model/limits.js';
import type { BookedFill, PortfolioReport, Release, Valuation } from '../model/records.js';
import { adlQueue } from '../scan/adl.js';
import { type Booking, bookTrades, releaseCollateral, tryTrades } from '../scan/booking.js';
import type { LiveBook } from '../scan/live-book.js';
import type { Scanner } from '../scan/scanner.js';
import { winners } from '../scan/winners.js';
import type { Watch } from './watch.js';

export class BookDesk implements BookPort {
  private readonly book: LiveBook;
  private readonly scanner: Scanner;
  private readonly watch: Watch;

  constructor(scanner: Scanner, watch: Watch) {
    this.book = scanner.book;
    this.scanner = scanner;
    this.watch = watch;
  }

  report(portfolio: string): PortfolioReport {
    return this.watch.reporter.of(portfolio);
  }

  /** A followed isolated portfolio keeps its collateral when its position is closed. */
  follow(portfolio: string, isFollowed: boolean): readonly Release[] {
    const { watch, book } = this;
    if (isFollowed) {
      watch.followed.add(portfolio);
      return [];
    }
    watch.followed.delete(portfolio);
    const handle = book.store.find(portfolio);
    const releases = handle < 0 ? [] : releaseCollateral(book, handle);
    watch.note(portfolio);
    for (const { account } of releases) watch.note(account);
    return releases;
  }

  adlQueue(request: AdlRequest): readonly AdlTarget[] {
    return adlQueue(this.scanner, request);
  }

  winners(markets: readonly number[], isExcluded: (portfolio: string) => boolean): readonly Winner[] {
    return winners(this.scanner, markets, isExcluded);
  }

  after(portfolio: string, trades: readonly InternalTrade[]): Valuation | null {
    const { book } = this;
    const { verdict } = this.scanner;
    const handle = book.store.find(portfolio);
    if (handle < 0) return null;
    return tryTrades(book, trades, () => (verdict.judge(handle) === 'unpriced' ? null : verdict.valuation()));
  }

  trade(trades: readonly InternalTrade[]): TradesBooked {
    const { booked, releases, changed } = bookTrades(this.book, trades, (portfolio) => this.watch.followed.has(portfolio));
    return { booked: booked.map((booking) => this.priced(booking)), releases, reports: this.watch.onChange(changed, true) };
  }

  move(moves: readonly BalanceMove[]): readonly PortfolioReport[] {
    const { book } = this;
    const handles = moves.map(({ portfolio }) => book.store.find(portfolio));
    const after = new Map<string, bigint>();
    for (const [i, { portfolio, asset, amount }] of moves.entries()) {
      assert(handles[i] >= 0, `expected ${portfolio}, to which money is moved, in the book`);
      const key = `${asset} ${portfolio}`;
      after.set(key, (after.get(key) ?? book.balanceOf(handles[i], asset)) + amount);
    }
    for (const balance of after.values()) assert(isAmount(balance), 'expected a balance that can be held');
    for (const [i, { asset, amount }] of moves.entries()) book.addToBalance(handles[i], asset, amount);
    return this.watch.onChange(
      moves.map(({ portfolio }) => portfolio),
      true,
    );
  }

  /** With the prices of the moment. */
  priced(booking: Booking): BookedFill {
    const { verdict } = this.scanner;
    const { market } = booking.fill;
    const index = verdict.indexOf(this.book.instruments.markets[market].settleAsset);
    return { ...booking, mark: verdict.markOf(market), index: index === null ? null : fromDecimal(index) };
  }
}
