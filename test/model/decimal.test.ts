/** Exact decimals: rounding directions against a definition that divides nothing, and printing against parsing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareDecimals,
  decimalToNumber,
  divideRounded,
  exactUnits,
  formatDecimal,
  formatUnits,
  mulDiv,
  multiplyDecimals,
  parseDecimal,
  pow10,
  type Rounding,
  toUnits,
} from '../../src/model/decimal.js';
import { PlimsollError } from '../../src/model/errors.js';

const integer = fc.oneof(fc.bigInt({ min: -50n, max: 50n }), fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }));
const divisor = integer.filter((d) => d !== 0n);
const decimal = fc.record({ units: integer, decimals: fc.nat(24) });
const rounding = fc.constantFrom<Rounding>('down', 'up', 'nearest');

/** Whether q is a/b rounded: only products and comparisons. */
function isRounded(q: bigint, a: bigint, b: bigint, how: Rounding): boolean {
  const [n, d] = b < 0n ? [-a, -b] : [a, b];
  const error = n - q * d; // (a/b − q)·d
  if (how === 'down') return error >= 0n && error < d;
  if (how === 'up') return error <= 0n && error > -d;
  const twice = 2n * (error < 0n ? -error : error);
  return twice < d || (twice === d && q % 2n === 0n);
}

describe('division', () => {
  it('rounds as its definition says, whatever the signs', () => {
    fc.assert(
      fc.property(integer, divisor, rounding, (a, b, how) => {
        expect(isRounded(divideRounded(a, b, how), a, b, how)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is exhaustively right on small numbers', () => {
    for (let a = -12n; a <= 12n; a += 1n) {
      for (let b = -6n; b <= 6n; b += 1n) {
        if (b === 0n) continue;
        for (const how of ['down', 'up', 'nearest'] as const) {
          expect(isRounded(divideRounded(a, b, how), a, b, how), `${a}/${b} ${how}`).toBe(true);
        }
      }
    }
  });

  it.each<[bigint, bigint, Rounding, bigint]>([
    [-7n, 2n, 'down', -4n],
    [-7n, 2n, 'up', -3n],
    [-7n, 2n, 'nearest', -4n],
    [-5n, 2n, 'nearest', -2n],
    [5n, 2n, 'nearest', 2n],
    [7n, -2n, 'down', -4n],
    [6n, 3n, 'up', 2n],
  ])('%s / %s %s is %s', (a, b, how, expected) => expect(divideRounded(a, b, how)).toBe(expected));

  it('keeps the product of mulDiv whole', () => {
    fc.assert(
      fc.property(integer, integer, divisor, rounding, (a, b, c, how) => {
        expect(isRounded(mulDiv(a, b, c, how), a * b, c, how)).toBe(true);
      }),
    );
    expect(mulDiv(10n ** 60n, 3n, 10n ** 60n, 'down')).toBe(3n);
  });
});

describe('rescaling', () => {
  it('to units is exact with enough digits and rounded as told without', () => {
    fc.assert(
      fc.property(decimal, fc.nat(30), rounding, (value, decimals, how) => {
        const units = toUnits(value, decimals, how);
        expect(isRounded(units, value.units * pow10(decimals), pow10(value.decimals), how)).toBe(true);
        if (value.decimals <= decimals) expect(exactUnits(value, decimals)).toBe(units);
        else expect(() => exactUnits(value, decimals)).toThrow(PlimsollError);
      }),
    );
  });
});

describe('printing', () => {
  it.each<[bigint, number, string]>([
    [-5n, 2, '-0.05'],
    [0n, 0, '0'],
    [0n, 3, '0.000'],
    [123n, 0, '123'],
    [-100n, 2, '-1.00'],
  ])('%s units of %s decimals are %s', (units, decimals, text) => expect(formatUnits(units, decimals)).toBe(text));

  it('canonically gives back the same number and its one shortest text', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const text = formatDecimal(value);
        const back = parseDecimal(text);
        expect(compareDecimals(back, value)).toBe(0);
        expect(formatDecimal(back)).toBe(text);
      }),
    );
  });

  it('says where a text that is no decimal stands', () => {
    expect(() => parseDecimal('1e5', 'book.json: markets.X.lot')).toThrow(
      'book.json: markets.X.lot: expected a decimal such as "-12.5", was "1e5"',
    );
  });
});

describe('comparison and product', () => {
  it('agree with cross multiplication at a common scale', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [a.units * 10n ** BigInt(b.decimals), b.units * 10n ** BigInt(a.decimals)];
        expect(compareDecimals(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
        expect(compareDecimals(b, a)).toBe(x < y ? 1 : x > y ? -1 : 0);
        const product = multiplyDecimals(a, b);
        expect(product.units * 10n ** 48n).toBe(a.units * b.units * 10n ** 48n);
        expect(product.decimals).toBe(a.decimals + b.decimals);
      }),
    );
  });

  it('as a float is what the language reads of the text', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        expect(decimalToNumber(value)).toBe(Number(formatDecimal(value)));
      }),
    );
  });
});

describe('powers of ten', () => {
  it('are right on both sides of what is remembered', () => {
    for (const exponent of [0, 1, 18, 255, 256, 257, 1000]) expect(String(pow10(exponent))).toBe(`1${'0'.repeat(exponent)}`);
  });

  it('that nobody needs often are not kept', () => {
    const before = process.memoryUsage().heapUsed;
    expect(pow10(20_000) % 7n).toBe(2n);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024);
  });
});
