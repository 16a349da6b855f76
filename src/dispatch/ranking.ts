/** The order in which liquidations are told and sent: the largest deficit first. */
import { compare, type Fraction, fractionToNumber, subtract } from '../model/fraction.js';
import { compareIds } from '../model/portfolio.js';
import type { Valuation } from '../model/records.js';

export interface Ranked {
  readonly portfolio: string;
  /** maintenance − equity, exact. */
  readonly deficit: Fraction;
  /** The same as a float64, within a few units in the last place. */
  readonly deficitNumber: number;
}

export function deficitOf(valuation: Valuation): Fraction {
  return subtract(valuation.maintenance, valuation.equity);
}

export function ranked<T extends { readonly portfolio: string } & Valuation>(report: T): T & Ranked {
  const deficit = deficitOf(report);
  return { ...report, deficit, deficitNumber: fractionToNumber(deficit) };
}

/** Float64 deficits that differ by more than this, relatively, differ the same way exactly: each is within 2^-50 of the truth. */
const CERTAIN = 1e-12;

/**
 * A total order: exact deficit descending, then portfolio id by code units ascending. The floats only save the exact comparison where
 * they cannot be wrong.
 */
export function compareRanked(a: Ranked, b: Ranked): -1 | 0 | 1 {
  const difference = b.deficitNumber - a.deficitNumber;
  const certain = CERTAIN * Math.max(Math.abs(a.deficitNumber), Math.abs(b.deficitNumber));
  if (Math.abs(difference) > certain) return difference < 0 ? -1 : 1;
  const exact = compare(b.deficit, a.deficit);
  return exact !== 0 ? exact : compareIds(a.portfolio, b.portfolio);
}
