/** How stages close positions by orders: at most one an order's leg, as often as the policy lets it try, never on a mark that is not good enough. */
import { legOfRow } from '../dispatch/orders.js';
import { limitOf } from '../dispatch/sizing.js';
import { bankruptcyPrice } from '../model/bankruptcy.js';
import type { Decimal } from '../model/decimal.js';
import type { OrderStage } from '../model/effects.js';
import { add, type Fraction, fromDecimal, multiply, ONE, subtract } from '../model/fraction.js';
import type { Market } from '../model/instruments.js';
import { type Lots, lots } from '../model/portfolio.js';
import type { BreachRow, PortfolioReport } from '../model/records.js';
import type { Case } from './case.js';
import { type Context, on, type Step, wait } from './context.js';
import { fillableAt } from './formulas/bankruptcy-dydx.js';
import type { OrderTerms, PricePolicy, Scope } from './policy.js';

/** So much of a position is to be closed. */
export interface Closing {
  readonly row: BreachRow;
  /** Above zero, at most the position's. */
  readonly lots: Lots;
}

/** Rows of a case that an entry of the policy is for. */
export function rowsIn(subject: Pick<Case, 'report'>, { markets }: Scope): readonly BreachRow[] {
  const { rows } = subject.report;
  return markets === null ? rows : rows.filter(({ market }) => markets.has(market));
}

/** Rows whose markets may be acted in now, the others, and why one of those may not, a word; null: all may. */
export function openRows(
  rows: readonly BreachRow[],
  { gates, now }: Pick<Context, 'gates' | 'now'>,
): { readonly open: readonly BreachRow[]; readonly closed: readonly BreachRow[]; readonly blocked: string | null } {
  const reasons = rows.map(({ market }) => gates.ofMarket(market, now.timeUs));
  const blocked = reasons.find((why) => why !== null) ?? null;
  return { open: rows.filter((_, i) => reasons[i] === null), closed: rows.filter((_, i) => reasons[i] !== null), blocked };
}

/** All of each position. */
export function whole(rows: readonly BreachRow[]): Closing[] {
  return rows.map((row) => ({ row, lots: lots(Math.abs(row.lots)) }));
}

/** The limit of a closing order before it is rounded to the tick; null: none. What is no price of the market is no limit either: see `limitOf`. */
export function exactLimit(price: PricePolicy, market: Market, row: BreachRow, report: PortfolioReport): Fraction | null {
  if (price.kind === 'market') return null;
  // The one that leaves exactly zero after the taker fee.
  if (price.kind === 'bankruptcy') return bankruptcyPrice(market, row, report, market.takerFee);
  if (price.kind === 'fillable') return fillableAt(market, row, report, price.adjustment, price.spread);
  // Of a mark below zero the magnitude moves the other way: the price still moves against the closer.
  const isDown = row.lots > 0 === row.mark.units >= 0n;
  const share = isDown ? subtract(ONE, price.rate) : add(ONE, price.rate);
  return multiply(fromDecimal(row.mark), share);
}

/**
 * Whether no price of the market leaves zero, as so much is owed that a short would have to be bought back for less than nothing (an inverse contract's long sold for more
 * than any price): an order without a limit would be the opposite of what the price policy says.
 */
function isOutOfReach(
  { kind }: PricePolicy,
  limit: Decimal | null,
  market: Market,
  row: BreachRow,
  report: PortfolioReport,
): boolean {
  if (kind !== 'bankruptcy' || limit !== null || report.lossToZero === null || report.lossToZero.n >= 0n) return false;
  return row.lots < 0 === (market.kind !== 'inverse');
}

/** What became of one position's closing. */
type Outcome = 'live' | 'unfilled' | string;

function closeOne(
  subject: Case,
  { row, lots: wanted }: Closing,
  stage: OrderStage,
  terms: OrderTerms,
  context: Context,
): Outcome {
  const { desk, gates, now, out, instruments } = context;
  const { report, memory, portfolio } = subject;
  const leg = legOfRow(row);
  const live = desk.orderOn(portfolio, leg);
  if (live !== undefined) {
    // Reduce-only: more than is there must not be closed.
    if (live.remaining > Math.abs(row.lots)) desk.cancel(live, out);
    return 'live';
  }
  if (desk.hasTurnedOver(portfolio, row, report.rows)) return 'live';
  if ((memory.failures?.get(leg) ?? 0) > terms.retries) return 'unfilled';
  const blocked = gates.ofMarket(row.market, now.timeUs);
  if (blocked !== null) return blocked;
  if (subject.rejected?.has(leg)) return 'rejected';
  if (now.timeUs < (memory.restUntilUs?.get(leg) ?? 0)) return 'cooldown';
  if (desk.mode === 'shadow' && memory.shown?.has(leg)) return 'shadow';
  const market = instruments.markets[row.market];
  const limitPrice = limitOf(exactLimit(terms.price, market, row, report), market, row);
  if (isOutOfReach(terms.price, limitPrice, market, row, report)) return 'unfilled';
  const want = {
    caseId: subject.caseId,
    portfolio,
    row,
    version: report.version,
    lots: wanted,
    limitPrice,
    bankruptcyPrice: bankruptcyPrice(market, row, report),
    stage,
    ttlUs: terms.ttlUs,
  };
  const order = desk.place(want, subject.orderCount + 1, now, out);
  if (order === null) return 'limited';
  subject.orderCount += 1;
  if (desk.mode === 'live') return 'live';
  memory.shown ??= new Set();
  memory.shown.add(leg);
  return 'shadow';
}

/** Hands on what else there is of a case: its rows in markets that may not be acted in are come back to when they may. */
export function passBy(subject: Case, rows: readonly BreachRow[]): void {
  if (rows.length === 0) return;
  const { entry = subject.entry, markets = [] } = subject.passedBy ?? {};
  subject.passedBy = {
    entry: Math.min(entry, subject.entry),
    markets: new Set([...markets, ...rows.map(({ market }) => market)]),
  };
}

/**
 * One step of closing: waits while an order is out or something keeps one from going, hands on when every position was tried often enough. One that may not
 * be acted on now keeps none of the others.
 */
export function close(subject: Case, closings: readonly Closing[], stage: OrderStage, terms: OrderTerms, context: Context): Step {
  const outcomes = closings.map((closing) => closeOne(subject, closing, stage, terms, context));
  const waiting = outcomes.find((outcome) => outcome !== 'live' && outcome !== 'unfilled');
  if (outcomes.includes('live')) return wait('order');
  const others = closings.filter((_, i) => outcomes[i] !== 'unfilled').map(({ row }) => row);
  if (others.length < closings.length && openRows(others, context).open.length === 0) {
    passBy(subject, others);
    return on('unfilled');
  }
  return waiting === undefined ? on(outcomes.length === 0 ? 'nothing-to-close' : 'unfilled') : wait(waiting);
}
