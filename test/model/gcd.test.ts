/** The quick greatest common divisor against the plain one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gcd } from '../../src/model/gcd.js';

function euclid(a: bigint, b: bigint): bigint {
  return b === 0n ? a : euclid(b, a % b);
}

/** Of every length up to some 1,300 bits, and near powers of two and ten, where leading bits round up. */
const long = fc.oneof(
  fc.bigInt(0n, 1n << 64n),
  fc.bigInt(0n, 1n << 256n),
  fc.bigInt(0n, 1n << 1300n),
  fc.tuple(fc.integer({ min: 0, max: 1200 }), fc.integer({ min: -2, max: 2 })).map(([bits, off]) => {
    const near = (1n << BigInt(bits)) + BigInt(off);
    return near < 0n ? 0n : near;
  }),
  fc.integer({ min: 0, max: 300 }).map((digits) => 10n ** BigInt(digits)),
);

describe('gcd', () => {
  it('is what the plain algorithm finds, in either order', () => {
    fc.assert(
      fc.property(long, long, long, (a, b, common) => {
        const expected = euclid(a * common, b * common);
        expect(gcd(a * common, b * common)).toBe(expected);
        expect(gcd(b * common, a * common)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes the longest way there is: neighbours in the sequence of Fibonacci', () => {
    let [a, b] = [1n, 1n];
    for (let i = 0; i < 2_000; i++) [a, b] = [a + b, a];
    expect(gcd(a, b)).toBe(1n);
    expect(gcd(a * 30n, b * 42n)).toBe(euclid(a * 30n, b * 42n));
  });
});
