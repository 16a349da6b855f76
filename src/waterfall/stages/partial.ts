/** Partial liquidation: closes what brings the portfolio to its target, in rounds, and hands on what nothing partial can restore. */
import { legOfRow } from '../../dispatch/orders.js';
import { add, reduce } from '../../model/fraction.js';
import type { BreachRow, PortfolioReport } from '../../model/records.js';
import type { Case, StageMemory } from '../case.js';
import { type Closing, close, rowsIn } from '../closing.js';
import type { Context, Stage } from '../context.js';
import { on } from '../context.js';
import { partialLots, withDust } from '../formulas/partial-lots.js';
import { restoreLots } from '../formulas/restore-size.js';
import type { PartialStage } from '../policy.js';

/** What a step closes of each row; a leg that has had its round, and rests, is closed as far as restores. */
export function partialClosings(
  { report, memory }: { readonly report: PortfolioReport; readonly memory: Pick<StageMemory, 'restUntilUs'> },
  entry: PartialStage,
  rows: readonly BreachRow[],
  { instruments, policy }: Pick<Context, 'instruments' | 'policy'>,
): Closing[] {
  // The liquidation fee costs the portfolio as slippage does, and no more than it of the notional at the mark.
  const target = policy.liquidationTarget;
  const isAbove = target.n === 0n && instruments.liquidateWhen === 'equity<=maintenance';
  const terms = { target, slippage: reduce(add(entry.slippage, policy.fees.liquidation)), isAbove };
  const restore = restoreLots(rows, report, instruments.markets, terms);
  const round = partialLots(entry.method, rows, instruments.markets, restore);
  return rows.flatMap((row, i) => {
    const wanted = memory.restUntilUs?.has(legOfRow(row)) ? restore[i] : round[i];
    const count = withDust(wanted, row, instruments.markets[row.market], policy.dust.orderMin);
    return count === 0 ? [] : [{ row, lots: count }];
  });
}

/** Whether even closing all of it leaves the portfolio short: that is what a full liquidation is for. */
function isBeyond(subject: Case, entry: PartialStage, closings: readonly Closing[], rows: readonly BreachRow[]): boolean {
  const { kind } = entry.method;
  if (kind === 'fraction' || kind === 'increment') return subject.report.equity.n <= 0n;
  return closings.length === rows.length && closings.every(({ row, lots }) => lots === Math.abs(row.lots));
}

export const partial: Stage<PartialStage> = (subject, entry, context) => {
  const rows = rowsIn(subject, entry);
  if (rows.length === 0) return on('no-position');
  const { desk, now } = context;
  // What is out is waited for, whatever the sizes of now would be.
  const out = rowsOut(subject, rows, context);
  if (out.length > 0) return close(subject, out, 'partial', entry, context);
  const closings = partialClosings(subject, entry, rows, context);
  if (isBeyond(subject, entry, closings, rows)) return on('beyond-restoring');
  const before = subject.orderCount;
  const step = close(subject, closings, 'partial', entry, context);
  if (entry.method.kind === 'fraction' && subject.orderCount > before) {
    subject.memory.restUntilUs ??= new Map();
    for (const { row } of closings) {
      const leg = legOfRow(row);
      if (desk.orderOn(subject.portfolio, leg) === undefined) continue;
      subject.memory.restUntilUs.set(leg, now.timeUs + entry.method.cooldownUs);
    }
  }
  return step;
};

/** The closings of orders that are out. */
function rowsOut(subject: Case, rows: readonly BreachRow[], { desk }: Context): Closing[] {
  return rows.flatMap((row) => {
    const order = desk.orderOn(subject.portfolio, legOfRow(row));
    return order === undefined ? [] : [{ row, lots: order.remaining }];
  });
}
