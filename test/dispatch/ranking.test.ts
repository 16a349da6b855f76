/** The ranking is one total order, and it is the exact one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRanked, deficitOf, type Ranked, ranked, rankedBy } from '../../src/dispatch/ranking.js';
import { type Fraction, fraction } from '../../src/model/fraction.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';
import { report as reportOf } from './support.js';

const FLAT = { method: 'bracket' as const, basis: 'mark' as const, closeFee: rate('0'), tiers: tiersOf([[0, '0.01']]) };

const of = (portfolio: string, equity: Fraction, maintenance: Fraction): Ranked => ranked({ portfolio, equity, maintenance });

/** The definition: cross multiplication, then code units. */
function exactly(a: Ranked, b: Ranked): number {
  const [x, y] = [a.deficit.n * b.deficit.d, b.deficit.n * a.deficit.d];
  if (x !== y) return x > y ? -1 : 1;
  return a.portfolio < b.portfolio ? -1 : a.portfolio > b.portfolio ? 1 : 0;
}

/** Deficits of every size, many of them equal or 10^-18 apart, in denominators that differ. */
const amount = fc.oneof(
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  fc
    .tuple(fc.constantFrom(0n, 1n, 10n ** 9n, 10n ** 27n, 123456789n * 10n ** 18n), fc.bigInt({ min: -2n, max: 2n }))
    .map(([a, b]) => a + b),
);
const report = fc
  .record({
    id: fc.constantFrom('a', 'b', 'a/M', 'a/M:long', 'B', 'Z', 'aa', 'ä'),
    equity: amount,
    maintenance: amount,
    stretch: fc.constantFrom(1n, 3n, 10n ** 9n, 1n << 1_100n),
  })
  .map(({ id, equity, maintenance, stretch }) =>
    of(id, fraction(equity * stretch, 10n ** 18n * stretch), fraction(maintenance, 10n ** 18n)),
  );

describe('the ranking', () => {
  it('is total, antisymmetric and transitive, and equal only to itself', () => {
    fc.assert(
      fc.property(report, report, report, (a, b, c) => {
        const [ab, ba, bc, ac] = [compareRanked(a, b), compareRanked(b, a), compareRanked(b, c), compareRanked(a, c)];
        expect(ab + ba).toBe(0);
        if (ab <= 0 && bc <= 0) expect(ac).toBeLessThanOrEqual(0);
        if (ab === 0) expect(a.portfolio).toBe(b.portfolio);
        expect(compareRanked(a, a)).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is the exact order, however near the floats are', () => {
    fc.assert(
      fc.property(report, report, (a, b) => {
        expect(compareRanked(a, b)).toBe(exactly(a, b));
      }),
      { numRuns: 5_000 },
    );
  });

  it('sorts by deficit descending, 10^-18 apart too, then by id in code units', () => {
    const whole = 10n ** 30n;
    const rows = [
      of('b', fraction(0n), fraction(whole, 10n ** 18n)),
      of('a', fraction(0n), fraction(whole - 1n, 10n ** 18n)),
      of('Z', fraction(-1n, 10n ** 18n), fraction(whole, 10n ** 18n)),
      of('a/M', fraction(1n), fraction(10n ** 12n + 1n)),
      of('B', fraction(7n), fraction(10n ** 12n + 7n)),
    ];
    const order = ['Z', 'B', 'a/M', 'b', 'a'];
    expect(rows.toSorted(compareRanked).map(({ portfolio }) => portfolio)).toEqual(order);
    expect(
      rows
        .toReversed()
        .toSorted(compareRanked)
        .map(({ portfolio }) => portfolio),
    ).toEqual(order);
  });

  it('ranks by maintenance less equity', () => {
    expect(deficitOf({ equity: fraction(-50n), maintenance: fraction(14n) })).toEqual({ n: 64n, d: 1n });
  });
});

describe('by expected bad debt', () => {
  const instruments = instrumentsOf([marketOf(0), marketOf(1, { maintenance: FLAT })]);
  const limits = { depth: new Map([[0, dec(50)]]) };
  const rankOf = (portfolio: string, positions: readonly (readonly [number, number])[], by: 'deficit' | 'expected-bad-debt') =>
    rankedBy(reportOf(portfolio, 'liquidatable', positions), by, instruments, limits);

  it('a deficit counts as long as its longest position takes to fill', () => {
    // Two units at 100 in a depth of 50 take four times it; the deficit is 2 · 10 − 1.
    const { key, deficit, keyNumber } = rankOf(
      'a',
      [
        [0, 2_000],
        [0, -500],
      ],
      'expected-bad-debt',
    );
    expect([key, deficit, keyNumber]).toEqual([fraction(76n), fraction(19n), 76]);
    expect(rankOf('a', [[0, 2_000]], 'deficit').key).toEqual(fraction(9n));
  });

  it('a market whose depth nobody knows takes no time: its portfolios come last, by id', () => {
    const order = [rankOf('c', [[1, 9_000]], 'expected-bad-debt'), rankOf('b', [[1, 1_000]], 'expected-bad-debt')];
    order.push(rankOf('z', [[0, 1]], 'expected-bad-debt'));
    expect(order.sort(compareRanked).map(({ portfolio }) => portfolio)).toEqual(['z', 'b', 'c']);
  });
});
