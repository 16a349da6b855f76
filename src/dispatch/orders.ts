/**
 * The orders that are out: at most one per position, live or unknown, whatever version it was sized on. Past its expiry an order
 * that nobody has ended is unknown: it blocks its position until the executor has said what became of it.
 */

import type { Decimal } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import { type Lots, lots } from '../model/portfolio.js';
import type { OrderEvent, OrderEventKind } from '../model/records.js';

export interface Order {
  readonly orderId: string;
  readonly caseId: string;
  readonly portfolio: string;
  readonly market: number;
  readonly side: 'buy' | 'sell';
  readonly limitPrice: Decimal | null;
  readonly expiryUs: number;
  readonly version: number;
  readonly priceEpoch: number;
  readonly tickTimeUs: number;
  remaining: Lots;
  /** A cancel is on its way; the order may still execute until it is acknowledged. */
  cancelling: boolean;
}

/** The order among some that closes a market's position: in hedge mode each leg has its own, told apart by the side that closes it. */
export function orderOn(orders: readonly Order[], market: number, side: Order['side']): Order | undefined {
  return orders.find((order) => order.market === market && order.side === side);
}

const NO_ORDERS: readonly Order[] = [];

export class OrderTable {
  private readonly byId = new Map<string, Order>();
  /** Few each. */
  private readonly byPortfolio = new Map<string, readonly Order[]>();

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

  ofPortfolio(portfolio: string): readonly Order[] {
    return this.byPortfolio.get(portfolio) ?? NO_ORDERS;
  }

  /** In the order in which they were placed. */
  all(): Iterable<Order> {
    return this.byId.values();
  }

  place(order: Order): void {
    const others = this.ofPortfolio(order.portfolio);
    assert(!this.byId.has(order.orderId), 'expected a new order id');
    assert(orderOn(others, order.market, order.side) === undefined, 'expected no live or unknown order on the position');
    this.byId.set(order.orderId, order);
    this.byPortfolio.set(order.portfolio, [...others, order]);
  }

  /** Counts an execution; true when nothing remains. More than remained is the executor's error and ends the order all the same. */
  execute(order: Order, executed: number): boolean {
    order.remaining = lots(Math.max(0, order.remaining - executed));
    return order.remaining === 0;
  }

  end(order: Order): void {
    this.byId.delete(order.orderId);
    const left = this.ofPortfolio(order.portfolio).filter(({ orderId }) => orderId !== order.orderId);
    if (left.length === 0) this.byPortfolio.delete(order.portfolio);
    else this.byPortfolio.set(order.portfolio, left);
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
    stage: 'full',
    expiryUs: order.expiryUs,
    version: order.version,
    priceEpoch: order.priceEpoch,
    tickTimeUs: order.tickTimeUs,
  };
}
