/** Why a portfolio is liquidatable now and was not before: its markets moved, or its collateral did. Counterfactuals by the oracle. */
import type { Instruments } from './instruments.js';
import { isLiquidatable, type Prices, valuePortfolio } from './margin.js';
import type { Portfolio } from './portfolio.js';

/**
 * `already`: it was liquidatable at the prices of then. Else by which of the two moves would have breached it alone: `marks` (and their funding)
 * with the indexes still as then, `collateral` (index prices) with the marks still as then, `either` of them, or neither: it took `both`.
 */
export type BreachCause = 'marks' | 'collateral' | 'either' | 'both' | 'already';

/** Each kind of price as it is at a moment of its own. */
export function mixedPrices(from: { readonly marks: Prices; readonly funding: Prices; readonly indexes: Prices }): Prices {
  return {
    mark: (market) => from.marks.mark(market),
    funding: (market) => from.funding.funding(market),
    index: (asset) => from.indexes.index(asset),
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
  const byMarks = isBreached(mixedPrices({ marks: now, funding: now, indexes: then }));
  const byIndexes = isBreached(mixedPrices({ marks: then, funding: then, indexes: now }));
  if (byMarks === byIndexes) return byMarks ? 'either' : 'both';
  return byMarks ? 'marks' : 'collateral';
}
