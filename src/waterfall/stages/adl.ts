/** Auto-deleveraging: opposing positions are closed against the bankrupt one, the best ranked first, until nothing is left of it. */
import type { AdlMethod, AdlTarget } from '../../model/book-port.js';
import { type Decimal, divideRounded } from '../../model/decimal.js';
import { divide, fraction, fractionToUnits, fromDecimal, multiply, negate, subtract, ZERO } from '../../model/fraction.js';
import { unitsOf, unitValue } from '../../model/margin.js';
import { accountOf, cash, EXACT_DECIMALS, type Lots, lots, sideOf } from '../../model/portfolio.js';
import type { BreachRow } from '../../model/records.js';
import type { Case } from '../case.js';
import { openRows, passBy, rowsIn } from '../closing.js';
import { AGAIN, type Context, on, type Stage, wait } from '../context.js';
import { fundBefore, isCovered, payableBy } from '../expected-loss.js';
import { shareLoss } from '../formulas/loss-sharing.js';
import { atMark, bankruptcyOrMark, type Part, tradeInside } from '../inside-trades.js';
import type { AdlStage } from '../policy.js';

export const adl: Stage<AdlStage> = (subject, entry, context) => {
  const rows = rowsIn(subject, entry);
  if (rows.length === 0) return on('no-position');
  const before = fundBefore(subject, context);
  if (before !== null && !subject.isUnfillable && isCovered(subject, before.stage, context)) {
    return { next: 'back', entry: before.entry, why: 'fund-covers' };
  }
  const { open, closed, blocked } = openRows(rows, context);
  // One at a time: of the others what they need, and so their price, may have changed by it.
  if (open.some((row) => deleverage(subject, row, entry, context))) return AGAIN;
  if (blocked !== null && open.length === 0) return wait(blocked);
  passBy(subject, closed);
  return on('no-counterparty');
};

/** Whether somebody took some of it. */
function deleverage(subject: Case, row: BreachRow, entry: AdlStage, context: Context): boolean {
  const price = entry.price === 'mark' ? atMark(row) : bankruptcyOrMark(subject, row, context);
  const size = lots(Math.abs(row.lots));
  const own = accountOf(subject.portfolio);
  // An order of a case that has ended may still be out: what it has executed is not known, and its position not what it seems.
  const isOut = (portfolio: string): boolean => context.desk.table.ofPortfolio(portfolio).size > 0;
  const targets = context.port.adlQueue({
    market: row.market,
    side: row.lots > 0 ? 'short' : 'long',
    method: entry.method,
    lots: size,
    price,
    hedgeAware: entry.hedgeAware,
    isExcluded: (portfolio) =>
      accountOf(portfolio) === own || context.isInCase(portfolio) || isOut(portfolio) || isBackstop(portfolio, context),
  });
  const taken = takenOf(entry.method, size, targets);
  if (taken.length === 0) return false;
  tell(subject, row, price, taken, context);
  const parts = taken.map(({ target, count }): Part => ({ row, lots: count, price, counterparty: target.portfolio }));
  tradeInside(subject, parts, context);
  return true;
}

function isBackstop(portfolio: string, { policy }: Context): boolean {
  return policy.stages.some((entry) => entry.stage === 'backstop' && entry.account === accountOf(portfolio));
}

export interface Taken {
  readonly target: AdlTarget;
  readonly count: Lots;
}

/** How many lots each target gives up of a position of so many. */
export function takenOf(method: AdlMethod, size: Lots, targets: readonly AdlTarget[]): Taken[] {
  return method === 'pro-rata' ? proRata(size, targets) : inOrder(size, targets);
}

function inOrder(size: Lots, targets: readonly AdlTarget[]): Taken[] {
  const taken: Taken[] = [];
  let left: number = size;
  for (const target of targets) {
    if (left === 0) break;
    const count = Math.min(left, target.lots);
    left -= count;
    taken.push({ target, count: lots(count) });
  }
  return taken;
}

/** Whole lots by unrealised profit; what flooring leaves over goes a lot each, in order. */
function proRata(size: Lots, targets: readonly AdlTarget[]): Taken[] {
  const caps = targets.map((target) => BigInt(target.lots));
  const { shares, remainder } = shareLoss(
    BigInt(size),
    targets.map(({ unrealisedPnl }) => (unrealisedPnl > 0n ? unrealisedPnl : 0n)),
    caps,
  );
  let left = remainder;
  return targets.flatMap((target, i) => {
    const extra = left > 0n && shares[i] < caps[i] && target.unrealisedPnl > 0n ? 1n : 0n;
    left -= extra;
    const count = shares[i] + extra;
    return count === 0n ? [] : [{ target, count: lots(Number(count)) }];
  });
}

/** What each counterparty gives up: the worth of what it closes at the mark, less at the price. */
function tell(subject: Case, row: BreachRow, price: Decimal, taken: readonly Taken[], context: Context): void {
  const { instruments, out, now } = context;
  let needed: number = leastLots(subject, row, context);
  const market = instruments.markets[row.market];
  const better = subtract(unitValue(market, fromDecimal(row.mark)), unitValue(market, fromDecimal(price)));
  for (const { target, count } of taken) {
    const held = unitsOf(market, row.lots > 0 ? -count : count);
    out.adl.push({
      caseId: subject.caseId,
      portfolio: subject.portfolio,
      counterparty: target.portfolio,
      market: row.market,
      side: sideOf(row.lots),
      lots: count,
      needed: lots(Math.min(needed, count)),
      price,
      forgone: cash(fractionToUnits(multiply(held, better), EXACT_DECIMALS, 'nearest')),
      timeUs: now.timeUs,
    });
    needed -= Math.min(needed, count);
  }
}

/**
 * The least lots whose deleveraging leaves no more loss at the marks than the fund may pay: ⌈lots · (loss − payable) / loss⌉, as every lot that is closed at
 * the bankruptcy price takes its part of the loss with it. All, where there is no loss at the marks: then nobody else would take them.
 */
function leastLots(subject: Case, row: BreachRow, context: Context): Lots {
  const size = lots(Math.abs(row.lots));
  const loss = negate(subject.report.equity);
  if (loss.n <= 0n) return size;
  const before = fundBefore(subject, context);
  const missing = subtract(loss, before === null ? ZERO : payableBy(subject, before.stage, context));
  if (missing.n <= 0n) return lots(0);
  const least = multiply(fraction(BigInt(size)), divide(missing, loss));
  return lots(Number(divideRounded(least.n, least.d, 'up')));
}
