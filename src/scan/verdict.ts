/**
 * The verdict: a nominee's equity and maintenance as exact integers over common denominators, read straight from the store's exact
 * columns. It alone decides. It shares no code with the oracle in src/model/margin.ts; tests hold the two equal.
 */
import { type Decimal, exactUnits, pow10 } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import { type Fraction, gcd, ONE, reduce } from '../model/fraction.js';
import type { MarginRule, Market } from '../model/instruments.js';
import { type Cost, EXACT_DECIMALS, type Lots } from '../model/portfolio.js';
import type { BreachRow, Standing, Valuation } from '../model/records.js';
import { LANES } from '../store/shelf.js';
import type { Rows } from '../store/store.js';
import { lotMantissa } from './fill.js';
import type { LiveBook } from './live-book.js';

/** A rule in integers: on tier k the requirement of a notional n is (n·rate[k] − deduction[k]) / rateUnit, all at the money scale. */
interface ExactRule {
  readonly onEntry: boolean;
  readonly rateUnit: bigint;
  readonly rates: readonly bigint[];
  readonly floors: readonly bigint[];
  readonly deductions: readonly bigint[];
}

interface ExactMarket extends ExactRule {
  /** What a requirement counts: 10^scale · rateUnit of them are one. */
  readonly requirementUnit: bigint;
  /** Worth of one `Cost` unit, at the money scale. */
  readonly costUnit: bigint;
}

function lcm(a: bigint, b: bigint): bigint {
  return (a / gcd(a, b)) * b;
}

/** Least unit in which every rate of the rule is whole, closing fee included. */
function rateUnitOf(rule: MarginRule): bigint {
  return rule.tiers.reduce((unit, tier) => lcm(unit, reduce(tier.rate).d), reduce(rule.closeFee).d);
}

/** `one` is 10^scale, `amountUnit` what one of 10^-18 counts at the money scale. */
function exactRule(rule: MarginRule, rateUnit: bigint, one: bigint, amountUnit: bigint): ExactRule {
  const whole = ({ n, d }: Fraction): bigint => (n * rateUnit) / d;
  return {
    onEntry: rule.basis === 'entry',
    rateUnit,
    rates: rule.tiers.map((tier) => whole(tier.rate) + whole(rule.closeFee)),
    floors: rule.tiers.map((tier) => exactUnits(tier.floor, EXACT_DECIMALS) * amountUnit),
    deductions: rule.tiers.map((tier) => {
      const units = tier.deduction.n * rateUnit * one;
      assert(units % tier.deduction.d === 0n, 'expected a deduction that is whole at the money scale');
      return units / tier.deduction.d;
    }),
  };
}

/** Digits after the point that cash, every cost and every floor need; marks may need more. */
function leastScale(markets: readonly Market[]): number {
  return Math.max(EXACT_DECIMALS, ...markets.map((market) => lotMantissa(market).decimals + EXACT_DECIMALS));
}

export class Verdict {
  /** Of the last `judge`: equity in units of 10^-scale. */
  equity = 0n;
  /** Of the last `judge`: maintenance is `maintenance / rateUnit` in units of 10^-scale. */
  maintenance = 0n;
  rateUnit = 1n;
  private readonly book: LiveBook;
  private readonly marks: (Decimal | null)[];
  /** Money is held in units of 10^-scale: every amount of the book and every value at the marks is whole. */
  private scale: number;
  /** 10^scale, and what one of 10^-18 counts: as marks may have any number of decimals, too dear to make for each portfolio. */
  private one = 1n;
  private amountUnit = 1n;
  private markets: ExactMarket[] = [];
  /** Worth of one lot at the mark, at the money scale; null without one. */
  private values: (bigint | null)[] = [];
  private readonly rows = {} as Rows;

  constructor(book: LiveBook) {
    this.book = book;
    this.marks = book.instruments.markets.map(() => null);
    this.scale = leastScale(book.instruments.markets);
    this.rescale(this.scale);
  }

  markOf(market: number): Decimal | null {
    return this.marks[market];
  }

  setMark(market: number, price: Decimal): void {
    this.marks[market] = price;
    const decimals = price.decimals + lotMantissa(this.book.instruments.markets[market]).decimals;
    if (decimals > this.scale) this.rescale(decimals);
    else this.values[market] = this.valueOf(market);
  }

  /** Judges a portfolio at the present marks, leaving its equity and maintenance in the fields unless it is unpriced. */
  judge(handle: number): Standing {
    const { rows, book } = this;
    this.equity = book.store.cashOf(handle) * this.amountUnit;
    this.maintenance = 0n;
    this.rateUnit = 1n;
    const count = book.store.locate(handle, rows) ? rows.count : 0;
    for (let j = 0; j < count; j++) {
      const row = rows.base + j * LANES;
      const index = book.lines.marketOf[rows.chunk.line[row]];
      const value = this.values[index];
      if (value === null) return 'unpriced';
      const market = this.markets[index];
      const worth = BigInt(rows.chunk.lots[row]) * value;
      const cost = rows.chunk.cost.get(row) * market.costUnit;
      this.equity += worth - cost;
      this.addMaintenance(market, requirementUnits(market, market.onEntry ? cost : worth));
    }
    return this.standing();
  }

  /** Of the last `judge`, which was not unpriced. Both have one denominator, which keeps their sums short. */
  valuation(): Valuation {
    const d = this.one * this.rateUnit;
    return { equity: { n: this.equity * this.rateUnit, d }, maintenance: { n: this.maintenance, d } };
  }

  /** Rows of a priced portfolio with what the case half needs of them: by market, long before short, wherever the store has them. */
  breachRows(handle: number): BreachRow[] {
    const { rows, book } = this;
    const count = book.store.locate(handle, rows) ? rows.count : 0;
    const found = Array.from({ length: count }, (_, j) => {
      const row = rows.base + j * LANES;
      const market = book.lines.marketOf[rows.chunk.line[row]];
      const mark = this.marks[market];
      const value = this.values[market];
      assert(mark !== null && value !== null, 'expected a priced portfolio');
      const exact = this.markets[market];
      const cost = rows.chunk.cost.get(row);
      const size = rows.chunk.lots[row];
      const units = requirementUnits(exact, exact.onEntry ? cost * exact.costUnit : BigInt(size) * value);
      const maintenance = { n: units, d: exact.requirementUnit };
      return { market, lots: size as Lots, cost: cost as Cost, mark, index: ONE, maintenance };
    });
    return found.sort((a, b) => a.market - b.market || b.lots - a.lots);
  }

  /** Markets of a portfolio's rows that have no mark, ascending. */
  missingMarkets(handle: number): number[] {
    const missing = new Set(this.book.portfolio(handle).positions.map(({ market }) => market));
    return [...missing].filter((market) => this.marks[market] === null).sort((a, b) => a - b);
  }

  private standing(): Standing {
    if (this.maintenance <= 0n) return this.equity < 0n ? 'insolvent' : 'healthy';
    const slack = this.equity * this.rateUnit - this.maintenance;
    const below = slack < 0n || (slack === 0n && this.book.instruments.liquidateWhen === 'equity<=maintenance');
    return below ? 'liquidatable' : 'healthy';
  }

  /** Rates of most books are decimals, whole in one common unit; where they are not, the unit becomes the product. */
  private addMaintenance(market: ExactMarket, units: bigint): void {
    if (market.rateUnit === this.rateUnit || this.maintenance === 0n) {
      this.rateUnit = market.rateUnit;
      this.maintenance += units;
    } else {
      this.maintenance = this.maintenance * market.rateUnit + units * this.rateUnit;
      this.rateUnit *= market.rateUnit;
    }
  }

  private valueOf(market: number): bigint | null {
    const mark = this.marks[market];
    if (mark === null) return null;
    const lot = lotMantissa(this.book.instruments.markets[market]);
    return mark.units * lot.units * pow10(this.scale - mark.decimals - lot.decimals);
  }

  /** Rebuilds the integer tables for a finer money scale. */
  private rescale(scale: number): void {
    this.scale = scale;
    this.one = pow10(scale);
    this.amountUnit = pow10(scale - EXACT_DECIMALS);
    const { one, amountUnit } = this;
    const { markets } = this.book.instruments;
    // One unit for all decimal rates, so that their sums need no common denominator.
    const units = markets.map(({ maintenance }) => rateUnitOf(maintenance));
    const decimalUnit = units.filter(isPowerOfTenDivisor).reduce(lcm, 1n);
    this.markets = markets.map((market, i) => {
      const lot = lotMantissa(market);
      const rateUnit = isPowerOfTenDivisor(units[i]) ? decimalUnit : units[i];
      const costUnit = lot.units * pow10(scale - lot.decimals - EXACT_DECIMALS);
      return { ...exactRule(market.maintenance, rateUnit, one, amountUnit), costUnit, requirementUnit: one * rateUnit };
    });
    this.values = markets.map((market) => this.valueOf(market.index));
  }
}

/** Whether 1/unit is a decimal: no prime factor but 2 and 5. */
function isPowerOfTenDivisor(unit: bigint): boolean {
  let rest = unit;
  while (rest % 2n === 0n) rest /= 2n;
  while (rest % 5n === 0n) rest /= 5n;
  return rest === 1n;
}

/** n·rate − deduction on the tier of n = |amount|, in units of 10^-scale / rateUnit. */
function requirementUnits(rule: ExactRule, amount: bigint): bigint {
  const notional = amount < 0n ? -amount : amount;
  let tier = 0;
  while (tier + 1 < rule.floors.length && rule.floors[tier + 1] <= notional) tier += 1;
  return notional * rule.rates[tier] - rule.deductions[tier];
}
