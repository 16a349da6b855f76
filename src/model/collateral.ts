/**
 * What an asset's equity counts and needs, exact: haircut bands where it is positive, full price and a borrow table where it is owed.
 * Amounts are in the asset; knows no prices.
 */
import { add, compare, divide, type Fraction, fromDecimal, multiply, negate, ONE, reduce, subtract, ZERO } from './fraction.js';
import type { Asset } from './instruments.js';
import { tableAt } from './requirement.js';

/** Σ over the bands of (part of the equity within the band)·(1 − haircut); a negative equity counts in full. */
export function countedOf(asset: Asset, equity: Fraction): Fraction {
  if (equity.n <= 0n) return equity;
  let counted = ZERO;
  for (const [i, { floor, haircut }] of asset.haircuts.entries()) {
    const from = fromDecimal(floor);
    if (compare(equity, from) <= 0) break;
    const next = asset.haircuts[i + 1];
    const to = next !== undefined && compare(fromDecimal(next.floor), equity) < 0 ? fromDecimal(next.floor) : equity;
    counted = add(counted, multiply(subtract(to, from), subtract(ONE, haircut)));
  }
  return reduce(counted);
}

/** The least equity that counts at least so much; null where none does (a haircut of 1 in the last band). */
export function leastCounting(asset: Asset, least: Fraction): Fraction | null {
  if (least.n <= 0n) return least;
  let counted = ZERO;
  for (const [i, { floor, haircut }] of asset.haircuts.entries()) {
    const from = fromDecimal(floor);
    const share = subtract(ONE, haircut);
    const next = asset.haircuts[i + 1];
    const atNext = next === undefined ? null : add(counted, multiply(subtract(fromDecimal(next.floor), from), share));
    if (share.n > 0n && (atNext === null || compare(least, atNext) <= 0))
      return reduce(add(from, divide(subtract(least, counted), share)));
    counted = atNext ?? counted;
  }
  return null;
}

/** max(0, −equity): what is owed of the asset. */
export function owedOf(equity: Fraction): Fraction {
  return equity.n < 0n ? negate(equity) : ZERO;
}

/** Maintenance of what is owed, by the asset's borrow table; 0 without one. */
export function borrowMaintenance(asset: Asset, equity: Fraction): Fraction {
  const owed = owedOf(equity);
  return asset.borrow === null || owed.n === 0n ? ZERO : reduce(tableAt(asset.borrow, owed));
}
