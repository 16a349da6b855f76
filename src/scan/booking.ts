/** Batches of trades, booked whole or not at all, and what each did to its portfolio. It knows no orders and no cases. */
import type { InternalTrade } from '../model/book-port.js';
import { exactUnits, formatDecimal } from '../model/decimal.js';
import { AssertionError, assert, badInput, PlimsollError } from '../model/errors.js';
import { isAmount, LOTS_MAX } from '../model/limits.js';
import {
  accountOf,
  type Balance,
  cash,
  cost,
  EXACT_DECIMALS,
  isolatedId,
  lots,
  type Portfolio,
  type Position,
} from '../model/portfolio.js';
import type { BookedFill, Fill, Release } from '../model/records.js';
import { checkAmount } from '../store/limbs.js';
import { fillPosition } from './fill.js';
import type { LiveBook } from './live-book.js';

/** A trade as it was booked, without the prices of the moment. */
export type Booking = Omit<BookedFill, 'mark' | 'index'>;

export interface Bookings {
  readonly booked: readonly Booking[];
  readonly releases: readonly Release[];
  /** Ids of the portfolios that changed, each once; those that are no more since they were released, too. */
  readonly changed: readonly string[];
}

/** Whether a portfolio's collateral stays where it is when its position is closed: a case has not settled it yet. */
export type IsHeld = (portfolio: string) => boolean;

const FLAT: Pick<Position, 'lots' | 'cost'> = { lots: lots(0), cost: cost(0n) };

/** What a batch has done so far, so that it can be undone. */
class Batch {
  readonly booked: Booking[] = [];
  private readonly book: LiveBook;
  private readonly saved = new Map<number, { readonly before: Portfolio; readonly version: number }>();

  constructor(book: LiveBook) {
    this.book = book;
  }

  /**
   * Books a trade on a portfolio, in hedge mode on the leg whose sign is that of `leg`. Refused: an amount beyond what the store holds, and a
   * price that the market cannot have.
   */
  take(fill: Fill, handle: number, leg: number): void {
    const { book } = this;
    const place = `fill ${fill.tradeId}`;
    const market = book.instruments.markets[fill.market];
    const traded = fill.side === 'buy' ? fill.lots : -fill.lots;
    if (fill.price.decimals > EXACT_DECIMALS) throw badInput(place, `a price of at most ${EXACT_DECIMALS} decimals`, 'more');
    if (market.kind === 'inverse' && fill.price.units <= 0n) throw badInput(place, 'a price above 0', formatDecimal(fill.price));
    const before = book.position(handle, fill.market, leg) ?? FLAT;
    const after = fillPosition(before, traded, exactUnits(fill.price, EXACT_DECIMALS), market);
    const funding = cash(book.funding.settled(fill.market, traded));
    const change = after.realised - fill.fee + funding;
    if (Math.abs(after.lots) > LOTS_MAX) throw badInput(place, `a position within ${LOTS_MAX} lots`, `${after.lots}`, 'overflow');
    checkAmount(after.cost, `${place}: cost`);
    checkAmount(book.balanceOf(handle, market.settleAsset) + change, `${place}: cash`);
    if (!this.saved.has(handle))
      this.saved.set(handle, { before: book.portfolio(handle), version: book.store.versionOf(handle) });
    book.setTraded(handle, fill.market, after, change, leg);
    this.booked.push({
      fill,
      portfolio: book.store.idOf(handle),
      realised: after.realised,
      funding,
      lotsChange: lots(traded),
      costChange: cost(after.cost - before.cost),
      isOpening: before.lots === 0 || before.lots > 0 === traded > 0,
    });
  }

  undo(): void {
    for (const [handle, { before, version }] of this.saved) {
      this.book.setPortfolio(handle, before);
      this.book.store.setVersion(handle, version);
    }
  }

  /** Releases what the batch has closed, when all of it is booked. */
  end(isHeld: IsHeld): Bookings {
    const { store } = this.book;
    const changed = new Set(this.booked.map(({ portfolio }) => portfolio));
    const releases: Release[] = [];
    for (const portfolio of [...changed]) {
      if (isHeld(portfolio)) continue;
      const released = releaseCollateral(this.book, store.find(portfolio));
      if (released.length > 0) changed.add(accountOf(portfolio));
      releases.push(...released);
    }
    return { booked: this.booked, releases, changed: [...changed] };
  }
}

/**
 * A closed isolated position gives what is left of its collateral back to its account, and is no more; a loss beyond it stays where it is. Returns
 * what went back, by asset; nothing of what is no closed isolated position.
 */
export function releaseCollateral(book: LiveBook, handle: number): Release[] {
  if (!book.isIsolated(handle) || book.positionsIn(handle) > 0) return [];
  const { store, instruments } = book;
  const portfolio = store.idOf(handle);
  const account = accountOf(portfolio);
  const anchor = store.find(account);
  const { cash: units, others = [] } = book.portfolio(handle);
  const held = [{ asset: instruments.valuation.index, amount: units }, ...others].filter(({ amount }) => amount !== 0n);
  const canGo = ({ asset, amount }: Balance): boolean => amount > 0n && isAmount(book.balanceOf(anchor, asset) + amount);
  if (!held.every(canGo)) return [];
  for (const { asset, amount } of held) book.addToBalance(anchor, asset, amount);
  book.removeIsolated(anchor, handle);
  return held.map(({ asset, amount }): Release => ({ portfolio, account, asset, amount }));
}

function anchorOf(book: LiveBook, fill: Fill): number {
  const anchor = book.store.find(fill.account);
  if (anchor < 0) throw badInput(`fill ${fill.tradeId}`, 'a known account', JSON.stringify(fill.account));
  return anchor;
}

/** The portfolio that a trade belongs to; in hedge mode a sell belongs to the long leg. */
function portfolioIdOf(book: LiveBook, fill: Fill): string {
  const anchor = anchorOf(book, fill);
  if (fill.margin === 'cross') return fill.account;
  const mode = book.isHedged(anchor) ? 'hedge' : 'net';
  return isolatedId(fill.account, book.instruments.markets[fill.market].id, mode, fill.side === 'sell' ? 'long' : 'short');
}

/** A trade of an account's own. */
function takeTrade(book: LiveBook, batch: Batch, fill: Fill): void {
  const place = `fill ${fill.tradeId}`;
  const id = portfolioIdOf(book, fill);
  const handle = book.store.find(id);
  if (handle < 0) throw badInput(place, 'an isolated position that exists', JSON.stringify(id));
  const leg = fill.side === 'buy' ? -1 : 1;
  const held = Math.abs(book.position(handle, fill.market, leg)?.lots ?? 0);
  if (book.isHedged(handle) && held < fill.lots) {
    throw badInput(place, `a trade that closes at most the ${held} lots of its leg`, `${fill.lots} lots`);
  }
  batch.take(fill, handle, leg);
}

/**
 * An execution of an order of ours. Its position may have been closed inside meanwhile, all or in part: what is no longer there to close opens the other
 * way, in hedge mode the other leg, as the trade was made all the same. Of an isolated position that cannot have it, in the account's cross portfolio.
 */
function takeExecution(book: LiveBook, batch: Batch, fill: Fill): void {
  const anchor = anchorOf(book, fill);
  const handle = book.store.find(portfolioIdOf(book, fill));
  const leg = fill.side === 'buy' ? -1 : 1;
  const held = handle < 0 ? 0 : (book.position(handle, fill.market, leg)?.lots ?? 0);
  const closed = held * leg > 0 ? Math.min(Math.abs(held), fill.lots) : 0;
  if (closed > 0) batch.take({ ...fill, lots: lots(closed) }, handle, leg);
  if (closed === fill.lots) return;
  const isHedged = book.isHedged(anchor);
  const rest = { ...fill, lots: lots(fill.lots - closed), fee: closed > 0 ? cash(0n) : fill.fee };
  batch.take(rest, handle < 0 || isHedged ? anchor : handle, isHedged ? -leg : leg);
}

/**
 * Books a batch of an account's own trades and of executions. Refused: an account that is not there; of trades that no order of ours led to also an isolated
 * position that is not, and in hedge mode one that closes more than its leg (which leg would the rest open?); amounts beyond what the store holds.
 */
export function bookFills(book: LiveBook, fills: readonly Fill[], isHeld: IsHeld): Bookings {
  const batch = new Batch(book);
  try {
    for (const fill of fills) {
      if (fill.orderId === null) takeTrade(book, batch, fill);
      else takeExecution(book, batch, fill);
    }
  } catch (error) {
    batch.undo();
    throw error;
  }
  return batch.end(isHeld);
}

/**
 * Books trades that were decided inside, without fees: a portfolio that closes, and its counterparty, which closes what it has the other way
 * and opens with the rest (in hedge mode the other leg). One without a counterparty has a single side. What cannot be booked is a bug of
 * ours, and nothing of the batch is.
 */
export function bookTrades(book: LiveBook, trades: readonly InternalTrade[], isHeld: IsHeld): Bookings {
  const batch = new Batch(book);
  try {
    takeTrades(book, batch, trades);
  } catch (error) {
    batch.undo();
    if (error instanceof PlimsollError) throw new AssertionError(`expected trades that can be booked: ${error.message}`);
    throw error;
  }
  return batch.end(isHeld);
}

/** What `look` sees when trades inside are booked; then they are undone. Null: a side of them cannot be booked. */
export function tryTrades<Seen>(book: LiveBook, trades: readonly InternalTrade[], look: () => Seen): Seen | null {
  const batch = new Batch(book);
  try {
    takeTrades(book, batch, trades);
    return look();
  } catch (error) {
    if (error instanceof PlimsollError) return null;
    throw error;
  } finally {
    batch.undo();
  }
}

/** Both sides of each. */
function takeTrades(book: LiveBook, batch: Batch, trades: readonly InternalTrade[]): void {
  for (const trade of trades) {
    const opposite = trade.side === 'buy' ? 'sell' : 'buy';
    const opened = takeSide(book, batch, trade, trade.portfolio, trade.side);
    assert(opened === 0, `expected ${trade.portfolio} to close no more than it has by trade ${trade.tradeId}`);
    if (trade.counterparty !== null) takeSide(book, batch, trade, trade.counterparty, opposite);
  }
}

/** One side of a trade: what closes, and in hedge mode what opens apart. Returns the lots that it opens. */
function takeSide(book: LiveBook, batch: Batch, trade: InternalTrade, portfolio: string, side: Fill['side']): number {
  const handle = book.store.find(portfolio);
  assert(handle >= 0, `expected ${portfolio} of trade ${trade.tradeId} in the book`);
  assert(trade.lots > 0, `expected lots in trade ${trade.tradeId}`);
  const leg = side === 'buy' ? -1 : 1;
  const held = book.position(handle, trade.market, leg)?.lots ?? 0;
  const closed = held < 0 === leg < 0 ? Math.min(Math.abs(held), trade.lots) : 0;
  const opened = trade.lots - closed;
  const take = (size: number, on: number): void => {
    const { tradeId, market, price } = trade;
    const margin = book.isIsolated(handle) ? 'isolated' : 'cross';
    const account = accountOf(portfolio);
    const one = {
      tradeId,
      orderId: null,
      account,
      market,
      margin,
      side,
      lots: lots(size),
      price,
      fee: cash(0n),
      timeUs: 0,
    } as const;
    batch.take(one, handle, on);
  };
  if (!book.isHedged(handle)) {
    take(trade.lots, leg);
    return opened;
  }
  assert(opened === 0 || !book.isIsolated(handle), `expected ${portfolio} to open no other leg by trade ${trade.tradeId}`);
  if (closed > 0) take(closed, leg);
  if (opened > 0) take(opened, -leg);
  return opened;
}
