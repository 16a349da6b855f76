/** Liquidation prices and the margin to add, worked out by hand. */
import { describe, expect, it } from 'vitest';
import { fraction } from '../../src/model/fraction.js';
import { type Asset, type Instruments, type MarginRule, type Market, plainAsset } from '../../src/model/instruments.js';
import { liquidationPrices, marginToAdd } from '../../src/model/liquidation-price.js';
import { isLiquidatable, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { cash, cost, lots, type Portfolio } from '../../src/model/portfolio.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';
import { assetOf } from './venues.js';

const E18 = 10n ** 18n;

describe('by hand', () => {
  const rule = (pairs: [number, string][], over: Partial<MarginRule> = {}): MarginRule => ({
    method: 'bracket',
    basis: 'mark',
    closeFee: rate('0'),
    tiers: tiersOf(pairs, over.method ?? 'bracket'),
    ...over,
  });
  const one = (maintenance: MarginRule, over: Partial<Market> = {}): Market => marketOf(0, { lot: dec(1), maintenance, ...over });
  const position = (size: number, entry: number, market = 0) => ({
    market,
    lots: lots(size),
    cost: cost(BigInt(size) * BigInt(entry) * E18),
  });

  function solve(markets: Market[], money: number, positions: ReturnType<typeof position>[], marks: number[]) {
    return solveIn(instrumentsOf(markets), { cash: cash(BigInt(money) * E18), positions }, { marks });
  }

  interface Given {
    readonly marks: number[];
    /** By asset. */
    readonly indexes?: number[];
    /** Funding index of every market. */
    readonly funding?: number;
    /** Where the margin to add is asked. */
    readonly at?: number[];
  }

  /** Prices of the first position. */
  function solveIn(instruments: Instruments, portfolio: Omit<Portfolio, 'id' | 'mode'>, given: Given) {
    const { marks, indexes = [], funding = 0, at } = given;
    const prices = pricesOf(
      (m) => dec(marks[m]),
      (a) => dec(indexes[a]),
      () => dec(funding),
    );
    const value = valuePortfolio({ id: 'p', mode: 'cross', ...portfolio }, instruments, prices);
    if (!value.priced) throw new Error('expected a priced portfolio');
    const liquidatable = isLiquidatable(value, instruments.liquidateWhen);
    const [{ market, lots: size }] = portfolio.positions;
    const target = { market, lots: size, mark: dec(marks[market]) };
    return {
      liquidatable,
      ...liquidationPrices(instruments, value, target, liquidatable),
      margin: at?.map((price) => marginToAdd(instruments, value, { ...target, at: dec(price) })),
    };
  }

  /** As `instrumentsOf`, with the first asset for the valuation and rules of the venue. */
  function venueOf(assets: Asset[], markets: Market[], rules: Partial<Instruments> = {}): Instruments {
    return { ...instrumentsOf(markets), valuation: assets[0], assets, ...rules };
  }

  it('a long across two floors, down to 90 + (p − 100) = 0.1·p in the lowest tier', () => {
    const table = rule([
      [0, '0.1'],
      [40, '0.2'],
      [80, '0.5'],
    ]);
    const found = solve([one(table)], 90, [position(1, 100)], [150]);
    expect(found).toEqual({ liquidatable: false, liquidationPrice: fraction(100n, 9n), liquidationPriceOther: null });
  });

  it('a short across two floors up to the dearest', () => {
    const table = rule([
      [0, '0.1'],
      [40, '0.2'],
      [80, '0.5'],
    ]);
    // 200 − p = 0.5·p − (4 + 24): 228 = 1.5·p.
    const found = solve([one(table)], 190, [position(-1, 10)], [10]);
    expect(found.liquidationPrice).toEqual(fraction(152n));
  });

  it('a stepped table triggers at the jump', () => {
    const table = rule(
      [
        [0, '0.01'],
        [100, '0.5'],
      ],
      { method: 'step' },
    );
    // 110 − p is 11.0 at 99 and 10 at 100, where the requirement jumps from 1 to 50.
    expect(solve([one(table)], 20, [position(-1, 90)], [95]).liquidationPrice).toEqual(fraction(100n));
    // A long at 120 that is liquidatable for its dear tier recovers below the jump, with what it then has: 30 + p − 120 at 100 is 10.
    const found = solve([one(table)], 30, [position(1, 120)], [110]);
    expect(found.liquidatable).toBe(true);
    // Slack at the mark rises with the price: the gaining side is up, where −90 + p = 0.5·p at 180.
    expect(found.liquidationPrice).toEqual(fraction(180n));
    expect(found.liquidationPriceOther).toEqual(fraction(100n));
  });

  it('legs of one market move together: equal legs lose only by their requirement', () => {
    const table = rule([[0, '0.1']]);
    // 50 of cash less 0.2·p of requirement; the legs cancel.
    const legs = [position(1, 100), position(-1, 100)];
    const found = solve([one(table)], 50, legs, [100]);
    expect(found).toEqual({ liquidatable: false, liquidationPrice: fraction(250n), liquidationPriceOther: null });
  });

  it('an uneven hedge has its own, not that of either leg', () => {
    const table = rule([[0, '0.1']]);
    // 100 + (p − 100)·(3 − 1) = 0.1·4·p: p = 100/1.6.
    const found = solve([one(table)], 100, [position(3, 100), position(-1, 100)], [100]);
    expect(found.liquidationPrice).toEqual(fraction(125n, 2n));
  });

  it('at a peak of slack the steeper side is the losing one', () => {
    const table = (dear: string): Market =>
      one(
        rule([
          [0, '0.1'],
          [300, dear],
        ]),
      );
    const legs = [position(3, 100), position(-2, 100)];
    // Both legs' requirement at 100 is 50. Below, slack falls by 0.5 a unit of price; above by 3·0.5 + 2·0.1 − 1 = 0.7.
    const up = solve([table('0.5')], 64, legs, [100]);
    expect([up.liquidationPrice, up.liquidationPriceOther]).toEqual([fraction(120n), fraction(72n)]);
    // Above by 3·0.3 + 2·0.1 − 1 = 0.1.
    const down = solve([table('0.3')], 54, legs, [100]);
    expect([down.liquidationPrice, down.liquidationPriceOther]).toEqual([fraction(92n), fraction(140n)]);
  });

  it('a requirement on entry does not move with the mark', () => {
    const table = rule([[0, '0.1']], { basis: 'entry' });
    // 20 + p − 100 = 10
    expect(solve([one(table)], 20, [position(1, 100)], [100]).liquidationPrice).toEqual(fraction(90n));
  });

  it('one that is liquidatable has the price at which it recovers, and no other', () => {
    const table = rule([[0, '0.1']]);
    const found = solve([one(table)], 5, [position(1, 100)], [100]);
    // 5 + p − 100 = 0.1·p
    expect(found).toEqual({ liquidatable: true, liquidationPrice: fraction(950n, 9n), liquidationPriceOther: null });
  });

  it('a long with enough cash has none, nor has a price below zero where there are none', () => {
    const table = rule([[0, '0.1']]);
    const rich = solve([one(table)], 100, [position(1, 100)], [100]);
    expect(rich).toEqual({ liquidatable: false, liquidationPrice: null, liquidationPriceOther: null });
    // Where negative prices exist, −10 + p = 0.1·|p| below zero: 110 + p − 100 = −0.1·p at p = −100/11.
    const oil = solve([one(table, { allowNonPositive: true })], 110, [position(1, 100)], [100]);
    expect(oil.liquidationPrice).toEqual(fraction(-100n, 11n));
  });

  it('other positions stay where they are', () => {
    const table = rule([[0, '0.1']]);
    const markets = [one(table), { ...one(table), index: 1, id: 'M1' }];
    // 50 + (p − 100) + (90 − 100) = 0.1·p + 9
    const found = solve(markets, 50, [position(1, 100), position(1, 100, 1)], [100, 90]);
    expect(found.liquidationPrice).toEqual(fraction(230n, 3n));
  });

  it('an unpriced portfolio has none', () => {
    const instruments = instrumentsOf([marketOf(0)]);
    const target = { market: 0, lots: 1, mark: dec(1) };
    expect(liquidationPrices(instruments, { priced: false, missing: ['M0'] }, target, false)).toEqual({
      liquidationPrice: null,
      liquidationPriceOther: null,
    });
  });

  const USDT = plainAsset(0, 'USDT', 6);
  const money = (units: number) => ({ cash: cash(BigInt(units) * E18) });
  /** So much of the second asset, and none of the first. */
  const coins = (units: bigint) => ({ cash: cash(0n), others: [{ asset: 1, amount: cash(units) }] });
  const tenth = rule([[0, '0.1']]);

  describe('of an inverse contract of 100 dollars, 100 of them at 10,000', () => {
    const inverse = one(tenth, { kind: 'inverse', settle: 'BTC', settleAsset: 1, contractSize: dec(100) });
    const venue = venueOf([USDT, plainAsset(1, 'BTC', 8)], [inverse]);
    const given = { marks: [10_000], indexes: [1, 10_000] };

    it('a long: 0.2 + 10,000·(1/10,000 − 1/p) = 0.1·10,000/p', () => {
      const found = solveIn(venue, { ...coins(E18 / 5n), positions: [position(100, 10_000)] }, { ...given, at: [5_000] });
      expect(found.liquidationPrice).toEqual(fraction(27_500n, 3n));
      expect(found.liquidationPriceOther).toBeNull();
      // At 5,000 it has 1.2 − 2 and needs 0.2.
      expect(found.margin).toEqual([fraction(1n)]);
    });

    it('a short: 0.2 − 10,000·(1/10,000 − 1/p) = 0.1·10,000/p', () => {
      const found = solveIn(venue, { ...coins(E18 / 5n), positions: [position(-100, 10_000)] }, given);
      expect(found.liquidationPrice).toEqual(fraction(11_250n));
    });

    it('a short with as much coin as it sold has none: it only ever loses dollars that it does not count', () => {
      const found = solveIn(venue, { ...coins(E18), positions: [position(-100, 10_000)] }, given);
      expect([found.liquidationPrice, found.liquidationPriceOther]).toEqual([null, null]);
    });
  });

  it('of a quanto contract: 0.05 + 0.0001·(p − 2,000) = 0.1·0.0001·p, all in the settle asset', () => {
    const quanto = one(tenth, { kind: 'quanto', settle: 'BTC', settleAsset: 1, contractSize: dec(1, 6) });
    const venue = venueOf([USDT, plainAsset(1, 'BTC', 8)], [quanto]);
    const found = solveIn(
      venue,
      { ...coins(E18 / 20n), positions: [position(100, 2_000)] },
      { marks: [1_900], indexes: [1, 30_000] },
    );
    expect(found.liquidationPrice).toEqual(fraction(5_000n, 3n));
  });

  describe('where the settle asset is not the valuation asset', () => {
    const usdc = (haircut: string, borrow: Asset['borrow'] = null) => assetOf(1, 'USDC', [[0, haircut]], borrow);
    const given = { marks: [120], indexes: [1, 1] };
    const solveWith = (asset: Asset, more: Partial<Given> = {}) =>
      solveIn(
        venueOf([USDT, asset], [one(tenth, { settle: 'USDC', settleAsset: 1 })]),
        { ...money(60), positions: [position(1, 100)] },
        { ...given, ...more },
      );

    it('a profit counts less by the haircut: 0.9·p − 90 = 0.1·p', () => {
      const venue = venueOf([USDT, usdc('0.1')], [one(tenth, { settle: 'USDC', settleAsset: 1 })]);
      const portfolio = { ...coins(100n * E18), cash: cash(-90n * E18), positions: [position(1, 100)] };
      expect(solveIn(venue, portfolio, { ...given, marks: [150] }).liquidationPrice).toEqual(fraction(225n, 2n));
    });

    it('a loss counts in full: below 100 slack is 60 + p − 100 − 0.1·p', () => {
      expect(solveWith(usdc('0.5')).liquidationPrice).toEqual(fraction(400n, 9n));
    });

    it('what is owed needs maintenance of its own: 60 + p − 100 − 0.1·p − 0.2·(100 − p)', () => {
      expect(solveWith(usdc('0', { method: 'bracket', tiers: tiersOf([[0, '0.2']]) })).liquidationPrice).toEqual(
        fraction(600n, 11n),
      );
    });

    it('a stepped debt triggers at the jump, and the margin to add is that of the jump', () => {
      // Owing 50 at a price of 50 it needs 50 more than owing less.
      const pairs: [number, string][] = [
        [0, '0'],
        [50, '1'],
      ];
      const found = solveWith(usdc('0', { method: 'step', tiers: tiersOf(pairs, 'step') }), { at: [60, 50, 40] });
      expect(found.liquidationPrice).toEqual(fraction(50n));
      expect(found.margin).toEqual([fraction(-10n), fraction(0n), fraction(10n)]);
    });

    it('there is none where what is added counts nothing', () => {
      // At 40 it needs 4 and has 60 − 60; at 1,000 it needs 100 and has 60, and no equity in the settle asset adds to that.
      expect(solveWith(usdc('1'), { at: [40, 1_000] }).margin).toEqual([fraction(4n), null]);
    });
  });

  it('of a hedge only the larger leg needs margin, by the rule: 100 + 2·(p − 100) = 0.1·3·p', () => {
    const venue = venueOf([USDT], [one(tenth)], { hedgeMargin: 'larger' });
    const found = solveIn(venue, { ...money(100), positions: [position(3, 100), position(-1, 100)] }, { marks: [100] });
    expect(found.liquidationPrice).toEqual(fraction(1_000n, 17n));
  });

  it('open orders stay where they are, where they count: 50 + p − 100 = 0.1·p + 0.1·2·50', () => {
    const order = { ...position(2, 50), reduceOnly: false };
    const orders = [order, { ...order, reduceOnly: true }];
    const portfolio = { ...money(50), positions: [position(1, 100)], orders };
    const counted = solveIn(venueOf([USDT], [one(tenth)], { orderMargin: 'maintenance' }), portfolio, { marks: [100] });
    expect(counted.liquidationPrice).toEqual(fraction(200n, 3n));
    expect(solveIn(venueOf([USDT], [one(tenth)]), portfolio, { marks: [100] }).liquidationPrice).toEqual(fraction(500n, 9n));
  });

  it('so does funding: 50 − (3 − 1) + p − 100 = 0.1·p', () => {
    const paid = { ...position(1, 100), funding: cash(E18) };
    const found = solveIn(instrumentsOf([one(tenth)]), { ...money(50), positions: [paid] }, { marks: [100], funding: 3 });
    expect(found.liquidationPrice).toEqual(fraction(520n, 9n));
  });

  describe('the margin to add', () => {
    it('moves the boundary there, up or down: 50 + p − 100 = 0.1·p', () => {
      const found = solveIn(
        instrumentsOf([one(tenth)]),
        { ...money(50), positions: [position(1, 100)] },
        { marks: [100], at: [40, 80] },
      );
      expect(found.margin).toEqual([fraction(14n), fraction(-22n)]);
    });

    it('is none where nothing needs maintenance', () => {
      const free = one(rule([[0, '0']]));
      const found = solveIn(instrumentsOf([free]), { ...money(50), positions: [position(1, 100)] }, { marks: [100], at: [40] });
      expect(found.margin).toEqual([null]);
    });
  });
});
