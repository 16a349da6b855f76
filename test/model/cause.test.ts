/** Which of two moves breached a portfolio: held against its definition on random venues, and what is no answer. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { breachCause, mixedPrices } from '../../src/model/cause.js';
import { isLiquidatable, type Prices, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { sceneArbitrary } from './venues.js';

const shift = fc.record({
  marks: fc.constantFrom(9_000n, 9_990n, 10_000n, 10_010n, 12_000n),
  indexes: fc.constantFrom(5_000n, 9_990n, 10_000n, 10_001n, 15_000n),
});

/** Prices times so many ten-thousandths. */
function moved(prices: Prices, { marks, indexes }: { marks: bigint; indexes: bigint }): Prices {
  const times = (price: ReturnType<Prices['mark']>, by: bigint) =>
    price && { units: price.units * by, decimals: price.decimals + 4 };
  return pricesOf(
    (m) => times(prices.mark(m), marks),
    (a) => times(prices.index(a), indexes),
  );
}

it('is the move that alone breaches, either, or both', () => {
  const seen = { marks: 0, collateral: 0, either: 0, both: 0, already: 0, none: 0 };
  fc.assert(
    fc.property(sceneArbitrary, shift, ({ portfolio, instruments, prices }, by) => {
      const then = moved(prices, by);
      const breached = (at: Prices): boolean => {
        const value = valuePortfolio(portfolio, instruments, at);
        return value.priced && isLiquidatable(value, instruments.liquidateWhen);
      };
      const cause = breachCause(portfolio, instruments, prices, then);
      seen[cause ?? 'none'] += 1;
      const alone = {
        marks: breached(mixedPrices({ marks: prices, funding: prices, indexes: then })),
        collateral: breached(mixedPrices({ marks: then, funding: then, indexes: prices })),
      };
      if (!breached(prices)) expect(cause).toBeNull();
      else if (breached(then)) expect(cause).toBe('already');
      else if (alone.marks && alone.collateral) expect(cause).toBe('either');
      else if (!alone.marks && !alone.collateral) expect(cause).toBe('both');
      else expect(cause).toBe(alone.marks ? 'marks' : 'collateral');
    }),
    { numRuns: 3_000 },
  );
  for (const what of ['marks', 'collateral', 'both', 'already', 'none'] as const) expect(seen[what], what).toBeGreaterThan(10);
});

it('is none where a price of then is unknown', () => {
  fc.assert(
    fc.property(sceneArbitrary, ({ portfolio, instruments, prices }) => {
      expect(breachCause(portfolio, instruments, prices, { ...prices, mark: () => null })).toBeNull();
      expect(breachCause(portfolio, instruments, { ...prices, mark: () => null }, prices)).toBeNull();
    }),
  );
});
