/**
 * Where a portfolio's equity ends: how much all its positions together can lose until nothing is left, and the price of each at which
 * its share of that is lost. Exact; knows valuations, not how they came about.
 */
import { countedOf } from './collateral.js';
import type { Decimal } from './decimal.js';
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
  reduce,
  sign,
  subtract,
  ZERO,
} from './fraction.js';
import type { Asset, Market } from './instruments.js';
import { lotValue, type PricedPortfolio, unitValue } from './margin.js';

/** What the positions that settle in one asset can lose, and of what. */
export interface AssetShare {
  readonly asset: Asset;
  /** Index price of the asset. */
  readonly index: Fraction;
  /** Equity in the asset. */
  readonly equity: Fraction;
  /** Σ MM_i / MM over the positions that settle in it; 0 for mere collateral. */
  readonly share: Fraction;
}

/** The shares of a valued portfolio. */
export function sharesOf({ assets, positions, maintenance }: PricedPortfolio, markets: readonly Market[]): AssetShare[] {
  return assets.map(({ asset, index, equity }) => {
    const own = positions.filter(({ position }) => markets[position.market].settleAsset === asset.index);
    const needed = multiply(
      index,
      own.reduce((total, row) => add(total, row.maintenance), ZERO),
    );
    return { asset, index, equity, share: maintenance.n === 0n ? ZERO : reduce(divide(needed, maintenance)) };
  });
}

/** Equity left in the valuation asset when the positions have lost `loss` together, each its share. */
function left(shares: readonly AssetShare[], loss: Fraction): Fraction {
  return shares.reduce((total, { asset, index, equity, share }) => {
    const after = subtract(equity, divide(multiply(loss, share), index));
    return add(total, multiply(index, countedOf(asset, after)));
  }, ZERO);
}

/**
 * The greatest loss t, in the valuation asset at full price, that leaves an equity of exactly zero when each asset's positions bear their
 * share of it: Σ index · counted(E − t·share/index) = 0. Without haircuts t is equity / Σ share: the equity where only positions need
 * maintenance. Negative for a portfolio that is below zero already; null when no loss or gain leads there (nothing bears it, or gains
 * count nothing).
 */
export function lossToZero(shares: readonly AssetShare[]): Fraction | null {
  const bearing = shares.filter(({ share }) => share.n > 0n);
  if (bearing.length === 0) return null;
  // What is left is piecewise linear in the loss and falls with it; its pieces end where an asset's equity meets a band's floor.
  const ends = bearing.flatMap(({ asset, index, equity, share }) =>
    asset.haircuts.map(({ floor }) => reduce(divide(multiply(subtract(equity, fromDecimal(floor)), index), share))),
  );
  ends.sort(compare);
  const beyond = ends.findIndex((end) => sign(left(shares, end)) < 0);
  const [low, high] =
    beyond < 0
      ? [ends[ends.length - 1], add(ends[ends.length - 1], ONE)]
      : beyond === 0
        ? [subtract(ends[0], ONE), ends[0]]
        : [ends[beyond - 1], ends[beyond]];
  const atLow = left(shares, low);
  const fall = subtract(atLow, left(shares, high));
  if (fall.n === 0n) return null;
  return reduce(add(low, divide(multiply(atLow, subtract(high, low)), fall)));
}

export interface BankruptRow {
  readonly lots: number;
  readonly mark: Decimal;
  /** The position's own requirement, in the valuation asset. */
  readonly maintenance: Fraction;
  /** Index price of the settle asset. */
  readonly index: Fraction;
}

/**
 * Price at which the position's loss is `loss`·MM_i/MM, so that closing every position at its own leaves exactly zero. With `fee`, a rate of
 * the notional at that price, closing there still leaves zero after the fee. Null when MM is 0, when there is no such loss, and where it
 * is no price of the market: not above zero, unless the market allows that.
 */
export function bankruptcyPrice(
  market: Market,
  row: BankruptRow,
  portfolio: { readonly maintenance: Fraction; readonly lossToZero: Fraction | null },
  fee: Fraction = ZERO,
): Fraction | null {
  if (portfolio.maintenance.n === 0n || portfolio.lossToZero === null) return null;
  const units = multiply(fraction(BigInt(row.lots)), lotValue(market));
  const loss = divide(multiply(portfolio.lossToZero, row.maintenance), multiply(portfolio.maintenance, row.index));
  // units · u is what is left of the position's worth, u the worth of a unit: the price, or −1/price.
  const worth = subtract(unitValue(market, fromDecimal(row.mark)), divide(loss, units));
  // Closing brings units·u − fee·|units·u|: u must be larger for what is worth above zero and held, and so on through the four signs.
  const gains = sign(worth) * sign(units) > 0;
  const afterFee = divide(worth, gains ? subtract(ONE, fee) : add(ONE, fee));
  if (market.kind === 'inverse') return afterFee.n >= 0n ? null : reduce(negate(divide(ONE, afterFee)));
  return afterFee.n > 0n || market.allowNonPositive ? reduce(afterFee) : null;
}
