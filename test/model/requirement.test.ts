/** The requirement function: which tier holds, and that a bracket table is continuous, convex and the maximum of its lines. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, compare, type Fraction, fraction, fromDecimal, multiply, sign, subtract } from '../../src/model/fraction.js';
import type { MarginRule } from '../../src/model/instruments.js';
import { requirementAt, requirementLine, tierAt } from '../../src/model/requirement.js';
import { rate, ruleArbitrary, tiersOf } from '../support/books.js';

const rule = (method: MarginRule['method'], closeFee = '0'): MarginRule => ({
  method,
  basis: 'mark',
  closeFee: rate(closeFee),
  tiers: tiersOf(
    [
      [0, '0.004'],
      [50_000, '0.005'],
      [250_000, '1/60'],
    ],
    method,
  ),
});

const HAIR = fraction(1n, 10n ** 30n);
const notional = fc
  .tuple(fc.bigInt({ min: 0n, max: 4_000_000n }), fc.bigInt({ min: 1n, max: 97n }))
  .map(([n, d]) => fraction(n, d));
const brackets = ruleArbitrary.filter(({ method }) => method === 'bracket');

describe('tiers', () => {
  it('hold from their floor, inclusive', () => {
    const table = rule('bracket');
    expect(tierAt(table, fraction(0n))).toBe(0);
    for (const tier of [1, 2]) {
      const floor = fromDecimal(table.tiers[tier].floor);
      expect(tierAt(table, floor)).toBe(tier);
      expect(tierAt(table, subtract(floor, HAIR))).toBe(tier - 1);
      expect(tierAt(table, add(floor, HAIR))).toBe(tier);
    }
  });

  it('of a stepped table charge the whole notional', () => {
    const table = rule('step');
    expect(compare(requirementAt(table, subtract(fraction(50_000n), HAIR)), fraction(200n))).toBe(-1);
    expect(compare(requirementAt(table, fraction(50_000n)), fraction(250n))).toBe(0);
    expect(compare(requirementAt(table, fraction(600_000n)), fraction(10_000n))).toBe(0);
  });

  it('of a bracket table charge each part at its own rate, the closing fee on all', () => {
    const table = rule('bracket', '0.0005');
    // 50,000·0.004 + 200,000·0.005 + 50,000/60 + 300,000·0.0005
    const parts = [fraction(200n), fraction(1_000n), fraction(50_000n, 60n), fraction(150n)];
    expect(compare(requirementAt(table, fraction(300_000n)), parts.reduce(add))).toBe(0);
  });
});

/** Marginal charging, tier by tier: the definition that deductions abbreviate. */
function marginal({ tiers, closeFee }: MarginRule, n: Fraction): Fraction {
  let sum = multiply(closeFee, n);
  for (const [k, tier] of tiers.entries()) {
    const floor = fromDecimal(tier.floor);
    const end = k + 1 < tiers.length && compare(fromDecimal(tiers[k + 1].floor), n) < 0 ? fromDecimal(tiers[k + 1].floor) : n;
    if (compare(end, floor) > 0) sum = add(sum, multiply(tier.rate, subtract(end, floor)));
  }
  return sum;
}

describe('a bracket table', () => {
  it('is what marginal charging gives', () => {
    fc.assert(
      fc.property(brackets, notional, (table, n) => {
        expect(compare(requirementAt(table, n), marginal(table, n))).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('is the maximum of its lines: continuous and convex', () => {
    fc.assert(
      fc.property(brackets, notional, notional, fc.bigInt({ min: 0n, max: 16n }), (table, a, b, share) => {
        const f = (n: Fraction): Fraction => requirementAt(table, n);
        for (let k = 0; k < table.tiers.length; k++) {
          const line = requirementLine(table, k);
          expect(compare(subtract(multiply(line.rate, a), line.deduction), f(a))).toBeLessThanOrEqual(0);
        }
        const t = fraction(share, 16n);
        const rest = fraction(16n - share, 16n);
        const between = f(add(multiply(t, a), multiply(rest, b)));
        expect(compare(between, add(multiply(t, f(a)), multiply(rest, f(b))))).toBeLessThanOrEqual(0);
        for (const { floor } of table.tiers.slice(1)) {
          const jump = subtract(f(fromDecimal(floor)), f(subtract(fromDecimal(floor), HAIR)));
          expect(sign(jump)).toBeGreaterThanOrEqual(0);
          expect(compare(jump, multiply(HAIR, fraction(2n)))).toBeLessThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('any table', () => {
  it('asks nothing of nothing, and never less of more', () => {
    fc.assert(
      fc.property(ruleArbitrary, notional, notional, (table, a, b) => {
        const [low, high] = compare(a, b) <= 0 ? [a, b] : [b, a];
        expect(sign(requirementAt(table, fraction(0n)))).toBe(0);
        expect(compare(requirementAt(table, low), requirementAt(table, high))).toBeLessThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
