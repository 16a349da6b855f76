/** Owns a paper venue: it executes orders at the marks, moved by a made-up slippage. Knows orders and ticks, no engine and no account. */
import { compareDecimals, type Decimal, decimalToNumber, divideRounded, pow10 } from '../model/decimal.js';
import type { OrderEvent } from '../model/effects.js';
import { fractionToUnits, multiply } from '../model/fraction.js';
import { hash32 } from '../model/hash.js';
import type { Instruments, Market } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import { accountOf, type Cash, cash, EXACT_DECIMALS } from '../model/portfolio.js';
import type { Fill, InputRecord, OrderAck, TickRecord } from '../model/records.js';

/** Slippage of an order as large as its market's depth, before the seeded factor of 0.5 to 1.5. */
const IMPACT = 0.02;
const SLIPPAGE_MAX = 0.05;
/** Depth of a market whose table has one tier only, in the valuation asset. */
const DEPTH_DEFAULT = 1e7;
const SLIPPAGE_DECIMALS = 9;

interface LiveOrder {
  readonly order: OrderEvent;
  readonly placedUs: number;
}

/**
 * Executes an order whole or not at all, on the first tick after it came at which the moved mark respects its limit; on the first tick at
 * or after its expiry it has its last try. It takes the market's taker fee, and has no book of its own. Equal inputs give equal records,
 * whatever else is live.
 */
export class PaperVenue {
  private readonly markets: readonly Market[];
  private readonly seed: number;
  private readonly marks: (Decimal | undefined)[] = [];
  /** Index prices by asset; 1 for the valuation asset, and until a first one is told. */
  private readonly indexes: number[];
  /** In order of arrival. */
  private readonly live = new Map<string, LiveOrder>();
  /** Orders that ended, with their expiry: until then a repeat must be known; from then on it is too late by itself. */
  private readonly ended = new Map<string, number>();

  constructor({ instruments, seed }: { readonly instruments: Instruments; readonly seed: number }) {
    this.markets = instruments.markets;
    this.indexes = instruments.assets.map(() => 1);
    this.seed = seed;
  }

  /**
   * Takes new orders and cancels, and answers with at most one record of acks. A repeat of a live order is acknowledged again and
   * changes nothing, of an ended one ignored; a new order that is past its expiry is `unfilled`; only live orders can be cancelled. Asked for an
   * order, it is `working` or `absent`: what ended was told.
   */
  onOrders(rows: readonly OrderEvent[], timeUs: number): InputRecord[] {
    const acks: OrderAck[] = [];
    for (const order of rows) {
      const { orderId, event } = order;
      if (event === 'new') {
        const state = this.place(order, timeUs);
        if (state !== null) acks.push({ orderId, state });
      } else if (event === 'query') {
        acks.push({ orderId, state: this.live.has(orderId) ? 'working' : 'absent' });
      } else if (event === 'cancel' && this.live.has(orderId)) {
        this.end(order);
        acks.push({ orderId, state: 'cancelled' });
      }
    }
    return acks.length === 0 ? [] : [{ type: 'acks', timeUs, acks }];
  }

  /** It has no orders but its own: accounts' open orders are gone as soon as it is asked. */
  onCancelOrders(accounts: readonly string[], timeUs: number): InputRecord[] {
    return [{ type: 'orders-gone', timeUs, accounts }];
  }

  /** Tries every order that came before the tick: a record of fills, then one of `unfilled` acks, each in order of arrival. */
  onTick(tick: TickRecord): InputRecord[] {
    const { timeUs } = tick;
    for (const { market, price } of tick.marks) this.marks[market] = price;
    for (const { asset, price } of tick.indexes ?? []) this.indexes[asset] = decimalToNumber(price);
    const fills: Fill[] = [];
    const acks: OrderAck[] = [];
    for (const { order, placedUs } of this.live.values()) {
      if (placedUs >= timeUs) continue;
      const price = this.executionPrice(order);
      if (price !== null) fills.push(fillOf(order, price, takerFee(this.markets[order.market], order.lots, price), timeUs));
      else if (timeUs >= order.expiryUs) acks.push({ orderId: order.orderId, state: 'unfilled' });
      else continue;
      this.end(order);
    }
    this.forget(timeUs);
    const records: InputRecord[] = [];
    if (fills.length > 0) records.push({ type: 'fills', timeUs, fills });
    if (acks.length > 0) records.push({ type: 'acks', timeUs, acks });
    return records;
  }

  private place(order: OrderEvent, timeUs: number): OrderAck['state'] | null {
    if (this.live.has(order.orderId)) return 'working';
    if (this.ended.has(order.orderId)) return null;
    if (order.expiryUs <= timeUs) return 'unfilled';
    this.live.set(order.orderId, { order, placedUs: timeUs });
    return 'working';
  }

  private end({ orderId, expiryUs }: OrderEvent): void {
    this.live.delete(orderId);
    this.ended.set(orderId, expiryUs);
  }

  /** Drops the oldest ended orders that are past their expiry. */
  private forget(timeUs: number): void {
    for (const [orderId, expiryUs] of this.ended) {
      if (expiryUs > timeUs) return;
      this.ended.delete(orderId);
    }
  }

  /** The price at which the order would execute now, or null when it has no mark or the limit forbids it. */
  private executionPrice({ orderId, market, side, lots, limitPrice }: OrderEvent): Decimal | null {
    const mark = this.marks[market];
    if (mark === undefined) return null;
    const terms = this.markets[market];
    const slippage = this.slippageUnits(orderId, notionalNumber(terms, lots, mark) / this.depthOf(terms));
    const price = movedPrice(mark, side, slippage, terms.tick, terms.allowNonPositive);
    if (limitPrice === null) return price;
    const aboveLimit = compareDecimals(price, limitPrice);
    return (side === 'sell' ? aboveLimit >= 0 : aboveLimit <= 0) ? price : null;
  }

  /** In the settle asset: the floor of the dearest tier, at which the venue itself thinks a position too large for the market. */
  private depthOf({ maintenance: { tiers }, settleAsset }: Market): number {
    const top = decimalToNumber(tiers[tiers.length - 1].floor);
    return top > 0 ? top : DEPTH_DEFAULT / this.indexes[settleAsset];
  }

  /** Square-root impact: IMPACT · √(notional / depth) · (0.5 to 1.5 by seed and order), capped; in units of 1e-9. */
  private slippageUnits(orderId: string, notionalOverDepth: number): bigint {
    const factor = 0.5 + hash32(this.seed, orderId) / 2 ** 32;
    const slippage = Math.min(SLIPPAGE_MAX, IMPACT * Math.sqrt(notionalOverDepth) * factor);
    return BigInt(Math.floor(slippage * 10 ** SLIPPAGE_DECIMALS));
  }
}

/** About the notional at the mark, in the settle asset. */
function notionalNumber({ kind, lot, contractSize }: Market, lots: number, mark: Decimal): number {
  const units = lots * decimalToNumber(lot) * decimalToNumber(contractSize);
  const price = Math.abs(decimalToNumber(mark));
  return kind === 'inverse' ? units / price : units * price;
}

/** takerFee · notional of the trade, in the settle asset, rounded up to 10^-18. */
function takerFee(market: Market, lots: number, price: Decimal): Cash {
  return cash(fractionToUnits(multiply(market.takerFee, notionalAt(market, lots, price)), EXACT_DECIMALS, 'up'));
}

/** mark · (1 ∓ slippage), exact, rounded to the tick away from the order's favour and at least one whole tick from the mark. */
function movedPrice(mark: Decimal, side: 'buy' | 'sell', slippage: bigint, tick: Decimal, allowNonPositive: boolean): Decimal {
  const size = mark.units < 0n ? -mark.units : mark.units;
  const one = pow10(SLIPPAGE_DECIMALS);
  // The mark and the moved mark in ticks are markUnits / tickUnits and movedUnits / (tickUnits · 1e9).
  const markUnits = mark.units * pow10(tick.decimals);
  const movedUnits = (mark.units * one + (side === 'buy' ? 1n : -1n) * size * slippage) * pow10(tick.decimals);
  const tickUnits = tick.units * pow10(mark.decimals);
  const rounding = side === 'buy' ? 'up' : 'down';
  const moved = divideRounded(movedUnits, tickUnits * one, rounding);
  const oneAway = divideRounded(markUnits, tickUnits, rounding) + (side === 'buy' ? 1n : -1n);
  let ticks = moved;
  if (side === 'buy' ? oneAway > moved : oneAway < moved) ticks = oneAway;
  if (ticks < 1n && !allowNonPositive) ticks = 1n;
  return { units: ticks * tick.units, decimals: tick.decimals };
}

function fillOf(order: OrderEvent, price: Decimal, fee: Cash, timeUs: number): Fill {
  return {
    tradeId: `${order.orderId}.1`,
    orderId: order.orderId,
    account: accountOf(order.portfolio),
    market: order.market,
    margin: order.portfolio.includes('/') ? 'isolated' : 'cross',
    side: order.side,
    lots: order.lots,
    price,
    fee,
    timeUs,
  };
}
