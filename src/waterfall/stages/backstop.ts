/** A backstop account takes positions over at their bankruptcy price, while it has the means and has not lost too much by it. */
import { add, compare, type Fraction, fromDecimal, multiply, ONE, subtract, ZERO } from '../../model/fraction.js';
import { lots } from '../../model/portfolio.js';
import type { BreachRow } from '../../model/records.js';
import type { Case } from '../case.js';
import { openRows, rowsIn } from '../closing.js';
import { AGAIN, type Context, on, type Stage, wait } from '../context.js';
import { bankruptcyOrMark, canBear, lossAtMark, type Part, tradeInside } from '../inside-trades.js';
import type { BackstopStage } from '../policy.js';

export const backstop: Stage<BackstopStage> = (subject, entry, context) => {
  const { report } = subject;
  const rows = rowsIn(subject, entry);
  if (rows.length === 0) return on('no-position');
  if (compare(report.equity, multiply(entry.below, report.maintenance)) >= 0) return on('above-threshold');
  const { blocked } = openRows(rows, context);
  if (blocked !== null) return wait(blocked);
  const parts = rows.map((row): Part => {
    return { row, lots: lots(Math.abs(row.lots)), price: bankruptcyOrMark(subject, row, context), counterparty: entry.account };
  });
  const loss = parts.reduce((sum, part) => add(sum, lossAtMark(part, context)), ZERO);
  const refusal = refusalOf(entry, rows, loss, context) ?? tooSmall(subject, entry, parts, context);
  if (refusal !== null) return on(refusal);
  context.standby.lose(loss);
  tradeInside(subject, parts, context);
  return AGAIN;
};

/** Its requirement grows by more than what was needed of the defaulter where that pushes it into dearer tiers, or nothing was needed of a hedge's leg. */
function tooSmall(subject: Case, { account }: BackstopStage, parts: readonly Part[], context: Context): string | null {
  const factor = add(ONE, context.policy.liquidationTarget);
  return canBear(subject, parts, account, { more: ZERO, factor }, context) ? null : 'backstop-too-small';
}

/** Why the backstop does not take it, a word; null: it does. It must stay above maintenance with as much again for what it takes over. */
function refusalOf(entry: BackstopStage, rows: readonly BreachRow[], loss: Fraction, context: Context): string | null {
  const { port, standby, policy } = context;
  if (context.isInCase(entry.account)) return 'backstop-in-default';
  const { standing, equity, maintenance, version } = port.report(entry.account);
  if (version === 0) return 'no-backstop';
  if (standing !== 'healthy') return `backstop-${standing}`;
  if (entry.lossLimit !== null && compare(add(standby.backstopLoss, loss), fromDecimal(entry.lossLimit)) > 0) return 'loss-limit';
  const taken = rows.reduce((sum, row) => add(sum, row.maintenance), ZERO);
  const needed = multiply(add(ONE, policy.liquidationTarget), add(maintenance, add(taken, taken)));
  return compare(subtract(equity, loss), needed) < 0 ? 'backstop-too-small' : null;
}
