/** The case half of the engine: ranking, signals, cases and orders. It sees reports and records, never the store. */
import { CaseDesk, type Moment, type Outbox } from '../dispatch/cases.js';
import type { Order } from '../dispatch/orders.js';
import { compareRanked, type Ranked, ranked } from '../dispatch/ranking.js';
import { SignalTracker } from '../dispatch/signals.js';
import { assert, badInput } from '../model/errors.js';
import { multiply } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import { accountOf, lots } from '../model/portfolio.js';
import type { BookedFill, Effect, ExecutionEffect, Fill, OrderAck, PortfolioReport, Signal } from '../model/records.js';

const NONE: ReadonlySet<string> = new Set();

export class CaseHalf {
  readonly desk: CaseDesk;
  /** Over the portfolios that were liquidatable at the last tick; for display. */
  deficit = 0;
  private readonly instruments: Instruments;
  readonly signals: SignalTracker;

  constructor(instruments: Instruments, orderTtlUs: number) {
    this.instruments = instruments;
    this.desk = new CaseDesk(instruments, orderTtlUs);
    this.signals = new SignalTracker(instruments.valuation.decimals);
  }

  /** Cases in which something was closed, since the start. */
  get liquidations(): number {
    return this.desk.liquidations;
  }

  get liquidatable(): number {
    return this.signals.liquidatable;
  }

  /** Reports of one moment, in any order: signals, then orders, then cases, each ranked. */
  onReports(reports: readonly PortfolioReport[], now: Moment): Effect[] {
    return this.onRanked(reports.map(ranked).sort(compareRanked), now);
  }

  /** As `onReports` for all that a tick found. */
  onTick(reports: readonly PortfolioReport[], now: Moment): Effect[] {
    const order = reports.map(ranked).sort(compareRanked);
    this.deficit = 0;
    for (const { standing, deficitNumber } of order) if (standing === 'liquidatable') this.deficit += deficitNumber;
    return this.onRanked(order, now);
  }

  /** `touched`: portfolios whose orders have changed already. */
  private onRanked(order: readonly (PortfolioReport & Ranked)[], now: Moment, touched: ReadonlySet<string> = NONE): Effect[] {
    const out: Outbox = { orders: [], cases: [] };
    const rows: Signal[] = [];
    for (const report of order) {
      const known = this.desk.caseOf(report.portfolio);
      const markets = marketsOf(report.rows.length > 0 ? report : (known?.report ?? report));
      const ordersChanged = this.desk.onReport(report, now, out) || touched.has(report.portfolio);
      const row = this.signal(report, markets, ordersChanged);
      if (row !== null) rows.push(row);
    }
    return effects(rows, out, now);
  }

  /** Signals whose orders changed, from what was last reported of them; then the orders. */
  onAcks(acks: readonly OrderAck[], now: Moment): Effect[] {
    const out: Outbox = { orders: [], cases: [] };
    const rows: Signal[] = [];
    for (const portfolio of this.desk.onAcks(acks, now, out)) {
      const report = this.desk.caseOf(portfolio)?.report;
      const row = report === undefined ? null : this.signal(ranked(report), marketsOf(report), true);
      if (row !== null) rows.push(row);
    }
    return effects(rows, out, now);
  }

  /**
   * Refuses executions of an order that never was, or that are not of the order that they name: another portfolio's, the other side, or more
   * than remains. A trade that comes after its order was told to have ended is a fact all the same.
   */
  checkExecutions(fills: readonly Fill[]): void {
    const executed = new Map<string, number>();
    for (const fill of fills) {
      if (fill.orderId === null) continue;
      const place = `fill ${fill.tradeId}`;
      const order = this.desk.orders.recall(fill.orderId);
      if (order === undefined) throw badInput(place, 'an order that is out or was lately', JSON.stringify(fill.orderId));
      const total = (executed.get(order.orderId) ?? 0) + fill.lots;
      executed.set(order.orderId, total);
      if (isOf(fill, order) && total <= order.remaining) continue;
      const expected = `an execution of at most ${order.remaining} lots of ${order.side} for ${order.portfolio}`;
      throw badInput(place, expected, `${total} lots of ${fill.side} for ${fill.account}`);
    }
  }

  /** Executions first, so that an order that is done is not taken for one that no longer fits its position; then what it led to. */
  onFills(booked: readonly BookedFill[], reports: readonly PortfolioReport[], now: Moment): Effect[] {
    const out: Outbox = { orders: [], cases: [] };
    const executions: ExecutionEffect[] = [];
    const touched = new Set<string>();
    for (const { fill, mark, index } of booked) {
      const order = fill.orderId === null ? undefined : this.desk.orders.recall(fill.orderId);
      if (order === undefined) continue;
      touched.add(order.portfolio);
      // An order goes out for a priced portfolio only, and a price that was known is never forgotten.
      assert(mark !== null && index !== null, 'expected the prices on which the order went out');
      executions.push({
        type: 'execution',
        caseId: order.caseId,
        orderId: order.orderId,
        market: fill.market,
        side: fill.side === 'sell' ? 'long' : 'short',
        lots: lots(fill.lots),
        price: fill.price,
        notional: multiply(notionalAt(this.instruments.markets[fill.market], fill.lots, mark), index),
        timeUs: now.timeUs,
      });
      this.desk.onExecution(order, fill.lots, out);
    }
    const order = reports.map(ranked).sort(compareRanked);
    return [...executions, ...effects([], out, now), ...this.onRanked(order, now, touched)];
  }

  private signal(report: PortfolioReport & Ranked, markets: readonly number[], ordersChanged: boolean): Signal | null {
    if (report.standing === 'unpriced') return null;
    if (report.standing === 'liquidatable') return this.signals.breached(report, markets, ordersChanged);
    return this.signals.recovered(report.portfolio, markets, report);
  }
}

/** Of rows that come by market. */
function marketsOf(report: PortfolioReport): number[] {
  const markets: number[] = [];
  for (const { market } of report.rows) if (markets.at(-1) !== market) markets.push(market);
  return markets;
}

function isOf(fill: Fill, order: Order): boolean {
  const isIsolated = order.portfolio !== accountOf(order.portfolio);
  return (
    fill.account === accountOf(order.portfolio) &&
    fill.market === order.market &&
    fill.side === order.side &&
    (fill.margin === 'isolated') === isIsolated
  );
}

function effects(rows: readonly Signal[], out: Outbox, now: Moment): Effect[] {
  const all: Effect[] = [];
  if (rows.length > 0) all.push({ type: 'signals', tickTimeUs: now.tickTimeUs, priceEpoch: now.priceEpoch, rows });
  if (out.orders.length > 0) all.push({ type: 'orders', rows: out.orders });
  if (out.cases.length > 0) all.push({ type: 'cases', rows: out.cases });
  return all;
}
