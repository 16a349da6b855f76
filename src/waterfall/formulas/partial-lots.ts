/** Lots of one round of a partial liquidation by the other methods, and what dust makes of them. None is more than what restores. Knows no orders. */
import { type Decimal, divideRounded } from '../../model/decimal.js';
import { compare, divide, type Fraction, fraction, fromDecimal, multiply } from '../../model/fraction.js';
import type { Market } from '../../model/instruments.js';
import { notionalAt } from '../../model/margin.js';
import { type Lots, lots } from '../../model/portfolio.js';
import type { BreachRow } from '../../model/records.js';
import { tierAt } from '../../model/requirement.js';
import type { PartialMethod } from '../policy.js';
import { lotsAtFloor, notionalPerLot } from './restore-size.js';

function lesser(count: bigint, restore: Lots): Lots {
  return count < BigInt(restore) ? lots(Number(count)) : restore;
}

/** |lots| as an integer. */
function sizeOf(row: BreachRow): bigint {
  return BigInt(Math.abs(row.lots));
}

/** Worth of all lots at the mark, in the valuation asset. */
function notionalOf(row: BreachRow, market: Market): Fraction {
  return multiply(row.index, notionalAt(market, row.lots, row.mark));
}

/** ⌈share · lots⌉ of a position whose notional is above `above` (valuation asset), all of a smaller one; at most what restores. */
export function fractionLots(
  row: BreachRow,
  market: Market,
  restore: Lots,
  { share, above }: { readonly share: Fraction; readonly above: Decimal },
): Lots {
  const isLarge = compare(notionalOf(row, market), fromDecimal(above)) > 0;
  return lesser(isLarge ? divideRounded(sizeOf(row) * share.n, share.d, 'up') : sizeOf(row), restore);
}

/**
 * The least lots that leave the position in the tier `tiers` below its own (on the basis of its requirement), all where there is none; at most
 * what restores. A floor belongs to the tier above it. OKX reduces by two.
 */
export function tierLots(row: BreachRow, market: Market, restore: Lots, tiers: number): Lots {
  const perLot = notionalPerLot(row, market);
  const own = tierAt(market.maintenance, multiply(perLot, fraction(sizeOf(row))));
  if (own < tiers) return restore;
  const above = lotsAtFloor(market, own - tiers + 1, perLot);
  return lesser(sizeOf(row) - (above - 1n), restore);
}

/** So many lots, at most what restores. */
export function incrementLots(restore: Lots, increment: Lots): Lots {
  return lesser(BigInt(increment), restore);
}

/** The lots of each row, in the order given, that one round of the method closes. `restore`: what restores, of each. */
export function partialLots(
  method: PartialMethod,
  rows: readonly BreachRow[],
  markets: readonly Market[],
  restore: readonly Lots[],
): readonly Lots[] {
  return rows.map((row, i) => roundLots(method, row, markets[row.market], restore[i]));
}

function roundLots(method: PartialMethod, row: BreachRow, market: Market, restore: Lots): Lots {
  switch (method.kind) {
    case 'restore':
      return restore;
    case 'fraction':
      return fractionLots(row, market, restore, method);
    case 'tier':
      return tierLots(row, market, restore, method.tiers);
    case 'increment':
      return incrementLots(restore, method.lots);
  }
}

export interface DisposalTerms {
  /** Share of the position that one step closes. */
  readonly fraction: Fraction;
  /** Share of what is available on the other side that it may consume. */
  readonly maxFraction: Fraction;
  /** A position of at most so many lots is closed whole. */
  readonly fullBelow: Lots;
}

/**
 * Lots of the next step, both counts at least 0: min(⌈position · fraction⌉, ⌈available · maxFraction⌉), the former all of a position ≤ fullBelow.
 * Vega, specs/protocol/0012-POSR-position_resolution.md: what a step may consume of the book bounds the last one, too (0012-POSR-025).
 */
export function disposalStep(position: Lots, available: Lots, { fraction: share, maxFraction, fullBelow }: DisposalTerms): Lots {
  const part = position <= fullBelow ? BigInt(position) : divideRounded(BigInt(position) * share.n, share.d, 'up');
  const consumed = divideRounded(BigInt(available) * maxFraction.n, maxFraction.d, 'up');
  return lots(Number(part < consumed ? part : consumed));
}

/**
 * The lots to close under a least notional of an order, in the valuation asset at the mark: an order below it closes so many more that it is not, up to
 * the whole; a position below it, and one of which less than it would be left, is closed whole. Of 0 lots 0.
 */
export function withDust(count: Lots, row: BreachRow, market: Market, orderMin: Decimal): Lots {
  const all = sizeOf(row);
  if (count === 0 || orderMin.units <= 0n) return count;
  const notional = notionalOf(row, market);
  if (notional.n === 0n) return lots(Number(all));
  const least = divide(multiply(fromDecimal(orderMin), fraction(all)), notional);
  const leastLots = divideRounded(least.n, least.d, 'up');
  const order = BigInt(count) > leastLots ? BigInt(count) : leastLots;
  return lots(Number(all - order < leastLots ? all : order));
}
