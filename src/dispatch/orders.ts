/**
 * The orders that are out: at most one per position, live or unknown, whatever version it was sized on. Past its expiry an order
 * that nobody has ended is unknown: it blocks its position until the executor has said what became of it.
 */

import type { Decimal } from '../model/decimal.js';
import type { OrderEvent, OrderEventKind, OrderStage } from '../model/effects.js';
import { assert } from '../model/errors.js';
import type { Fraction } from '../model/fraction.js';
import { type Lots, lots } from '../model/portfolio.js';

export interface Order {
  readonly orderId: string;
  readonly caseId: string;
  readonly portfolio: string;
  readonly market: number;
  readonly side: 'buy' | 'sell';
  readonly limitPrice: Decimal | null;
  /** Price that leaves exactly zero, before fees, when the order was made: what its executions are measured against. Null: there is none. */
  readonly bankruptcyPrice: Fraction | null;
  readonly stage: OrderStage;
  readonly expiryUs: number;
  readonly version: number;
  readonly priceEpoch: number;
  readonly tickTimeUs: number;
  remaining: Lots;
  /** A cancel is on its way; the order may still execute until it is acknowledged. */
  cancelling: boolean;
  /** When it was last asked for; null: never. */
  queriedUs: number | null;
}

/** A position within its portfolio, by market and by the side that closes it: in hedge mode each leg has its own. */
export type Leg = number;

export function legOf(market: number, side: Order['side']): Leg {
  return 2 * market + (side === 'sell' ? 0 : 1);
}

/** What a leg is of. */
export function closedBy(leg: Leg): { readonly market: number; readonly side: Order['side'] } {
  return { market: Math.floor(leg / 2), side: leg % 2 === 0 ? 'sell' : 'buy' };
}

/** The side that closes a position. */
export function closingSide(position: { readonly lots: number }): Order['side'] {
  return position.lots > 0 ? 'sell' : 'buy';
}

export function legOfRow(row: { readonly market: number; readonly lots: number }): Leg {
  return legOf(row.market, closingSide(row));
}

/** Ended orders remembered at least, at most twice as many: a trade of one may still come. */
const ENDED_REMEMBERED_MIN = 1 << 16;

const NO_ORDERS: ReadonlyMap<Leg, Order> = new Map();

/** Plain data: what a snapshot keeps of the table. */
export interface OrderTableState {
  readonly live: readonly Order[];
  readonly ended: readonly Order[];
  readonly endedEarlier: readonly Order[];
}

export class OrderTable {
  private readonly byId = new Map<string, Order>();
  private readonly byPortfolio = new Map<string, Map<Leg, Order>>();
  private ended = new Map<string, Order>();
  private endedEarlier = new Map<string, Order>();

  get count(): number {
    return this.byId.size;
  }

  /** Orders past their expiry at a time. */
  unknownCount(timeUs: number): number {
    let count = 0;
    for (const { expiryUs } of this.byId.values()) if (timeUs > expiryUs) count += 1;
    return count;
  }

  find(orderId: string): Order | undefined {
    return this.byId.get(orderId);
  }

  /** An order that is out, or was lately. */
  recall(orderId: string): Order | undefined {
    return this.byId.get(orderId) ?? this.ended.get(orderId) ?? this.endedEarlier.get(orderId);
  }

  ofPortfolio(portfolio: string): ReadonlyMap<Leg, Order> {
    return this.byPortfolio.get(portfolio) ?? NO_ORDERS;
  }

  /** In the order in which they were placed. */
  all(): Iterable<Order> {
    return this.byId.values();
  }

  place(order: Order): void {
    const leg = legOf(order.market, order.side);
    const others = this.byPortfolio.get(order.portfolio);
    assert(!this.byId.has(order.orderId), 'expected a new order id');
    assert(!others?.has(leg), 'expected no live or unknown order on the position');
    this.byId.set(order.orderId, order);
    if (others === undefined) this.byPortfolio.set(order.portfolio, new Map([[leg, order]]));
    else others.set(leg, order);
  }

  /** Counts an execution of at most what remains; true when nothing remains after it. */
  execute(order: Order, executed: number): boolean {
    assert(executed > 0 && executed <= order.remaining, 'expected an execution of what remains of the order');
    order.remaining = lots(order.remaining - executed);
    return order.remaining === 0;
  }

  end(order: Order): void {
    this.byId.delete(order.orderId);
    const others = this.byPortfolio.get(order.portfolio);
    others?.delete(legOf(order.market, order.side));
    if (others?.size === 0) this.byPortfolio.delete(order.portfolio);
    this.ended.set(order.orderId, order);
    if (this.ended.size < ENDED_REMEMBERED_MIN) return;
    this.endedEarlier = this.ended;
    this.ended = new Map();
  }

  save(): OrderTableState {
    return { live: [...this.byId.values()], ended: [...this.ended.values()], endedEarlier: [...this.endedEarlier.values()] };
  }

  restore({ live, ended, endedEarlier }: OrderTableState): void {
    for (const order of live) this.place(order);
    this.ended = new Map(ended.map((order) => [order.orderId, order]));
    this.endedEarlier = new Map(endedEarlier.map((order) => [order.orderId, order]));
  }
}

export function orderEvent(order: Order, event: OrderEventKind): OrderEvent {
  return {
    orderId: order.orderId,
    caseId: order.caseId,
    event,
    portfolio: order.portfolio,
    market: order.market,
    side: order.side,
    lots: order.remaining,
    limitPrice: order.limitPrice,
    stage: order.stage,
    expiryUs: order.expiryUs,
    version: order.version,
    priceEpoch: order.priceEpoch,
    tickTimeUs: order.tickTimeUs,
  };
}
