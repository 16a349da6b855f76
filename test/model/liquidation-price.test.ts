/** Liquidation prices: put back as the mark, each is a boundary of the trigger, the nearest, and on the side that it should be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/model/decimal.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  negate,
  sign,
  subtract,
} from '../../src/model/fraction.js';
import type { Instruments, MarginRule, Market } from '../../src/model/instruments.js';
import { liquidationPrices } from '../../src/model/liquidation-price.js';
import { entryValue, isLiquidatable, lotValue, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { cash, cost, lots, type Portfolio, portfoliosOf } from '../../src/model/portfolio.js';
import type { Valuation } from '../../src/model/records.js';
import { requirementAt } from '../../src/model/requirement.js';
import {
  accountArbitrary,
  atTheEdge,
  dec,
  instrumentsArbitrary,
  instrumentsOf,
  marketOf,
  rate,
  tiersOf,
} from '../support/books.js';

const E18 = 10n ** 18n;
/** Smaller than the distance of any two breaks of these books. */
const HAIR = fraction(1n, 10n ** 90n);

type PriceOf = (market: number) => Fraction;

/** The portfolio at prices that need not be decimals: the definition, written out again. */
function valueAt(portfolio: Portfolio, { markets }: Instruments, priceOf: PriceOf): Valuation {
  let equity = fraction(portfolio.cash, E18);
  let maintenance = fraction(0n);
  for (const position of portfolio.positions) {
    const market = markets[position.market];
    const value = multiply(multiply(fraction(BigInt(position.lots)), lotValue(market)), priceOf(position.market));
    const paid = entryValue(market, position);
    equity = add(equity, subtract(value, paid));
    const basis = absolute(market.maintenance.basis === 'mark' ? value : paid);
    maintenance = add(maintenance, requirementAt(market.maintenance, basis));
  }
  return { equity, maintenance };
}

/** Everything about one market's price, the others fixed. */
class Moving {
  readonly mark: Fraction;
  readonly now: boolean;
  private readonly portfolio: Portfolio;
  private readonly instruments: Instruments;
  private readonly marks: PriceOf;
  private readonly market: Market;

  constructor(portfolio: Portfolio, instruments: Instruments, marks: PriceOf, market: number) {
    this.portfolio = portfolio;
    this.instruments = instruments;
    this.marks = marks;
    this.market = instruments.markets[market];
    this.mark = marks(market);
    this.now = this.triggered(this.mark);
  }

  at(price: Fraction): Valuation {
    return valueAt(this.portfolio, this.instruments, (m) => (m === this.market.index ? price : this.marks(m)));
  }

  triggered(price: Fraction): boolean {
    return isLiquidatable(this.at(price), this.instruments.liquidateWhen);
  }

  /** Slope of slack within a hair of the mark. */
  slope(side: 1n | -1n): Fraction {
    const slack = (hairs: bigint): Fraction => {
      const { equity, maintenance } = this.at(add(this.mark, multiply(HAIR, fraction(side * hairs))));
      return subtract(equity, maintenance);
    };
    return divide(subtract(slack(2n), slack(1n)), multiply(HAIR, fraction(side)));
  }

  /** An even grid, and a hair on either side of every tier's floor; strictly between the mark and `end`, where prices exist. */
  between(end: Fraction): Fraction[] {
    const points = Array.from({ length: 24 }, (_, i) =>
      add(this.mark, multiply(subtract(end, this.mark), fraction(BigInt(i + 1), 25n))),
    );
    for (const position of this.portfolio.positions.filter(({ market }) => market === this.market.index)) {
      const size = absolute(multiply(fraction(BigInt(position.lots)), lotValue(this.market)));
      for (const { floor } of this.market.maintenance.tiers) {
        const price = divide(fromDecimal(floor), size);
        for (const center of [price, negate(price)]) points.push(add(center, HAIR), subtract(center, HAIR));
      }
    }
    const [low, high] = compare(end, this.mark) < 0 ? [end, this.mark] : [this.mark, end];
    return points.filter((p) => compare(p, low) > 0 && compare(p, high) < 0 && (this.market.allowNonPositive || sign(p) > 0));
  }

  /** As far as there is anything to find, and a good deal further. */
  farEnd(side: 1n | -1n): Fraction {
    if (side < 0n && !this.market.allowNonPositive) return HAIR;
    return add(multiply(absolute(this.mark), fraction(side * 1_000_000n)), fraction(side * 10n ** 12n));
  }
}

function expectBoundary(moving: Moving, price: Fraction | null, side: 1n | -1n): void {
  const end = price ?? moving.farEnd(side);
  for (const p of moving.between(end)) expect(moving.triggered(p), 'the trigger between mark and price').toBe(moving.now);
  if (price === null) return;
  expect(compare(price, moving.mark) * Number(side), 'the side of the mark').toBeGreaterThanOrEqual(0);
  const beyond = add(price, multiply(HAIR, fraction(side)));
  expect(moving.triggered(beyond), 'the trigger beyond the price').toBe(!moving.now);
}

/** The losing side by model.md: where slack falls; the steeper side of a peak; a flat one's by the position. */
function losingSide(moving: Moving, size: number): 1n | -1n {
  const left = moving.slope(-1n);
  const right = moving.slope(1n);
  const [down, up] = [sign(left) > 0, sign(right) < 0];
  if (down && up) return compare(left, negate(right)) >= 0 ? -1n : 1n;
  if (down || up) return down ? -1n : 1n;
  return size > 0 ? -1n : 1n;
}

const scene = instrumentsArbitrary.chain((instruments) =>
  fc.record({
    instruments: fc.constant(instruments),
    account: accountArbitrary(instruments, 'a'),
    marks: fc.array(fc.bigInt({ min: 1n, max: 10n ** 11n }), {
      minLength: instruments.markets.length,
      maxLength: instruments.markets.length,
    }),
    off: fc.tuple(fc.bigInt({ min: -1_000n, max: 1_000n }), fc.nat(24)).map(([n, zeros]) => n * 10n ** BigInt(zeros)),
  }),
);

describe('on random books', () => {
  it('each price is the nearest boundary of the trigger on its side', () => {
    const seen = { first: 0, other: 0, none: 0, recovering: 0 };
    fc.assert(
      fc.property(scene, ({ instruments, account, marks, off }) => {
        const table: Decimal[] = marks.map((units) => dec(units, 6));
        const edged = atTheEdge(account, instruments, table, off);
        for (const portfolio of portfoliosOf(edged, instruments)) {
          const value = valuePortfolio(
            portfolio,
            instruments,
            pricesOf((m) => table[m]),
          );
          if (!value.priced) throw new Error('expected a priced portfolio');
          const liquidatable = isLiquidatable(value, instruments.liquidateWhen);
          for (const position of portfolio.positions) {
            const target = { market: position.market, lots: position.lots, mark: table[position.market] };
            const moving = new Moving(portfolio, instruments, (m) => fromDecimal(table[m]), position.market);
            expect(moving.now).toBe(liquidatable);
            const prices = liquidationPrices(instruments, value, target, liquidatable);
            const losing = losingSide(moving, position.lots);
            const first = liquidatable ? (-losing as 1n | -1n) : losing;
            expectBoundary(moving, prices.liquidationPrice, first);
            expectBoundary(moving, prices.liquidationPriceOther, -first as 1n | -1n);
            seen.first += Number(prices.liquidationPrice !== null);
            seen.other += Number(prices.liquidationPriceOther !== null);
            seen.none += Number(prices.liquidationPrice === null && prices.liquidationPriceOther === null);
            seen.recovering += Number(liquidatable && prices.liquidationPrice !== null);
          }
        }
      }),
      { numRuns: 400 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(10);
  }, 60_000);
});

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
    const instruments = instrumentsOf(markets);
    const portfolio: Portfolio = { id: 'p', mode: 'cross', cash: cash(BigInt(money) * E18), positions };
    const value = valuePortfolio(
      portfolio,
      instruments,
      pricesOf((m) => dec(marks[m])),
    );
    if (!value.priced) throw new Error('expected a priced portfolio');
    const liquidatable = isLiquidatable(value, instruments.liquidateWhen);
    const target = { market: positions[0].market, lots: positions[0].lots, mark: dec(marks[positions[0].market]) };
    return { liquidatable, ...liquidationPrices(instruments, value, target, liquidatable) };
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
    expect(liquidationPrices(instruments, { priced: false, missing: [0] }, target, false)).toEqual({
      liquidationPrice: null,
      liquidationPriceOther: null,
    });
  });
});
