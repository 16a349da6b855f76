/** Limits of closing orders: the bankruptcy price on the market's ticks, on the side that does not cost the fund. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundToTick } from '../../src/dispatch/sizing.js';
import { bankruptcyPrice } from '../../src/model/bankruptcy.js';
import { formatDecimal } from '../../src/model/decimal.js';
import { compare, type Fraction, fraction, fromDecimal, subtract } from '../../src/model/fraction.js';
import { cost, lots } from '../../src/model/portfolio.js';
import type { BreachRow } from '../../src/model/records.js';
import { dec, marketOf } from '../support/books.js';
import { closingLimit } from '../support/closing-limit.js';

/** One unit of base is 1,000 lots. */
const market = marketOf(0, { tick: dec(5, 1) });

const row = (size: number, mark: number, maintenance: Fraction): BreachRow => ({
  market: 0,
  lots: lots(size),
  cost: cost(0n),
  mark: dec(mark),
  index: fraction(1n),
  maintenance,
});

describe('rounding to the tick', () => {
  it('is to the next multiple, on the side asked for', () => {
    const text = (n: bigint, d: bigint, how: 'up' | 'down') => formatDecimal(roundToTick(fraction(n, d), market, how));
    expect(text(301n, 3n, 'up')).toBe('100.5');
    expect(text(301n, 3n, 'down')).toBe('100');
    expect(text(201n, 2n, 'up')).toBe('100.5');
    expect(text(201n, 2n, 'down')).toBe('100.5');
    expect(text(-301n, 3n, 'up')).toBe('-100');
    expect(text(-301n, 3n, 'down')).toBe('-100.5');
  });

  it('never moves a price by a whole tick, whatever the tick', () => {
    const price = fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 10n ** 9n }));
    fc.assert(
      fc.property(price, fc.integer({ min: 1, max: 1_000 }), fc.nat(18), fc.boolean(), ([n, d], units, decimals, up) => {
        const tick = dec(units, decimals);
        const exact = fraction(n, d);
        const rounded = roundToTick(exact, { ...market, tick }, up ? 'up' : 'down');
        const moved = subtract(fromDecimal(rounded), exact);
        expect(rounded.units % tick.units).toBe(0n);
        expect(compare(moved, fraction(0n)) * (up ? 1 : -1)).toBeGreaterThanOrEqual(0);
        expect(compare(up ? moved : subtract(fraction(0n), moved), fromDecimal(tick))).toBe(-1);
      }),
    );
  });
});

describe('the limit of a closing order', () => {
  const need = fraction(10n);

  it('rounds sells up and buys down from the bankruptcy price', () => {
    // Equity 1/3 on one unit: a long breaks at 100 − 1/3, a short at 100 + 1/3.
    const value = { lossToZero: fraction(1n, 3n), maintenance: need };
    expect(closingLimit(market, row(1_000, 100, need), value)).toEqual(dec(1_000, 1));
    expect(closingLimit(market, row(-1_000, 100, need), value)).toEqual(dec(1_000, 1));
    const debt = { lossToZero: fraction(-1n, 3n), maintenance: need };
    expect(closingLimit(market, row(1_000, 100, need), debt)).toEqual(dec(1_005, 1));
    expect(closingLimit(market, row(-1_000, 100, need), debt)).toEqual(dec(995, 1));
  });

  it('is none where there is no bankruptcy price, or none that the market can have', () => {
    expect(
      closingLimit(market, row(1_000, 100, fraction(0n)), { lossToZero: fraction(1n), maintenance: fraction(0n) }),
    ).toBeNull();
    expect(closingLimit(market, row(1_000, 100, need), { lossToZero: null, maintenance: need })).toBeNull();
    const rich = { lossToZero: fraction(200n), maintenance: need };
    expect(closingLimit(market, row(1_000, 100, need), rich)).toBeNull();
    const oil = { ...market, allowNonPositive: true };
    expect(closingLimit(oil, row(1_000, 100, need), rich)).toEqual(dec(-1_000, 1));
    // Bankrupt at 0.2: a buy's limit would round down to 0.
    expect(closingLimit(market, row(-1_000, 1, need), { lossToZero: fraction(-8n, 10n), maintenance: need })).toBeNull();
  });

  it('never gives away more than equity: at the limit the position loses no more than its share', () => {
    const lossToZero = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    fc.assert(
      fc.property(lossToZero, fc.bigInt({ min: 1n, max: 10n ** 9n }), fc.boolean(), (loss, maintenance, long) => {
        const value = { lossToZero: fraction(loss, 997n), maintenance: fraction(maintenance * 2n, 991n) };
        const half = row(long ? 1_000 : -1_000, 50_000, fraction(maintenance, 991n));
        const limit = closingLimit(market, half, value);
        const exact = bankruptcyPrice(market, half, value);
        if (limit === null || exact === null) return;
        expect(compare(fromDecimal(limit), exact) * (long ? 1 : -1)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
