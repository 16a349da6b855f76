/** Laws of the engine under random records: money is conserved to the last unit, and equal records give equal effects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { stateHash } from '../../src/engine/state-hash.js';
import { add, compare, type Fraction, fraction, fractionToUnits, multiply, reduce, subtract } from '../../src/model/fraction.js';
import { entryValue } from '../../src/model/margin.js';
import { type Account, cash, lots } from '../../src/model/portfolio.js';
import type { Fill, InputRecord } from '../../src/model/records.js';
import { dec } from '../support/books.js';
import { account, alice, E18, effectsOf, engineWith, fill, fills, instruments, portfolios, position, tick } from './support.js';

/** Σ cash of all portfolios: what everybody else has, negated. */
function allCash(engine: Engine): bigint {
  return Object.values(portfolios(engine)).reduce((sum, { cash: money }) => sum + money, 0n);
}

/** Σ entry cost of all positions, in the valuation asset. */
function allCosts(engine: Engine): Fraction {
  const positions = Object.values(portfolios(engine)).flatMap((portfolio) => portfolio.positions);
  return positions.reduce((sum, each) => reduce(add(sum, entryValue(instruments.markets[each.market], each))), fraction(0n));
}

/** What the venue's own accounts have, by name. */
function venueCash(engine: Engine): Record<string, bigint> {
  return Object.fromEntries(engine.caseHalf.ledger.entries().map(({ account: name, amount }) => [name, amount]));
}

/** The engine's own full check, and ours: Σ over portfolios and over the venue's accounts is zero. */
function expectConserved(engine: Engine): void {
  engine.checkConservation();
  expect(Object.values(venueCash(engine)).reduce((sum, amount) => sum + amount, allCash(engine))).toBe(0n);
}

const NAMES = ['a', 'b', 'c', 'd'];
const trader = (id: string): Account =>
  account(id, 100, {
    cross: [position(7, 30_000), position(-3, 2_000, 1)],
    isolated: [{ ...position(id < 'c' ? 5 : -5, 30_000), collateral: cash(11n * E18) }],
  });

interface Trade {
  buyer: number;
  seller: number;
  market: number;
  size: number;
  price: bigint;
  fee: bigint;
  alone: boolean;
}

const trade: fc.Arbitrary<Trade> = fc.record({
  buyer: fc.nat(NAMES.length - 1),
  seller: fc.nat(NAMES.length - 1),
  market: fc.nat(1),
  size: fc.integer({ min: 1, max: 12 }),
  price: fc.bigInt({ min: 1n, max: 60_000n * E18 }),
  fee: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  alone: fc.boolean(),
});

/** Both sides of a trade at one price of 18 decimals; `alone`: the buyer's is on its isolated position. */
function sides({ buyer, seller, market, size, price, fee, alone }: Trade, i: number): [Fill, Fill] {
  const both = { market, lots: lots(size), price: dec(price, 18), fee: cash(fee) };
  return [
    fill(`${i}b`, { ...both, account: NAMES[buyer], side: 'buy', margin: alone ? 'isolated' : 'cross' }),
    fill(`${i}s`, { ...both, account: NAMES[seller], side: 'sell' }),
  ];
}

describe('money', () => {
  it('is conserved by trades among accounts: what is missing is fees, and what each floor leaves with clearing', () => {
    const seen = { booked: 0, floored: 0 };
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 25 }), (trades) => {
        const engine = engineWith(...NAMES.map(trader));
        effectsOf(engine, tick(1, 30_000, 2_000));
        const start = { cash: allCash(engine), costs: allCosts(engine) };
        let fees = 0n;
        let done = 0n;
        for (const [i, each] of trades.entries()) {
          const before = [allCash(engine), allCosts(engine), venueCash(engine)];
          const { problems } = engine.apply(fills(i + 2, ...sides(each, i)));
          expectConserved(engine);
          if (problems.length > 0) {
            expect([allCash(engine), allCosts(engine), venueCash(engine)]).toEqual(before);
            continue;
          }
          done += 2n;
          fees += 2n * each.fee;
        }
        const { fees: paid = 0n, venue = 0n, outside, ...clearing } = venueCash(engine);
        expect([paid, outside]).toEqual([fees, -start.cash]);
        expect(venue).toBeLessThanOrEqual(0n);
        expect(Object.keys(clearing).every((name) => name.startsWith('clearing:'))).toBe(true);
        // Clearing has paid for what portfolios' positions cost, and has what each floor has left over: less than 10^-18 a side.
        const held = Object.values(clearing).reduce((sum, amount) => sum + amount, 0n);
        const left = add(fraction(held, E18), subtract(allCosts(engine), start.costs));
        expect(compare(left, fraction(0n))).toBeGreaterThanOrEqual(0);
        expect(compare(left, fraction(done, E18))).toBeLessThanOrEqual(0);
        seen.booked += Number(done);
        seen.floored += left.n > 0n ? 1 : 0;
      }),
      { numRuns: 150 },
    );
    expect(seen.booked).toBeGreaterThan(400);
    expect(seen.floored).toBeGreaterThan(10);
  });

  it('of every closed position is its profit: what is booked is what the marks had promised', () => {
    // Bought at 30,000 and sold at 31,234.5 in five unequal parts: the parts' costs add up to the whole.
    const engine = engineWith(alice);
    const parts = [1, 7, 131, 200, 161];
    effectsOf(engine, fills(1, ...parts.map((n, i) => fill(`${i}`, { lots: lots(n), price: dec(312_345, 1) }))));
    const profit = multiply(fraction(12_345n, 10n), fraction(1n, 2n));
    expect(portfolios(engine).alice.cash).toBe(1_000n * E18 + fractionToUnits(profit, 18, 'down'));
  });
});

const word = fc.constantFrom('working', 'cancelled', 'unfilled', 'rejected');
const recordArbitrary: fc.Arbitrary<(timeUs: number, orders: readonly string[]) => InputRecord> = fc.oneof(
  fc.tuple(fc.integer({ min: 20_000, max: 40_000 }), fc.integer({ min: 1_000, max: 3_000 })).map(
    ([a, b]) =>
      (timeUs: number) =>
        tick(timeUs, a, b),
  ),
  fc.tuple(trade, fc.nat(50)).map(([each, pick]) => (timeUs: number, orders: readonly string[]) => {
    const [buy, sell] = sides(each, timeUs);
    return fills(timeUs, buy, { ...sell, orderId: orders[pick % (orders.length + 1)] ?? null });
  }),
  fc.tuple(word, fc.nat(50)).map(([state, pick]) => (timeUs: number, orders: readonly string[]) => ({
    type: 'acks' as const,
    timeUs,
    acks: [{ orderId: orders[pick % (orders.length + 1)] ?? 'nobody', state }],
  })),
  fc.tuple(fc.nat(NAMES.length - 1), fc.integer({ min: -50, max: 500 })).map(([who, money]) => (timeUs: number) => ({
    type: 'book' as const,
    timeUs,
    rows: [{ version: timeUs, account: { ...trader(NAMES[who]), balance: cash(BigInt(money) * E18) } }],
  })),
  fc.constant((timeUs: number): InputRecord => ({ type: 'clock', timeUs })),
);

describe('the engine', () => {
  it('gives equal effects and an equal state for equal records', () => {
    let ordersSeen = 0;
    fc.assert(
      fc.property(fc.array(recordArbitrary, { minLength: 10, maxLength: 40 }), (makers) => {
        const [one, other] = [engineWith(...NAMES.map(trader)), engineWith(...NAMES.map(trader))];
        const orders: string[] = [];
        for (const [i, make] of makers.entries()) {
          const record = make(1_000 * (i + 1), orders);
          const applied = one.apply(record);
          expectConserved(one);
          expect(other.apply(structuredClone(record))).toEqual(applied);
          for (const effect of applied.effects) {
            if (effect.type === 'orders')
              orders.push(...effect.rows.filter(({ event }) => event === 'new').map(({ orderId }) => orderId));
          }
        }
        expect(new Set(orders).size).toBe(orders.length);
        expect(stateHash(other)).toBe(stateHash(one));
        expect(portfolios(other)).toEqual(portfolios(one));
        ordersSeen += orders.length;
      }),
      { numRuns: 150 },
    );
    expect(ordersSeen).toBeGreaterThan(100);
  });
});
