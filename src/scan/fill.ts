/** Trades: what one does to a position and to cash, exact, and how a batch of them is booked, whole or not at all. */
import { divideRounded, exactUnits, formatDecimal, pow10 } from '../model/decimal.js';
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
 * floored pro rata; what goes beyond flat opens the other way at the price. What is added to an inverse position moves its average entry to
 * the price at which both are worth what they cost, rounded up (its cost is). The realised PnL takes all that is left: balance and
 * worth at entry together change by what the trade cost. It is floored to 10^-18 of the settle asset: what is below that stays with the venue.
 */
export function fillPosition(position: Holding, traded: number, priceUnits: bigint, market: Market): FilledPosition {
  const opposite = position.lots !== 0 && position.lots < 0 !== traded < 0;
  const closed = opposite ? Math.min(Math.abs(position.lots), Math.abs(traded)) * Math.sign(position.lots) : 0;
  const closedCost = opposite ? divideRounded(position.cost * BigInt(closed), BigInt(position.lots), 'down') : 0n;
  const opened = traded + closed;
  const kept = { lots: position.lots - closed, cost: position.cost - closedCost };
  if (market.kind === 'inverse') {
    const after = { lots: position.lots + traded, cost: addedInverseCost(kept, opened, priceUnits) };
    const realised = inverseRealised(position, traded, priceUnits, after, market);
    return { lots: lots(after.lots), cost: cost(after.cost), realised };
  }
  const profit = BigInt(closed) * priceUnits - closedCost;
  const { units, decimals } = lotMantissa(market);
  return {
    lots: lots(position.lots + traded),
    cost: cost(kept.cost + BigInt(opened) * priceUnits),
    realised: cash(divideRounded(profit * units, pow10(decimals), 'down')),
  };
}

interface Holding {
  readonly lots: number;
  readonly cost: bigint;
}

/** l'² / (l²/c + t/p): the cost at which the lots l' = l + t are worth at entry what l at the cost c and t at the price p are. */
function addedInverseCost(kept: Holding, opened: number, priceUnits: bigint): bigint {
  if (opened === 0) return kept.cost;
  if (kept.lots === 0) return BigInt(opened) * priceUnits;
  const [held, added] = [BigInt(kept.lots), BigInt(opened)];
  const numerator = (held + added) ** 2n * kept.cost * priceUnits;
  return divideRounded(numerator, held ** 2n * priceUnits + added * kept.cost, 'up');
}

/** An inverse lot is worth −L·10^18/price: the balance changes by L·10^18·(l²/c − l'²/c' + t/p). */
function inverseRealised(before: Holding, traded: number, priceUnits: bigint, after: Holding, market: Market): Cash {
  const { units, decimals } = lotMantissa(market);
  // In 10^-18 of the settle asset, of a price in 10^-18.
  const lot = units * pow10(2 * EXACT_DECIMALS - decimals);
  const terms = [
    { n: BigInt(before.lots) ** 2n, d: before.cost },
    { n: -(BigInt(after.lots) ** 2n), d: after.cost },
    { n: BigInt(traded), d: priceUnits },
  ].filter(({ n }) => n !== 0n);
  const d = terms.reduce((product, term) => product * term.d, 1n);
  const n = terms.reduce((sum, term) => sum + (term.n * d) / term.d, 0n);
  return cash(divideRounded(lot * n, d, 'down'));
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
  const market = book.instruments.markets[fill.market];
  if (fill.price.decimals > EXACT_DECIMALS) throw badInput(place, `a price of at most ${EXACT_DECIMALS} decimals`, 'more');
  if (market.kind === 'inverse' && fill.price.units <= 0n) throw badInput(place, 'a price above 0', formatDecimal(fill.price));
  const after = fillPosition(before, traded, exactUnits(fill.price, EXACT_DECIMALS), market);
  const change = after.realised - fill.fee + book.funding.settled(fill.market, traded);
  if (Math.abs(after.lots) > LOTS_MAX) throw badInput(place, `a position within ${LOTS_MAX} lots`, `${after.lots}`, 'overflow');
  checkAmount(after.cost, `${place}: cost`);
  checkAmount(book.balanceOf(handle, market.settleAsset) + change, `${place}: cash`);
  save(handle);
  book.setTraded(handle, fill.market, after, change, -traded);
  return handle;
}

/** A closed isolated position gives what is left of its collateral back to its account; a loss beyond it stays where it is. */
function releaseCollateral(book: LiveBook, handle: number, { account, market }: Fill): void {
  const { store } = book;
  const anchor = store.find(account);
  if (handle === anchor || !store.isLive(handle) || book.positionsIn(handle) > 0) return;
  const { settleAsset } = book.instruments.markets[market];
  const collateral = book.balanceOf(handle, settleAsset);
  if (collateral < 0n || !isAmount(book.balanceOf(anchor, settleAsset) + collateral)) return;
  book.addToBalance(anchor, settleAsset, collateral);
  book.removeIsolated(anchor, handle);
}

/** Books a batch of trades, whole or not at all. Returns the ids of the portfolios that changed, each once. */
export function bookFills(book: LiveBook, fills: readonly Fill[]): string[] {
  const saved = new Map<number, { readonly before: Portfolio; readonly version: number }>();
  const save = (handle: number): void => {
    if (!saved.has(handle)) saved.set(handle, { before: book.portfolio(handle), version: book.store.versionOf(handle) });
  };
  const touched: { readonly handle: number; readonly fill: Fill }[] = [];
  try {
    for (const fill of fills) touched.push({ handle: bookFill(book, fill, save), fill });
  } catch (error) {
    for (const [handle, { before, version }] of saved) {
      book.setPortfolio(handle, before);
      book.store.setVersion(handle, version);
    }
    throw error;
  }
  const changed = new Set<string>();
  for (const { handle, fill } of touched) {
    if (book.store.isLive(handle)) changed.add(book.store.idOf(handle));
    changed.add(fill.account);
  }
  for (const { handle, fill } of touched) releaseCollateral(book, handle, fill);
  return [...changed];
}
