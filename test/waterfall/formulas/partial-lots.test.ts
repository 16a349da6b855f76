/** The other sizes of a round, steps of a disposal, and dust: numbers by hand, and that none closes more than what restores. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, fraction, fromDecimal, multiply, ONE } from '../../../src/model/fraction.js';
import { notionalAt } from '../../../src/model/margin.js';
import { cost, type Lots, lots } from '../../../src/model/portfolio.js';
import type { BreachRow } from '../../../src/model/records.js';
import { requirementAt } from '../../../src/model/requirement.js';
import {
  disposalStep,
  fractionLots,
  incrementLots,
  partialLots,
  tierLots,
  withDust,
} from '../../../src/waterfall/formulas/partial-lots.js';
import { restoreLots } from '../../../src/waterfall/formulas/restore-size.js';
import type { PartialMethod } from '../../../src/waterfall/policy.js';
import { dec, marketOf, rate, tiersOf } from '../../support/books.js';
import { testPublished } from '../published.js';

testPublished('vega-disposal', ({ position, available, fraction: share, fullBelow, maxFraction }, expected) => {
  const terms = { fraction: rate(share), maxFraction: rate(maxFraction), fullBelow: lots(fullBelow) };
  const steps: string[] = [];
  for (let left = position as number; left > 0; left -= Number(steps.at(-1))) {
    steps.push(String(disposalStep(lots(left), lots(available), terms)));
  }
  expect(steps).toEqual(expected);
});

const tiers = tiersOf([
  [0, '0.01'],
  [1_000, '0.02'],
  [5_000, '0.05'],
  [20_000, '0.1'],
]);
const market = marketOf(0, { lot: dec(1), maintenance: { method: 'bracket', basis: 'mark', closeFee: rate('0'), tiers } });
const rowOf = (size: number, mark = dec(2)): BreachRow => {
  const row = { market: 0, lots: lots(size), cost: cost(0n), mark, index: ONE };
  return { ...row, maintenance: requirementAt(market.maintenance, notionalAt(market, row.lots, mark)) };
};
const all = (row: BreachRow): Lots => lots(Math.abs(row.lots));

describe('a disposal by steps (Vega, specs/protocol/0012-POSR-position_resolution.md)', () => {
  const stepsOf = (position: number, available: number, share: string, maxFraction: string, fullBelow: number): number[] => {
    const steps: number[] = [];
    for (let left = position; left > 0; left -= steps.at(-1) as number) {
      const terms = { fraction: rate(share), maxFraction: rate(maxFraction), fullBelow: lots(fullBelow) };
      steps.push(disposalStep(lots(left), lots(available), terms));
    }
    return steps;
  };

  test('0012-POSR-018: 2 against a book of 1,000 go one by one', () => {
    expect(stepsOf(2, 1_000, '0.5', '0.01', 0)).toEqual([1, 1]);
  });

  test('0012-POSR-023 and 025: what is small goes at once, as far as the book may be consumed', () => {
    expect(stepsOf(50, 10_000, '0.5', '0.01', 50)).toEqual([50]);
    expect(stepsOf(50, 2_000, '0.5', '0.01', 50)).toEqual([20, 20, 10]);
  });

  test('0012-POSR-024: in the end everything is disposed of, whatever the terms; without a book nothing', () => {
    const position = fc.integer({ min: 1, max: 100_000 });
    const share = fc.constantFrom('0.01', '0.5', '1');
    fc.assert(
      fc.property(position, position, share, share, fc.nat(1_000), (held, available, part, most, full) => {
        const steps = stepsOf(held, available, part, most, full);
        expect(steps.reduce((sum, step) => sum + step, 0)).toBe(held);
        expect(Math.min(...steps)).toBeGreaterThan(0);
      }),
    );
    expect(disposalStep(lots(9), lots(0), { fraction: ONE, maxFraction: ONE, fullBelow: lots(9) })).toBe(0);
  });
});

describe('a share of a position', () => {
  const terms = { share: rate('0.2'), above: dec(100) };
  test('is rounded up, of one whose notional is above the bound; a smaller one is closed whole', () => {
    const of = (size: number) => fractionLots(rowOf(size), market, all(rowOf(size)), terms);
    expect([of(1_000), of(-1_001), of(51), of(50), of(-50)]).toEqual([200, 201, 11, 50, 50]);
  });

  test('is no more than what restores', () => {
    expect(fractionLots(rowOf(1_000), market, lots(150), terms)).toBe(150);
    expect(fractionLots(rowOf(50), market, lots(0), terms)).toBe(0);
  });
});

describe('a tier down', () => {
  const of = (size: number, count: number) => tierLots(rowOf(size), market, all(rowOf(size)), count);
  test('leaves the most lots that are in that tier, and none where there is none', () => {
    // Floors are 500, 2,500 and 10,000 lots.
    expect(of(12_000, 1)).toBe(2_001);
    expect(of(-12_000, 2)).toBe(9_501);
    expect(of(12_000, 3)).toBe(11_501);
    expect(of(12_000, 4)).toBe(12_000);
    expect(of(10_000, 1)).toBe(1);
    expect(of(9_999, 1)).toBe(7_500);
    expect(of(499, 1)).toBe(499);
  });

  test('is no more than what restores', () => {
    expect(tierLots(rowOf(12_000), market, lots(7), 1)).toBe(7);
    expect(tierLots(rowOf(499), market, lots(7), 1)).toBe(7);
  });
});

test('an increment is as much, or what restores', () => {
  expect(incrementLots(lots(10), lots(4))).toBe(4);
  expect(incrementLots(lots(3), lots(4))).toBe(3);
});

test('no method closes more than restore, each row’s own', () => {
  const method: fc.Arbitrary<PartialMethod> = fc.oneof(
    fc.constant({ kind: 'restore' as const }),
    fc.record({
      kind: fc.constant('fraction' as const),
      share: fc.constantFrom('0.2', '1/3', '1').map(rate),
      above: fc.nat(20_000).map((n) => dec(n)),
      cooldownUs: fc.constant(0),
    }),
    fc.record({ kind: fc.constant('tier' as const), tiers: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('increment' as const), lots: fc.integer({ min: 1, max: 5_000 }).map(lots) }),
  );
  const sizes = fc.integer({ min: 1, max: 20_000 }).chain((size) => fc.constantFrom(size, -size));
  fc.assert(
    fc.property(
      method,
      fc.array(sizes, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: -5, max: 12 }),
      (each, held, tenths) => {
        const rows = held.map((size, i) => ({ ...rowOf(size), market: i }));
        const markets = rows.map((_, i) => ({ ...market, index: i }));
        const maintenance = rows.reduce(
          (sum, row) => ({ n: sum.n * row.maintenance.d + row.maintenance.n * sum.d, d: sum.d * row.maintenance.d }),
          fraction(0n),
        );
        const value = { equity: multiply(maintenance, fraction(BigInt(tenths), 10n)), maintenance };
        const terms = { target: rate('0.1'), slippage: rate('0.001'), isAbove: false };
        const most = restoreLots(rows, value, markets, terms);
        const found = partialLots(each, rows, markets, most);
        if (each.kind === 'restore') expect(found).toEqual(most);
        for (const [i, count] of found.entries()) {
          expect(count).toBeLessThanOrEqual(most[i]);
          // A round makes progress wherever something is to be closed.
          expect(count > 0).toBe(most[i] > 0);
        }
      },
    ),
  );
});

describe('dust', () => {
  // A lot is worth 2, an order at least 100: 50 lots.
  const of = (count: number, size: number) => withDust(lots(count), rowOf(size), market, dec(100));
  test('an order below the least closes more, up to the whole', () => {
    expect(of(1, 1_000)).toBe(50);
    expect(of(49, -1_000)).toBe(50);
    expect(of(50, 1_000)).toBe(50);
    expect(of(51, 1_000)).toBe(51);
    expect(of(1, 30)).toBe(30);
  });

  test('what would be left below it is closed, too', () => {
    expect(of(60, 100)).toBe(100);
    expect(of(50, 100)).toBe(50);
    expect(of(51, 100)).toBe(100);
    expect(of(1, 99)).toBe(99);
  });

  test('nothing is nothing, without a least all stays, and what is worth nothing is closed whole', () => {
    expect(of(0, 10)).toBe(0);
    expect(withDust(lots(1), rowOf(10), market, dec(0))).toBe(1);
    expect(withDust(lots(1), rowOf(10, dec(0)), market, dec(1))).toBe(10);
  });

  test('never less than asked, never more than held, and order and rest are each nothing or no dust', () => {
    const scene = fc.tuple(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 0, max: 2_000 }),
    );
    fc.assert(
      fc.property(scene, ([size, wish, least]) => {
        const row = rowOf(size);
        const count = Math.min(size, wish);
        const closed = withDust(lots(count), row, market, dec(least));
        const notional = (held: number) => compare(notionalAt(market, held, row.mark), fromDecimal(dec(least)));
        expect(closed >= count && closed <= size).toBe(true);
        expect(closed === size || notional(closed) >= 0).toBe(true);
        expect(closed === size || notional(size - closed) >= 0).toBe(true);
      }),
    );
  });
});
