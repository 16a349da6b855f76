/** Assets, markets, tiers and rules: what a book is valued under. Data only; no prices, no accounts. */
import type { Decimal } from './decimal.js';
import type { Fraction } from './fraction.js';

export interface Asset {
  readonly id: string;
  /** Digits after the point of the smallest amount, 0 to 18. */
  readonly decimals: number;
  /** Share by which a positive amount is reduced when it is counted as collateral. */
  readonly haircut: Fraction;
}

/** One tier of a requirement table. It holds from its floor, inclusive, to the next tier's floor. */
export interface Tier {
  /** Notional in the settle asset. */
  readonly floor: Decimal;
  readonly rate: Fraction;
  /** `d_0 = 0, d_n = d_{n−1} + floor_n·(rate_n − rate_{n−1})`: makes a bracket table continuous. 0 for `step`. */
  readonly deduction: Fraction;
}

/**
 * How much equity a position needs. `bracket`: rate·n − deduction of the tier; `step`: the whole notional at its tier's rate.
 * `basis`: whether n is the notional at the mark or at the entry price.
 */
export interface MarginRule {
  readonly method: 'bracket' | 'step';
  readonly basis: 'mark' | 'entry';
  /** A rate of the same notional, added to the requirement. */
  readonly closeFee: Fraction;
  readonly tiers: readonly Tier[];
}

export interface Market {
  /** Position in `Instruments.markets`: how records and columns name the market. */
  readonly index: number;
  readonly id: string;
  /** Inverse and quanto contracts join here, with a valuation of their own. */
  readonly kind: 'linear';
  readonly base: string;
  /** The asset in which profit and margin are counted. */
  readonly settle: string;
  readonly contractSize: Decimal;
  /** Smallest step of a size. Sizes are held as whole lots. */
  readonly lot: Decimal;
  /** Smallest step of an order's price. */
  readonly tick: Decimal;
  /** Whether a mark of zero or below is a price rather than an error. */
  readonly allowNonPositive: boolean;
  readonly maintenance: MarginRule;
}

/** A book without its accounts. */
export interface Instruments {
  /** The asset in which equity and margin are counted; its index is 1. */
  readonly valuation: Asset;
  readonly liquidateWhen: 'equity<maintenance' | 'equity<=maintenance';
  readonly assets: readonly Asset[];
  readonly markets: readonly Market[];
  /** Market id to index. */
  readonly marketIndex: ReadonlyMap<string, number>;
}
