/** Tokens: so many at once, refilled evenly; notional against depth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DispatchLimits, depthOf, Limits, NO_LIMITS } from '../../src/dispatch/limits.js';
import { fraction } from '../../src/model/fraction.js';
import { lots } from '../../src/model/portfolio.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';

const flat = { method: 'bracket' as const, basis: 'mark' as const, closeFee: rate('0'), tiers: tiersOf([[0, '0.01']]) };
// Lots of 0.001; market 1 has no tier above its first, and so no depth of its own.
const instruments = instrumentsOf([marketOf(0), marketOf(1, { maintenance: flat })]);
const MARK = dec(100);

const limitsOf = (over: Partial<DispatchLimits>) => new Limits(instruments, { ...NO_LIMITS, ...over });

/** Whether a lot may go out, which then does. */
function sends(limits: Limits, account: string, market: number, timeUs: number): boolean {
  if (limits.allowed(account, market, lots(1), MARK, timeUs) === 0) return false;
  limits.take(account, market, lots(1), MARK, timeUs);
  return true;
}

describe('tokens', () => {
  it('of an account are its own, and come back one by one within the interval', () => {
    const limits = limitsOf({ perAccount: { count: 2, perUs: 100 } });
    expect([sends(limits, 'a', 0, 0), sends(limits, 'a', 1, 0), sends(limits, 'a', 0, 0)]).toEqual([true, true, false]);
    expect(sends(limits, 'b', 0, 0)).toBe(true);
    expect([sends(limits, 'a', 0, 49), sends(limits, 'a', 0, 50), sends(limits, 'a', 0, 50)]).toEqual([false, true, false]);
  });

  it('of a market are shared by accounts, and global ones by markets', () => {
    const market = limitsOf({ perMarket: { count: 1, perUs: 100 } });
    expect([sends(market, 'a', 0, 0), sends(market, 'b', 0, 0), sends(market, 'b', 1, 0)]).toEqual([true, false, true]);
    const global = limitsOf({ global: { count: 1, perUs: 100 } });
    expect([sends(global, 'a', 0, 0), sends(global, 'b', 1, 0), sends(global, 'b', 1, 100)]).toEqual([true, false, true]);
  });

  it('never let out more than the burst and what has come since, whenever they are asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 60 }),
        (count, perUs, steps) => {
          const limits = limitsOf({ global: { count, perUs } });
          const sent: number[] = [];
          let timeUs = 0;
          for (const step of steps) {
            timeUs += step;
            if (sends(limits, 'a', 0, timeUs)) sent.push(timeUs);
          }
          for (const [i, from] of sent.entries())
            for (let j = i; j < sent.length; j++)
              expect((j - i + 1 - count) * perUs).toBeLessThanOrEqual((sent[j] - from) * count);
        },
      ),
    );
  });
});

it('drops accounts that have all their tokens back, once there are many and time has passed, and those only', () => {
  const over: Partial<DispatchLimits> = { perAccount: { count: 2, perUs: 100 } };
  const limits = limitsOf(over);
  const known = (of: Limits): number => of.save().accounts.length;
  for (let i = 0; i < 70_000; i++) sends(limits, `a${i}`, 0, 10);
  expect(sends(limits, 'b', 0, 10) && sends(limits, 'b', 0, 10)).toBe(true);
  expect(known(limits)).toBe(70_001);
  const restored = limitsOf(over);
  restored.restore(structuredClone(limits.save()));
  expect(restored.save()).toEqual(limits.save());
  for (const each of [limits, restored]) expect([sends(each, 'b', 0, 60), known(each)]).toEqual([true, 1]);
});

describe('notional', () => {
  const notional = { share: rate('0.1'), perUs: 100 };
  const depth = new Map([[0, dec(10)]]);

  it('within an interval is a share of the depth: what fits goes out, the rest later', () => {
    // A tenth of 10 is 1: ten lots of 0.1 each.
    const limits = limitsOf({ notional, depth });
    expect(limits.allowed('a', 0, lots(25), MARK, 0)).toBe(10);
    limits.take('a', 0, lots(10), MARK, 0);
    expect(limits.allowed('a', 0, lots(25), MARK, 0)).toBe(0);
    expect(limits.allowed('a', 0, lots(25), MARK, 50)).toBe(5);
    expect(limits.allowed('a', 0, lots(3), MARK, 50)).toBe(3);
  });

  it('of one lot that is more than the whole goes out alone, when the bucket is full', () => {
    const limits = limitsOf({ notional, depth: new Map([[0, dec(1, 1)]]) });
    expect(limits.allowed('a', 0, lots(25), MARK, 0)).toBe(1);
    limits.take('a', 0, lots(1), MARK, 0);
    expect(limits.allowed('a', 0, lots(25), MARK, 500)).toBe(0);
    expect(limits.allowed('a', 0, lots(25), MARK, 1_000)).toBe(1);
  });

  it('has no limit where nobody knows the depth, and where a mark is worth nothing', () => {
    const limits = limitsOf({ notional });
    expect(limits.allowed('a', 1, lots(1_000_000), MARK, 0)).toBe(1_000_000);
    expect(limitsOf({ notional, depth }).allowed('a', 0, lots(1_000_000), dec(0), 0)).toBe(1_000_000);
  });

  it('depth is what is told, else the floor of the dearest tier', () => {
    const [own, none] = instruments.markets;
    expect(depthOf(own, { depth })).toEqual(fraction(10n));
    expect(depthOf(own, NO_LIMITS)).toEqual(fraction(1_000_000n));
    expect(depthOf(none, NO_LIMITS)).toBeNull();
  });
});

it('is what it was after it was saved', () => {
  const all: Partial<DispatchLimits> = {
    ...{ perAccount: { count: 2, perUs: 70 }, perMarket: { count: 3, perUs: 70 }, global: { count: 4, perUs: 70 } },
    ...{ notional: { share: rate('0.1'), perUs: 100 }, depth: new Map([[0, dec(10)]]) },
  };
  const limits = limitsOf(all);
  for (const [account, timeUs] of [
    ['a', 1],
    ['b', 7],
    ['a', 9],
  ] as const)
    sends(limits, account, 0, timeUs);
  const restored = limitsOf(all);
  restored.restore(structuredClone(limits.save()));
  expect(restored.save()).toEqual(limits.save());
  for (const timeUs of [10, 40, 80]) expect(sends(restored, 'a', 0, timeUs)).toBe(sends(limits, 'a', 0, timeUs));
});
