/** Exact figures of one position of a portfolio, beside its equity: what deleveraging and shared losses are decided on. It ranks nobody. */
import { countedOf, leastCounting } from '../model/collateral.js';
import { assert } from '../model/errors.js';
import { divide, type Fraction, fractionToUnits, fromDecimal, multiply, subtract } from '../model/fraction.js';
import { entryValue, unitsOf, unitValue } from '../model/margin.js';
import { EXACT_DECIMALS, type Position } from '../model/portfolio.js';
import type { Scanner } from './scanner.js';

/** Signed worth at entry and at the mark, in the settle asset. The unrealised PnL is the difference; funding is apart. */
export interface Worth {
  readonly entry: Fraction;
  readonly mark: Fraction;
}

/** Of a market that has a mark. */
export function worthOf({ book, verdict }: Scanner, position: Position): Worth {
  const market = book.instruments.markets[position.market];
  const mark = verdict.markOf(position.market);
  assert(mark !== null, 'expected a position with a mark');
  return {
    entry: entryValue(market, position),
    mark: multiply(unitsOf(market, position.lots), unitValue(market, fromDecimal(mark))),
  };
}

export function profitOf({ entry, mark }: Worth): Fraction {
  return subtract(mark, entry);
}

/** Floored to 10^-18. */
export function floored(amount: Fraction): bigint {
  return fractionToUnits(amount, EXACT_DECIMALS, 'down');
}

/**
 * How much of an asset the portfolio that the verdict judged last can lose until its equity is zero, everything else as it is: E − e, with e the least equity
 * in the asset that still counts what the other assets owe. Of a portfolio with equity ≥ 0 that has the asset.
 */
export function spareIn({ book, verdict }: Scanner, asset: number, equity: Fraction): Fraction {
  const held = verdict.assets().find((each) => each.asset === asset);
  assert(held !== undefined, 'expected the asset among those of the portfolio');
  const rules = book.instruments.assets[asset];
  const others = subtract(divide(equity, held.index), countedOf(rules, held.equity));
  const least = leastCounting(rules, { n: -others.n, d: others.d });
  assert(least !== null, 'expected an equity that is not below zero');
  return subtract(held.equity, least);
}
