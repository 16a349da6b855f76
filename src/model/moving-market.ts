/**
 * A portfolio as a function of one market's unit value u, everything else fixed. In u (the price, or −1/price of an inverse contract, so
 * that u rises with the price) equity in the settle asset is linear, and slack and maintenance are piecewise linear. Solves nothing.
 */
import { borrowMaintenance, countedOf, owedOf } from './collateral.js';
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
  ONE,
  reduce,
  sign,
  subtract,
  ZERO,
} from './fraction.js';
import type { Asset, HaircutBand, Instruments, Market } from './instruments.js';
import { type AssetValuation, type PricedPortfolio, unitsOf, unitValue } from './margin.js';
import { requirementAt, requirementLine, tierAt } from './requirement.js';

/** A value and by how much it rises with its argument, just there. */
interface Line {
  readonly value: Fraction;
  readonly slope: Fraction;
}

/** Slack on one piece, in the valuation asset: value + slope·(u − at). */
export interface Piece extends Line {
  readonly at: Fraction;
  /** Whether maintenance is above zero: on a whole piece or nowhere on it, as it is linear there and never below zero. */
  readonly isNeeded: boolean;
}

/** What equity of an asset is good for as collateral: what it counts less the maintenance of what is owed, in the asset. */
export function goodFor(asset: Asset, equity: Fraction): Line {
  const value = subtract(countedOf(asset, equity), borrowMaintenance(asset, equity));
  if (equity.n > 0n) {
    const band = asset.haircuts.findLast(({ floor }) => compare(fromDecimal(floor), equity) <= 0) as HaircutBand;
    return { value, slope: subtract(ONE, band.haircut) };
  }
  const { borrow } = asset;
  return { value, slope: borrow === null ? ONE : add(ONE, borrow.tiers[tierAt(borrow, owedOf(equity))].rate) };
}

/** Equities of an asset at which `goodFor` bends or jumps; ascending. */
export function bendsOf({ haircuts, borrow }: Asset): Fraction[] {
  const owed = (borrow?.tiers.slice(1) ?? []).map(({ floor }) => negate(fromDecimal(floor)));
  return [...owed.reverse(), ...haircuts.map(({ floor }) => fromDecimal(floor))];
}

/** The least equity of an asset from which on it is good for so much; null when no equity is, for a haircut of 1. */
export function leastEquityFor(asset: Asset, needed: Fraction): Fraction | null {
  const bends = bendsOf(asset);
  for (let i = 0; i <= bends.length; i += 1) {
    const [low, high] = [bends[i - 1] ?? null, bends[i] ?? null];
    const at = between(low, high);
    const { value, slope } = goodFor(asset, at);
    const found = zeroOf({ at, value: subtract(value, needed), slope });
    const isEnough = found === null ? compare(value, needed) >= 0 : low !== null && compare(found, low) <= 0;
    // What it is good for never falls, and below this piece it was not enough: it jumps at the bend.
    if (low !== null && isEnough) return low;
    if (found !== null && (high === null || compare(found, high) <= 0)) return found;
  }
  return null;
}

export class MovingMarket {
  readonly market: Market;
  /** The settle asset of the market, as the portfolio has it. */
  readonly settle: AssetValuation;
  /** Values of u at which a piece ends, where the market has prices or at the border of that; ascending. */
  readonly breaks: readonly Fraction[];
  /** Σ size · contractSize: by how much equity in the settle asset rises with u. */
  private readonly units: Fraction;
  /** |size · contractSize| of each position whose requirement moves: neither waived nor on entry prices. */
  private readonly legs: readonly Fraction[];
  /** Equity in the settle asset at u = 0. */
  private readonly atZero: Fraction;
  /** Of all the rest, in the valuation asset: equity of other assets, and what is needed for them, other positions and orders. */
  private readonly restEquity: Fraction;
  private readonly restMaintenance: Fraction;

  constructor(portfolio: PricedPortfolio, { markets }: Pick<Instruments, 'markets'>, marketIndex: number, price: Fraction) {
    this.market = markets[marketIndex];
    const settle = portfolio.assets.find(({ asset }) => asset.index === this.market.settleAsset) as AssetValuation;
    this.settle = settle;
    const rows = portfolio.positions.filter(({ position }) => position.market === marketIndex);
    const moving = this.market.maintenance.basis === 'entry' ? [] : rows.filter(({ isWaived }) => !isWaived);
    const size = (lots: number): Fraction => unitsOf(this.market, lots);
    this.units = reduce(rows.reduce((total, { position }) => add(total, size(position.lots)), ZERO));
    this.legs = moving.map(({ position }) => absolute(size(position.lots)));
    this.atZero = reduce(subtract(settle.equity, multiply(this.units, this.unitAt(price))));
    const needed = moving.reduce((total, row) => add(total, row.maintenance), ZERO);
    this.restEquity = reduce(subtract(portfolio.equity, settle.counted));
    this.restMaintenance = reduce(subtract(portfolio.maintenance, add(settle.borrowMaintenance, multiply(settle.index, needed))));
    this.breaks = this.findBreaks();
  }

  unitAt(price: Fraction): Fraction {
    return unitValue(this.market, price);
  }

  /** The price of a u in the domain. */
  priceAt(u: Fraction): Fraction {
    return reduce(this.market.kind === 'inverse' ? negate(divide(ONE, u)) : u);
  }

  /** Whether a price has this u. */
  inDomain(u: Fraction): boolean {
    if (this.market.kind === 'inverse') return u.n < 0n;
    return this.market.allowNonPositive || u.n > 0n;
  }

  /** Equity in the settle asset. */
  equityAt(u: Fraction): Fraction {
    return reduce(add(this.atZero, multiply(this.units, u)));
  }

  /** What is needed at u for all but what is owed of the settle asset, in the valuation asset. */
  maintenanceAt(u: Fraction): Fraction {
    const { maintenance } = this.market;
    const needed = this.legs.reduce((total, leg) => add(total, requirementAt(maintenance, absolute(multiply(leg, u)))), ZERO);
    return reduce(add(this.restMaintenance, multiply(this.settle.index, needed)));
  }

  /** What the settle asset must be good for so that slack is zero at u, in the asset. */
  neededAt(u: Fraction): Fraction {
    return reduce(divide(subtract(this.maintenanceAt(u), this.restEquity), this.settle.index));
  }

  /** The piece around a u that is no break. */
  pieceAt(u: Fraction): Piece {
    const { asset, index } = this.settle;
    const { maintenance } = this.market;
    const equity = this.equityAt(u);
    const good = goodFor(asset, equity);
    const needed = this.maintenanceAt(u);
    const rise = this.legs.reduce((total, leg) => {
      const { rate } = requirementLine(maintenance, tierAt(maintenance, absolute(multiply(leg, u))));
      return add(total, multiply(rate, leg));
    }, ZERO);
    const slope = subtract(multiply(good.slope, this.units), u.n < 0n ? negate(rise) : rise);
    return {
      at: u,
      value: reduce(subtract(add(this.restEquity, multiply(index, good.value)), needed)),
      slope: reduce(multiply(index, slope)),
      isNeeded: needed.n > 0n || borrowMaintenance(asset, equity).n > 0n,
    };
  }

  private findBreaks(): Fraction[] {
    const found: Fraction[] = [ZERO];
    for (const leg of this.legs) {
      for (const { floor } of this.market.maintenance.tiers) {
        const u = reduce(divide(fromDecimal(floor), leg));
        found.push(u, negate(u));
      }
    }
    if (this.units.n !== 0n) {
      for (const bend of bendsOf(this.settle.asset)) found.push(reduce(divide(subtract(bend, this.atZero), this.units)));
    }
    found.sort(compare);
    return found.filter((u, i) => (i === 0 || compare(u, found[i - 1]) !== 0) && (u.n === 0n || this.inDomain(u)));
  }
}

/** A point strictly between two, of which one may be absent: infinity. */
export function between(low: Fraction | null, high: Fraction | null): Fraction {
  if (low !== null && high !== null) return reduce(divide(add(low, high), fraction(2n)));
  if (low !== null) return add(low, ONE);
  return high === null ? ZERO : subtract(high, ONE);
}

/** Where a line that is `value` at `at` is zero; null for a flat one. */
export function zeroOf({ at, value, slope }: { readonly at: Fraction } & Line): Fraction | null {
  return sign(slope) === 0 ? null : reduce(subtract(at, divide(value, slope)));
}
