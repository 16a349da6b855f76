/** How much an order closes and at what limit. The policy of this release is `full-close`: everything, at the bankruptcy price. */
import { type Decimal, divideRounded, type Rounding } from '../model/decimal.js';
import { divide, type Fraction, fromDecimal, multiply } from '../model/fraction.js';
import type { Market } from '../model/instruments.js';
import { bankruptcyPrice } from '../model/margin.js';
import type { BreachRow, Valuation } from '../model/records.js';

/** The name of the policy, as it is told in reports. */
export const POLICY = 'full-close';

/** A multiple of the market's tick. */
export function roundToTick(price: Fraction, market: Market, rounding: Rounding): Decimal {
  const ticks = divide(price, fromDecimal(market.tick));
  return { units: divideRounded(ticks.n, ticks.d, rounding) * market.tick.units, decimals: market.tick.decimals };
}

/**
 * The limit of a closing order: the bankruptcy price, rounded to the tick away from the fund's loss (sells up, buys down). Null (no
 * limit) where no price can hold it: there is none, or it is not above zero on a market whose prices are.
 */
export function closingLimit(market: Market, row: BreachRow, portfolio: Valuation): Decimal | null {
  const exact = bankruptcyPrice(market, row, portfolio);
  if (exact === null) return null;
  const limit = roundToTick(exact, market, row.lots > 0 ? 'up' : 'down');
  return limit.units > 0n || market.allowNonPositive ? limit : null;
}

/** |lots| · lot · contractSize · mark, in the settle asset. */
export function notionalAt(market: Market, lots: number, mark: Decimal): Fraction {
  const size = multiply(
    multiply({ n: BigInt(Math.abs(lots)), d: 1n }, fromDecimal(market.lot)),
    fromDecimal(market.contractSize),
  );
  const value = multiply(size, fromDecimal(mark));
  return value.n < 0n ? { n: -value.n, d: value.d } : value;
}
