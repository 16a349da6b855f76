/** Sizes as lots, entry prices as costs and funding indexes as funding, both ways. Knows positions, nothing of files. */
import { type Decimal, divideRounded, pow10 } from './decimal.js';
import type { Market } from './instruments.js';
import { type Cash, type Cost, EXACT_DECIMALS, type Lots } from './portfolio.js';

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

/** lots · lot · contractSize · index in units of 10^-18 of the settle asset, or null when that is no whole number of them. Not bounded. */
export function fundingUnits(market: Market, lots: Lots, index: Decimal): bigint | null {
  const { lot, contractSize } = market;
  const units = BigInt(lots) * lot.units * contractSize.units * index.units;
  return wholeLots({ units, decimals: lot.decimals + contractSize.decimals + index.decimals }, SMALLEST);
}

/** The index that `fundingUnits` makes the funding of, or null when it does not end within 18 decimals. */
export function fundingIndexOf(market: Market, lots: Lots, funding: Cash): Decimal | null {
  const { lot, contractSize } = market;
  const worth = { units: BigInt(lots) * lot.units * contractSize.units, decimals: lot.decimals + contractSize.decimals };
  const units = funding * pow10(worth.decimals);
  return units % worth.units === 0n ? { units: units / worth.units, decimals: EXACT_DECIMALS } : null;
}

const SMALLEST: Decimal = { units: 1n, decimals: EXACT_DECIMALS };
