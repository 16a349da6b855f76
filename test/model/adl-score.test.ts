/** Scores of deleveraging and the five lights: BitMEX's numbers, the formulas by hand, and what is never a target. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adlScore, fiveLights, percentiles } from '../../src/model/adl-score.js';
import type { AdlMethod } from '../../src/model/book-port.js';
import { compare, type Fraction, fraction } from '../../src/model/fraction.js';
import { rate } from '../support/books.js';
import { testPublished } from '../waterfall/published.js';

testPublished('bitmex-adl', ({ rows }, expected) => {
  const accounts = rows as readonly (readonly [account: number, quantity: number, rank: number])[];
  const ranked = accounts.map(([, lots, rank]) => ({ lots, score: fraction(BigInt(rank)) }));
  const found = percentiles(ranked);
  const order = accounts.map((_, i) => i).sort((a, b) => accounts[b][2] - accounts[a][2]);
  expect(order.map((i) => [String(accounts[i][0]), String(found[i])])).toEqual(expected);
  expect(order.map((i) => fiveLights(ranked)[i])).toEqual([5, 4, 3, 2, 2, 1]);
});

const score = (method: AdlMethod, entry: string, mark: string, equity = '100'): Fraction | null =>
  adlScore(method, { entryValue: rate(entry), markValue: rate(mark), equity: rate(equity) });
const expectScore = (found: Fraction | null, expected: string): void => {
  if (found === null) throw new Error('expected a score');
  expect(compare(found, rate(expected))).toBe(0);
};

describe('queue', () => {
  test('is PnL % times leverage of a profit, and divided by it of a loss', () => {
    // A long of 100 that is worth 125: 25 % · 1.25.
    expectScore(score('queue', '100', '125'), '5/16');
    // A short that sold for 100 and buys back at 80: 20 % · 0.8.
    expectScore(score('queue', '-100', '-80'), '4/25');
    // A long of 100 that is worth 80: −20 % ÷ 0.8.
    expectScore(score('queue', '100', '80'), '-0.25');
  });

  test('measures what entered at nothing by its worth now, and knows nothing of what is worth nothing', () => {
    expectScore(score('queue', '0', '50'), '0.5');
    expectScore(score('queue', '0', '-50'), '-2');
    expectScore(score('queue', '0', '0'), '0');
    expectScore(score('queue', '-100', '0'), '0');
    expect(score('queue', '100', '0')).toBeNull();
  });
});

describe('hyperliquid', () => {
  test('is mark/entry of a long and entry/mark of a short, times leverage', () => {
    expectScore(score('hyperliquid', '100', '125'), '25/16');
    expectScore(score('hyperliquid', '-100', '-80'), '1');
    expectScore(score('hyperliquid', '100', '80'), '0.64');
  });

  test('of an inverse contract is the same ratio of prices', () => {
    // 1,000 contracts long from 20 to 25: worth −50, then −40.
    expectScore(score('hyperliquid', '-50', '-40'), '1/2');
    // Short: worth 50, then 40: 20/25.
    expectScore(score('hyperliquid', '50', '40'), '0.32');
  });

  test('falls back to 1 + PnL % where the ratio of prices says nothing', () => {
    expectScore(score('hyperliquid', '100', '-50'), '-0.25');
    expectScore(score('hyperliquid', '-100', '50'), '1.25');
    expectScore(score('hyperliquid', '0', '50'), '1');
  });
});

test('pro-rata is the profit, and only profits take part', () => {
  expectScore(score('pro-rata', '100', '125'), '25');
  expect(score('pro-rata', '100', '100')).toBeNull();
  expect(score('pro-rata', '100', '80')).toBeNull();
});

test('a portfolio without equity is never a target', () => {
  for (const method of ['queue', 'hyperliquid', 'pro-rata'] as const) {
    expect(score(method, '100', '125', '0')).toBeNull();
    expect(score(method, '100', '125', '-1')).toBeNull();
  }
});

describe('what holds of every score', () => {
  const worth = fc.integer({ min: 1, max: 1_000_000 });
  test('more profit scores higher, and all profits score above all losses, in queue', () => {
    fc.assert(
      fc.property(worth, worth, worth, worth, (entry, a, b, equity) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        for (const method of ['queue', 'hyperliquid'] as const) {
          const [less, more] = [low, high].map((mark) => score(method, String(entry), String(mark), String(equity)));
          if (less === null || more === null) throw new Error('expected scores');
          if (low >= entry || method === 'hyperliquid') expect(compare(less, more)).toBeLessThanOrEqual(0);
          if (method === 'queue') expect(Math.sign(Number(more.n))).toBe(Math.sign(high - entry));
        }
      }),
    );
  });

  test('lights: each has one, higher scores never fewer, and the last of the queue has one light', () => {
    const row = fc.record({ lots: fc.integer({ min: 1, max: 1_000 }), score: worth.map((n) => fraction(BigInt(n % 50))) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
        const lights = fiveLights(rows);
        for (const [i, light] of lights.entries()) {
          expect([1, 2, 3, 4, 5]).toContain(light);
          for (const [j, other] of lights.entries()) {
            if (compare(rows[i].score, rows[j].score) > 0) expect(light).toBeGreaterThanOrEqual(other);
          }
        }
        expect(Math.min(...lights)).toBe(1);
      }),
    );
  });
});
