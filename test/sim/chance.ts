/** Short ways to draw from a seeded stream, and to write decimals and rates. Knows no market. */

import type { Decimal } from '../../src/model/decimal.js';
import { type Fraction, fraction } from '../../src/model/fraction.js';
import { hash32 } from '../../src/model/hash.js';
import { Random } from '../../src/synthetic/random.js';

/** One stream of a seed; streams of other names do not move when this one draws more. */
export class Chance extends Random {
  /** Uniform over the items. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.integer(items.length)];
  }

  /** A uniform integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.integer(high - low + 1);
  }

  /** Uniform in (low, high). */
  within(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** The item, with this probability; else null. */
  maybe<Item>(probability: number, item: () => Item): Item | null {
    return this.chance(probability) ? item() : null;
  }

  /** One of the names, by weight. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.uniform() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries[entries.length - 1][0];
  }
}

export const dec = (units: number | bigint, decimals = 0): Decimal => ({ units: BigInt(units), decimals });

/** n / d. */
export const ratio = (n: number, d = 1): Fraction => fraction(BigInt(n), BigInt(d));

/** A number as a decimal of so many digits after the point, rounded. */
export function decimalOf(value: number, decimals: number): Decimal {
  return { units: BigInt(Math.round(value * 10 ** decimals)), decimals };
}

const CASH_DIGITS = 6;

/** A number as an amount in 10^-18, rounded to 10^-6. */
export function amountOf(value: number): bigint {
  return BigInt(Math.round(value * 10 ** CASH_DIGITS)) * 10n ** BigInt(18 - CASH_DIGITS);
}
