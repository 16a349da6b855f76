/**
 * Liquidation prices of random books, looked at with the oracle: put back as the mark, each is a boundary of the trigger, the nearest,
 * and on the side that it should be. `BOOKS=100000` asks for more books than the suite's 2,000.
 */
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
  fractionToUnits,
  fromDecimal,
  multiply,
  negate,
  ONE,
  sign,
  subtract,
  ZERO,
} from '../../src/model/fraction.js';
import type { Market } from '../../src/model/instruments.js';
import { liquidationPrices, marginToAdd } from '../../src/model/liquidation-price.js';
import { isLiquidatable, unitsOf, unitValue } from '../../src/model/margin.js';
import { cash, type Portfolio } from '../../src/model/portfolio.js';
import { dec } from '../support/books.js';
import { pricedOf, type Scene, sceneArbitrary, slackOf, withMark } from './venues.js';

const BOOKS = Number(process.env.BOOKS ?? 2_000);
/** A hair is 10^-60: less than the distance of any two breaks of these books. */
const HAIR_DECIMALS = 60;
const SAMPLE_DECIMALS = 20;

type Side = 1n | -1n;

/** The decimal a given number of units of the last place away from a price. */
function beside(price: Fraction, decimals: number, units: bigint): Decimal {
  return { units: fractionToUnits(price, decimals, units < 0n ? 'up' : 'down') + units, decimals };
}

/** Everything about one market's price, the others fixed. */
class Moving {
  readonly mark: Fraction;
  readonly now: boolean;
  private readonly scene: Scene;
  private readonly market: Market;

  constructor(scene: Scene, market: number) {
    this.scene = scene;
    this.market = scene.instruments.markets[market];
    this.mark = fromDecimal(scene.marks[market]);
    this.now = this.triggered(scene.marks[market]);
  }

  private at(price: Decimal) {
    return pricedOf({ ...this.scene, prices: withMark(this.scene.prices, this.market.index, price) });
  }

  triggered(price: Decimal): boolean {
    return isLiquidatable(this.at(price), this.scene.instruments.liquidateWhen);
  }

  private hasPrice(price: Fraction): boolean {
    return this.market.allowNonPositive || sign(price) > 0;
  }

  /** Slope of slack by the unit value, within a hair of the mark. */
  slope(side: Side): Fraction {
    const prices = [1n, 2n].map((hairs) => beside(this.mark, HAIR_DECIMALS, side * hairs));
    const [near, far] = prices.map((price) => slackOf(this.at(price)));
    const [from, to] = prices.map((price) => unitValue(this.market, fromDecimal(price)));
    return divide(subtract(far, near), subtract(to, from));
  }

  /** Prices at which a leg meets a tier's floor, or equity in the settle asset a floor of its haircuts or debts. */
  private breaks(): Fraction[] {
    const { portfolio, marks } = this.scene;
    const legs = portfolio.positions.filter(({ market }) => market === this.market.index);
    const sizes = legs.map(({ lots }) => unitsOf(this.market, lots));
    const values = sizes.flatMap((size) =>
      this.market.maintenance.tiers.flatMap(({ floor }) => {
        const value = divide(fromDecimal(floor), size);
        return [value, negate(value)];
      }),
    );
    const total = sizes.reduce(add, ZERO);
    const settle = this.at(marks[this.market.index]).assets.find(({ asset }) => asset.index === this.market.settleAsset)!;
    const { haircuts, borrow } = settle.asset;
    const levels = [...haircuts.map(({ floor }) => floor), ...(borrow?.tiers ?? []).map(({ floor }) => dec(-floor.units))];
    const now = unitValue(this.market, this.mark);
    if (total.n !== 0n) {
      for (const level of levels) values.push(add(now, divide(subtract(fromDecimal(level), settle.equity), total)));
    }
    const exist = values.filter(({ n }) => this.market.kind !== 'inverse' || n < 0n);
    return exist.map((value) => (this.market.kind === 'inverse' ? negate(divide(ONE, value)) : value));
  }

  /** Even steps, steps that double, and both sides of every break; strictly between the mark and `end`, where prices exist. */
  between(end: Fraction): Decimal[] {
    const points = Array.from({ length: 9 }, (_, i) =>
      add(this.mark, multiply(subtract(end, this.mark), fraction(BigInt(i + 1), 10n))),
    );
    for (let i = 0; i < 8; i++)
      points.push(divide(add(this.mark, multiply(end, fraction(4n ** BigInt(i)))), fraction(1n + 4n ** BigInt(i))));
    const decimals = points.map((point) => beside(point, SAMPLE_DECIMALS, 0n));
    for (const each of this.breaks()) decimals.push(beside(each, SAMPLE_DECIMALS, 1n), beside(each, SAMPLE_DECIMALS, -1n));
    const [low, high] = compare(end, this.mark) < 0 ? [end, this.mark] : [this.mark, end];
    return decimals.filter((decimal) => {
      const price = fromDecimal(decimal);
      return compare(price, low) > 0 && compare(price, high) < 0 && this.hasPrice(price);
    });
  }

  /** As far as there is anything to find, and a good deal further. */
  farEnd(side: Side): Fraction {
    if (side < 0n && !this.market.allowNonPositive) return fraction(1n, 10n ** BigInt(SAMPLE_DECIMALS));
    return add(multiply(absolute(this.mark), fraction(side * 1_000_000n)), fraction(side * 10n ** 12n));
  }
}

function expectBoundary(moving: Moving, price: Fraction | null, side: Side): void {
  for (const p of moving.between(price ?? moving.farEnd(side))) {
    expect(moving.triggered(p), 'the trigger between mark and price').toBe(moving.now);
  }
  if (price === null) return;
  expect(compare(price, moving.mark) * Number(side), 'the side of the mark').toBeGreaterThanOrEqual(0);
  expect(moving.triggered(beside(price, HAIR_DECIMALS, side)), 'the trigger beyond the price').toBe(!moving.now);
  if (compare(price, moving.mark) === 0) return;
  expect(moving.triggered(beside(price, HAIR_DECIMALS, -side as Side)), 'the trigger before the price').toBe(moving.now);
}

/** The losing side by model.md: where slack falls; the steeper side of a peak; a flat one's by the position. */
function losingSide(moving: Moving, size: number): Side {
  const left = moving.slope(-1n);
  const right = moving.slope(1n);
  const [down, up] = [sign(left) > 0, sign(right) < 0];
  if (down && up) return compare(left, negate(right)) >= 0 ? -1n : 1n;
  if (down || up) return down ? -1n : 1n;
  return size > 0 ? -1n : 1n;
}

describe('on random books', () => {
  it('each price is the nearest boundary of the trigger on its side', { timeout: 100 * BOOKS + 60_000 }, () => {
    const kinds = { linear: 0, inverse: 0, quanto: 0 };
    const seen = { first: 0, other: 0, none: 0, recovering: 0, hedged: 0, haircut: 0, owing: 0, waived: 0, below: 0 };
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const { instruments, portfolio, marks } = scene;
        const value = pricedOf(scene);
        const liquidatable = isLiquidatable(value, instruments.liquidateWhen);
        for (const [i, position] of portfolio.positions.entries()) {
          const target = { market: position.market, lots: position.lots, mark: marks[position.market] };
          const moving = new Moving(scene, position.market);
          expect(moving.now).toBe(liquidatable);
          const prices = liquidationPrices(instruments, value, target, liquidatable);
          const losing = losingSide(moving, position.lots);
          const first = liquidatable ? (-losing as Side) : losing;
          expectBoundary(moving, prices.liquidationPrice, first);
          expectBoundary(moving, prices.liquidationPriceOther, -first as Side);
          const { asset, equity } = value.assets.find((each) => each.asset.id === instruments.markets[position.market].settle)!;
          if (prices.liquidationPrice === null) {
            seen.none += Number(prices.liquidationPriceOther === null);
            continue;
          }
          kinds[instruments.markets[position.market].kind] += 1;
          seen.first += 1;
          seen.other += Number(prices.liquidationPriceOther !== null);
          seen.recovering += Number(liquidatable);
          seen.hedged += Number(portfolio.positions.filter(({ market }) => market === position.market).length > 1);
          seen.haircut += Number(equity.n > 0n && asset.haircuts.some(({ haircut }) => haircut.n > 0n));
          seen.owing += Number(equity.n < 0n && asset.borrow !== null);
          seen.waived += Number(value.positions[i].isWaived);
          seen.below += Number(prices.liquidationPrice.n < 0n);
        }
      }),
      { numRuns: BOOKS },
    );
    for (const [what, count] of Object.entries({ ...seen, ...kinds })) expect(count, what).toBeGreaterThan(10);
  });

  it('with the margin to add slack is zero at the target price', { timeout: 100 * BOOKS + 60_000 }, () => {
    const seen = { exact: 0, out: 0, none: 0 };
    const target = fc.integer({ min: 1, max: 100_000_000 });
    fc.assert(
      fc.property(sceneArbitrary, target, (scene, units) => {
        const { instruments, portfolio, marks } = scene;
        const [{ market }] = portfolio.positions;
        const at = dec(units, 4);
        const amount = marginToAdd(instruments, pricedOf(scene), { market, mark: marks[market], at });
        const prices = withMark(scene.prices, market, at);
        const { settleAsset } = instruments.markets[market];
        const having = (added: bigint) =>
          pricedOf({ instruments, prices, portfolio: withMore(portfolio, settleAsset, added, instruments) });
        if (amount === null) {
          seen.none += 1;
          // However much comes, it is not enough; or nothing is ever liquidated there.
          const most = having(10n ** 60n);
          const least = having(-(10n ** 60n));
          expect(sign(slackOf(most)) < 0 || sign(least.maintenance) === 0 || sign(most.maintenance) === 0).toBe(true);
          return;
        }
        const down = fractionToUnits(amount, 18, 'down');
        const isWhole = compare(fraction(down, 10n ** 18n), amount) === 0;
        const there = slackOf(having(down));
        seen.out += Number(amount.n < 0n);
        if (isWhole && there.n === 0n) {
          seen.exact += 1;
          return;
        }
        // Of an amount with more decimals than a balance: the nearest below is too little and the nearest above is not.
        const [less, more] = [isWhole ? slackOf(having(down - 1n)) : there, slackOf(having(down + 1n))];
        expect(sign(less)).toBe(-1);
        expect(sign(more)).toBeGreaterThanOrEqual(0);
        const isJump = compare(subtract(more, less), fraction(1n, 10n ** 6n)) > 0;
        if (isWhole || isJump) expect(instruments.assets[settleAsset].borrow?.method).toBe('step');
      }),
      { numRuns: BOOKS },
    );
    for (const what of ['exact', 'out', 'none'] as const) expect(seen[what], what).toBeGreaterThan(10);
  });
});

function withMore(portfolio: Portfolio, asset: number, units: bigint, { valuation }: Scene['instruments']): Portfolio {
  if (asset === valuation.index) return { ...portfolio, cash: cash(portfolio.cash + units) };
  const others = portfolio.others ?? [];
  const had = others.find((each) => each.asset === asset)?.amount ?? 0n;
  return { ...portfolio, others: [...others.filter((each) => each.asset !== asset), { asset, amount: cash(had + units) }] };
}
