/** Sizes as lots and entry prices as costs, both ways. Knows positions, nothing of files. */
import { type Decimal, divideRounded, pow10 } from './decimal.js';
import { type Cost, EXACT_DECIMALS, type Lots } from './portfolio.js';

/** size / lot when that is a whole number, else null. Not bounded. */
export function wholeLots(size: Decimal, lot: Decimal): bigint | null {
  const shift = lot.decimals - size.decimals;
  const numerator = shift > 0 ? size.units * pow10(shift) : size.units;
  const denominator = shift < 0 ? lot.units * pow10(-shift) : lot.units;
  if (denominator === 1n) return numerator;
  return numerator % denominator === 0n ? numerator / denominator : null;
}

/** lots · lot, signed. */
export function sizeOf(lots: Lots, lot: Decimal): Decimal {
  return { units: BigInt(lots) * lot.units, decimals: lot.decimals };
}

/** The average entry price, cost / lots, as a decimal: exact when it ends within 18 decimals, else rounded there to nearest. */
export function entryDecimal(position: { readonly lots: Lots; readonly cost: Cost }): Decimal {
  return { units: divideRounded(position.cost, BigInt(position.lots), 'nearest'), decimals: EXACT_DECIMALS };
}
