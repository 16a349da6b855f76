/** Rules and prices in integers, at one money scale: what the verdict multiplies with. Shares no code with the oracle's fractions. */
import { type Decimal, exactUnits, pow10 } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import { type Fraction, reduce } from '../model/fraction.js';
import { gcd } from '../model/gcd.js';
import type { Asset, Instruments, MarginRule, Market, RequirementTable } from '../model/instruments.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import type { PriceUpdate } from '../model/records.js';
import { lotMantissa } from './fill.js';

/** A table in integers: on tier k the requirement of a notional n is (n·rates[k] − deductions[k]) / rateUnit, all at the money scale. */
export interface ExactTable {
  readonly rateUnit: bigint;
  readonly rates: readonly bigint[];
  readonly floors: readonly bigint[];
  readonly deductions: readonly bigint[];
}

export interface ExactMarket extends ExactTable {
  readonly index: number;
  readonly settleAsset: number;
  readonly isInverse: boolean;
  readonly onEntry: boolean;
  /** Worth of one `Cost` unit, at the money scale. */
  readonly costUnit: bigint;
  /** lot · contractSize · 10^18 at the money scale: an inverse position is worth lots² of it over its cost. */
  readonly inverseCostUnit: bigint;
}

export interface ExactAsset {
  /** Haircut bands: on band k an equity E counts (E·shares[k] + constants[k]) / haircutUnit, at the money scale. */
  readonly haircutUnit: bigint;
  readonly floors: readonly bigint[];
  readonly shares: readonly bigint[];
  readonly constants: readonly bigint[];
  readonly borrow: ExactTable | null;
}

/** units / unit */
export interface ExactPrice {
  readonly units: bigint;
  readonly unit: bigint;
}

function lcm(a: bigint, b: bigint): bigint {
  return (a / gcd(a, b)) * b;
}

/** Least unit in which every one of these is whole. */
function unitOf(rates: readonly Fraction[]): bigint {
  return rates.reduce((unit, rate) => lcm(unit, reduce(rate).d), 1n);
}

function wholeIn(unit: bigint): (rate: Fraction) => bigint {
  return ({ n, d }) => (n * unit) / d;
}

/** Whether 1/unit is a decimal: no prime factor but 2 and 5. */
function isPowerOfTenDivisor(unit: bigint): boolean {
  let rest = unit;
  while (rest % 2n === 0n) rest /= 2n;
  while (rest % 5n === 0n) rest /= 5n;
  return rest === 1n;
}

/** Digits after the point that balances, every cost and every floor need; prices may need more. */
function leastScale(markets: readonly Market[]): number {
  return Math.max(EXACT_DECIMALS, ...markets.map((market) => lotMantissa(market).decimals + EXACT_DECIMALS));
}

/** n·rate − deduction on the tier of n, in units of 1 / (rateUnit·d), where n / d ≥ 0 is the notional at the money scale. */
export function requirement(table: ExactTable, n: bigint, d: bigint): bigint {
  let tier = 0;
  while (tier + 1 < table.floors.length && table.floors[tier + 1] * d <= n) tier += 1;
  return n * table.rates[tier] - table.deductions[tier] * d;
}

/** What an equity n / d > 0 counts after haircuts, in units of 1 / (haircutUnit·d). */
export function counted(asset: ExactAsset, n: bigint, d: bigint): bigint {
  let band = 0;
  while (band + 1 < asset.floors.length && asset.floors[band + 1] * d <= n) band += 1;
  return n * asset.shares[band] + asset.constants[band] * d;
}

export class ExactRules {
  readonly countsOrders: boolean;
  readonly onlyLarger: boolean;
  readonly marks: (Decimal | null)[];
  /** Index prices; 1 for the valuation asset. */
  readonly indexes: (Decimal | null)[];
  readonly prices: (ExactPrice | null)[];
  markets: ExactMarket[] = [];
  assets: ExactAsset[] = [];
  /**
   * Worth of one lot at the mark at the money scale; of an inverse lot lot · contractSize · 10^decimals of the mark at that scale, which over
   * the mark's units is its worth.
   */
  worths: bigint[];
  /** Accrued funding of one lot, at the money scale. */
  accrued: bigint[];
  /** 10^scale, and what one of 10^-18 counts: as prices may have any number of decimals, too dear to make for each portfolio. */
  one = 1n;
  amountUnit = 1n;
  private readonly instruments: Instruments;
  private readonly funding: Decimal[];
  /** Money is held in units of 10^-scale: every amount of the book and every linear value is whole. */
  scale: number;

  constructor(instruments: Instruments) {
    const { markets, assets, valuation } = instruments;
    this.instruments = instruments;
    this.countsOrders = instruments.orderMargin === 'maintenance';
    this.onlyLarger = instruments.hedgeMargin === 'larger';
    this.marks = markets.map(() => null);
    this.indexes = assets.map(({ index }) => (index === valuation.index ? { units: 1n, decimals: 0 } : null));
    this.prices = this.indexes.map((price) => (price === null ? null : { units: 1n, unit: 1n }));
    this.funding = markets.map(() => ({ units: 0n, decimals: 0 }));
    this.worths = markets.map(() => 0n);
    this.accrued = markets.map(() => 0n);
    this.scale = leastScale(markets);
    this.rescale(this.scale);
  }

  update({ marks, indexes = [], funding = [] }: PriceUpdate): void {
    let { scale } = this;
    const decimalsOf = (market: number, price: Decimal): number =>
      price.decimals + lotMantissa(this.instruments.markets[market]).decimals;
    for (const { market, price } of marks) {
      this.marks[market] = price;
      if (this.instruments.markets[market].kind !== 'inverse') scale = Math.max(scale, decimalsOf(market, price));
    }
    for (const { market, index } of funding) {
      this.funding[market] = index;
      scale = Math.max(scale, decimalsOf(market, index));
    }
    for (const { asset, price } of indexes) {
      this.indexes[asset] = price;
      this.prices[asset] = { units: price.units, unit: pow10(price.decimals) };
    }
    this.refine(scale);
    for (const { market } of marks) this.worths[market] = this.worthOf(market);
    for (const { market } of funding) this.accrued[market] = this.valueAt(market, this.funding[market]);
  }

  /** To at least so many digits. */
  refine(scale: number): void {
    if (scale > this.scale) this.rescale(scale);
  }

  private worthOf(market: number): bigint {
    const mark = this.marks[market];
    if (mark === null) return 0n;
    const lot = lotMantissa(this.instruments.markets[market]);
    if (this.instruments.markets[market].kind === 'inverse') return lot.units * pow10(this.scale - lot.decimals + mark.decimals);
    return this.valueAt(market, mark);
  }

  private valueAt(market: number, price: Decimal): bigint {
    const lot = lotMantissa(this.instruments.markets[market]);
    return price.units * lot.units * pow10(this.scale - price.decimals - lot.decimals);
  }

  /** Rebuilds the integer tables for a finer money scale. */
  private rescale(scale: number): void {
    this.scale = scale;
    this.one = pow10(scale);
    this.amountUnit = pow10(scale - EXACT_DECIMALS);
    const { markets, assets } = this.instruments;
    // One unit for all decimal rates, so that their sums need no common denominator.
    const units = markets.map(({ maintenance }) => unitOf([...maintenance.tiers.map(({ rate }) => rate), maintenance.closeFee]));
    const decimalUnit = units.filter(isPowerOfTenDivisor).reduce(lcm, 1n);
    this.markets = markets.map((market, i) => this.exactMarket(market, isPowerOfTenDivisor(units[i]) ? decimalUnit : units[i]));
    this.assets = assets.map((asset) => this.exactAsset(asset));
    this.worths = markets.map(({ index }) => this.worthOf(index));
    this.accrued = markets.map(({ index }) => this.valueAt(index, this.funding[index]));
  }

  private exactMarket(market: Market, rateUnit: bigint): ExactMarket {
    const rule: MarginRule = market.maintenance;
    const lot = lotMantissa(market);
    const table = this.exactTable(rule, rateUnit);
    const fee = wholeIn(rateUnit)(rule.closeFee);
    // Written out, not spread: what is spread lies outside of the object, and every row of every nominee looks here.
    return {
      rateUnit,
      rates: table.rates.map((rate) => rate + fee),
      floors: table.floors,
      deductions: table.deductions,
      index: market.index,
      settleAsset: market.settleAsset,
      isInverse: market.kind === 'inverse',
      onEntry: rule.basis === 'entry',
      costUnit: lot.units * pow10(this.scale - lot.decimals - EXACT_DECIMALS),
      inverseCostUnit: lot.units * pow10(this.scale - lot.decimals + EXACT_DECIMALS),
    };
  }

  private exactTable({ tiers }: RequirementTable, rateUnit: bigint): ExactTable {
    return {
      rateUnit,
      rates: tiers.map(({ rate }) => wholeIn(rateUnit)(rate)),
      floors: tiers.map(({ floor }) => this.amountOf(floor)),
      deductions: tiers.map(({ deduction }) => this.wholeAmount(deduction, rateUnit)),
    };
  }

  private exactAsset({ haircuts, borrow }: Asset): ExactAsset {
    const haircutUnit = unitOf(haircuts.map(({ haircut }) => haircut));
    const whole = wholeIn(haircutUnit);
    const shares = haircuts.map(({ haircut }) => haircutUnit - whole(haircut));
    const floors = haircuts.map(({ floor }) => this.amountOf(floor));
    // Continuous from band to band: what the lower share took less of the amount below the floor.
    const constants: bigint[] = [0n];
    for (let band = 1; band < haircuts.length; band++)
      constants.push(constants[band - 1] + floors[band] * (shares[band - 1] - shares[band]));
    const borrowTable = borrow === null ? null : this.exactTable(borrow, unitOf(borrow.tiers.map(({ rate }) => rate)));
    return { haircutUnit, floors, shares, constants, borrow: borrowTable };
  }

  private amountOf(floor: Decimal): bigint {
    return exactUnits(floor, EXACT_DECIMALS) * this.amountUnit;
  }

  /** A deduction at the money scale, in units of 1 / rateUnit. */
  private wholeAmount({ n, d }: Fraction, rateUnit: bigint): bigint {
    const units = n * rateUnit * this.one;
    assert(units % d === 0n, 'expected a deduction that is whole at the money scale');
    return units / d;
  }
}
