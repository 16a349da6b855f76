/**
 * Lines: what a lot on them adds to equity and takes in requirement at the present prices, in the valuation asset. Positions lie on
 * (market, tier, side), orders and amounts of assets on lines of their own. Float64 throughout: this is the filter's view of the rules. The
 * exact one is the verdict's.
 */
import { type Decimal, pow10 } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { type Fraction, fraction, fractionToNumber, fromDecimal, multiply } from '../model/fraction.js';
import { type Instruments, isPlain, type Market, type RequirementTable } from '../model/instruments.js';
import { lotValue } from '../model/margin.js';
import type { PriceUpdate } from '../model/records.js';
import { PADDING_LINE } from '../store/shelf.js';
import type { Vectors } from './backend.js';
import { Closings } from './closings.js';

/** What a row is, by its line. A `closing` row stands for the group of rows that settle in one asset (see closings.ts). */
export const ROW = { padding: 0, position: 1, order: 2, reduceOnly: 3, amount: 4, closing: 5 } as const;

/** A requirement table in float64, closing fee inside the rates. */
export interface TableNumbers {
  readonly floors: Float64Array;
  readonly rates: Float64Array;
  readonly deductions: Float64Array;
}

/** What the filter knows of one market. A table on entry notionals is one tier of rate 0: its requirement folds into a constant. */
export interface MarketLines extends TableNumbers {
  readonly firstLine: number;
  /** Lines of a block: two a tier, long first, then two of rate 0 for a hedge's waived leg. See `blockOf`. */
  readonly blockLines: number;
  readonly blocks: number;
  /** In a block, the line of a position that needs nothing, long; the short one follows. */
  readonly waivedOffset: number;
  /** Behind the last block. */
  readonly orderLine: number;
  readonly reduceOnlyLine: number;
  readonly settleAsset: number;
  readonly isInverse: boolean;
  /** lot · contractSize */
  readonly lotValue: number;
  readonly onEntry: boolean;
  readonly stepped: boolean;
}

/** The worth of 10^-18, the unit of cash and of the price in a cost, as a float64. */
export const EXACT_UNIT = 1e-18;

/** Unit roundoff of float64. */
export const ULP = 2 ** -53;

/** Line ids are doubled in 32-bit integers. */
const LINES_MAX = 2 ** 29;

/** Roundings that a slope may have suffered, of the sum of the magnitudes in it; derived in docs/exactness.md. */
const SLOPE_ROUNDINGS = 24;

export function tableNumbers(table: RequirementTable, fee = 0): TableNumbers {
  const column = (of: (tier: RequirementTable['tiers'][number]) => Fraction): Float64Array =>
    Float64Array.from(table.tiers, (tier) => fractionToNumber(of(tier)));
  return {
    floors: column(({ floor }) => fromDecimal(floor)),
    rates: column(({ rate }) => rate).map((rate) => rate + fee),
    deductions: column(({ deduction }) => deduction),
  };
}

function marketLines(market: Market, firstLine: number, blocks: number): MarketLines {
  const rule = market.maintenance;
  const onEntry = rule.basis === 'entry';
  const waivedOffset = onEntry ? 0 : 2 * rule.tiers.length;
  const blockLines = waivedOffset + 2;
  const orderLine = firstLine + blocks * blockLines;
  // Written out, not spread: what is spread lies outside of the object, and every update of every position looks here.
  const { floors, rates, deductions } = tableNumbers(rule, fractionToNumber(rule.closeFee));
  return {
    floors,
    rates,
    deductions,
    firstLine,
    blockLines,
    blocks,
    waivedOffset,
    orderLine,
    reduceOnlyLine: orderLine + 1,
    settleAsset: market.settleAsset,
    isInverse: market.kind === 'inverse',
    lotValue: fractionToNumber(lotValue(market)),
    onEntry,
    stepped: rule.method === 'step',
  };
}

/**
 * The line of a block, tier and side. A market that settles in a plain asset has the block 0 alone. Else block 0 is for positions whose asset's
 * equity is summed up as a group, and block 1 + k for those whose asset's equity stays on segment k of its closing.
 */
export function lineOf(market: MarketLines, block: number, tier: number, lots: number): number {
  return market.firstLine + block * market.blockLines + 2 * tier + (lots < 0 ? 1 : 0);
}

export function blockOf(market: MarketLines, line: number): number {
  return Math.floor((line - market.firstLine) / market.blockLines);
}

/** Index of the tier that holds at a notional. */
export function tierOf(table: TableNumbers, notional: number): number {
  let tier = 0;
  while (tier + 1 < table.floors.length && table.floors[tier + 1] <= notional) tier += 1;
  return tier;
}

/** f(n) in float64, to within a few roundings of n and of the deduction. */
export function requirementNumber(table: TableNumbers, notional: number): number {
  const tier = tierOf(table, notional);
  return table.rates[tier] * notional - table.deductions[tier];
}

/** Signed worth at entry in the settle asset, within thirteen roundings; `costNumber` is lots × price in 10^-18. */
export function entryNumber(market: MarketLines, lots: number, costNumber: number): number {
  const cost = costNumber * EXACT_UNIT;
  return market.isInverse ? (-market.lotValue * lots * lots) / cost : cost * market.lotValue;
}

export class LineTable implements Vectors {
  readonly markets: readonly MarketLines[];
  /** Line id to what rows on it are (`ROW`), and to their market or asset. */
  readonly kindOf: Uint8Array;
  readonly ownerOf: Uint32Array;
  readonly slopes: Float64Array;
  readonly pairs: Float64Array;
  readonly firstClosing: number;
  readonly closings: Closings;
  readonly needs: Float64Array;
  readonly notionals: Float64Array;
  /** Market index to the worth of one lot in the settle asset; NaN while unknown. */
  readonly valuations: Float64Array;
  /** Asset index to its index price; NaN while unknown. */
  readonly indexes: Float64Array;
  /** Market index to the accrued funding of one lot in the settle asset. */
  readonly accrued: Float64Array;
  /** Index of the asset in which equity and margin are counted. */
  readonly valuationAsset: number;
  /** Whether any market settles in an asset that is not plain. */
  readonly hasSegments: boolean;
  private readonly plain: readonly boolean[];
  private readonly firstAmount: number;
  private readonly instruments: Instruments;
  /** Asset index to the markets that settle in it. */
  private readonly settling: readonly number[][];

  constructor(instruments: Instruments) {
    const { assets, markets, valuation } = instruments;
    this.instruments = instruments;
    this.valuationAsset = valuation.index;
    this.plain = assets.map(isPlain);
    this.closings = new Closings(assets);
    let next = PADDING_LINE + 1;
    this.markets = markets.map((market) => {
      const { settleAsset } = market;
      const lines = marketLines(market, next, this.plain[settleAsset] ? 1 : 1 + this.closings.segmentsOf(settleAsset));
      next = lines.reduceOnlyLine + 1;
      return lines;
    });
    this.firstAmount = next;
    this.firstClosing = next + assets.length;
    const count = this.firstClosing + assets.length;
    if (count > LINES_MAX)
      throw badInput('markets', `at most ${LINES_MAX} lines of tiers and segments`, String(count), 'overflow');
    this.kindOf = new Uint8Array(count);
    this.ownerOf = new Uint32Array(count);
    for (const [index, market] of this.markets.entries()) {
      this.kindOf.fill(ROW.position, market.firstLine, market.orderLine);
      this.kindOf[market.orderLine] = ROW.order;
      this.kindOf[market.reduceOnlyLine] = ROW.reduceOnly;
      this.ownerOf.fill(index, market.firstLine, market.reduceOnlyLine + 1);
    }
    for (const { index } of assets) {
      this.kindOf[this.amountLine(index)] = ROW.amount;
      this.kindOf[this.closingLine(index)] = ROW.closing;
      this.ownerOf[this.amountLine(index)] = index;
      this.ownerOf[this.closingLine(index)] = index;
    }
    this.slopes = new Float64Array(new SharedArrayBuffer(8 * count));
    this.pairs = new Float64Array(new SharedArrayBuffer(16 * count));
    this.needs = new Float64Array(new SharedArrayBuffer(8 * count));
    this.notionals = new Float64Array(new SharedArrayBuffer(8 * count));
    this.valuations = new Float64Array(markets.length).fill(Number.NaN);
    this.indexes = new Float64Array(assets.length).fill(Number.NaN);
    this.accrued = new Float64Array(markets.length);
    this.settling = assets.map(({ index }) => markets.filter(({ settleAsset }) => settleAsset === index).map((m) => m.index));
    this.hasSegments = this.markets.some(({ blocks }) => blocks > 1);
    for (const { index } of markets) this.refreshMarket(index);
    for (const { index } of assets) this.setIndex(index, index === valuation.index ? 1 : Number.NaN);
  }

  /** The line of an amount of an asset that counts as it stands. */
  amountLine(asset: number): number {
    return this.firstAmount + asset;
  }

  /** The line of the row that ends an asset's group. */
  closingLine(asset: number): number {
    return this.firstClosing + asset;
  }

  /** Ranges of lines whose slopes move together: a market's positions, an asset's amounts. */
  movers(): { readonly first: number; readonly end: number }[] {
    const positions = this.markets.map(({ firstLine, orderLine }) => ({ first: firstLine, end: orderLine }));
    const amounts = this.settling.map((_, asset) => ({ first: this.amountLine(asset), end: this.amountLine(asset) + 1 }));
    return [...positions, ...amounts];
  }

  /** Takes new prices: valuations within three roundings, and every line that they move. */
  update({ marks, indexes = [], funding = [] }: PriceUpdate): void {
    const moved = new Set<number>();
    for (const { market, price } of marks) {
      this.valuations[market] = this.valuationOf(market, price);
      moved.add(market);
    }
    for (const { market, index } of funding) {
      this.accrued[market] = fractionToNumber(multiply(fromDecimal(index), lotValue(this.instruments.markets[market])));
      moved.add(market);
    }
    for (const { asset, price } of indexes) {
      this.setIndex(asset, fractionToNumber(fromDecimal(price)));
      for (const market of this.settling[asset]) moved.add(market);
    }
    for (const market of moved) this.refreshMarket(market);
  }

  /** The worth of a lot in the settle asset: lot · contractSize times the price, or −1/price of an inverse contract. */
  private valuationOf(index: number, price: Decimal): number {
    const market = this.instruments.markets[index];
    const lot = lotValue(market);
    const exact =
      market.kind === 'inverse'
        ? fraction(-lot.n * pow10(price.decimals), lot.d * price.units)
        : multiply(fromDecimal(price), lot);
    const valuation = fractionToNumber(exact);
    if (!Number.isFinite(valuation)) {
      throw badInput(`mark of ${market.id}`, 'a finite value of a lot', String(valuation), 'overflow');
    }
    return valuation;
  }

  private setIndex(asset: number, price: number): void {
    this.indexes[asset] = price;
    const line = this.amountLine(asset);
    // Amounts may be of either sign: their slope is not moved to a side; its three roundings are in the scan's bound.
    this.slopes[line] = price;
    this.pairs[2 * line + 1] = price;
    this.pairs[2 * this.closingLine(asset)] = price;
    this.closings.setIndex(asset, price);
  }

  /**
   * The slopes of a market's lines, moved against the holder by a bound on their own rounding: a long's down, a short's up. On a segment
   * a unit of the asset's equity counts its gain.
   */
  private refreshMarket(index: number): void {
    const market = this.markets[index];
    const price = this.indexes[market.settleAsset];
    const worth = price * this.valuations[index];
    const value = worth - price * this.accrued[index];
    const magnitude = Math.abs(worth) + Math.abs(price * this.accrued[index]);
    const { slopes, pairs, closings, needs, notionals } = this;
    notionals.fill(Math.abs(worth), market.firstLine, market.orderLine);
    for (let block = 0; block < market.blocks; block++) {
      const gain = block === 0 ? 1 : closings.gainOf(market.settleAsset, block - 1);
      const isGroup = block === 0 && market.blocks > 1;
      for (let offset = 0; offset < market.blockLines; offset += 2) {
        const line = market.firstLine + block * market.blockLines + offset;
        const need = offset === market.waivedOffset ? 0 : Math.abs(worth) * market.rates[offset >> 1];
        const bound = SLOPE_ROUNDINGS * ULP * (gain * magnitude + need);
        needs[line] = need;
        needs[line + 1] = need;
        slopes[line] = gain * value - need - bound;
        slopes[line + 1] = gain * value + need + bound;
        // On a shelf of groups what is summed up adds to the group's equity, what is not to slack.
        pairs[2 * line] = isGroup ? value - bound : 0;
        pairs[2 * line + 1] = isGroup ? -need - bound : slopes[line];
        pairs[2 * line + 2] = isGroup ? value + bound : 0;
        pairs[2 * line + 3] = isGroup ? need + bound : slopes[line + 1];
      }
    }
  }
}
