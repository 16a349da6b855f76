/**
 * Sends orders, and follows each until it is known to have ended: within the limits, at most one live or unknown per position, asked for by
 * id when nobody has said what became of it. What an order closes and at what price is decided by whoever wants it.
 */
import type { Decimal } from '../model/decimal.js';
import type { OrderStage } from '../model/effects.js';
import type { Fraction } from '../model/fraction.js';
import { accountOf, type Lots } from '../model/portfolio.js';
import type { BreachRow, OrderAck } from '../model/records.js';
import type { Limits } from './limits.js';
import type { Moment } from './moment.js';
import { closingSide, type Leg, legOf, type Order, OrderTable, orderEvent } from './orders.js';
import type { Outbox } from './outbox.js';

/** What nobody answers is asked for again after so long. */
export const ASK_AGAIN_US = 5_000_000;

/** An order that somebody wants to go out. */
export interface Want {
  readonly caseId: string;
  readonly portfolio: string;
  /** The position that it closes, and the version that it was sized on. */
  readonly row: BreachRow;
  readonly version: number;
  /** At most the position's. */
  readonly lots: Lots;
  readonly limitPrice: Decimal | null;
  readonly bankruptcyPrice: Fraction | null;
  readonly stage: OrderStage;
  readonly ttlUs: number;
}

export class OrderDesk {
  readonly table = new OrderTable();
  /** `shadow`: what would go out is told, and nothing goes. */
  mode: 'shadow' | 'live';
  readonly limits: Limits;

  constructor(limits: Limits, mode: 'shadow' | 'live') {
    this.limits = limits;
    this.mode = mode;
  }

  /**
   * Sends an order, of fewer lots where a limit says so. Its id is `caseId#number`: a function of what led to it. Null when it has to
   * wait for the limits.
   */
  place(want: Want, number: number, now: Moment, out: Outbox): Order | null {
    const { portfolio, row, ttlUs } = want;
    const account = accountOf(portfolio);
    const lots = this.limits.allowed(account, row.market, want.lots, row.mark, now.timeUs);
    if (lots === 0) return null;
    const order: Order = {
      orderId: `${want.caseId}#${number}`,
      caseId: want.caseId,
      portfolio,
      market: row.market,
      side: closingSide(row),
      limitPrice: want.limitPrice,
      bankruptcyPrice: want.bankruptcyPrice,
      stage: want.stage,
      expiryUs: now.timeUs + ttlUs,
      version: want.version,
      priceEpoch: now.priceEpoch,
      tickTimeUs: now.tickTimeUs,
      remaining: lots,
      cancelling: false,
      queriedUs: null,
    };
    if (this.mode === 'shadow') {
      out.shadowOrders.push(orderEvent(order, 'new'));
      return order;
    }
    this.limits.take(account, row.market, lots, row.mark, now.timeUs);
    this.table.place(order);
    out.orders.push(orderEvent(order, 'new'));
    return order;
  }

  /** Cancels an order, once. True when that was news. */
  cancel(order: Order, out: Outbox): boolean {
    if (order.cancelling) return false;
    order.cancelling = true;
    out.orders.push(orderEvent(order, 'cancel'));
    return true;
  }

  /** Cancels the orders of a portfolio but for those on legs to `keep`. True when there was one to cancel. */
  cancelAll(portfolio: string, out: Outbox, keep: ReadonlySet<Leg> | null = null): boolean {
    let changed = false;
    for (const [leg, order] of this.table.ofPortfolio(portfolio)) {
      if (!keep?.has(leg)) changed = this.cancel(order, out) || changed;
    }
    return changed;
  }

  /** Cancels everything that is out. */
  cancelEverything(out: Outbox): void {
    for (const order of this.table.all()) this.cancel(order, out);
  }

  /** Cancels what is out of any portfolio of an account. */
  cancelAccount(account: string, out: Outbox): void {
    for (const order of this.table.all()) if (accountOf(order.portfolio) === account) this.cancel(order, out);
  }

  /** Asks for orders past their expiry that nobody has ended, each again after as long as an order lives. */
  askForUnknown(now: Moment, ttlUs: number, out: Outbox): void {
    for (const order of this.table.all()) {
      if (now.timeUs <= order.expiryUs) continue;
      if (order.queriedUs !== null && now.timeUs - order.queriedUs < ttlUs) continue;
      this.ask(order, now, out);
    }
  }

  /** Asks for all that is out: after a restart nobody knows what became of it. */
  askForAll(now: Moment, out: Outbox): void {
    for (const order of this.table.all()) this.ask(order, now, out);
  }

  private ask(order: Order, now: Moment, out: Outbox): void {
    order.queriedUs = now.timeUs;
    out.orders.push(orderEvent(order, 'query'));
    // A cancel may have been lost with whatever lost the answer.
    if (order.cancelling) out.orders.push(orderEvent(order, 'cancel'));
  }

  /** The order that the executor's word has ended; null when it has ended none (any more): a late repetition. */
  onAck({ orderId, state }: OrderAck, out: Outbox): Order | null {
    const order = this.table.find(orderId);
    if (order === undefined || state === 'working' || state === 'unknown') return null;
    this.end(order, out);
    return order;
  }

  /** An execution of an order that is out, or of one that was told to have ended before its trade came. */
  onExecution(order: Order, executed: Lots, out: Outbox): void {
    const isDone = this.table.execute(order, executed);
    if (isDone && this.table.find(order.orderId) !== undefined) this.end(order, out);
  }

  orderOn(portfolio: string, leg: Leg): Order | undefined {
    return this.table.ofPortfolio(portfolio).get(leg);
  }

  /** Whether an order is out that closes the position's other side: the same position before it turned over, in net mode. */
  hasTurnedOver(portfolio: string, row: BreachRow, rows: readonly BreachRow[]): boolean {
    const other = legOf(row.market, row.lots > 0 ? 'buy' : 'sell');
    const present = this.table.ofPortfolio(portfolio);
    return present.has(other) && !rows.some((each) => legOf(each.market, closingSide(each)) === other);
  }

  private end(order: Order, out: Outbox): void {
    this.table.end(order);
    out.orders.push(orderEvent(order, 'ended'));
  }
}
