/** Orders: one a position, reduce-only, of an open case, each id once, none where nothing may go out. Keeps its own account of what is out. */

import { NO_LIMITS } from '../../src/dispatch/limits.js';
import type { OrderEvent } from '../../src/model/effects.js';
import type { Fill } from '../../src/model/records.js';
import { isRestored } from '../../src/waterfall/case.js';
import type { Policy } from '../../src/waterfall/policy.js';
import type { BookView } from './book-view.js';
import { lotsIn } from './book-view.js';
import type { ToldGates } from './told-gates.js';

interface Out {
  readonly order: OrderEvent;
  left: number;
  isCancelling: boolean;
}

export class OrdersCheck {
  private readonly out = new Map<string, Out>();
  /** What is out by position. */
  private readonly byLeg = new Map<string, Out>();
  private readonly ids = new Set<string>();
  /** All that ever were, with what the book has not taken of each. */
  private readonly sent = new Map<string, { readonly order: OrderEvent; left: number }>();
  private readonly view: BookView;
  private readonly gates: ToldGates;
  private readonly policy: Policy;
  private readonly fail: (what: string) => never;

  constructor(parts: { view: BookView; gates: ToldGates; policy: Policy; fail: (what: string) => never }) {
    this.view = parts.view;
    this.gates = parts.gates;
    this.policy = parts.policy;
    this.fail = parts.fail;
  }

  hasLive(portfolio: string): boolean {
    for (const { order } of this.byLeg.values()) if (order.portfolio === portfolio) return true;
    return false;
  }

  /** Executions that the book has taken. `isTold`: with an alert, as there is one when they have closed more than was there, and only then. */
  onFills(fills: readonly Fill[], isTold: boolean): void {
    const closed = new Map<string, number>();
    let isBeyond = false;
    for (const { orderId, lots } of fills) {
      if (orderId === null) continue;
      const sent = this.sent.get(orderId);
      if (sent === undefined) this.fail(`an execution of ${orderId}, which was never sent, was booked`);
      if (lots > sent.left) this.fail(`more of ${orderId} was booked than it had: ${lots} lots where ${sent.left} were left`);
      sent.left -= lots;
      const out = this.out.get(orderId);
      if (out !== undefined) out.left -= lots;
      const { portfolio, market, side } = sent.order;
      const total = (closed.get(`${portfolio} ${market} ${side}`) ?? 0) + lots;
      closed.set(`${portfolio} ${market} ${side}`, total);
      if (total > lotsIn(this.view.changed.get(portfolio)?.before ?? null, market, side)) isBeyond = true;
    }
    if (closed.size > 0 && isBeyond !== isTold)
      this.fail(
        `executions ${isBeyond ? 'have' : 'have not'} closed more than was there, and that was ${isTold ? '' : 'not '}told`,
      );
  }

  onOrders(rows: readonly OrderEvent[], priceEpoch: number, isOpen: (caseId: string, portfolio: string) => boolean): void {
    for (const order of rows) {
      if (order.event === 'new') this.onNew(order, priceEpoch, isOpen);
      else if (order.event === 'ended') this.onEnded(order);
      else this.onOther(order);
    }
  }

  /** New orders of one record by portfolio, of portfolios of which nothing else is out. */
  fresh(rows: readonly OrderEvent[]): Map<string, OrderEvent[]> {
    const fresh = new Map<string, OrderEvent[]>();
    for (const order of rows) {
      if (order.event !== 'new') continue;
      const others = fresh.get(order.portfolio);
      if (others === undefined) fresh.set(order.portfolio, [order]);
      else others.push(order);
    }
    for (const { order } of this.byLeg.values()) if (!fresh.get(order.portfolio)?.includes(order)) fresh.delete(order.portfolio);
    return fresh;
  }

  /** After everything that a record led to. */
  atRest(): void {
    for (const { order, left, isCancelling } of this.out.values()) {
      if (isCancelling) continue;
      const has = this.view.lotsOf(order.portfolio, order.market, order.side);
      if (left > has) this.fail(`${order.orderId} is out for ${left} lots where ${has} are left of the position`);
    }
  }

  private onNew(order: OrderEvent, priceEpoch: number, isOpen: (caseId: string, portfolio: string) => boolean): void {
    const { orderId, caseId, portfolio, market, side, lots, stage } = order;
    if (this.ids.has(orderId)) this.fail(`order id ${orderId} is used again`);
    this.ids.add(orderId);
    if (!isOpen(caseId, portfolio)) this.fail(`${orderId} is of no open case`);
    const why = this.gates.why(portfolio, stage, market);
    if (why !== null) this.fail(`${orderId} was sent in spite of ${why}`);
    const leg = `${portfolio} ${market} ${side}`;
    const other = this.byLeg.get(leg);
    if (other !== undefined) this.fail(`${orderId} was sent while ${other.order.orderId} is out on the same position`);
    const known = this.view.known.get(portfolio);
    const has = lotsIn(known?.portfolio ?? null, market, side);
    if (!(lots > 0) || lots > has) this.fail(`${orderId} is for ${lots} lots of a position of ${has}`);
    if (stage !== 'partial' && this.policy.limits === NO_LIMITS && lots !== has)
      this.fail(`${orderId} closes ${lots} of ${has} lots where all are to be closed`);
    // Another case may have moved the portfolio later in the same record.
    const isCurrent = order.version === known?.version || this.view.changed.has(portfolio);
    if (!isCurrent) this.fail(`${orderId} was sized on version ${order.version}, and the portfolio's is ${known?.version}`);
    if (order.priceEpoch !== priceEpoch)
      this.fail(`${orderId} was made at epoch ${order.priceEpoch}, and the present one is ${priceEpoch}`);
    const value = this.view.value(portfolio);
    if (value === null) this.fail(`${orderId} is of a portfolio without a price`);
    else if (
      isRestored(value, this.policy.liquidationTarget) &&
      !this.view.isLiquidatable(portfolio) &&
      !this.view.changed.has(portfolio)
    )
      this.fail(`${orderId} is of a portfolio that is restored`);
    const out: Out = { order, left: lots, isCancelling: false };
    this.out.set(orderId, out);
    this.byLeg.set(leg, out);
    this.sent.set(orderId, { order, left: lots });
  }

  private onEnded({ orderId, lots }: OrderEvent): void {
    const out = this.out.get(orderId);
    if (out === undefined) this.fail(`${orderId} has ended, and was not out`);
    if (out.left !== lots) this.fail(`${orderId} has ended with ${lots} lots left, and had ${out.left}`);
    this.out.delete(orderId);
    const { portfolio, market, side } = out.order;
    this.byLeg.delete(`${portfolio} ${market} ${side}`);
  }

  private onOther({ orderId, event }: OrderEvent): void {
    const out = this.out.get(orderId);
    if (out === undefined) this.fail(`a ${event} of ${orderId}, which is not out`);
    if (event === 'cancel') out.isCancelling = true;
  }
}
