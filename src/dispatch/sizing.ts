/** At what limit an order closes: prices as orders carry them. */
import { type Decimal, divideRounded, type Rounding } from '../model/decimal.js';
import { divide, type Fraction, fromDecimal } from '../model/fraction.js';
import type { Market } from '../model/instruments.js';
import type { BreachRow } from '../model/records.js';

/** A multiple of the market's tick. */
export function roundToTick(price: Fraction, market: Market, rounding: Rounding): Decimal {
  const ticks = divide(price, fromDecimal(market.tick));
  return { units: divideRounded(ticks.n, ticks.d, rounding) * market.tick.units, decimals: market.tick.decimals };
}

/**
 * A price as the limit of an order that closes the row, rounded to the tick away from the fund's loss (sells up, buys down). Null (no limit)
 * where no price can hold it: there is none, or it is not above zero on a market whose prices are.
 */
export function limitOf(exact: Fraction | null, market: Market, row: Pick<BreachRow, 'lots'>): Decimal | null {
  if (exact === null) return null;
  const limit = roundToTick(exact, market, row.lots > 0 ? 'up' : 'down');
  return limit.units > 0n || market.allowNonPositive ? limit : null;
}
