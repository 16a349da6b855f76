/** Trades: what one does to a position and to cash, exact, and how a batch of them is booked, whole or not at all. */
import { divideRounded, exactUnits, pow10 } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Market } from '../model/instruments.js';
import { isAmount, LOTS_MAX } from '../model/limits.js';
import {
  type Cash,
  type Cost,
  cash,
  cost,
  EXACT_DECIMALS,
  isolatedId,
  type Lots,
  lots,
  type Portfolio,
} from '../model/portfolio.js';
import type { Fill } from '../model/records.js';
import { checkAmount } from '../store/limbs.js';
import type { LiveBook } from './live-book.js';

/** Scale and mantissa of one lot's worth at a price of 1: what turns `Cost` units into `Cash` units. */
export function lotMantissa(market: Market): { readonly units: bigint; readonly decimals: number } {
  return {
    units: market.lot.units * market.contractSize.units,
    decimals: market.lot.decimals + market.contractSize.decimals,
  };
}

export interface FilledPosition {
  readonly lots: Lots;
  readonly cost: Cost;
  /** Realised profit, into cash. */
  readonly realised: Cash;
}

/**
 * A trade of `traded` lots (+ bought, − sold) at a price in units of 10^-18. The part that closes takes its share of the entry cost,
 * floored pro rata; the realised PnL takes the rest. It is floored to 10^-18 of the settle asset: what is below that stays with the
 * venue. What goes beyond flat opens the other way at the price.
 */
export function fillPosition(
  position: { readonly lots: number; readonly cost: bigint },
  traded: number,
  priceUnits: bigint,
  market: Market,
): FilledPosition {
  const opposite = position.lots !== 0 && position.lots < 0 !== traded < 0;
  const closed = opposite ? Math.min(Math.abs(position.lots), Math.abs(traded)) * Math.sign(position.lots) : 0;
  const closedCost = opposite ? divideRounded(position.cost * BigInt(closed), BigInt(position.lots), 'down') : 0n;
  const profit = BigInt(closed) * priceUnits - closedCost;
  const { units, decimals } = lotMantissa(market);
  const opened = traded + closed;
  return {
    lots: lots(position.lots + traded),
    cost: cost(position.cost - closedCost + BigInt(opened) * priceUnits),
    realised: cash(divideRounded(profit * units, pow10(decimals), 'down')),
  };
}

/** The portfolio that a trade belongs to; in hedge mode a sell belongs to the long leg. */
function portfolioIdOf(book: LiveBook, fill: Fill): string {
  const anchor = book.store.find(fill.account);
  if (anchor < 0) throw badInput(`fill ${fill.tradeId}`, 'a known account', JSON.stringify(fill.account));
  if (fill.margin === 'cross') return fill.account;
  const mode = book.isHedged(anchor) ? 'hedge' : 'net';
  return isolatedId(fill.account, book.instruments.markets[fill.market].id, mode, fill.side === 'sell' ? 'long' : 'short');
}

/**
 * Books one trade and returns its portfolio's handle. Refused: an account, or an isolated position, that is not there; a hedge account's
 * trade that closes more than its leg (which leg would the rest open?); amounts beyond what the store holds.
 */
function bookFill(book: LiveBook, fill: Fill, save: (handle: number) => void): number {
  const place = `fill ${fill.tradeId}`;
  const id = portfolioIdOf(book, fill);
  const handle = book.store.find(id);
  if (handle < 0) throw badInput(place, 'an isolated position that exists', JSON.stringify(id));
  const traded = fill.side === 'buy' ? fill.lots : -fill.lots;
  const before = book.position(handle, fill.market, -traded) ?? { lots: 0, cost: 0n };
  if (book.isHedged(handle) && Math.abs(before.lots) < fill.lots) {
    throw badInput(place, `a trade that closes at most the ${Math.abs(before.lots)} lots of its leg`, `${fill.lots} lots`);
  }
  if (fill.price.decimals > EXACT_DECIMALS) throw badInput(place, `a price of at most ${EXACT_DECIMALS} decimals`, 'more');
  const after = fillPosition(before, traded, exactUnits(fill.price, EXACT_DECIMALS), book.instruments.markets[fill.market]);
  const cashAfter = book.store.cashOf(handle) + after.realised - fill.fee;
  if (Math.abs(after.lots) > LOTS_MAX) throw badInput(place, `a position within ${LOTS_MAX} lots`, `${after.lots}`, 'overflow');
  checkAmount(after.cost, `${place}: cost`);
  checkAmount(cashAfter, `${place}: cash`);
  save(handle);
  book.setCash(handle, cashAfter);
  book.setPosition(handle, fill.market, after.lots, after.cost, -traded);
  return handle;
}

/** A closed isolated position gives what is left of its collateral back to its account; a loss beyond it stays where it is. */
function releaseCollateral(book: LiveBook, handle: number, account: string): void {
  const { store } = book;
  const anchor = store.find(account);
  if (handle === anchor || !store.isLive(handle) || store.rowsOf(handle) > 0 || store.cashOf(handle) < 0n) return;
  const total = store.cashOf(anchor) + store.cashOf(handle);
  if (!isAmount(total)) return;
  book.setCash(anchor, total);
  book.removeIsolated(anchor, handle);
}

/** Books a batch of trades, whole or not at all. Returns the ids of the portfolios that changed, each once. */
export function bookFills(book: LiveBook, fills: readonly Fill[]): string[] {
  const saved = new Map<number, { readonly before: Portfolio; readonly version: number }>();
  const save = (handle: number): void => {
    if (!saved.has(handle)) saved.set(handle, { before: book.portfolio(handle), version: book.store.versionOf(handle) });
  };
  const touched: { readonly handle: number; readonly account: string }[] = [];
  try {
    for (const fill of fills) touched.push({ handle: bookFill(book, fill, save), account: fill.account });
  } catch (error) {
    for (const [handle, { before, version }] of saved) {
      book.setPortfolio(handle, before.cash, before.positions);
      book.store.setVersion(handle, version);
    }
    throw error;
  }
  const changed = new Set<string>();
  for (const { handle, account } of touched) {
    if (book.store.isLive(handle)) changed.add(book.store.idOf(handle));
    changed.add(account);
  }
  for (const { handle, account } of touched) releaseCollateral(book, handle, account);
  return [...changed];
}
