/** dYdX's bankruptcy and fillable price: its own numbers, and the latter in our model. Sources: v4-chain, x/clob/keeper/liquidations_test.go. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limitOf } from '../../../src/dispatch/sizing.js';
import { divideRounded } from '../../../src/model/decimal.js';
import {
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  negate,
  ONE,
  subtract,
} from '../../../src/model/fraction.js';
import type { Market } from '../../../src/model/instruments.js';
import { unitsOf, unitValue } from '../../../src/model/margin.js';
import { cost, lots } from '../../../src/model/portfolio.js';
import type { BreachRow } from '../../../src/model/records.js';
import { bankruptcyQuantums, fillableAt, fillablePrice } from '../../../src/waterfall/formulas/bankruptcy-dydx.js';
import { dec, marketOf, rate } from '../../support/books.js';
import { testPublished } from '../published.js';

/** Quote quantums of a base quantum at the fixtures' prices: BTC 50,000 with 10^8 a coin, ETH 3,000 with 10^9. */
const PRICES: Readonly<Record<string, Fraction>> = { BTC: fraction(500n), ETH: fraction(3n) };

/** Net notional and maintenance (10 % of it, rounded up) of a size. */
function worthOf(id: string, size: bigint): { readonly nnv: bigint; readonly mmr: bigint } {
  const { n, d } = PRICES[id];
  const nnv = divideRounded(size * n, d, 'down');
  return { nnv, mmr: divideRounded(nnv < 0n ? -nnv : nnv, 10n, 'up') };
}

interface Account {
  readonly positions: Readonly<Record<string, number>>;
  readonly usdc: number;
  readonly market: string;
}

function totals({ positions, usdc }: Account): { readonly tnc: bigint; readonly tmmr: bigint } {
  const values = Object.entries(positions).map(([id, size]) => worthOf(id, BigInt(size)));
  return {
    tnc: values.reduce((sum, { nnv }) => sum + nnv, BigInt(usdc) * 1_000_000n),
    tmmr: values.reduce((sum, { mmr }) => sum + mmr, 0n),
  };
}

function bankruptcy(account: Account, delta: number): bigint {
  const before = worthOf(account.market, BigInt(account.positions[account.market]));
  const after = worthOf(account.market, BigInt(account.positions[account.market] + delta));
  return bankruptcyQuantums({ dnnv: after.nnv - before.nnv, dmmr: after.mmr - before.mmr, ...totals(account) });
}

function fillable(account: Account, ba: number, smmr: number): Fraction {
  const size = BigInt(account.positions[account.market]);
  const { nnv, mmr } = worthOf(account.market, size);
  const { tnc, tmmr } = totals(account);
  return fillablePrice({
    pnnv: fraction(nnv),
    ps: fraction(size),
    pmmr: fraction(mmr),
    tnc: fraction(tnc),
    tmmr: fraction(tmmr),
    ba: fraction(BigInt(ba), 1_000_000n),
    smmr: fraction(BigInt(smmr), 1_000_000n),
  });
}

testPublished('dydx-bankruptcy', ({ positions_quantums: positions, usdc, market, delta }, expected) => {
  expect(bankruptcy({ positions, usdc, market }, delta)).toBe(BigInt(expected));
});

testPublished('dydx-fillable', ({ positions_quantums: positions, usdc, market, ba_ppm, smmr_ppm }, expected) => {
  expect(compare(fillable({ positions, usdc, market }, ba_ppm, smmr_ppm), rate(expected))).toBe(0);
});

testPublished('dydx-isliq', ({ usdc }, expected) => {
  const { tnc, tmmr } = totals({ positions: { BTC: 10_000_000 }, usdc, market: 'BTC' });
  expect(tnc < tmmr).toBe(expected);
});

describe('the bankruptcy price of a delta', () => {
  const several = { BTC: 400_000, ETH: 100_000_000 };
  test.each([
    ['a long among longs', several, -490, 'ETH', -100_000_000, 294_000_000n],
    ['a short among shorts', { BTC: -400_000, ETH: -100_000_000 }, 510, 'ETH', 100_000_000, -306_000_000n],
    ['a short beside a long', { BTC: 400_000, ETH: -100_000_000 }, 110, 'ETH', 100_000_000, -306_000_000n],
    ['part of a long, rounded up', { BTC: 100_000_000 }, -13, 'BTC', -21_347, 2_776n],
    ['part of a short, rounded up', { BTC: -100_000_000 }, 13, 'BTC', 21_347, -2_775n],
    ['a long that cannot lose all', { BTC: 100_000_000 }, 1, 'BTC', -100_000_000, -1_000_000n],
  ] as const)('of %s', (_, positions, usdc, market, delta, expected) => {
    expect(bankruptcy({ positions, usdc, market }, delta)).toBe(expected);
  });

  test('parts together never bring less than the whole', () => {
    const size = fc.integer({ min: 2, max: 10_000_000 });
    fc.assert(
      fc.property(size, fc.nat(), fc.integer({ min: -6_000, max: 600 }), (all, at, usdc) => {
        const account = { positions: { BTC: all }, usdc, market: 'BTC' };
        const part = 1 + (at % (all - 1));
        const pieces = bankruptcy(account, -part) + bankruptcy(account, part - all);
        // Each is rounded up by less than 1, the requirement of each by less than 2.
        expect(pieces - bankruptcy(account, -all)).toBeGreaterThanOrEqual(0n);
      }),
    );
  });
});

describe('the fillable price', () => {
  const [long, short] = [{ BTC: 10_000_000 }, { BTC: -10_000_000 }];
  test.each([
    ['a long, adjustment 2', long, -4_501, 2_000_000, 100_000, '49998/100'],
    ['a long, spread 0.2', long, -4_501, 1_000_000, 200_000, '49998/100'],
    ['a short, adjustment 2', short, 5_499, 2_000_000, 100_000, '50002/100'],
    ['a short, spread 0.2', short, 5_499, 1_000_000, 200_000, '50002/100'],
    ['a long at the bankruptcy price', long, -5_000, 1_000_000, 100_000, '495'],
    ['a short at the bankruptcy price', short, 5_000, 1_000_000, 100_000, '505'],
    ['a long below the bankruptcy price', long, -5_500, 1_000_000, 100_000, '495'],
    ['a short below the bankruptcy price', short, 4_500, 1_000_000, 100_000, '505'],
    ['a long, the greatest adjustment', long, -4_501, 4_294_967_295, 100_000, '495'],
    ['a long, the least spread', long, -4_501, 1_000_000, 1, '4999999999/10000000'],
    ['a long, spread 1', long, -4_501, 1_000_000, 1_000_000, '49990/100'],
  ] as const)('of %s', (_, positions, usdc, ba, smmr, expected) => {
    expect(compare(fillable({ positions, usdc, market: 'BTC' }, ba, smmr), rate(expected))).toBe(0);
  });

  test('of a long among longs', () => {
    const account = { positions: { BTC: 400_000, ETH: 100_000_000 }, usdc: -490, market: 'ETH' };
    expect(compare(fillable(account, 1_000_000, 100_000), rate('372/125'))).toBe(0);
  });
});

describe('the fillable price as a limit', () => {
  const fillableLimit = (
    of: Market,
    ...[closed, ...rest]: Parameters<typeof fillableAt> extends [unknown, ...infer Rest] ? Rest : never
  ) => {
    const limit = limitOf(fillableAt(of, closed, ...rest), of, closed);
    return limit && fromDecimal(limit);
  };
  const market = marketOf(0, { lot: dec(1, 3), tick: dec(5, 1) });
  const row = (size: number, mark: number, maintenance: Fraction): BreachRow => ({
    market: 0,
    lots: lots(size),
    cost: cost(0n),
    mark: dec(mark),
    index: ONE,
    maintenance,
  });
  // dYdX's first long in our model: 0.1 at 50,000, requirement 500, equity 499: 49,999 exactly.
  const portfolio = { equity: fraction(499n), maintenance: fraction(500n) };

  test('is dYdX’s number, sells up and buys down to the tick', () => {
    const limit = (size: number, tick: number, of = portfolio) =>
      fillableLimit({ ...market, tick: dec(tick) }, row(size, 50_000, fraction(500n)), of, ONE, rate('0.1'));
    expect(limit(100, 1)).toEqual(fraction(49_999n));
    expect(limit(-100, 1)).toEqual(fraction(50_001n));
    expect(limit(100, 7)).toEqual(fraction(50_001n));
    expect(limit(-100, 13)).toEqual(fraction(49_998n));
  });

  test('is null without maintenance, and where it is no price', () => {
    const need = fraction(500n);
    expect(fillableLimit(market, row(100, 50_000, need), { equity: need, maintenance: fraction(0n) }, ONE, ONE)).toBeNull();
    // A spread that takes more than the position is worth.
    const deep = { equity: fraction(-1n), maintenance: need };
    expect(fillableLimit(market, row(100, 5, need), deep, ONE, ONE)).toBeNull();
    expect(fillableLimit({ ...market, allowNonPositive: true }, row(100, 5, need), deep, ONE, ONE)?.n).toBeLessThan(0n);
  });

  test('of an inverse contract leaves the same loss', () => {
    const inverse = marketOf(0, { kind: 'inverse', lot: dec(1), contractSize: dec(1), tick: dec(1, 9) });
    const sizes = fc.integer({ min: 1, max: 1_000_000 }).chain((size) => fc.constantFrom(size, -size));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 100, max: 100_000 }), fc.integer({ min: 0, max: 99 }), (size, mark, equity) => {
        const worth = divide(fraction(BigInt(Math.abs(size))), fraction(BigInt(mark)));
        const maintenance = multiply(worth, rate('0.01'));
        const value = { equity: multiply(maintenance, fraction(BigInt(equity), 100n)), maintenance };
        const limit = fillableLimit(inverse, row(size, mark, maintenance), value, ONE, rate('0.5'));
        if (limit === null) throw new Error('expected a limit');
        const loss = (price: Fraction) =>
          multiply(unitsOf(inverse, size), subtract(unitValue(inverse, fraction(BigInt(mark))), unitValue(inverse, price)));
        // 1 − equity/maintenance of half the requirement, less what rounding to the tick saves.
        const exact = multiply(multiply(fraction(BigInt(100 - equity), 100n), rate('0.5')), maintenance);
        const onTick = add(limit, multiply(size > 0 ? negate(ONE) : ONE, fraction(1n, 10n ** 9n)));
        expect(compare(loss(limit), exact)).toBeLessThanOrEqual(0);
        expect(compare(loss(onTick), exact)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
