/** Exact 128-bit columns: every value of the range comes back, and its float64 is as near as promised. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../../src/model/errors.js';
import { AMOUNT_MAX } from '../../src/model/limits.js';
import { checkAmount, LIMBS_BYTES, LimbColumn } from '../../src/store/limbs.js';

const column = (length: number): LimbColumn => new LimbColumn(new SharedArrayBuffer(length * LIMBS_BYTES), 0, length);

/** Where a carry, a sign or a limb changes. */
const edges = [0, 31, 32, 52, 53, 63, 64, 95, 96, 126].flatMap((bit) => {
  const power = 1n << BigInt(bit);
  return [power - 1n, power, power + 1n].flatMap((value) => [value, -value]);
});

const amount = fc.oneof(
  fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX }),
  fc.bigInt({ min: -(1n << 70n), max: 1n << 70n }),
  fc.bigInt({ min: -(1n << 53n), max: 1n << 53n }),
  fc.constantFrom(...edges, AMOUNT_MAX, -AMOUNT_MAX),
);

describe('a limb column', () => {
  it('gives back what was written and nothing of its neighbours', () => {
    fc.assert(
      fc.property(fc.array(amount, { minLength: 3, maxLength: 3 }), amount, (values, other) => {
        const limbs = column(3);
        for (const [i, value] of values.entries()) limbs.set(i, value);
        limbs.set(1, other);
        expect([0, 1, 2].map((i) => limbs.get(i))).toEqual([values[0], other, values[2]]);
        limbs.copy(2, limbs, 1);
        limbs.clear(1);
        expect([0, 1, 2].map((i) => limbs.get(i))).toEqual([values[0], 0n, other]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('as a float64 is within 2^-51 of the value, and exact up to 2^53', () => {
    fc.assert(
      fc.property(amount, (value) => {
        const limbs = column(1);
        limbs.set(0, value);
        const magnitude = value < 0n ? -value : value;
        const off = BigInt(limbs.toNumber(0)) - value;
        expect((off < 0n ? -off : off) << 51n).toBeLessThanOrEqual(magnitude);
        if (magnitude <= 1n << 53n) expect(off).toBe(0n);
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses what does not fit, by name', () => {
    for (const value of [AMOUNT_MAX, -AMOUNT_MAX, 0n]) expect(() => checkAmount(value, 'cash')).not.toThrow();
    for (const value of [AMOUNT_MAX + 1n, -AMOUNT_MAX - 1n, 10n ** 60n]) {
      expect(() => checkAmount(value, 'account a: balance')).toThrow(PlimsollError);
      expect(() => checkAmount(value, 'account a: balance')).toThrow(/^account a: balance: expected an amount within/);
    }
  });
});
