/** Exact fractions: the laws of a field, order, and the float64 that the filter sees of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/model/errors.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  formatFraction,
  fraction,
  fractionToNumber,
  fractionToUnits,
  fromDecimal,
  multiply,
  negate,
  ONE,
  reduce,
  sign,
  subtract,
  tryParseFraction,
  ZERO,
} from '../../src/model/fraction.js';

const integer = fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }));
const anyFraction = fc
  .tuple(
    integer,
    integer.filter((d) => d !== 0n),
  )
  .map(([n, d]) => fraction(n, d));
const same = (a: Fraction, b: Fraction): boolean => a.n * b.d === b.n * a.d;

describe('fractions', () => {
  it('keep the denominator above zero and refuse one of zero', () => {
    expect(fraction(3n, -4n)).toEqual({ n: -3n, d: 4n });
    expect(() => fraction(1n, 0n)).toThrow(AssertionError);
    expect(() => divide(ONE, ZERO)).toThrow(AssertionError);
  });

  it('obey the laws of a field', () => {
    fc.assert(
      fc.property(anyFraction, anyFraction, anyFraction, (a, b, c) => {
        expect(same(add(a, b), add(b, a))).toBe(true);
        expect(same(add(add(a, b), c), add(a, add(b, c)))).toBe(true);
        expect(same(multiply(a, add(b, c)), add(multiply(a, b), multiply(a, c)))).toBe(true);
        expect(same(subtract(add(a, b), b), a)).toBe(true);
        expect(same(add(a, negate(a)), ZERO)).toBe(true);
        if (b.n !== 0n) expect(same(multiply(divide(a, b), b), a)).toBe(true);
        for (const result of [add(a, b), subtract(a, b), multiply(a, b), absolute(a)]) expect(result.d > 0n).toBe(true);
      }),
    );
  });

  it('are ordered by value, not by form', () => {
    fc.assert(
      fc.property(
        anyFraction,
        anyFraction,
        integer.filter((k) => k !== 0n),
        (a, b, k) => {
          expect(compare(a, b)).toBe(sign(subtract(a, b)));
          expect(compare(a, fraction(a.n * k, a.d * k))).toBe(0);
          expect(compare(a, b) + compare(b, a)).toBe(0);
          expect(sign(absolute(a))).toBe(a.n === 0n ? 0 : 1);
        },
      ),
    );
  });

  it('have one lowest form', () => {
    fc.assert(
      fc.property(
        anyFraction,
        integer.filter((k) => k !== 0n),
        (a, k) => {
          const low = reduce(a);
          expect(same(low, a)).toBe(true);
          expect(reduce(fraction(a.n * k, a.d * k))).toEqual(low);
          for (const p of [2n, 3n, 5n, 7n]) expect(low.n % p === 0n && low.d % p === 0n).toBe(false);
        },
      ),
    );
  });

  it.each<[string, Fraction | null]>([
    ['1/6', { n: 1n, d: 6n }],
    ['0/1', { n: 0n, d: 1n }],
    ['0.005', { n: 5n, d: 1000n }],
    ['-2', { n: -2n, d: 1n }],
    ['1/0', null],
    ['-1/2', null],
    ['1/06', null],
    ['1/2/3', null],
    ['', null],
  ])('reads %j', (text, expected) => expect(tryParseFraction(text)).toEqual(expected));

  it('print with the digits and the direction asked for', () => {
    const third = fraction(-1n, 3n);
    expect(formatFraction(third, 6, 'down')).toBe('-0.333334');
    expect(formatFraction(third, 6, 'up')).toBe('-0.333333');
    expect(formatFraction(fraction(1n, 8n), 2, 'nearest')).toBe('0.12');
    expect(fractionToUnits(fraction(1n, 3n), 0, 'up')).toBe(1n);
    expect(fromDecimal({ units: -25n, decimals: 1 })).toEqual({ n: -25n, d: 10n });
  });
});

/** |x − a| ≤ 2^-50·|a|, exactly: x is taken apart into an integer and a power of two. */
function isNear(x: number, a: Fraction): boolean {
  let scale = 0n;
  let whole = x;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    scale += 1n;
  }
  const exact = fraction(BigInt(whole), 1n << scale);
  const off = absolute(subtract(exact, a));
  return compare(multiply(off, fraction(1n << 50n)), absolute(a)) <= 0;
}

describe('the float64 of a fraction', () => {
  it('is within a few units in the last place', () => {
    fc.assert(
      fc.property(anyFraction, (a) => {
        expect(isNear(fractionToNumber(a), a)).toBe(true);
      }),
    );
  });

  it('stays so when numerator, denominator or both are beyond float64', () => {
    const factor = fc.integer({ min: 0, max: 2_500 }).map((bits) => 1n << BigInt(bits));
    fc.assert(
      fc.property(anyFraction, factor, fc.bigInt({ min: 1n, max: 10n ** 20n }), (a, k, odd) => {
        const long = fraction(a.n * k * odd, a.d * k * odd);
        expect(isNear(fractionToNumber(long), a)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not lose a price written with more decimals than float64 has', () => {
    // 0.00123 with 310 digits: the denominator alone is beyond float64.
    const price = fromDecimal({ units: 123n * 10n ** 305n + 1n, decimals: 310 });
    expect(isNear(fractionToNumber(price), price)).toBe(true);
  });
});
