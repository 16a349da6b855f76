/** How a loss is shared: pro rata under caps, and by an amount per unit of open size. Integers only; knows neither who shares nor why. */
import { divideRounded } from '../../model/decimal.js';
import { assert } from '../../model/errors.js';

/** loss = Σ shares + rest + remainder. */
export interface SharedLoss {
  /** In the order given; none above its cap. */
  readonly shares: readonly bigint[];
  /** What nobody can pay: the loss beyond all caps of those with a weight. */
  readonly rest: bigint;
  /** What flooring has left over, less than one unit for each who shares; for the party that the policy names. */
  readonly remainder: bigint;
}

/**
 * Shares an amount by weight: ⌊weight · amount / Σ weights⌋ each, never above a cap. What a cap keeps back is shared anew among the others, until they
 * are at theirs too. All in one unit, at least 0; who has no weight pays nothing. Does not depend on the order given.
 * With what was collected as the amount and what was won as weights and caps it is Vega's ⌊win · collected / expected⌋ (0012-POSR, loss socialisation).
 */
export function shareLoss(loss: bigint, weights: readonly bigint[], caps: readonly bigint[]): SharedLoss {
  assert(loss >= 0n && weights.length === caps.length, 'expected a loss of 0 or more, and a cap for each weight');
  const sharing = weights.map((_, i) => i).filter((i) => weights[i] > 0n && caps[i] > 0n);
  const payable = sharing.reduce((sum, i) => sum + caps[i], 0n);
  const shared = loss < payable ? loss : payable;
  const shares = weights.map(() => 0n);
  let left = shared;
  let weight = sharing.reduce((sum, i) => sum + weights[i], 0n);
  /** How many are at their caps. */
  let full = 0;
  const isCapped = (i: number): boolean => weights[i] * left >= caps[i] * weight;
  if (sharing.some(isCapped)) {
    // The least cap for its weight is met first: whoever stays below it stays below after all others are at theirs.
    sharing.sort((a, b) => {
      const difference = caps[a] * weights[b] - caps[b] * weights[a];
      return difference < 0n ? -1 : difference > 0n ? 1 : a - b;
    });
    while (full < sharing.length && isCapped(sharing[full])) {
      const i = sharing[full];
      shares[i] = caps[i];
      left -= caps[i];
      weight -= weights[i];
      full += 1;
    }
  }
  let remainder = left;
  for (const i of sharing.slice(full)) {
    shares[i] = (weights[i] * left) / weight;
    remainder -= shares[i];
  }
  return { shares, rest: loss - shared, remainder };
}

/**
 * What each unit of open size, long or short, has to bear of a loss: ⌈loss · scale / units⌉, in units of 1/scale. Rounded up, so that the loss is covered.
 * Drift, calculate_funding_rate_deltas_to_resolve_bankruptcy, where it is what the two sides' funding indexes move by.
 */
export function lossPerUnit(loss: bigint, units: bigint, scale: bigint): bigint {
  assert(loss >= 0n && units > 0n, 'expected a loss of 0 or more, and open size to bear it');
  return divideRounded(loss * scale, units, 'up');
}
