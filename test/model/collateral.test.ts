/** What an asset's equity counts and needs: bands and debts by hand, and the laws that the scan and the solver rely on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { borrowMaintenance, countedOf, owedOf } from '../../src/model/collateral.js';
import { add, compare, divide, type Fraction, fraction, multiply, negate, ZERO } from '../../src/model/fraction.js';
import { isPlain, plainAsset } from '../../src/model/instruments.js';
import { tiersOf } from '../support/books.js';
import { assetOf, venueArbitrary } from './venues.js';

const banded = assetOf(
  0,
  'ETH',
  [
    [0, '0'],
    [100, '0.1'],
    [1_000, '1/3'],
    [5_000, '1'],
  ],
  {
    method: 'step',
    tiers: tiersOf(
      [
        [0, '0.01'],
        [50, '0.1'],
      ],
      'step',
    ),
  },
);

describe('by hand', () => {
  it.each([
    ['within the first band', fraction(99n), fraction(99n)],
    ['at a floor', fraction(100n), fraction(100n)],
    ['the part in the second at 0.9', fraction(1_000n), fraction(910n)],
    ['a third less in the third', fraction(1_300n), fraction(1_110n)],
    ['nothing more beyond a haircut of 1', fraction(9_999n), add(fraction(910n), fraction(8_000n, 3n))],
    ['a debt in full', fraction(-7n, 3n), fraction(-7n, 3n)],
    ['nothing', ZERO, ZERO],
  ])('counts %s', (_, equity, counted) => {
    expect(compare(countedOf(banded, equity), counted)).toBe(0);
  });

  it.each([
    [fraction(1n), ZERO],
    [ZERO, ZERO],
    [fraction(-49n), fraction(49n, 100n)],
    [fraction(-50n), fraction(5n)],
  ])('an equity of %o needs', (equity, needed) => {
    expect(compare(borrowMaintenance(banded, equity), needed)).toBe(0);
  });

  it('an asset without a haircut and a borrow table is plain', () => {
    expect(isPlain(plainAsset(0, 'USDT', 6))).toBe(true);
    expect(isPlain(banded)).toBe(false);
    expect(isPlain(assetOf(0, 'X', [[0, '0']], banded.borrow))).toBe(false);
  });
});

const amount = fc
  .tuple(fc.bigInt({ min: -100_000n, max: 100_000n }), fc.bigInt({ min: 1n, max: 97n }))
  .map(([n, d]) => fraction(n, d));
const anAsset = venueArbitrary.map(({ assets }) => assets[0]);

describe('any asset', () => {
  it('counts no more than there is, never less of more, and ever less of what is added', () => {
    fc.assert(
      fc.property(anAsset, amount, amount, fc.bigInt({ min: 0n, max: 8n }), (asset, a, b, share) => {
        const [low, high] = compare(a, b) <= 0 ? [a, b] : [b, a];
        const f = (equity: Fraction): Fraction => countedOf(asset, equity);
        expect(compare(f(a), a)).toBeLessThanOrEqual(0);
        expect(compare(f(low), f(high))).toBeLessThanOrEqual(0);
        const between = f(divide(add(multiply(fraction(share), a), multiply(fraction(8n - share), b)), fraction(8n)));
        const chord = divide(add(multiply(fraction(share), f(a)), multiply(fraction(8n - share), f(b))), fraction(8n));
        expect(compare(between, chord)).toBeGreaterThanOrEqual(0);
        if (isPlain(asset)) expect(compare(f(a), a)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('needs maintenance only for what is owed, and never less for more', () => {
    fc.assert(
      fc.property(anAsset, amount, amount, (asset, a, b) => {
        const [low, high] = compare(a, b) <= 0 ? [a, b] : [b, a];
        expect(compare(borrowMaintenance(asset, low), borrowMaintenance(asset, high))).toBeGreaterThanOrEqual(0);
        if (a.n >= 0n) expect(borrowMaintenance(asset, a)).toEqual(ZERO);
        expect(compare(owedOf(a), a.n < 0n ? negate(a) : ZERO)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
