/** Sizes that restore: Drift's numbers; ours against the oracle and against trying every size. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  absolute,
  add,
  compare,
  type Fraction,
  fraction,
  fractionToUnits,
  fromDecimal,
  multiply,
  ONE,
  subtract,
  ZERO,
} from '../../../src/model/fraction.js';
import type { Market } from '../../../src/model/instruments.js';
import { entryValue, lotValue, notionalAt, pricesOf, unitValue, valuePortfolio } from '../../../src/model/margin.js';
import { cash, cost, type Lots, lots, type Portfolio } from '../../../src/model/portfolio.js';
import type { BreachRow, Valuation } from '../../../src/model/records.js';
import { requirementAt } from '../../../src/model/requirement.js';
import { fillPosition } from '../../../src/scan/fill.js';
import { driftSize, type RestoreTerms, restoreLots } from '../../../src/waterfall/formulas/restore-size.js';
import { dec, instrumentsOf, marketOf, rate, ruleArbitrary, tiersOf } from '../../support/books.js';
import { testPublished } from '../published.js';

describe('Drift', () => {
  const size = (inputs: Readonly<Record<string, string>>): Fraction | null =>
    driftSize({
      shortage: rate(inputs.marginShortage),
      price: rate(inputs.oraclePrice),
      quotePrice: rate(inputs.quotePrice),
      marginRatio: rate(inputs.marginRatio),
      liquidatorFee: rate(inputs.liquidatorFee),
      insuranceFee: rate(inputs.insuranceFee),
    });
  const units = (value: Fraction | null): string => String(value === null ? null : fractionToUnits(value, 9, 'down'));
  const inputs = { marginShortage: '10', marginRatio: '0.1', oraclePrice: '100', quotePrice: '1' };

  testPublished('drift-cover', (published, expected) => {
    expect(units(size(published))).toBe(expected);
  });

  test('1 % to the liquidator and 1 % to the fund (protocol-v2, math/liquidation/tests.rs)', () => {
    expect(units(size({ ...inputs, liquidatorFee: '0.01', insuranceFee: '0.01' }))).toBe('1250000000');
  });

  test('everything when the ratio is no more than the fee', () => {
    expect(size({ ...inputs, liquidatorFee: '0.1', insuranceFee: '0' })).toBeNull();
    expect(size({ ...inputs, liquidatorFee: '0.05', insuranceFee: '0.05' })).toBeNull();
  });
});

const THREE_TIERS: readonly (readonly [number, string])[] = [
  [0, '0.01'],
  [1_000, '0.05'],
  [5_000, '0.2'],
];
const rule = (method: 'bracket' | 'step', basis: 'mark' | 'entry' = 'mark') => ({
  method,
  basis,
  closeFee: rate('0'),
  tiers: tiersOf(THREE_TIERS, method),
});

/** What a row would need with so many of its lots. */
function needOf(row: BreachRow, market: Market, left: number): Fraction {
  if (left === 0 || row.maintenance.n === 0n) return ZERO;
  const sizes = fraction(BigInt(left), BigInt(Math.abs(row.lots)));
  const notional =
    market.maintenance.basis === 'mark' ? notionalAt(market, left, row.mark) : multiply(sizes, absolute(entryValue(market, row)));
  return multiply(row.index, requirementAt(market.maintenance, notional));
}

/** What closing a lot loses, in the valuation asset, written out for each kind. */
function lossOf(row: BreachRow, market: Market, slippage: Fraction): Fraction {
  const mark = fromDecimal(row.mark);
  const move = multiply(absolute(mark), slippage);
  const price = row.lots > 0 ? subtract(mark, move) : add(mark, move);
  const brought = (at: Fraction) =>
    multiply(multiply(lotValue(market), fraction(row.lots > 0 ? 1n : -1n)), unitValue(market, at));
  const fee = multiply(market.takerFee, absolute(brought(price)));
  return multiply(row.index, add(subtract(brought(mark), brought(price)), fee));
}

/** g of closing so many of each: equity − (1 + target)·maintenance. */
function slackOf(
  rows: readonly BreachRow[],
  { equity, maintenance }: Valuation,
  markets: readonly Market[],
  { target, slippage }: RestoreTerms,
  closed: readonly number[],
): Fraction {
  let [left, needed] = [equity, maintenance];
  for (const [i, row] of rows.entries()) {
    const market = markets[row.market];
    left = subtract(left, multiply(fraction(BigInt(closed[i])), lossOf(row, market, slippage)));
    needed = add(subtract(needed, row.maintenance), needOf(row, market, Math.abs(row.lots) - closed[i]));
  }
  return subtract(left, multiply(add(ONE, target), needed));
}

/** The definition: rows in their order, each whole (or not at all, where that makes it no better) until one restores at some size, of which the least. */
function bruteForce(rows: readonly BreachRow[], value: Valuation, markets: readonly Market[], terms: RestoreTerms): number[] {
  const closed = rows.map(() => 0);
  const restores = () => slackOf(rows, value, markets, terms, closed).n >= (terms.isAbove ? 1n : 0n);
  if (restores()) return closed;
  const order = rows.map((_, i) => i);
  order.sort(
    (a, b) => compare(rows[b].maintenance, rows[a].maintenance) || rows[a].market - rows[b].market || rows[b].lots - rows[a].lots,
  );
  for (const i of order) {
    const before = slackOf(rows, value, markets, terms, closed);
    for (closed[i] = 1; closed[i] <= Math.abs(rows[i].lots); closed[i] += 1) if (restores()) return closed;
    closed[i] = rows[i].maintenance.n === 0n ? 0 : Math.abs(rows[i].lots);
    if (compare(slackOf(rows, value, markets, terms, closed), before) <= 0) closed[i] = 0;
  }
  return rows.map((row) => Math.abs(row.lots));
}

const marketArbitrary = (index: number): fc.Arbitrary<Market> =>
  fc
    .record({
      kind: fc.constantFrom('linear' as const, 'inverse' as const, 'quanto' as const),
      maintenance: ruleArbitrary,
      takerFee: fc.constantFrom('0', '0.0005', '0.01', '1/6', '0.5'),
      floorsDividedBy: fc.constantFrom(1, 100, 10_000),
    })
    .map(({ kind, maintenance, takerFee, floorsDividedBy }) => {
      const pairs = maintenance.tiers.map((tier) => [Number(tier.floor.units), tier.rate] as const);
      const scaled = new Map(
        pairs.map(([floor, of]) => [Math.ceil(floor / floorsDividedBy), `${of.n}/${of.d}`.replace(/^0\/.*/, '0')]),
      );
      const tiers = tiersOf(
        [...scaled].sort(([a], [b]) => a - b),
        maintenance.method,
      );
      return marketOf(index, { kind, lot: dec(1), takerFee: rate(takerFee), maintenance: { ...maintenance, tiers } });
    });

interface Scene {
  readonly markets: readonly Market[];
  readonly rows: readonly BreachRow[];
  readonly value: Valuation;
  readonly terms: RestoreTerms;
}

const sceneArbitrary: fc.Arbitrary<Scene> = fc
  .record({
    markets: fc.tuple(marketArbitrary(0), marketArbitrary(1), marketArbitrary(2)),
    rows: fc.uniqueArray(
      fc.record({
        market: fc.nat(2),
        size: fc.integer({ min: -30, max: 30 }).filter((size) => size !== 0),
        mark: fc.integer({ min: 1, max: 2_000 }),
        entry: fc.integer({ min: 1, max: 2_000 }),
        isWaived: fc.nat(5).map((n) => n === 0),
      }),
      { minLength: 1, maxLength: 4, selector: ({ market, size }) => `${market}${size < 0}` },
    ),
    index: fc.constantFrom(ONE, rate('3'), rate('1/7')),
    other: fc.integer({ min: 0, max: 20 }),
    permille: fc.integer({ min: -200, max: 1_050 }),
    target: fc.constantFrom('0', '0.1', '1/6'),
    slippage: fc.constantFrom('0', '0.001', '0.05', '0.3'),
    isAbove: fc.boolean(),
  })
  .map(({ markets, rows: sizes, index, other, permille, target, slippage, isAbove }) => {
    const rows = sizes.map(({ market, size, mark, entry, isWaived }): BreachRow => {
      const row = { market, lots: lots(size), cost: cost(BigInt(size * entry) * 10n ** 18n), mark: dec(mark), index };
      const maintenance = needOf({ ...row, maintenance: ONE }, markets[market], Math.abs(size));
      return { ...row, maintenance: isWaived ? ZERO : maintenance };
    });
    const maintenance = rows.reduce((sum, row) => add(sum, row.maintenance), fraction(BigInt(other)));
    const equity = multiply(maintenance, fraction(BigInt(permille), 1_000n));
    const terms = { target: rate(target), slippage: rate(slippage), isAbove };
    return { markets, rows, value: { equity, maintenance }, terms };
  });

describe('the least that restores', () => {
  test('is that of trying every size, on tables of both methods and bases, all kinds of contracts, and fees above the rate', {
    timeout: 30_000,
  }, () => {
    const seen = { none: 0, part: 0, all: 0 };
    fc.assert(
      fc.property(sceneArbitrary, ({ rows, value, markets, terms }) => {
        const found = restoreLots(rows, value, markets, terms);
        expect(found).toEqual(bruteForce(rows, value, markets, terms));
        const isWhole = rows.every((row, i) => found[i] === Math.abs(row.lots));
        seen[isWhole ? 'all' : found.every((count) => count === 0) ? 'none' : 'part'] += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(seen.none).toBeGreaterThan(50);
    expect(seen.part).toBeGreaterThan(300);
    expect(seen.all).toBeGreaterThan(300);
  });

  test('is the least of its row: it restores, one lot less does not (or everything is closed)', () => {
    fc.assert(
      fc.property(sceneArbitrary, ({ rows, value, markets, terms }) => {
        const found = restoreLots(rows, value, markets, terms);
        if (rows.every((row, i) => found[i] === Math.abs(row.lots))) return;
        const least = terms.isAbove ? 1n : 0n;
        expect(slackOf(rows, value, markets, terms, found).n).toBeGreaterThanOrEqual(least);
        for (const [i, count] of found.entries()) {
          if (count === 0 || count === Math.abs(rows[i].lots)) continue;
          const less = found.map((each, j) => (i === j ? each - 1 : each));
          expect(slackOf(rows, value, markets, terms, less).n).toBeLessThan(least);
        }
      }),
    );
  });

  test('by hand: one long of 10,000 on three tiers', () => {
    // Brackets: 0.01, 0.05 − 40, 0.2 − 790. At 10,000: 1,210. Equity 1,000 carries 8,950: 0.2 n = 1,790.
    const market = marketOf(0, { lot: dec(1), maintenance: rule('bracket') });
    const maintenance = fraction(1_210n);
    const row: BreachRow = { market: 0, lots: lots(10_000), cost: cost(0n), mark: dec(1), index: ONE, maintenance };
    const terms = { target: rate('0'), slippage: rate('0'), isAbove: false };
    const value = { equity: fraction(1_000n), maintenance };
    expect(restoreLots([row], value, [market], terms)).toEqual([1_050]);
    expect(restoreLots([row], value, [market], { ...terms, isAbove: true })).toEqual([1_051]);
    // With 10 % on top: 1.1·(0.2 n − 790) ≤ 1,000.
    expect(restoreLots([row], value, [market], { ...terms, target: rate('0.1') })).toEqual([1_505]);
    // 5 % a lot of fees: 1,000 − 0.05 x ≥ 0.2·(10,000 − x) − 790, so x ≥ 1,400.
    expect(restoreLots([row], value, [{ ...market, takerFee: rate('0.05') }], terms)).toEqual([1_400]);
    expect(restoreLots([row], value, [market], { ...terms, slippage: rate('0.05') })).toEqual([1_400]);
    // A step table: the whole of 4,999 at 5 % is 249.95, of 5,000 at 20 % 1,000 exactly.
    const step = { ...market, maintenance: rule('step') };
    const stepped = { ...row, maintenance: fraction(2_000n) };
    expect(restoreLots([stepped], { equity: fraction(1_000n), maintenance: fraction(2_000n) }, [step], terms)).toEqual([5_000]);
    expect(restoreLots([stepped], { equity: fraction(999n), maintenance: fraction(2_000n) }, [step], terms)).toEqual([5_001]);
    // Entered at 2: the table sees twice the worth.
    const onEntry = { ...market, maintenance: rule('bracket', 'entry') };
    const entered = { ...row, cost: cost(20_000n * 10n ** 18n), maintenance: fraction(3_210n) };
    expect(restoreLots([entered], { equity: fraction(1_000n), maintenance: fraction(3_210n) }, [onEntry], terms)).toEqual([
      5_525,
    ]);
  });

  test('nothing where nothing is missing, everything where nothing helps, and ties in the order of markets, longs first', () => {
    const market = marketOf(0, { lot: dec(1), maintenance: rule('bracket') });
    const markets = [market, { ...market, index: 1 }];
    const need = fraction(1n);
    const row = (at: number, size: number): BreachRow => {
      return { market: at, lots: lots(size), cost: cost(0n), mark: dec(1), index: ONE, maintenance: need };
    };
    const rows = [row(1, -100), row(1, 100), row(0, -100)];
    const terms = { target: rate('0'), slippage: rate('0'), isAbove: false };
    const maintenance = fraction(3n);
    const of = (equity: string) => restoreLots(rows, { equity: rate(equity), maintenance }, markets, terms);
    expect(of('3')).toEqual([0, 0, 0]);
    const above = { ...terms, isAbove: true };
    expect(restoreLots(rows, { equity: rate('3'), maintenance }, markets, above)).toEqual([0, 0, 1]);
    expect(of('2.5')).toEqual([0, 0, 50]);
    expect(of('1.5')).toEqual([0, 50, 100]);
    expect(of('0.995')).toEqual([1, 100, 100]);
    expect(of('-1')).toEqual([100, 100, 100]);
  });
});

test('what it says holds in the book: after the fills the oracle finds the portfolio restored, and not with one lot less', () => {
  const terms = { target: rate('0.1'), slippage: rate('0.0002'), isAbove: false };
  const sizes = fc.integer({ min: 1, max: 100_000 }).chain((size) => fc.constantFrom(size, -size));
  const position = fc.record({ size: sizes, entry: fc.integer({ min: 5_000, max: 200_000 }) });
  const rules = fc.tuple(ruleArbitrary, ruleArbitrary);
  let restored = 0;
  fc.assert(
    fc.property(rules, fc.tuple(position, position), fc.integer({ min: 1, max: 999 }), ([first, second], held, permille) => {
      const markets = [first, second].map((maintenance, i) => {
        return marketOf(i, { maintenance: { ...maintenance, basis: 'mark' }, takerFee: rate('0.0002'), tick: dec(1, 8) });
      });
      const instruments = instrumentsOf(markets);
      const marks = [dec(12_345, 2), dec(99_999, 2)];
      const prices = pricesOf((market) => marks[market]);
      const positions = held.map(({ size, entry }, i) => ({
        market: i,
        lots: lots(size),
        cost: cost(BigInt(size) * BigInt(entry) * 10n ** 16n),
      }));
      const valued = (portfolio: Portfolio) => {
        const value = valuePortfolio(portfolio, instruments, prices);
        if (!value.priced) throw new Error('expected prices');
        return value;
      };
      const empty: Portfolio = { id: 'a', mode: 'cross', cash: cash(0n), positions };
      const before = valued(empty);
      const missing = subtract(multiply(before.maintenance, fraction(BigInt(permille), 1_000n)), before.equity);
      const portfolio = { ...empty, cash: cash(fractionToUnits(missing, 18, 'down')) };
      const value = valued(portfolio);
      const rows = value.positions.map(({ position: held, mark, maintenance }): BreachRow => {
        return { market: held.market, lots: held.lots, cost: held.cost, mark, index: ONE, maintenance };
      });
      const closed = restoreLots(rows, value, markets, terms);
      const slackAfter = (counts: readonly Lots[]): Fraction => {
        let balance = portfolio.cash as bigint;
        const left = positions.flatMap((each, i) => {
          if (counts[i] === 0) return [each];
          const sign = Math.sign(each.lots);
          const price = multiply(fromDecimal(marks[i]), subtract(ONE, multiply(fraction(BigInt(sign)), terms.slippage)));
          const traded = -sign * counts[i];
          const units = fractionToUnits(price, 18, 'nearest');
          const { realised, ...after } = fillPosition({ lots: each.lots, cost: each.cost }, traded, units, markets[i]);
          const notional = multiply(multiply(fraction(BigInt(counts[i])), lotValue(markets[i])), price);
          balance += realised - fractionToUnits(multiply(notional, markets[i].takerFee), 18, 'up');
          return after.lots === 0 ? [] : [{ ...each, ...after }];
        });
        const after = valued({ ...portfolio, cash: cash(balance), positions: left });
        return subtract(after.equity, multiply(rate('1.1'), after.maintenance));
      };
      // Realised profit and fee are rounded against the portfolio, by less than 10^-18 each.
      const dust = fraction(4n, 10n ** 18n);
      if (positions.every((each, i) => closed[i] === Math.abs(each.lots))) return;
      restored += 1;
      expect(compare(add(slackAfter(closed), dust), ZERO)).toBeGreaterThanOrEqual(0);
      const last = closed.findIndex((count, i) => count > 0 && count < Math.abs(positions[i].lots));
      if (last < 0) return;
      const less = closed.map((count, i) => lots(i === last ? count - 1 : count));
      expect(compare(slackAfter(less), ZERO)).toBe(-1);
    }),
    { numRuns: 300 },
  );
  expect(restored).toBeGreaterThan(50);
});
