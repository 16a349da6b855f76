/** How exact results are printed: the one place where money is rounded for people. */
import { formatUnits } from './decimal.js';
import { divide, formatFraction, fractionToUnits } from './fraction.js';
import type { Valuation } from './records.js';

export interface PrintedValuation {
  readonly equity: string;
  readonly maintenance: string;
  /** Printed maintenance − printed equity; 0 unless liquidatable. */
  readonly deficit: string;
  readonly badDebt: string;
  /** Six decimals, rounded down; null when maintenance is 0. */
  readonly marginRatio: string | null;
}

export const MARGIN_RATIO_DECIMALS = 6;

/** Equity rounds down and maintenance up, so that what is printed never looks safer than what is. */
export function printValuation(valuation: Valuation, liquidatable: boolean, decimals: number): PrintedValuation {
  const equity = fractionToUnits(valuation.equity, decimals, 'down');
  const maintenance = fractionToUnits(valuation.maintenance, decimals, 'up');
  return {
    equity: formatUnits(equity, decimals),
    maintenance: formatUnits(maintenance, decimals),
    deficit: formatUnits(liquidatable ? maintenance - equity : 0n, decimals),
    badDebt: formatUnits(equity < 0n ? -equity : 0n, decimals),
    marginRatio:
      valuation.maintenance.n === 0n
        ? null
        : formatFraction(divide(valuation.equity, valuation.maintenance), MARGIN_RATIO_DECIMALS, 'down'),
  };
}
