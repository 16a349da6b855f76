/** The case half of the engine: ranking, signals, cases, money. It sees reports and records, and asks the book through its port only. */
import { type FreshnessRule, Gates, type GatesState } from '../dispatch/gates.js';
import { Limits, type LimitsState } from '../dispatch/limits.js';
import type { Moment } from '../dispatch/moment.js';
import { ASK_AGAIN_US, OrderDesk } from '../dispatch/order-desk.js';
import type { OrderTableState } from '../dispatch/orders.js';
import { Outbox } from '../dispatch/outbox.js';
import { compareRanked, type Ranked, ranked, rankedBy } from '../dispatch/ranking.js';
import { SignalTracker } from '../dispatch/signals.js';
import type { BookChange, BookPort } from '../model/book-port.js';
import type { Signal } from '../model/effects.js';
import { assert } from '../model/errors.js';
import { multiply } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import { type BufferReader, type NamedBuffer, plainBuffer, type Saved } from '../model/named-buffers.js';
import { lots } from '../model/portfolio.js';
import type {
  AdminCommand,
  Bid,
  BookedFill,
  Fill,
  OrderAck,
  PortfolioReport,
  Release,
  TickRecord,
  VenueFigures,
} from '../model/records.js';
import { CaseBook, type CaseBookState } from '../waterfall/case-book.js';
import type { Context } from '../waterfall/context.js';
import { executionFees } from '../waterfall/execution-fees.js';
import { Fund, type FundState } from '../waterfall/fund.js';
import { Ledger, type LedgerState } from '../waterfall/ledger.js';
import { MarginCalls, type Watched } from '../waterfall/margin-calls.js';
import type { Policy } from '../waterfall/policy.js';
import { STAGE_NAMES } from '../waterfall/policy.js';
import { reconcile } from '../waterfall/reconciliation.js';
import { Standby, type StandbyState } from '../waterfall/standby.js';
import { Treasury } from '../waterfall/treasury.js';
import { checkFunds, fundTransfer } from './admin-commands.js';
import { beyondText, checkExecutions } from './executions.js';

export interface CaseHalfOptions {
  readonly instruments: Instruments;
  readonly policy: Policy;
  readonly port: BookPort;
  readonly freshness: FreshnessRule;
  readonly mode: 'shadow' | 'live';
  readonly onCaseOpened?: ((portfolio: string) => void) | undefined;
}

const NOBODY: ReadonlySet<string> = new Set();

/** Plain data: what a snapshot keeps. */
interface CaseHalfState {
  readonly gates: GatesState;
  readonly mode: 'shadow' | 'live';
  readonly limits: LimitsState;
  readonly orders: OrderTableState;
  readonly cases: CaseBookState;
  readonly ledger: LedgerState;
  readonly fund: FundState;
  readonly standby: StandbyState;
  readonly calls: readonly (readonly [string, number])[];
  readonly said: readonly (readonly [string, number])[];
  readonly deficit: number;
}

export class CaseHalf implements Saved {
  readonly gates: Gates;
  readonly desk: OrderDesk;
  readonly cases: CaseBook;
  readonly ledger: Ledger;
  readonly fund: Fund;
  readonly standby = new Standby();
  readonly calls: MarginCalls;
  readonly signals: SignalTracker;
  readonly policy: Policy;
  /** Over the portfolios that were liquidatable at the last tick; for display. */
  deficit = 0;
  private readonly instruments: Instruments;
  private readonly port: BookPort;
  private readonly treasury: Treasury;

  constructor({ instruments, policy, port, freshness, mode, onCaseOpened }: CaseHalfOptions) {
    this.cases = new CaseBook(onCaseOpened);
    this.instruments = instruments;
    this.policy = policy;
    this.port = port;
    this.gates = new Gates(instruments, freshness, STAGE_NAMES);
    this.desk = new OrderDesk(new Limits(instruments, policy.limits), mode);
    this.ledger = new Ledger(instruments);
    this.fund = new Fund(instruments, policy, this.ledger);
    this.treasury = new Treasury(instruments, this.ledger, port, (report) => this.cases.learn(report));
    const called = policy.stages.find((entry) => entry.stage === 'margin-call');
    this.calls = new MarginCalls(called?.thresholds ?? []);
    this.signals = new SignalTracker(instruments.valuation.decimals);
  }

  get liquidatable(): number {
    return this.signals.liquidatable;
  }

  /** The book before the first record. */
  onOpening(change: BookChange): void {
    this.treasury.onOutside(change, 'opening', new Outbox());
  }

  /** Account rows: what they changed altogether, and reports of those that were in trouble or are. */
  onBook({ change, reports }: { change: BookChange; reports: readonly PortfolioReport[] }, now: Moment, out: Outbox): void {
    this.treasury.onOutside(change, 'book', out);
    this.onReports(reports, now, out);
  }

  /** Reports of one moment, in any order. */
  onReports(reports: readonly PortfolioReport[], now: Moment, out: Outbox): void {
    this.onRanked(this.inRank(reports), now, NOBODY, out);
  }

  /** As `onReports` for all that a tick found; `watched`: those near the line, when they were looked for. */
  onTick(
    tick: TickRecord,
    reports: readonly PortfolioReport[],
    watched: readonly Watched[] | null,
    now: Moment,
    out: Outbox,
  ): void {
    this.gates.onTick(tick.marks, tick.timeUs);
    this.desk.askForUnknown(now, ASK_AGAIN_US, out);
    const order = this.inRank(reports);
    this.deficit = 0;
    for (const { standing, deficitNumber } of order) if (standing === 'liquidatable') this.deficit += deficitNumber;
    this.onRanked(order, now, NOBODY, out);
    if (watched !== null) this.calls.onWatch(watched, now.timeUs, out);
  }

  /** Time passes without a price. */
  onClock(now: Moment, out: Outbox): void {
    this.treasury.touched.clear();
    this.desk.askForUnknown(now, ASK_AGAIN_US, out);
    this.goOn(now, out);
  }

  /** Signals whose orders changed, from what was last reported of them. */
  onAcks(acks: readonly OrderAck[], now: Moment, out: Outbox): void {
    this.treasury.touched.clear();
    const changed = this.cases.onAcks(acks, this.context(now, out, NOBODY));
    this.signalAgain(changed, out);
    this.settle(now, out);
  }

  onBids(bids: readonly Bid[], now: Moment, out: Outbox): void {
    this.treasury.touched.clear();
    this.cases.onBids(bids, this.context(now, out, NOBODY));
    this.signalAgain(this.treasury.touched, out);
    this.settle(now, out);
  }

  onFigures(rows: readonly VenueFigures[], now: Moment, out: Outbox): void {
    reconcile(rows, this.port, this.instruments, now.timeUs, out);
  }

  /** Every market warms up again, and what is out is asked for. */
  onRestart(now: Moment, out: Outbox): void {
    this.gates.onRestart();
    this.desk.askForAll(now, out);
  }

  /** All commands, or, when one is refused, none. */
  onAdmin(commands: readonly AdminCommand[], now: Moment, out: Outbox): void {
    const { gates, desk, standby, ledger, fund, instruments } = this;
    for (const [i, command] of commands.entries()) gates.check(command, `commands[${i}]`);
    checkFunds(commands, instruments, ledger, fund);
    const alert = (code: 'kill' | 'mode', text: string): void => void out.alerts.push({ code, text, timeUs: now.timeUs });
    for (const command of commands) {
      gates.apply(command);
      if (command.command === 'bidder') standby.bidders.add(command.account);
      else if (command.command === 'no-bidder') standby.bidders.delete(command.account);
      else if (command.command === 'exempt') desk.cancelAccount(command.account, out);
      else if (command.command === 'pause' && command.scope === 'account') desk.cancelAccount(command.name, out);
      else if (command.command === 'fund') this.treasury.move([fundTransfer(command)], out);
      else if (command.command === 'mode') {
        if (command.mode === 'live' && desk.mode === 'shadow') this.cases.startOver(this.context(now, out, NOBODY));
        desk.mode = command.mode;
        if (command.mode === 'shadow') desk.cancelEverything(out);
        alert('mode', `the engine is in ${command.mode} mode`);
      } else if (command.command === 'kill') {
        if (command.isOn) desk.cancelEverything(out);
        alert('kill', command.isOn ? 'nothing is liquidated: the kill switch is on' : 'the kill switch is off');
      }
    }
    this.goOn(now, out);
  }

  /** Cases go on between ticks; what has become of those that they have changed is told at once, as nobody may look at them again. */
  private goOn(now: Moment, out: Outbox): void {
    this.cases.onTime(this.context(now, out, NOBODY));
    this.signalAgain(this.treasury.touched, out);
    this.settle(now, out);
  }

  /**
   * Refuses executions of an order that never was, or that are not of the order that they name: another portfolio's, the other side, or more
   * than remains. A trade that comes after its order was told to have ended is a fact all the same.
   */
  checkExecutions(fills: readonly Fill[]): void {
    checkExecutions(fills, this.desk.table);
  }

  /** Executions first, so that an order that is done is not taken for one that no longer fits its position; then what it led to. */
  onFills(
    {
      booked,
      releases,
      reports,
    }: { booked: readonly BookedFill[]; releases: readonly Release[]; reports: readonly PortfolioReport[] },
    now: Moment,
    out: Outbox,
  ): void {
    const latest = new Map(reports.map((report) => [report.portfolio, report]));
    const touched = new Set<string>();
    const context = this.context(now, out, NOBODY);
    const caseIds = new Map<string, string>();
    for (const each of booked) {
      const { fill, mark, index } = each;
      const order = fill.orderId === null ? undefined : this.desk.table.recall(fill.orderId);
      this.treasury.onBooked(each, 'clearing', order?.caseId ?? null, out);
      if (order === undefined) continue;
      touched.add(order.portfolio);
      caseIds.set(each.portfolio, order.caseId);
      // An order goes out for a priced portfolio only, and a price that was known is never forgotten.
      assert(mark !== null && index !== null, 'expected the prices on which the order went out');
      out.executions.push({
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
      if (each.isOpening || each.portfolio !== order.portfolio) {
        out.alerts.push({ code: 'reconciliation', text: beyondText(each, order, this.instruments), timeUs: now.timeUs });
        this.desk.onExecution(order, fill.lots, out);
        continue;
      }
      this.cases.onExecution(order, fill.lots, context);
      const report = latest.get(each.portfolio);
      const fees = report === undefined ? [] : executionFees(each, order, report, this.policy, this.instruments, this.fund);
      for (const after of this.treasury.move(fees, out)) latest.set(after.portfolio, after);
    }
    for (const release of releases) this.treasury.onRelease(release, caseIds.get(release.portfolio) ?? null, out);
    this.onRanked(this.inRank([...latest.values()]), now, touched, out);
  }

  private inRank(reports: readonly PortfolioReport[]): (PortfolioReport & Ranked)[] {
    const { rank, limits } = this.policy;
    return reports.map((report) => rankedBy(report, rank, this.instruments, limits)).sort(compareRanked);
  }

  /** `ordersChanged`: portfolios whose orders have changed already. */
  private onRanked(
    order: readonly (PortfolioReport & Ranked)[],
    now: Moment,
    ordersChanged: ReadonlySet<string>,
    out: Outbox,
  ): void {
    this.treasury.touched.clear();
    const rows = this.onBatch(order, now, ordersChanged, out);
    out.signals = rows;
    this.settle(now, out);
  }

  /** What cases have done may have changed others: whoever is in default by it is a case in the same record. Until nobody is. */
  private settle(now: Moment, out: Outbox): void {
    for (let order = this.fallen(); order.length > 0; order = this.fallen()) {
      out.signals = [...out.signals, ...this.onBatch(order, now, NOBODY, out)];
    }
  }

  /** Of those whom cases have changed, reports of whoever is in default by it and is no case yet: cases that are open have learnt of it. */
  private fallen(): (PortfolioReport & Ranked)[] {
    const { touched } = this.treasury;
    const reports = [...touched]
      .filter((portfolio) => !this.cases.has(portfolio))
      .map((portfolio) => this.port.report(portfolio));
    touched.clear();
    return this.inRank(reports.filter(({ standing }) => standing === 'liquidatable' || standing === 'insolvent'));
  }

  private onBatch(
    order: readonly (PortfolioReport & Ranked)[],
    now: Moment,
    ordersChanged: ReadonlySet<string>,
    out: Outbox,
  ): Signal[] {
    const { touched } = this.treasury;
    const inDefault = new Set<string>();
    for (const { portfolio, standing } of order) if (standing === 'liquidatable') inDefault.add(portfolio);
    const context = this.context(now, out, inDefault);
    const rows: Signal[] = [];
    for (const found of order) {
      const { portfolio } = found;
      const known = this.cases.caseOf(portfolio);
      const markets = marketsOf(found.rows.length > 0 ? found : (known?.report ?? found));
      // What another case has led to may have changed it since it was reported.
      const report = touched.has(portfolio) ? ranked(this.port.report(portfolio)) : found;
      const hasChanged = this.cases.onReport(report, context) || ordersChanged.has(portfolio);
      const after = touched.has(portfolio) ? ranked(this.port.report(portfolio)) : report;
      const row = this.signal(after, markets, hasChanged);
      if (row !== null) rows.push(row);
    }
    return rows;
  }

  /** What is new of portfolios between ticks. */
  private signalAgain(portfolios: Iterable<string>, out: Outbox): void {
    const rows: Signal[] = [];
    for (const portfolio of portfolios) {
      const known = this.cases.caseOf(portfolio)?.report;
      if (known === undefined && !this.signals.hasSaid(portfolio)) continue;
      const report = known ?? this.port.report(portfolio);
      const row = this.signal(ranked(report), marketsOf(report), true);
      if (row !== null) rows.push(row);
    }
    out.signals = rows;
  }

  private signal(report: PortfolioReport & Ranked, markets: readonly number[], ordersChanged: boolean): Signal | null {
    if (report.standing === 'unpriced') return null;
    if (report.standing === 'liquidatable') return this.signals.breached(report, markets, ordersChanged);
    return this.signals.recovered(report.portfolio, markets, report);
  }

  /** What decides from here on, as plain data; for snapshots and the state hash. */
  state(): CaseHalfState {
    const { gates, desk, cases, ledger, fund, standby, calls, signals, deficit } = this;
    return {
      gates: gates.save(),
      mode: desk.mode,
      limits: desk.limits.save(),
      orders: desk.table.save(),
      cases: cases.save(),
      ledger: ledger.save(),
      fund: fund.save(),
      standby: standby.save(),
      calls: calls.save(),
      said: [...signals.deficitsSaid()],
      deficit,
    };
  }

  save(): NamedBuffer[] {
    return [plainBuffer('state', this.state())];
  }

  restore(from: BufferReader): void {
    const state = from.plain('state') as CaseHalfState;
    this.gates.restore(state.gates);
    this.desk.mode = state.mode;
    this.desk.limits.restore(state.limits);
    this.desk.table.restore(state.orders);
    this.cases.restore(state.cases);
    this.ledger.restore(state.ledger);
    this.fund.restore(state.fund);
    this.standby.restore(state.standby);
    this.calls.restore(state.calls);
    this.signals.restore(state.said);
    this.deficit = state.deficit;
  }

  private context(now: Moment, out: Outbox, inDefault: ReadonlySet<string>): Context {
    const { instruments, policy, port, treasury, fund, desk, gates, standby, cases } = this;
    const isInCase = (portfolio: string): boolean => cases.has(portfolio) || inDefault.has(portfolio);
    return { now, out, instruments, policy, port, treasury, fund, desk, gates, standby, isInCase };
  }
}

/** Of rows that come by market. */
function marketsOf(report: PortfolioReport): number[] {
  const markets: number[] = [];
  for (const { market } of report.rows) if (markets.at(-1) !== market) markets.push(market);
  return markets;
}
