/**
 * Cases: a default from its first breach to its end, and the orders that close it. Reads reports, acknowledgements and executions;
 * never the store. Policy `full-close`: every position at once, limited at its bankruptcy price, and without a limit after that went
 * unfilled.
 */
import type { Fraction } from '../model/fraction.js';
import { negate, ZERO } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { lots } from '../model/portfolio.js';
import type { BreachRow, CaseEvent, OrderAck, OrderEvent, PortfolioReport } from '../model/records.js';
import { type Order, OrderTable, orderEvent, orderOn } from './orders.js';
import { deficitOf } from './ranking.js';
import { closingLimit } from './sizing.js';

export interface Case {
  readonly caseId: string;
  readonly portfolio: string;
  readonly openedUs: number;
  /** At the breach. */
  readonly deficit: Fraction;
  /** The last report while liquidatable. */
  report: PortfolioReport;
  orderCount: number;
  /** Orders that went unfilled: the next on the same position has no limit. Few, if any. */
  readonly unfilled: Order[];
  /** Orders that were rejected since the last report: sending them again at once could go on for ever. */
  rejected: readonly Order[];
}

/** The moment at which something is decided. */
export interface Moment {
  readonly timeUs: number;
  readonly priceEpoch: number;
}

/** What a step of the case half adds to the effects. */
export interface Outbox {
  readonly orders: OrderEvent[];
  readonly cases: CaseEvent[];
}

export class CaseDesk {
  readonly orders = new OrderTable();
  private readonly cases = new Map<string, Case>();
  private readonly instruments: Instruments;
  private readonly orderTtlUs: number;
  /** Cases opened so far: keeps ids apart when two are opened at one moment. */
  private opened = 0;

  constructor(instruments: Instruments, orderTtlUs: number) {
    this.instruments = instruments;
    this.orderTtlUs = orderTtlUs;
  }

  get openCount(): number {
    return this.cases.size;
  }

  caseOf(portfolio: string): Case | undefined {
    return this.cases.get(portfolio);
  }

  /** In the order in which they were opened. */
  open(): Iterable<Case> {
    return this.cases.values();
  }

  /** Takes in a portfolio's report: opens, follows or ends its case. True when its orders changed. */
  onReport(report: PortfolioReport, now: Moment, out: Outbox): boolean {
    const known = this.cases.get(report.portfolio);
    if (report.standing === 'unpriced') {
      // What is out stays out, and nothing new goes out on what was known before.
      if (known !== undefined) known.report = { ...known.report, standing: 'unpriced' };
      return false;
    }
    if (report.standing !== 'liquidatable') {
      if (known === undefined) return false;
      this.endCase(known, report, now, out);
      return this.cancelOrders(report.portfolio, known.report.rows, [], out);
    }
    if (known === undefined) return this.placeOrders(this.openCase(report, now, out), now, out);
    const before = known.report;
    known.report = report;
    known.rejected = [];
    const cancelled = this.cancelOrders(report.portfolio, before.rows, report.rows, out);
    return this.placeOrders(known, now, out) || cancelled;
  }

  /** The executor's word on orders. An order that is not out (any more) makes the word a late repetition, and nothing of it. */
  onAcks(acks: readonly OrderAck[], now: Moment, out: Outbox): void {
    for (const ack of acks) {
      const order = this.orders.find(ack.orderId);
      if (order === undefined || ack.state === 'working') continue;
      this.endOrder(order, out);
      const current = this.cases.get(order.portfolio);
      if (current === undefined) continue;
      if (ack.state === 'unfilled') current.unfilled.push(order);
      if (ack.state === 'rejected') current.rejected = [...current.rejected, order];
      if (current.report.standing === 'liquidatable') this.placeOrders(current, now, out);
    }
  }

  /** An execution of an order that is out. */
  onExecution(order: Order, executed: number, out: Outbox): void {
    if (this.orders.execute(order, executed)) this.endOrder(order, out);
  }

  private openCase(report: PortfolioReport, now: Moment, out: Outbox): Case {
    this.opened += 1;
    const opened: Case = {
      caseId: `${report.portfolio}@${now.timeUs}.${this.opened}`,
      portfolio: report.portfolio,
      openedUs: now.timeUs,
      deficit: deficitOf(report),
      report,
      orderCount: 0,
      unfilled: [],
      rejected: [],
    };
    this.cases.set(report.portfolio, opened);
    out.cases.push(caseEvent(opened, 'opened', now, null, null));
    return opened;
  }

  private endCase(ended: Case, report: PortfolioReport, now: Moment, out: Outbox): void {
    this.cases.delete(ended.portfolio);
    const badDebt = report.equity.n < 0n ? negate(report.equity) : ZERO;
    out.cases.push(caseEvent(ended, 'ended', now, badDebt, report.positions > 0 ? 'recovered' : 'closed'));
  }

  /** One order per position that has none; an order that no longer fits its position is cancelled and waited for. */
  private placeOrders(current: Case, now: Moment, out: Outbox): boolean {
    const { portfolio, rows } = current.report;
    const present = this.orders.ofPortfolio(portfolio);
    let changed = false;
    for (const row of rows) {
      const side = closingSide(row);
      const order = orderOn(present, row.market, side);
      if (order !== undefined) {
        if (order.remaining !== Math.abs(row.lots)) changed = this.cancelOrder(order, out) || changed;
      } else if (orderOn(current.rejected, row.market, side) === undefined && !isTurnedOver(row, rows, present)) {
        this.placeOrder(current, row, now, out);
        changed = true;
      }
    }
    return changed;
  }

  private placeOrder(current: Case, row: BreachRow, now: Moment, out: Outbox): void {
    const { report } = current;
    current.orderCount += 1;
    const side = closingSide(row);
    const isLimited = orderOn(current.unfilled, row.market, side) === undefined;
    const order: Order = {
      orderId: `${current.caseId}#${current.orderCount}`,
      caseId: current.caseId,
      portfolio: report.portfolio,
      market: row.market,
      side,
      limitPrice: isLimited ? closingLimit(this.instruments.markets[row.market], row, report) : null,
      expiryUs: now.timeUs + this.orderTtlUs,
      version: report.version,
      priceEpoch: now.priceEpoch,
      tickTimeUs: now.timeUs,
      remaining: lots(Math.abs(row.lots)),
      cancelling: false,
    };
    this.orders.place(order);
    out.orders.push(orderEvent(order, 'new'));
  }

  /** Cancels the orders on positions of `rows` that are not among those to `keep`. */
  private cancelOrders(portfolio: string, rows: readonly BreachRow[], keep: readonly BreachRow[], out: Outbox): boolean {
    let changed = false;
    for (const row of rows) {
      if (keep.some(({ market, lots: size }) => market === row.market && size < 0 === row.lots < 0)) continue;
      const order = orderOn(this.orders.ofPortfolio(portfolio), row.market, closingSide(row));
      if (order !== undefined) changed = this.cancelOrder(order, out) || changed;
    }
    return changed;
  }

  private cancelOrder(order: Order, out: Outbox): boolean {
    if (order.cancelling) return false;
    order.cancelling = true;
    out.orders.push(orderEvent(order, 'cancel'));
    return true;
  }

  private endOrder(order: Order, out: Outbox): void {
    this.orders.end(order);
    out.orders.push(orderEvent(order, 'ended'));
  }
}

/** Whether the order of a position that turned from long to short or back is still out: it is the same position's. */
function isTurnedOver(row: BreachRow, rows: readonly BreachRow[], present: readonly Order[]): boolean {
  const hasOtherLeg = rows.some(({ market, lots: size }) => market === row.market && size < 0 !== row.lots < 0);
  return !hasOtherLeg && orderOn(present, row.market, row.lots > 0 ? 'buy' : 'sell') !== undefined;
}

function closingSide(row: BreachRow): Order['side'] {
  return row.lots > 0 ? 'sell' : 'buy';
}

function caseEvent(
  subject: Case,
  event: CaseEvent['event'],
  now: Moment,
  badDebt: Fraction | null,
  outcome: CaseEvent['outcome'],
): CaseEvent {
  const { caseId, portfolio, openedUs, deficit } = subject;
  return { caseId, portfolio, event, timeUs: now.timeUs, openedUs, deficit, badDebt, outcome };
}
