/**
 * Lines: (market, tier, side) with the slope s = v − side·|v|·rate that a lot on it adds to slack, v the market's valuation of a
 * lot. Float64 throughout: this is the filter's view of the rules. The exact one is the verdict's.
 */
import type { Decimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { add, type Fraction, fractionToNumber, fromDecimal, multiply, ONE, subtract } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import { lotValue } from '../model/margin.js';
import { requirementLine } from '../model/requirement.js';
import { PADDING_LINE } from '../store/shelf.js';

/** What the filter knows of one market. A table on entry notionals is one tier of rate 0: its requirement folds into cash. */
interface MarketLines {
  readonly firstLine: number;
  /** Worth of one lot at a price of 1. */
  readonly lotValue: number;
  /** Worth of one unit of `Cost`. */
  readonly costUnit: number;
  readonly onEntry: boolean;
  readonly stepped: boolean;
  /** By tier: floor and deduction in the settle asset, rate with the closing fee inside. */
  readonly floors: Float64Array;
  readonly rates: Float64Array;
  readonly deductions: Float64Array;
  /** By tier, 1 − rate and 1 + rate, within three roundings: slopes of longs and shorts at a valuation of 1. */
  readonly longSlopes: Float64Array;
  readonly shortSlopes: Float64Array;
}

/** The worth of 10^-18, the unit of cash and of the price in a cost, as a float64. */
export const EXACT_UNIT = 1e-18;

function marketLines(market: Market, firstLine: number): MarketLines {
  const rule = market.maintenance;
  const onEntry = rule.basis === 'entry';
  const tiers = rule.tiers.map((tier, k) => ({ floor: fromDecimal(tier.floor), ...requirementLine(rule, k) }));
  const column = (of: (tier: (typeof tiers)[number]) => Fraction): Float64Array =>
    Float64Array.from(tiers, (tier) => fractionToNumber(of(tier)));
  const lot = fractionToNumber(lotValue(market));
  return {
    firstLine,
    lotValue: lot,
    costUnit: lot * EXACT_UNIT,
    onEntry,
    stepped: rule.method === 'step',
    floors: column((tier) => tier.floor),
    rates: column((tier) => tier.rate),
    deductions: column((tier) => tier.deduction),
    longSlopes: onEntry ? Float64Array.of(1) : column((tier) => subtract(ONE, tier.rate)),
    shortSlopes: onEntry ? Float64Array.of(1) : column((tier) => add(ONE, tier.rate)),
  };
}

/** The line of a tier and side: lines of a market stand together, two a tier, long first. */
export function lineOf(market: MarketLines, tier: number, lots: number): number {
  return market.firstLine + 2 * tier + (lots < 0 ? 1 : 0);
}

/** Index of the tier that holds at a notional. */
export function tierOf(market: MarketLines, notional: number): number {
  let tier = 0;
  while (tier + 1 < market.floors.length && market.floors[tier + 1] <= notional) tier += 1;
  return tier;
}

/** f(n) in float64, to within a few roundings of n and of the deduction. */
export function requirementNumber(market: MarketLines, notional: number): number {
  const tier = tierOf(market, notional);
  return market.rates[tier] * notional - market.deductions[tier];
}

export class LineTable {
  readonly markets: readonly MarketLines[];
  /** Line id to market index. */
  readonly marketOf: Uint32Array;
  /** What one lot on the line adds to slack at the present marks; NaN while its market has none. The filter's dense vector. */
  readonly slopes: Float64Array;
  /** Market index to the valuation of one lot; NaN while unknown. */
  readonly valuations: Float64Array;
  private readonly instruments: Instruments;

  constructor(instruments: Instruments) {
    this.instruments = instruments;
    let next = PADDING_LINE + 1;
    this.markets = instruments.markets.map((market) => {
      const lines = marketLines(market, next);
      next += 2 * lines.longSlopes.length;
      return lines;
    });
    this.marketOf = new Uint32Array(next);
    for (const [index, market] of this.markets.entries()) {
      this.marketOf.fill(index, market.firstLine, market.firstLine + 2 * market.longSlopes.length);
    }
    this.slopes = new Float64Array(new SharedArrayBuffer(8 * next)).fill(Number.NaN);
    this.slopes[PADDING_LINE] = 0;
    this.valuations = new Float64Array(instruments.markets.length).fill(Number.NaN);
  }

  /** Sets a market's mark: its valuation, within three roundings, and the slopes of its lines, within seven. */
  setMark(index: number, price: Decimal): void {
    const market = this.markets[index];
    const exact = multiply(fromDecimal(price), lotValue(this.instruments.markets[index]));
    const valuation = fractionToNumber(exact);
    if (!Number.isFinite(valuation)) {
      throw badInput(`mark of ${this.instruments.markets[index].id}`, 'a finite value of a lot', String(valuation), 'overflow');
    }
    this.valuations[index] = valuation;
    // For a negative valuation |v| = −v: the requirement is taken off the other way round.
    const [long, short] = valuation < 0 ? [market.shortSlopes, market.longSlopes] : [market.longSlopes, market.shortSlopes];
    for (let tier = 0; tier < long.length; tier++) {
      this.slopes[market.firstLine + 2 * tier] = valuation * long[tier];
      this.slopes[market.firstLine + 2 * tier + 1] = valuation * short[tier];
    }
  }
}

export type { MarketLines };
