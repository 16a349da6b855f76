/** The order in which liquidations are told and sent: the largest deficit first, or the largest expected bad debt. */
import { compare, divide, type Fraction, fractionToNumber, multiply, reduce, subtract, ZERO } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import { compareIds } from '../model/portfolio.js';
import type { PortfolioReport, Valuation } from '../model/records.js';
import { type DispatchLimits, depthOf } from './limits.js';

/** `expected-bad-debt`: deficit × the time to fill at the markets' depth, the longest notional / depth of its positions. */
export type RankBy = 'deficit' | 'expected-bad-debt';

export interface Ranked {
  readonly portfolio: string;
  /** maintenance − equity, exact. */
  readonly deficit: Fraction;
  /** The same as a float64, within a few units in the last place. */
  readonly deficitNumber: number;
  /** What it is ranked by: the deficit, unless the policy says otherwise; and as a float64. */
  readonly key: Fraction;
  readonly keyNumber: number;
}

export function deficitOf(valuation: Valuation): Fraction {
  return subtract(valuation.maintenance, valuation.equity);
}

export function ranked<T extends { readonly portfolio: string } & Valuation>(report: T): T & Ranked {
  const deficit = deficitOf(report);
  const deficitNumber = fractionToNumber(deficit);
  return { ...report, deficit, deficitNumber, key: deficit, keyNumber: deficitNumber };
}

/** As `ranked`, by what the policy ranks by. A market whose depth nobody knows takes no time. */
export function rankedBy(
  report: PortfolioReport,
  by: RankBy,
  { markets }: Instruments,
  limits: Pick<DispatchLimits, 'depth'>,
): PortfolioReport & Ranked {
  const deficit = deficitOf(report);
  const deficitNumber = fractionToNumber(deficit);
  // Member by member: a spread of so many reports would take longer than ranking them.
  const { portfolio, standing, version, equity, maintenance, positions, lossToZero, rows, assets, openOrders } = report;
  const plain = {
    portfolio,
    standing,
    version,
    equity,
    maintenance,
    positions,
    lossToZero,
    rows,
    assets,
    openOrders,
    deficit,
    deficitNumber,
    key: deficit,
    keyNumber: deficitNumber,
  };
  if (by === 'deficit') return plain;
  let longest = ZERO;
  for (const row of report.rows) {
    const depth = depthOf(markets[row.market], limits);
    const time = depth === null ? ZERO : divide(notionalAt(markets[row.market], row.lots, row.mark), depth);
    if (compare(time, longest) > 0) longest = time;
  }
  const key = reduce(multiply(plain.deficit, longest));
  return { ...plain, key, keyNumber: fractionToNumber(key) };
}

/** Float64 keys that differ by more than this, relatively, differ the same way exactly: each is within 2^-50 of the truth. */
const CERTAIN = 1e-12;

/**
 * A total order: exact key descending, then portfolio id by code units ascending. The floats only save the exact comparison where
 * they cannot be wrong.
 */
export function compareRanked(a: Ranked, b: Ranked): -1 | 0 | 1 {
  const difference = b.keyNumber - a.keyNumber;
  const certain = CERTAIN * Math.max(Math.abs(a.keyNumber), Math.abs(b.keyNumber));
  if (Math.abs(difference) > certain) return difference < 0 ? -1 : 1;
  const exact = compare(b.key, a.key);
  return exact !== 0 ? exact : compareIds(a.portfolio, b.portfolio);
}
