/** Why a portfolio is liquidatable now and was not before: its markets moved, or its collateral did. Counterfactuals by the oracle. */
import type { Instruments } from './instruments.js';
import { isLiquidatable, type Prices, valuePortfolio } from './margin.js';
import type { Portfolio } from './portfolio.js';

/**
 * `already`: it was liquidatable at the prices of then. Else by which of the two moves would have breached it alone: `marks` (and their funding)
 * with the indexes still as then, `collateral` (index prices) with the marks still as then, `either` of them, or neither: it took `both`.
 */
export type BreachCause = 'marks' | 'collateral' | 'either' | 'both' | 'already';

/** The marks and funding of one moment with the index prices of another. */
export function mixedPrices(marks: Prices, indexes: Prices): Prices {
  return {
    mark: (market) => marks.mark(market),
    index: (asset) => indexes.index(asset),
    funding: (market) => marks.funding(market),
  };
}

/** Null when it is not liquidatable now, or when a price of either moment is unknown. */
export function breachCause(portfolio: Portfolio, instruments: Instruments, now: Prices, then: Prices): BreachCause | null {
  const isBreached = (prices: Prices): boolean | null => {
    const valuation = valuePortfolio(portfolio, instruments, prices);
    return valuation.priced ? isLiquidatable(valuation, instruments.liquidateWhen) : null;
  };
  if (isBreached(now) !== true) return null;
  const before = isBreached(then);
  if (before !== false) return before === null ? null : 'already';
  const byMarks = isBreached(mixedPrices(now, then));
  const byIndexes = isBreached(mixedPrices(then, now));
  if (byMarks === byIndexes) return byMarks ? 'either' : 'both';
  return byMarks ? 'marks' : 'collateral';
}
