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
import { type Leg, legOf, type Order, OrderTable, orderEvent } from './orders.js';
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
  /** Whether anything was closed yet. */
  hasClosed: boolean;
  /** Legs whose limited order of this case went unfilled: the next has no limit. */
  unfilled: Set<Leg> | null;
  /** Legs whose order was rejected since the last report: sending it again at once could go on for ever. */
  rejected: Set<Leg> | null;
}

/** The moment at which something is decided, and the tick whose marks it is decided on. */
export interface Moment {
  readonly timeUs: number;
  readonly tickTimeUs: number;
  readonly priceEpoch: number;
}

const NO_LEGS: ReadonlySet<Leg> = new Set();

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
  /** Cases in which something was closed. */
  liquidations = 0;

  constructor(instruments: Instruments, orderTtlUs: number) {
    this.instruments = instruments;
    this.orderTtlUs = orderTtlUs;
  }

  /** Cases opened since the start. */
  get openedCount(): number {
    return this.opened;
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
      if (known === undefined) return false;
      // Nothing new goes out on what was known before; and what is out goes when the portfolio changed, for its position may be gone.
      const hasChanged = report.version !== known.report.version;
      known.report = { ...known.report, standing: 'unpriced', version: report.version };
      return hasChanged && this.cancelOrders(known.report.rows, report.portfolio, NO_LEGS, out);
    }
    if (report.standing !== 'liquidatable') {
      if (known === undefined) return false;
      this.endCase(known, report, now, out);
      return this.cancelOrders(known.report.rows, report.portfolio, NO_LEGS, out);
    }
    if (known === undefined) return this.placeOrders(this.openCase(report, now, out), now, out);
    const before = known.report;
    known.report = report;
    known.rejected = null;
    const cancelled =
      !sameLegs(before.rows, report.rows) &&
      this.cancelOrders(before.rows, report.portfolio, new Set(report.rows.map(legOfRow)), out);
    return this.placeOrders(known, now, out) || cancelled;
  }

  /**
   * The executor's word on orders; returns the portfolios whose orders changed. An order that is not out (any more) makes the word a
   * late repetition, and nothing of it.
   */
  onAcks(acks: readonly OrderAck[], now: Moment, out: Outbox): Set<string> {
    const changed = new Set<string>();
    for (const ack of acks) {
      const order = this.orders.find(ack.orderId);
      if (order === undefined || ack.state === 'working') continue;
      this.endOrder(order, out);
      changed.add(order.portfolio);
      const current = this.cases.get(order.portfolio);
      const leg = legOf(order.market, order.side);
      // An order of an earlier case says nothing of what this one has tried.
      if (current !== undefined && ack.state === 'unfilled' && order.caseId === current.caseId) {
        current.unfilled ??= new Set();
        current.unfilled.add(leg);
      }
      if (current !== undefined && ack.state === 'rejected') {
        current.rejected ??= new Set();
        current.rejected.add(leg);
      }
    }
    for (const portfolio of changed) {
      const current = this.cases.get(portfolio);
      if (current?.report.standing === 'liquidatable') this.placeOrders(current, now, out);
    }
    return changed;
  }

  /** An execution of an order that is out, or of one that was told to have ended before its trade came. */
  onExecution(order: Order, executed: number, out: Outbox): void {
    const current = this.cases.get(order.portfolio);
    if (current !== undefined && current.caseId === order.caseId && !current.hasClosed) {
      current.hasClosed = true;
      this.liquidations += 1;
    }
    const isDone = this.orders.execute(order, executed);
    if (isDone && this.orders.find(order.orderId) !== undefined) this.endOrder(order, out);
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
      hasClosed: false,
      unfilled: null,
      rejected: null,
    };
    this.cases.set(report.portfolio, opened);
    out.cases.push(caseEvent(opened, 'opened', now, null, null));
    return opened;
  }

  private endCase(ended: Case, report: PortfolioReport, now: Moment, out: Outbox): void {
    this.cases.delete(ended.portfolio);
    const badDebt = report.equity.n < 0n ? negate(report.equity) : ZERO;
    out.cases.push(caseEvent(ended, 'ended', now, badDebt, outcomeOf(ended, report)));
  }

  /** One order per position that has none; an order that no longer fits its position is cancelled and waited for. */
  private placeOrders(current: Case, now: Moment, out: Outbox): boolean {
    const { portfolio, rows } = current.report;
    let changed = false;
    for (const row of rows) {
      const leg = legOfRow(row);
      // Looked up anew for each: the first order makes the portfolio's table.
      const present = this.orders.ofPortfolio(portfolio);
      const order = present.get(leg);
      if (order !== undefined) {
        if (order.remaining !== Math.abs(row.lots)) changed = this.cancelOrder(order, out) || changed;
      } else if (!current.rejected?.has(leg) && !isTurnedOver(row, rows, present)) {
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
    const isLimited = !current.unfilled?.has(legOf(row.market, side));
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
      tickTimeUs: now.tickTimeUs,
      remaining: lots(Math.abs(row.lots)),
      cancelling: false,
    };
    this.orders.place(order);
    out.orders.push(orderEvent(order, 'new'));
  }

  /** Cancels the orders on positions of `rows` that are not among those to `keep`. */
  private cancelOrders(rows: readonly BreachRow[], portfolio: string, keep: ReadonlySet<Leg>, out: Outbox): boolean {
    const present = this.orders.ofPortfolio(portfolio);
    let changed = false;
    for (const row of rows) {
      const leg = legOfRow(row);
      const order = keep.has(leg) ? undefined : present.get(leg);
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
function isTurnedOver(row: BreachRow, rows: readonly BreachRow[], present: ReadonlyMap<Leg, Order>): boolean {
  const other = legOf(row.market, row.lots > 0 ? 'buy' : 'sell');
  return present.has(other) && !rows.some((leg) => legOfRow(leg) === other);
}

/** Rows come in one order, so that equal legs stand in equal places. */
function sameLegs(a: readonly BreachRow[], b: readonly BreachRow[]): boolean {
  return a.length === b.length && a.every((row, i) => legOfRow(row) === legOfRow(b[i]));
}

/** What needs margin for a debt alone has nothing to close: its case ends otherwise. */
function outcomeOf({ hasClosed, report: { rows } }: Case, report: PortfolioReport): CaseEvent['outcome'] {
  if (report.positions === 0 && (hasClosed || rows.length > 0)) return 'closed';
  return report.standing === 'healthy' ? 'recovered' : 'insolvent';
}

function legOfRow(row: BreachRow): Leg {
  return legOf(row.market, closingSide(row));
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
