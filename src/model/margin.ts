/**
 * The oracle: equity and maintenance of a portfolio as plain exact fractions, written to be read beside model.md. Slow and
 * obvious. The scan's verdict is a second implementation that shares no code with it, and tests hold the two equal.
 */
import type { Decimal } from './decimal.js';
import { absolute, add, compare, type Fraction, fraction, fromDecimal, multiply, reduce, subtract, ZERO } from './fraction.js';
import type { Instruments, Market } from './instruments.js';
import { EXACT_DECIMALS, type Portfolio, type Position } from './portfolio.js';
import type { Valuation } from './records.js';
import { requirementAt } from './requirement.js';

/** The exact worth of one unit of `Cash`, and of price in a `Cost`: 10^-18. */
const EXACT_UNIT = fromDecimal({ units: 1n, decimals: EXACT_DECIMALS });

export interface PositionValuation {
  readonly position: Position;
  readonly mark: Decimal;
  /** |size · contractSize · mark| */
  readonly notional: Fraction;
  readonly unrealizedPnl: Fraction;
  readonly maintenance: Fraction;
}

/** Unknown is a state: a portfolio with a row that has no mark has no equity, not a smaller one. */
export type PortfolioValuation =
  | { readonly priced: false; readonly missing: readonly number[] }
  | ({ readonly priced: true; readonly positions: readonly PositionValuation[] } & Valuation);

/** Mark of a market by index, null when there is none. */
export type MarkOf = (market: number) => Decimal | null;

/** What one lot is worth at a price of 1: lot · contractSize. */
export function lotValue(market: Market): Fraction {
  return multiply(fromDecimal(market.lot), fromDecimal(market.contractSize));
}

/** Signed entry cost in the settle asset: Σ size · contractSize · entry. */
export function entryCost(market: Market, position: Position): Fraction {
  return multiply(multiply(fraction(position.cost), EXACT_UNIT), lotValue(market));
}

/** PnL = size·contractSize·mark − cost; requirement = f(notional at the mark, or at entry, as the rule's basis says). */
export function valuePosition(market: Market, position: Position, mark: Decimal): PositionValuation {
  const value = multiply(multiply(fraction(BigInt(position.lots)), lotValue(market)), fromDecimal(mark));
  const cost = entryCost(market, position);
  const notional = absolute(value);
  const basis = market.maintenance.basis === 'mark' ? notional : absolute(cost);
  return {
    position,
    mark,
    notional: reduce(notional),
    unrealizedPnl: reduce(subtract(value, cost)),
    maintenance: reduce(requirementAt(market.maintenance, basis)),
  };
}

/** equity = cash + Σ PnL; maintenance = Σ f. Nothing is rounded. */
export function valuePortfolio(portfolio: Portfolio, instruments: Instruments, markOf: MarkOf): PortfolioValuation {
  const missing: number[] = [];
  const positions: PositionValuation[] = [];
  let equity = multiply(fraction(portfolio.cash), EXACT_UNIT);
  let maintenance = ZERO;
  for (const position of portfolio.positions) {
    const mark = markOf(position.market);
    if (mark === null) {
      if (!missing.includes(position.market)) missing.push(position.market);
      continue;
    }
    const valued = valuePosition(instruments.markets[position.market], position, mark);
    positions.push(valued);
    equity = add(equity, valued.unrealizedPnl);
    maintenance = add(maintenance, valued.maintenance);
  }
  if (missing.length > 0) return { priced: false, missing };
  return { priced: true, equity: reduce(equity), maintenance: reduce(maintenance), positions };
}

/** requirement > 0 and equity < maintenance (or ≤, a rule of the venue). */
export function isLiquidatable(valuation: Valuation, rule: Instruments['liquidateWhen']): boolean {
  if (valuation.maintenance.n <= 0n) return false;
  const side = compare(valuation.equity, valuation.maintenance);
  return rule === 'equity<=maintenance' ? side <= 0 : side < 0;
}

/** Nothing left to liquidate, and less than nothing left: a case for the fund. */
export function isInsolvent(valuation: Valuation): boolean {
  return valuation.maintenance.n <= 0n && valuation.equity.n < 0n;
}

/**
 * Price at which the position's loss equals its share of equity, equity·MM_i/MM, so that closing every position at its own leaves
 * exactly zero: BP = mark − equity·MM_i / (MM · size · contractSize). Null when MM is 0.
 */
export function bankruptcyPrice(
  market: Market,
  row: { readonly lots: number; readonly mark: Decimal; readonly maintenance: Fraction },
  portfolio: Valuation,
): Fraction | null {
  if (portfolio.maintenance.n === 0n) return null;
  const size = multiply(fraction(BigInt(row.lots)), lotValue(market));
  const share = multiply(portfolio.equity, row.maintenance);
  const whole = multiply(portfolio.maintenance, size);
  return subtract(fromDecimal(row.mark), fraction(share.n * whole.d, share.d * whole.n));
}
