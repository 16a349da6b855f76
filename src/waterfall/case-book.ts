/**
 * The cases that are open: opened at the breach, followed report by report, ended when restored or closed. Reads reports, acknowledgements,
 * executions and bids; never the store.
 */
import { legOf, legOfRow, type Order } from '../dispatch/orders.js';
import { deficitOf } from '../dispatch/ranking.js';
import type { CaseEvent } from '../model/effects.js';
import { divide, type Fraction, fractionToUnits, subtract, ZERO } from '../model/fraction.js';
import { accountOf, EXACT_DECIMALS, type Lots } from '../model/portfolio.js';
import type { Bid, BreachRow, OrderAck, PortfolioReport } from '../model/records.js';
import { takeBid } from './bids.js';
import { type Case, freshMemory } from './case.js';
import type { Context } from './context.js';
import { expectedLoss, settleAssets } from './expected-loss.js';
import { advance, endAuctions, startOver } from './machine.js';

/** Plain data: what a snapshot keeps. */
export interface CaseBookState {
  readonly cases: readonly Case[];
  readonly opened: number;
  readonly liquidations: number;
}

export class CaseBook {
  private readonly cases = new Map<string, Case>();
  /** Cases opened so far: keeps ids apart when two are opened at one moment. */
  private opened = 0;
  /** Cases in which something was closed. */
  liquidations = 0;
  private readonly onOpened: (portfolio: string) => void;

  /** `onOpened` is told of a case when nothing has been done about it yet. */
  constructor(onOpened: (portfolio: string) => void = () => undefined) {
    this.onOpened = onOpened;
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

  has(portfolio: string): boolean {
    return this.cases.has(portfolio);
  }

  /** In the order in which they were opened. */
  open(): Iterable<Case> {
    return this.cases.values();
  }

  /** Takes in a portfolio's report: opens, follows or ends its case. True when its orders changed. */
  onReport(report: PortfolioReport, context: Context): boolean {
    const { out, desk } = context;
    const before = out.orders.length;
    const known = this.cases.get(report.portfolio);
    if (report.standing === 'unpriced') {
      if (known === undefined) return false;
      // Nothing new goes out on what was known before; and what is out goes when the portfolio changed, for its position may be gone.
      const hasChanged = report.version !== known.report.version;
      this.learn(report);
      known.waiting = 'unpriced';
      return hasChanged && desk.cancelAll(report.portfolio, out);
    }
    const isDefault = report.standing === 'liquidatable' || report.standing === 'insolvent';
    if (known === undefined && !isDefault) return false;
    const subject = known ?? this.openCase(report, context);
    subject.report = report;
    subject.rejected = null;
    for (const { market } of report.rows) subject.markets.add(market);
    if (desk.table.ofPortfolio(report.portfolio).size > 0) {
      // Reduce-only: more than is there must not be closed, whatever keeps the case from going on.
      const fits = (row: BreachRow): boolean =>
        (desk.orderOn(report.portfolio, legOfRow(row))?.remaining ?? 0) <= Math.abs(row.lots);
      desk.cancelAll(report.portfolio, out, new Set(report.rows.filter(fits).map(legOfRow)));
    }
    this.advance(subject, context);
    return out.orders.length > before;
  }

  /** A portfolio was changed by what another case led to: its own, if it has one, goes on from there. */
  learn(report: PortfolioReport): void {
    const known = this.cases.get(report.portfolio);
    if (known === undefined) return;
    const { standing, version } = report;
    known.report = standing === 'unpriced' ? { ...known.report, standing, version } : report;
  }

  /** The executor's word on orders; returns the portfolios whose orders changed. */
  onAcks(acks: readonly OrderAck[], context: Context): Set<string> {
    const { desk, out } = context;
    const changed = new Set<string>();
    for (const ack of acks) {
      const order = desk.onAck(ack, out);
      if (order === null) continue;
      changed.add(order.portfolio);
      const subject = this.cases.get(order.portfolio);
      if (subject === undefined) continue;
      const leg = legOf(order.market, order.side);
      // An order of an earlier case, or of a stage that is left, says nothing of what this one has tried.
      const isOwn = order.caseId === subject.caseId;
      if (isOwn && ack.state === 'unfilled') {
        subject.memory.failures ??= new Map();
        subject.memory.failures.set(leg, (subject.memory.failures.get(leg) ?? 0) + 1);
      }
      if (ack.state === 'rejected') {
        subject.rejected ??= new Set();
        subject.rejected.add(leg);
      }
    }
    for (const portfolio of changed) this.advanceOf(portfolio, context);
    return changed;
  }

  /** An execution of an order that is out, or of one that was told to have ended before its trade came. */
  onExecution(order: Order, executed: Lots, { desk, out }: Context): void {
    const subject = this.cases.get(order.portfolio);
    if (subject !== undefined && subject.caseId === order.caseId && !subject.hasClosed) {
      subject.hasClosed = true;
      this.liquidations += 1;
    }
    desk.onExecution(order, executed, out);
  }

  /** Bids in auctions that are held; those in others come too late. */
  onBids(bids: readonly Bid[], context: Context): void {
    for (const bid of bids) {
      const subject = this.cases.get(portfolioOfAuction(bid.auctionId));
      const entry = subject === undefined ? undefined : context.policy.stages[subject.entry];
      const auction = subject?.memory.auctions.find(({ auctionId }) => auctionId === bid.auctionId);
      if (subject === undefined || auction === undefined || entry?.stage !== 'auction') continue;
      const hadClosed = subject.hasClosed;
      if (!takeBid(subject, entry, auction, bid, context)) continue;
      if (!hadClosed) this.liquidations += 1;
      this.advance(subject, context);
    }
  }

  /** All cases begin at the first stage again: what they passed by in shadow mode was not done. */
  startOver(context: Context): void {
    for (const subject of this.cases.values()) startOver(subject, 'live', context);
  }

  /** Time has passed, or something that was in the way is not any more. */
  onTime(context: Context): void {
    for (const portfolio of [...this.cases.keys()]) this.advanceOf(portfolio, context);
  }

  private advanceOf(portfolio: string, context: Context): void {
    const subject = this.cases.get(portfolio);
    if (subject !== undefined && subject.report.standing !== 'unpriced') this.advance(subject, context);
  }

  private advance(subject: Case, context: Context): void {
    const hadClosed = subject.hasClosed;
    const done = advance(subject, context);
    if (!hadClosed && subject.hasClosed) this.liquidations += 1;
    if (done) this.endCase(subject, context);
  }

  private openCase(report: PortfolioReport, context: Context): Case {
    const { now, out, fund, policy, instruments, port } = context;
    this.opened += 1;
    const opened: Case = {
      caseId: `${report.portfolio}@${now.timeUs}.${this.opened}`,
      portfolio: report.portfolio,
      openedUs: now.timeUs,
      deficit: deficitOf(report),
      report,
      entry: 0,
      isEntered: false,
      memory: freshMemory(now.timeUs),
      orderCount: 0,
      auctionCount: 0,
      tradeCount: 0,
      hasClosed: false,
      isUnfillable: false,
      markets: new Set(report.rows.map(({ market }) => market)),
      absorbed: ZERO,
      rejected: null,
      passedBy: null,
      waiting: '',
    };
    this.cases.set(report.portfolio, opened);
    this.onOpened(report.portfolio);
    port.follow(report.portfolio, true);
    const funds = policy.stages.filter((entry) => entry.stage === 'fund');
    // Its worst expected loss, in the assets that its positions settle in by their share of it, as the first stage says that pays in the asset.
    const assets = settleAssets(report.rows, instruments);
    for (const [asset, index] of assets) {
      const stage = funds.find((entry) => entry.assets === null || entry.assets.has(asset));
      if (stage === undefined) continue;
      const rows = report.rows.filter(({ market }) => instruments.markets[market].settleAsset === asset);
      const equity = assets.length === 1 ? report.equity : ZERO;
      const loss = expectedLoss({ rows, equity }, stage.reserve, instruments);
      fund.reserve(opened.caseId, asset, fractionToUnits(divide(loss, index), EXACT_DECIMALS, 'up'), opened.markets);
    }
    out.cases.push(caseEvent(opened, 'opened', now.timeUs));
    freeze(opened, 'frozen', context);
    return opened;
  }

  private endCase(ended: Case, context: Context): void {
    const { desk, out, fund, port, treasury, now } = context;
    this.cases.delete(ended.portfolio);
    desk.cancelAll(ended.portfolio, out);
    endAuctions(ended, context);
    fund.release(ended.caseId);
    for (const release of port.follow(ended.portfolio, false)) {
      treasury.onRelease(release, ended.caseId, out);
      treasury.touch([port.report(release.account)]);
    }
    out.cases.push({
      ...caseEvent(ended, 'ended', now.timeUs),
      badDebt: ended.absorbed,
      outcome: ended.report.positions === 0 && (ended.hasClosed || ended.markets.size > 0) ? 'closed' : 'recovered',
    });
    freeze(ended, 'released', context);
  }

  save(): CaseBookState {
    return { cases: [...this.cases.values()], opened: this.opened, liquidations: this.liquidations };
  }

  restore({ cases, opened, liquidations }: CaseBookState): void {
    for (const each of cases) this.cases.set(each.portfolio, each);
    this.opened = opened;
    this.liquidations = liquidations;
  }
}

/** Ids of auctions are `portfolio@time.number!number`; a portfolio has no `@`. */
function portfolioOfAuction(auctionId: string): string {
  return auctionId.slice(0, Math.max(0, auctionId.lastIndexOf('@')));
}

/** The account must not withdraw what its case may need: told when it opens and when it ends. */
function freeze({ portfolio, report }: Case, event: 'frozen' | 'released', { out, now }: Context): void {
  const free = subtract(report.equity, report.maintenance);
  const freeCollateral: Fraction = free.n > 0n ? free : ZERO;
  out.freezes.push({ account: accountOf(portfolio), portfolio, event, freeCollateral, timeUs: now.timeUs });
}

function caseEvent(subject: Case, event: CaseEvent['event'], timeUs: number): CaseEvent {
  const { caseId, portfolio, openedUs, deficit } = subject;
  return { caseId, portfolio, event, timeUs, openedUs, deficit, badDebt: null, outcome: null };
}
