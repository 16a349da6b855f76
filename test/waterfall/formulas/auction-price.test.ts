/** Auction prices: Maker's and Derive's numbers, and what holds of every curve. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, compare, type Fraction, fraction, fractionToUnits, multiply, ONE, subtract } from '../../../src/model/fraction.js';
import {
  auctionPrice,
  auctionShare,
  bufferMargin,
  curveShare,
  insolventPayout,
  largestShare,
  linearShare,
  makerTake,
  RAY,
  rayMultiply,
  rayPower,
  stairShare,
  twoPhaseShare,
} from '../../../src/waterfall/formulas/auction-price.js';
import type { AuctionCurve } from '../../../src/waterfall/policy.js';
import { dec, rate } from '../../support/books.js';
import { testPublished } from '../published.js';

const SECOND = 1_000_000;
const ray = (text: string): bigint => fractionToUnits(rate(text), 27, 'down');
const same = (a: Fraction, b: Fraction): void => expect(compare(a, b)).toBe(0);

testPublished('maker-stair', ({ top, cut, stepSeconds, secondsElapsed }, expected) => {
  const share = stairShare(ray(cut), stepSeconds * SECOND, secondsElapsed * SECOND);
  expect(rayMultiply(ray(top), share)).toBe(BigInt(expected));
});

testPublished('maker-linear', ({ top, tauSeconds, secondsElapsed }, expected) => {
  same(multiply(rate(top), linearShare(secondsElapsed * SECOND, tauSeconds * SECOND)), rate(expected));
});

testPublished('maker-take', ({ tab, lot, price, amount, chost }, expected) => {
  const sale = { tab: BigInt(tab), lot: BigInt(lot), price: BigInt(price), amount: BigInt(amount), chost: BigInt(chost) };
  const take = makerTake(sale);
  expect([take?.owed, take?.slice, take?.tab, take?.lot].map(String)).toEqual(expected);
});

testPublished('derive-maxprop', ({ maintenanceMargin, markToMarket, bufferFraction, discount, reserved }, expected) => {
  const buffer = bufferMargin(rate(maintenanceMargin), rate(markToMarket), rate(bufferFraction));
  const share = largestShare({ buffer, markToMarket: rate(markToMarket), discount: rate(discount), reserved: rate(reserved) });
  expect(fractionToUnits(share, 3, 'down')).toBe(fractionToUnits(rate(expected), 3, 'down'));
});

testPublished('derive-discount', ({ secondsElapsed, start, cutoff, fastSeconds, slowSeconds }, expected) => {
  const phases = { start: rate(start), cutoff: rate(cutoff), fastUs: fastSeconds * SECOND, slowUs: slowSeconds * SECOND };
  same(twoPhaseShare(phases, secondsElapsed * SECOND), rate(expected));
});

testPublished('derive-insolvent', ({ secondsElapsed, fraction: part, payoutFrom, payoutTo, insolventSeconds }, expected) => {
  const payout = { from: rate(payoutFrom), to: rate(payoutTo), durationUs: insolventSeconds * SECOND };
  same(insolventPayout(payout, secondsElapsed * SECOND, rate(part)), rate(expected));
});

describe('Maker', () => {
  test('linear: a tenth less every 6 of 60 minutes (dss, src/test/abaci.t.sol, test_linear_decrease)', () => {
    for (let part = 0; part <= 10; part += 1)
      same(linearShare(part * 360 * SECOND, 3_600 * SECOND), fraction(10n - BigInt(part), 10n));
    same(linearShare(4_000 * SECOND, 3_600 * SECOND), fraction(0n));
  });

  test.each([
    ['1.1234567890 % a second', '0.01123456789', 1],
    ['2.1234567890 % a second', '0.02123456789', 1],
    ['1.1234567890 % every 5 seconds', '0.01123456789', 5],
    ['1.1234567890 % every 5 minutes', '0.01123456789', 300],
  ])(
    'stair: %s is what a step leaves of the last, to within 10^8 rays at 50 million (abaci.t.sol, test_stairstep_exp_decrease)',
    (_, cut, step) => {
      const top = 50_000_000n * RAY;
      let last = top;
      // As the test has it, the cut is what is left of the price in a step.
      const kept = ray(cut);
      for (let second = 1; second < 600; second += 1) {
        const price = rayMultiply(top, stairShare(kept, step * SECOND, second * SECOND));
        const expected = second % step === 0 ? (last * kept) / RAY : last;
        expect(price > expected ? price - expected : expected - price).toBeLessThanOrEqual(100_000_000n);
        last = price;
      }
    },
  );

  test('a part at half the tab leaves the other half (dss, src/test/clip.t.sol, test_take_under_tab)', () => {
    expect(makerTake({ tab: 110n, lot: 40n, price: 5n, amount: 11n, chost: 22n })).toEqual({
      owed: 55n,
      slice: 11n,
      tab: 55n,
      lot: 29n,
    });
  });

  test('no part is left that is smaller than chost, and none may be taken of such a one (dss, src/clip.sol, take)', () => {
    // 20 at 5 would leave 10 of the tab: 88 are taken instead, and 17.6 for them.
    expect(makerTake({ tab: 1100n, lot: 400n, price: 5n, amount: 200n, chost: 220n })).toEqual({
      owed: 880n,
      slice: 176n,
      tab: 220n,
      lot: 224n,
    });
    expect(makerTake({ tab: 220n, lot: 224n, price: 5n, amount: 10n, chost: 220n })).toBeNull();
    expect(makerTake({ tab: 220n, lot: 224n, price: 5n, amount: 44n, chost: 220n })?.tab).toBe(0n);
    // The whole lot may go for less than the tab.
    expect(makerTake({ tab: 110n, lot: 40n, price: 2n, amount: 40n, chost: 100n })).toEqual({
      owed: 80n,
      slice: 40n,
      tab: 30n,
      lot: 0n,
    });
  });

  test('rpow is repeated rounding multiplication to within its roundings, and exact for 0, 1 and the whole', () => {
    expect(rayPower(RAY, 1_000)).toBe(RAY);
    expect(rayPower(0n, 0)).toBe(RAY);
    expect(rayPower(0n, 5)).toBe(0n);
    expect(rayPower(ray('0.99'), 1)).toBe(ray('0.99'));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: RAY }), fc.integer({ min: 0, max: 200 }), (base, exponent) => {
        let exact = fraction(RAY);
        for (let i = 0; i < exponent; i += 1) exact = multiply(exact, fraction(base, RAY));
        const power = rayPower(base, exponent);
        expect(compare(subtract(fraction(power), exact), fraction(BigInt(2 * exponent + 1)))).toBeLessThanOrEqual(0);
        expect(compare(subtract(exact, fraction(power)), fraction(BigInt(2 * exponent + 1)))).toBeLessThanOrEqual(0);
      }),
      { numRuns: 50 },
    );
  });
});

describe('Derive', () => {
  test('the discount of DutchAuctionView.t.sol, testGetDiscountPercentage and testGetDiscountDiffLength', () => {
    const phases = { start: ONE, cutoff: rate('0.8'), fastUs: 600 * SECOND, slowUs: 7_200 * SECOND };
    const at = (seconds: number, of = phases) => twoPhaseShare(of, seconds * SECOND);
    same(at(0), ONE);
    same(at(600), rate('0.8'));
    same(at(960), rate('0.76'));
    same(at(8_160), rate('0'));
    const shorter = { ...phases, start: rate('0.96'), fastUs: 300 * SECOND };
    same(at(0, shorter), rate('0.96'));
    same(at(150, shorter), rate('0.88'));
    same(at(300, shorter), rate('0.8'));
    same(at(6_780, shorter), rate('0.08'));
  });

  test('at most 34.1 % at a discount of 90 % (SolventAuction.t.sol, testCanBidWithMaxPercentage)', () => {
    const markToMarket = rate('300');
    const buffer = bufferMargin(rate('-100'), markToMarket, rate('0.1'));
    same(buffer, rate('-140'));
    const share = largestShare({ buffer, markToMarket, discount: rate('0.9'), reserved: rate('0') });
    expect(fractionToUnits(share, 3, 'down')).toBe(341n);
    // 92 of cash, at a price of 270 for the whole.
    expect(fractionToUnits(multiply(share, rate('270')), 0, 'down')).toBe(92n);
  });

  test('the largest share restores the rest exactly; nothing missing needs none, nothing brought needs all', () => {
    const amount = fc.integer({ min: 1, max: 1_000_000 }).map((n) => fraction(BigInt(n)));
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 1, max: 100 }), (missing, markToMarket, percent) => {
        const buffer = subtract(fraction(0n), missing);
        const discount = fraction(BigInt(percent), 100n);
        const share = largestShare({ buffer, markToMarket, discount, reserved: fraction(0n) });
        const after = add(multiply(subtract(ONE, share), buffer), multiply(share, multiply(markToMarket, discount)));
        same(after, fraction(0n));
      }),
    );
    expect(largestShare({ buffer: ONE, markToMarket: ONE, discount: ONE, reserved: ONE })).toEqual(fraction(0n));
    const broke = { buffer: rate('-1'), markToMarket: rate('-5'), discount: ONE, reserved: rate('0') };
    expect(largestShare(broke)).toEqual(ONE);
  });
});

describe('the price of a position', () => {
  const linear: AuctionCurve = { kind: 'linear', durationUs: 100 };
  const stage = { curve: linear, start: rate('1.05'), reserve: rate('0.8') };

  test('of a long falls from its start to its reserve, of a short mirrors it about the mark', () => {
    same(auctionPrice(dec(200), 'long', stage, 0), rate('210'));
    same(auctionPrice(dec(200), 'short', stage, 0), rate('190'));
    same(auctionPrice(dec(200), 'long', stage, 10), rate('189'));
    same(auctionPrice(dec(200), 'short', stage, 10), rate('211'));
    same(auctionPrice(dec(200), 'long', stage, 99), rate('160'));
    same(auctionPrice(dec(200), 'short', stage, 1_000), rate('240'));
  });

  test('of a mark below zero moves the same way', () => {
    same(auctionPrice(dec(-200), 'long', stage, 1_000), rate('-240'));
    same(auctionPrice(dec(-200), 'short', stage, 1_000), rate('-160'));
  });

  test('never rises for the defaulter with time, on any curve', () => {
    const curve: fc.Arbitrary<AuctionCurve> = fc.oneof(
      fc.integer({ min: 1, max: 10_000 }).map((durationUs) => ({ kind: 'linear' as const, durationUs })),
      fc
        .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 10_000 }))
        .map(([cut, stepUs, durationUs]) => ({ kind: 'stair' as const, cut: dec(cut, 3), stepUs, durationUs })),
    );
    fc.assert(
      fc.property(curve, fc.nat(12_000), fc.nat(12_000), (each, a, b) => {
        const [early, late] = a < b ? [a, b] : [b, a];
        expect(compare(curveShare(each, early), curveShare(each, late))).toBeGreaterThanOrEqual(0);
        const terms = { ...stage, curve: each };
        expect(compare(auctionShare(terms, late), stage.reserve)).toBeGreaterThanOrEqual(0);
        const [longs, shorts] = (['long', 'short'] as const).map((side) =>
          [early, late].map((time) => auctionPrice(dec(100), side, terms, time)),
        );
        expect(compare(longs[0], longs[1])).toBeGreaterThanOrEqual(0);
        expect(compare(shorts[0], shorts[1])).toBeLessThanOrEqual(0);
        expect(curveShare(each, 0)).toEqual(ONE);
        expect(curveShare(each, 10_000).n).toBe(0n);
      }),
    );
  });
});
