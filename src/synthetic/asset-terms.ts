/** Owns what amounts of an asset count and need, in float64, for drawing only. Knows no account. */
import { type Decimal, decimalToNumber, pow10 } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import { fractionToNumber } from '../model/fraction.js';
import type { Asset } from '../model/instruments.js';
import { type Cash, EXACT_DECIMALS } from '../model/portfolio.js';
import { roundedUp } from './opening.js';

/** An asset at its index price. */
export class AssetTerms {
  readonly index: number;
  /** In the valuation asset. */
  readonly price: number;
  private readonly scale: number;
  private readonly units: bigint;
  private readonly floors: readonly number[];
  /** Share of what lies in the band above each floor that counts. */
  private readonly shares: readonly number[];
  private readonly borrow: readonly { readonly floor: number; readonly rate: number; readonly deduction: number }[];

  constructor({ index, decimals, haircuts, borrow }: Asset, price: Decimal) {
    this.index = index;
    this.price = decimalToNumber(price);
    this.scale = Number(pow10(decimals));
    this.units = pow10(EXACT_DECIMALS - decimals);
    this.floors = haircuts.map(({ floor }) => decimalToNumber(floor));
    this.shares = haircuts.map(({ haircut }) => 1 - fractionToNumber(haircut));
    this.borrow = (borrow?.tiers ?? []).map(({ floor, rate, deduction }) => {
      return { floor: decimalToNumber(floor), rate: fractionToNumber(rate), deduction: fractionToNumber(deduction) };
    });
  }

  /** Up to the asset's last decimal. */
  toCash(amount: number): Cash {
    return roundedUp(amount, this.scale, this.units);
  }

  /** What an equity in the asset counts, in the valuation asset. */
  counted(equity: number): number {
    if (equity <= 0) return equity * this.price;
    let counted = 0;
    for (const [i, floor] of this.floors.entries()) {
      const end = Math.min(equity, this.floors[i + 1] ?? Number.POSITIVE_INFINITY);
      if (end > floor) counted += (end - floor) * this.shares[i];
    }
    return counted * this.price;
  }

  /** The equity in the asset that counts so much of the valuation asset, which is not below 0. */
  equityFor(counted: number): number {
    let left = counted / this.price;
    for (const [i, floor] of this.floors.entries()) {
      const width = (this.floors[i + 1] ?? Number.POSITIVE_INFINITY) - floor;
      if (left <= width * this.shares[i]) return floor + left / this.shares[i];
      left -= width * this.shares[i];
    }
    assert(false, `synthetic accounts: expected an amount that counts ${counted}`);
  }

  /** Requirement of what is owed of the asset, in the valuation asset. */
  owedNeeds(owed: number): number {
    const tier = this.borrow.findLast(({ floor }) => floor <= owed);
    return tier === undefined ? 0 : (tier.rate * owed - tier.deduction) * this.price;
  }
}
