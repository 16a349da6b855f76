/** What a case is expected to lose beyond its equity when it is closed at a worse price than the mark, and whether the fund covers that. */
import { add, compare, type Fraction, multiply, reduce, subtract, ZERO } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import type { BreachRow, PortfolioReport } from '../model/records.js';
import type { Case } from './case.js';
import { rowsIn } from './closing.js';
import type { Context } from './context.js';
import { worthOf } from './losses.js';
import type { FundStage } from './policy.js';

/** max(0, rate · Σ notional − equity), in the valuation asset. */
export function expectedLoss(
  { rows, equity }: Pick<PortfolioReport, 'rows' | 'equity'>,
  rate: Fraction,
  { markets }: Instruments,
): Fraction {
  const notional = rows.reduce(
    (sum, row) => reduce(add(sum, multiply(notionalAt(markets[row.market], row.lots, row.mark), row.index))),
    ZERO,
  );
  const loss = subtract(multiply(rate, notional), equity);
  return loss.n > 0n ? loss : ZERO;
}

/** Assets that a case's positions settle in, with their index prices; by asset. */
export function settleAssets(rows: readonly BreachRow[], { markets }: Instruments): readonly (readonly [number, Fraction])[] {
  const found = new Map<number, Fraction>();
  for (const { market, index } of rows) found.set(markets[market].settleAsset, index);
  return [...found].sort(([a], [b]) => a - b);
}

/** Whether a fund stage may pay all that the case is expected to lose; a fund without anything covers nothing. */
export function isCovered(subject: Case, stage: FundStage, context: Context): boolean {
  const loss = expectedLoss(subject.report, stage.reserve, context.instruments);
  const available = payableBy(subject, stage, context);
  return available.n > 0n && compare(available, loss) >= 0;
}

/** What a fund stage may pay now for the assets that the case's positions settle in, in the valuation asset. */
export function payableBy({ report, caseId, markets }: Case, stage: FundStage, { fund, instruments, now }: Context): Fraction {
  return settleAssets(report.rows, instruments)
    .filter(([asset]) => stage.assets === null || stage.assets.has(asset))
    .reduce(
      (sum, [asset, index]) => add(sum, worthOf(fund.available(caseId, asset, markets, index, stage, now.timeUs), index)),
      ZERO,
    );
}

/** The last fund stage before a case's place in the policy that would close a position of it, and its place; null: none. */
export function fundBefore(subject: Case, { policy }: Context): { readonly stage: FundStage; readonly entry: number } | null {
  for (let i = subject.entry - 1; i >= 0; i--) {
    const stage = policy.stages[i];
    if (stage.stage === 'fund' && rowsIn(subject, stage).length > 0) return { stage, entry: i };
  }
  return null;
}
