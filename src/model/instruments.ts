/** Assets, markets, tables and rules: what a book is valued under. Data only; no prices, no accounts. */
import type { Decimal } from './decimal.js';
import { type Fraction, ZERO } from './fraction.js';

/** Amounts from the floor, inclusive, to the next band's floor count at 1 − haircut: a marginal share, as a tax band's. */
export interface HaircutBand {
  /** In the asset. */
  readonly floor: Decimal;
  /** Does not fall from band to band. */
  readonly haircut: Fraction;
}

export interface Asset {
  /** Position in `Instruments.assets`. */
  readonly index: number;
  readonly id: string;
  /** Digits after the point of the smallest amount, 0 to 18. */
  readonly decimals: number;
  /** What a positive equity in the asset counts as collateral. The first floor is 0. */
  readonly haircuts: readonly HaircutBand[];
  /** Maintenance of what is owed of it (negative equity in the asset), by the amount owed; null: none. */
  readonly borrow: RequirementTable | null;
}

/** One tier of a requirement table. It holds from its floor, inclusive, to the next tier's floor. */
export interface Tier {
  /** Notional in the settle asset; of a borrow table the amount owed. */
  readonly floor: Decimal;
  readonly rate: Fraction;
  /** `d_0 = 0, d_n = d_{n−1} + floor_n·(rate_n − rate_{n−1})`: makes a bracket table continuous. 0 for `step`. */
  readonly deduction: Fraction;
}

/** `bracket`: rate·n − deduction of the tier of n; `step`: the whole of n at its tier's rate. */
export interface RequirementTable {
  readonly method: 'bracket' | 'step';
  readonly tiers: readonly Tier[];
}

/** How much equity a position needs. `basis`: whether n is the notional at the mark or at the entry price. */
export interface MarginRule extends RequirementTable {
  readonly basis: 'mark' | 'entry';
  /** A rate of the same notional, added to the requirement. */
  readonly closeFee: Fraction;
}

/**
 * `linear`: a contract is worth contractSize · mark in the settle asset. `inverse`: −contractSize / mark, so that its profit is
 * size · contractSize · (1/entry − 1/mark). `quanto`: as linear, contractSize being an amount of the settle asset per point of a price
 * that is quoted in another.
 */
export type MarketKind = 'linear' | 'inverse' | 'quanto';

export interface Market {
  /** Position in `Instruments.markets`: how records and columns name the market. */
  readonly index: number;
  readonly id: string;
  readonly kind: MarketKind;
  readonly base: string;
  /** The asset in which profit and margin are counted. */
  readonly settle: string;
  /** The same as a position in `Instruments.assets`. */
  readonly settleAsset: number;
  readonly contractSize: Decimal;
  /** Smallest step of a size. Sizes are held as whole lots. */
  readonly lot: Decimal;
  /** Smallest step of an order's price. */
  readonly tick: Decimal;
  /** Whether a mark of zero or below is a price rather than an error. */
  readonly allowNonPositive: boolean;
  readonly maintenance: MarginRule;
  /** Least initial margin, on the maintenance's basis; null: the maintenance itself. */
  readonly initial: RequirementTable | null;
  /** Share of the traded notional that a closing order pays. */
  readonly takerFee: Fraction;
}

/** Rules of the venue that are not of one market or asset. */
export interface VenueRules {
  readonly liquidateWhen: 'equity<maintenance' | 'equity<=maintenance';
  /** Of a long and a short side by side in one market: margin for both, or for the one that needs more. */
  readonly hedgeMargin: 'both' | 'larger';
  /** Whether an open order only holds initial margin, or also adds to the maintenance requirement. */
  readonly orderMargin: 'initial' | 'maintenance';
}

/** A book without its accounts. */
export interface Instruments extends VenueRules {
  /** The asset in which equity and margin are counted; its index price is 1. */
  readonly valuation: Asset;
  readonly assets: readonly Asset[];
  readonly markets: readonly Market[];
  /** Market id to index. */
  readonly marketIndex: ReadonlyMap<string, number>;
}

export const DEFAULT_RULES: VenueRules = {
  liquidateWhen: 'equity<maintenance',
  hedgeMargin: 'both',
  orderMargin: 'initial',
};

/** An asset that counts in full and needs nothing when it is owed. */
export function plainAsset(index: number, id: string, decimals: number): Asset {
  return { index, id, decimals, haircuts: [{ floor: { units: 0n, decimals: 0 }, haircut: ZERO }], borrow: null };
}

/** Whether what an amount counts is the amount itself, whatever its sign. */
export function isPlain(asset: Asset): boolean {
  return asset.borrow === null && asset.haircuts.every(({ haircut }) => haircut.n === 0n);
}
