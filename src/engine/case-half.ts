/** The case half of the engine: ranking, signals, cases and orders. It sees reports and records, never the store. */
import { CaseDesk, type Moment, type Outbox } from '../dispatch/cases.js';
import { compareRanked, type Ranked, ranked } from '../dispatch/ranking.js';
import { SignalTracker } from '../dispatch/signals.js';
import { notionalAt } from '../dispatch/sizing.js';
import type { Instruments } from '../model/instruments.js';
import { lots } from '../model/portfolio.js';
import type { BookedFill, Effect, ExecutionEffect, OrderAck, PortfolioReport, Signal } from '../model/records.js';

export class CaseHalf {
  readonly desk: CaseDesk;
  /** Liquidation orders executed since the start. */
  liquidations = 0;
  /** Over the portfolios that were liquidatable at the last tick; for display. */
  deficit = 0;
  private readonly instruments: Instruments;
  private readonly signals: SignalTracker;

  constructor(instruments: Instruments, orderTtlUs: number) {
    this.instruments = instruments;
    this.desk = new CaseDesk(instruments, orderTtlUs);
    this.signals = new SignalTracker(instruments.valuation.decimals);
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

  private onRanked(order: readonly (PortfolioReport & Ranked)[], now: Moment): Effect[] {
    const out: Outbox = { orders: [], cases: [] };
    const rows: Signal[] = [];
    for (const report of order) {
      const known = this.desk.caseOf(report.portfolio);
      const markets = marketsOf(report.rows.length > 0 ? report : (known?.report ?? report));
      const ordersChanged = this.desk.onReport(report, now, out);
      const row = this.signal(report, markets, ordersChanged);
      if (row !== null) rows.push(row);
    }
    return effects(rows, out, now);
  }

  onAcks(acks: readonly OrderAck[], now: Moment): Effect[] {
    const out: Outbox = { orders: [], cases: [] };
    this.desk.onAcks(acks, now, out);
    return effects([], out, now);
  }

  /** Executions first, so that an order that is done is not taken for one that no longer fits its position. */
  onFills(booked: readonly BookedFill[], now: Moment): Effect[] {
    const out: Outbox = { orders: [], cases: [] };
    const executions: ExecutionEffect[] = [];
    for (const { fill, mark } of booked) {
      const order = fill.orderId === null ? undefined : this.desk.orders.find(fill.orderId);
      if (order === undefined) continue;
      this.liquidations += 1;
      executions.push({
        type: 'execution',
        caseId: order.caseId,
        orderId: order.orderId,
        market: fill.market,
        side: fill.side === 'sell' ? 'long' : 'short',
        lots: lots(fill.lots),
        price: fill.price,
        notional: notionalAt(this.instruments.markets[fill.market], fill.lots, mark ?? fill.price),
        timeUs: now.timeUs,
      });
      this.desk.onExecution(order, fill.lots, out);
    }
    return [...executions, ...effects([], out, now)];
  }

  private signal(report: PortfolioReport & Ranked, markets: readonly number[], ordersChanged: boolean): Signal | null {
    if (report.standing === 'unpriced') return null;
    if (report.standing === 'liquidatable') return this.signals.breached(report, markets, ordersChanged);
    return this.signals.recovered(report.portfolio, markets, report);
  }
}

function marketsOf(report: PortfolioReport): number[] {
  const markets: number[] = [];
  for (const { market } of report.rows) if (!markets.includes(market)) markets.push(market);
  return markets;
}

function effects(rows: readonly Signal[], out: Outbox, now: Moment): Effect[] {
  const all: Effect[] = [];
  if (rows.length > 0) all.push({ type: 'signals', tickTimeUs: now.timeUs, priceEpoch: now.priceEpoch, rows });
  if (out.orders.length > 0) all.push({ type: 'orders', rows: out.orders });
  if (out.cases.length > 0) all.push({ type: 'cases', rows: out.cases });
  return all;
}
