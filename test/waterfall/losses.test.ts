/** What a portfolio is short of, asset by asset: together exactly what takes its equity to zero, no part of it rounded down. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { add, compare, type Fraction, fraction, multiply, negate, ZERO } from '../../src/model/fraction.js';
import { isLoss, shortfalls, worthOf } from '../../src/waterfall/losses.js';
import { report } from '../dispatch/support.js';

const E18 = 10n ** 18n;
const assetOf = (asset: number, index: Fraction, equity: Fraction) => ({ asset, index, equity });

it('is all of it where nothing else counts', () => {
  const found = shortfalls({ equity: fraction(-5n), assets: [assetOf(0, fraction(1n), fraction(-5n))] });
  expect(found.map(({ asset, amount }) => [asset, amount])).toEqual([[0, 5n * E18]]);
});

it('is less than what is owed where other assets count for a part of it', () => {
  const assets = [assetOf(0, fraction(1n), fraction(-100n)), assetOf(1, fraction(1_000n), fraction(1n, 20n))];
  const found = shortfalls({ equity: fraction(-50n), assets });
  expect(found.map(({ asset, amount }) => [asset, amount])).toEqual([[0, 50n * E18]]);
});

it('of several that are owed is taken in order, each at its index, rounded up to the last unit', () => {
  const assets = [
    assetOf(0, fraction(1n), fraction(-10n)),
    assetOf(1, fraction(3n), fraction(-1n)),
    assetOf(2, fraction(7n), fraction(9n)),
  ];
  // 13 owed in all; of the second asset a third is missing.
  const found = shortfalls({ equity: fraction(-11n), assets });
  expect(found.map(({ asset, amount }) => [asset, amount])).toEqual([
    [0, 10n * E18],
    [1, (E18 + 2n) / 3n],
  ]);
});

it('paid in is never too little, and too much by less than a unit of each asset', () => {
  const amount = fc.tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.constantFrom(1n, 3n, 7n, 10n ** 6n));
  fc.assert(
    fc.property(fc.array(fc.tuple(amount, fc.integer({ min: 1, max: 5_000 })), { minLength: 1, maxLength: 4 }), (rows) => {
      const assets = rows.map(([[n, d], index], asset) => assetOf(asset, fraction(BigInt(index), 7n), fraction(n, d)));
      const equity = assets.reduce((sum, each) => add(sum, multiply(each.equity, each.index)), ZERO);
      const found = shortfalls({ equity, assets });
      if (equity.n >= 0n) {
        expect(found).toEqual([]);
        return;
      }
      const paid = found.reduce((sum, each) => add(sum, worthOf(each.amount, each.index)), ZERO);
      const units = found.reduce((sum, each) => add(sum, worthOf(1n, each.index)), ZERO);
      expect(compare(paid, negate(equity))).toBeGreaterThanOrEqual(0);
      expect(compare(paid, add(negate(equity), units))).toBeLessThan(0);
      for (const each of found) expect(each.equity.n).toBeLessThan(0n);
    }),
  );
});

it('is a loss only when no position is left and equity is below zero', () => {
  expect(isLoss(report('a', 'insolvent', [], fraction(-1n)))).toBe(true);
  expect(isLoss(report('a', 'healthy', [], ZERO))).toBe(false);
  expect(isLoss(report('a', 'liquidatable', [[0, 1]], fraction(-1n)))).toBe(false);
});
