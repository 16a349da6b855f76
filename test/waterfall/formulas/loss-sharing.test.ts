/** Shares of a loss: nothing is lost or made, caps hold, and nobody pays for another who still can. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lossPerUnit, shareLoss } from '../../../src/waterfall/formulas/loss-sharing.js';
import { testPublished } from '../published.js';

testPublished('drift-bankrupt-funding', ({ loss, longBase, shortBase }, expected) => {
  // Drift: quote in 10^-6, base in 10^-9, the index in 10^-9 a base and then times 1,000.
  const base = (BigInt(longBase) + BigInt(shortBase)) * 10n ** 9n;
  expect(lossPerUnit(BigInt(loss) * 10n ** 6n, base, 10n ** 9n) * 1_000n).toBe(BigInt(expected));
});

const big = (...values: number[]): bigint[] => values.map(BigInt);
const NO_CAP = 10n ** 30n;

describe('shares of a loss', () => {
  test('are by weight, floored; the remainder is what flooring left over', () => {
    expect(shareLoss(100n, big(1, 1, 1), [NO_CAP, NO_CAP, NO_CAP])).toEqual({ shares: big(33, 33, 33), rest: 0n, remainder: 1n });
    expect(shareLoss(10n, big(3, 0, 7), [NO_CAP, NO_CAP, NO_CAP])).toEqual({ shares: big(3, 0, 7), rest: 0n, remainder: 0n });
  });

  test('by Vega: of 100 won by three only 40 were collected', () => {
    // ⌊50·40/100⌋, ⌊33·40/100⌋, ⌊17·40/100⌋ and 1 that the network or the last winner has.
    const wins = big(50, 33, 17);
    expect(shareLoss(40n, wins, wins)).toEqual({ shares: big(20, 13, 6), rest: 0n, remainder: 1n });
  });

  test('stop at caps, and what a cap keeps back is shared anew', () => {
    expect(shareLoss(100n, big(1, 1, 2), big(10, 100, 100))).toEqual({ shares: big(10, 30, 60), rest: 0n, remainder: 0n });
    // The second meets its cap only because the first has met its own.
    expect(shareLoss(100n, big(1, 1, 2), big(10, 28, 100))).toEqual({ shares: big(10, 28, 62), rest: 0n, remainder: 0n });
    expect(shareLoss(100n, big(1, 1, 2), big(10, 20, 30))).toEqual({ shares: big(10, 20, 30), rest: 40n, remainder: 0n });
  });

  test('are of nobody where there is nobody', () => {
    expect(shareLoss(5n, [], [])).toEqual({ shares: [], rest: 5n, remainder: 0n });
    expect(shareLoss(5n, big(0, 1), big(9, 0))).toEqual({ shares: big(0, 0), rest: 5n, remainder: 0n });
    expect(shareLoss(0n, big(1), big(1))).toEqual({ shares: big(0), rest: 0n, remainder: 0n });
  });

  const amount = fc.bigInt({ min: 0n, max: 1_000n });
  const scene = fc.tuple(fc.array(fc.tuple(amount, amount), { maxLength: 12 }), fc.bigInt({ min: 0n, max: 8_000n }));

  test('conserve the loss, hold every cap, and leave the remainder below one for each', () => {
    fc.assert(
      fc.property(scene, ([who, loss]) => {
        const [weights, caps] = [who.map(([weight]) => weight), who.map(([, cap]) => cap)];
        const { shares, rest, remainder } = shareLoss(loss, weights, caps);
        expect(shares.reduce((sum, share) => sum + share, rest + remainder)).toBe(loss);
        const open = shares.filter((share, i) => weights[i] > 0n && share < caps[i]);
        for (const [i, share] of shares.entries()) {
          expect(share >= 0n && share <= caps[i]).toBe(true);
          if (weights[i] === 0n) expect(share).toBe(0n);
        }
        expect(remainder === 0n || remainder < BigInt(open.length)).toBe(true);
        // Nothing is left that somebody could still pay.
        if (rest > 0n) expect(open).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('are fair: who is below the cap pays by weight as much as anybody, to within flooring', () => {
    fc.assert(
      fc.property(scene, ([who, loss]) => {
        const [weights, caps] = [who.map(([weight]) => weight), who.map(([, cap]) => cap)];
        const { shares } = shareLoss(loss, weights, caps);
        for (const [i, share] of shares.entries()) {
          if (weights[i] === 0n || share >= caps[i]) continue;
          for (const [j, other] of shares.entries()) {
            if (weights[j] > 0n) expect(other * weights[i]).toBeLessThan((share + 1n) * weights[j] + 1n);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('do not depend on the order given', () => {
    fc.assert(
      fc.property(scene, ([who, loss]) => {
        const of = (rows: typeof who) =>
          shareLoss(
            loss,
            rows.map(([weight]) => weight),
            rows.map(([, cap]) => cap),
          );
        const reversed = of(who.toReversed());
        expect({ ...reversed, shares: reversed.shares.toReversed() }).toEqual(of(who));
      }),
    );
  });
});

test('a loss by size is covered, with less than one unit of the index too much', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 10n ** 12n }), (loss, units) => {
      const index = lossPerUnit(loss, units, 10n ** 9n);
      expect(index * units).toBeGreaterThanOrEqual(loss * 10n ** 9n);
      expect((index - 1n) * units).toBeLessThan(loss * 10n ** 9n);
    }),
  );
  expect(() => lossPerUnit(1n, 0n, 1n)).toThrow('open size');
});
