/**
 * The verdict: a nominee's equity and maintenance as exact integers over common denominators, read straight from the store's exact
 * columns. It alone decides. It shares no code with the oracle in src/model/margin.ts; tests hold the two equal.
 */
import type { Decimal } from '../model/decimal.js';
import { AssertionError, assert } from '../model/errors.js';
import type { Fraction } from '../model/fraction.js';
import { isPlain } from '../model/instruments.js';
import { cost, type Lots } from '../model/portfolio.js';
import type { BreachRow, PriceUpdate, Standing, Valuation } from '../model/records.js';
import { LANES } from '../store/shelf.js';
import type { Rows } from '../store/store.js';
import { counted, type ExactMarket, ExactRules, requirement } from './exact-rules.js';
import { waivedLeg } from './fold.js';
import { ROW } from './lines.js';
import type { LiveBook } from './live-book.js';

/** A sum of fractions with a running common denominator: most rows share one. */
class Sum {
  n = 0n;
  d = 1n;

  clear(): void {
    this.n = 0n;
    this.d = 1n;
  }

  /** d > 0 */
  add(n: bigint, d: bigint): void {
    if (d === this.d) {
      this.n += n;
    } else if (this.n === 0n) {
      this.n = n;
      this.d = d;
    } else {
      this.n = this.n * d + n * this.d;
      this.d *= d;
    }
  }
}

/** One asset of the portfolio at hand, in units of 10^-scale of it. */
interface AssetSums {
  readonly equity: Sum;
  readonly maintenance: Sum;
}

/** What the verdict says of one asset of the portfolio that it judged last. */
export interface JudgedAsset {
  readonly asset: number;
  readonly index: Fraction;
  readonly equity: Fraction;
}

export class Verdict {
  private readonly book: LiveBook;
  private readonly rules: ExactRules;
  private readonly sums: readonly AssetSums[];
  private readonly plain: readonly boolean[];
  /** Assets that the portfolio at hand touches. */
  private readonly touched: number[] = [];
  /** Of the last `judge`, in the valuation asset in units of 10^-scale. */
  private readonly equity = new Sum();
  private readonly maintenance = new Sum();
  private readonly rows = {} as Rows;
  /** Of the row at hand: worth at the mark less worth at entry, and its notional, in units of 10^-scale of the settle asset. */
  private pnl = 0n;
  private notional = 0n;
  /** The denominator of both; of the notional's when it is on the mark, else of the entry's. */
  private pnlUnit = 1n;
  private notionalUnit = 1n;

  constructor(book: LiveBook) {
    const { assets } = book.instruments;
    this.book = book;
    this.rules = new ExactRules(book.instruments);
    this.sums = assets.map(() => ({ equity: new Sum(), maintenance: new Sum() }));
    this.plain = assets.map(isPlain);
  }

  update(prices: PriceUpdate): void {
    this.rules.update(prices);
  }

  /** Digits after the point of its money: grows with the prices that came, and equal amounts of two scales are other fractions. */
  get scale(): number {
    return this.rules.scale;
  }

  refine(scale: number): void {
    this.rules.refine(scale);
  }

  markOf(market: number): Decimal | null {
    return this.rules.marks[market];
  }

  /** Index price of an asset, 1 for the valuation asset; null while unknown. */
  indexOf(asset: number): Decimal | null {
    return this.rules.indexes[asset];
  }

  fundingOf(market: number): Decimal {
    return this.book.funding.of(market);
  }

  /** Judges a portfolio at the present prices, leaving its equity and maintenance for `valuation` unless it is unpriced. */
  judge(handle: number): Standing {
    const { rows, book, touched, equity, maintenance } = this;
    touched.length = 0;
    const cash = book.store.cashOf(handle);
    if (cash !== 0n) this.sumsOf(book.instruments.valuation.index).equity.add(cash * this.rules.amountUnit, 1n);
    const count = book.store.locate(handle, rows) ? rows.count : 0;
    for (let j = 0; j < count; j++) if (!this.takeRow(rows.base + j * LANES)) return 'unpriced';
    equity.clear();
    maintenance.clear();
    for (const asset of touched) this.takeAsset(asset);
    return this.standing();
  }

  /** Of the last `judge`, which was not unpriced. Both have one denominator, which keeps their sums short. */
  valuation(): Valuation {
    const { equity, maintenance } = this;
    const { one } = this.rules;
    const isWhole = maintenance.d % equity.d === 0n;
    const d = isWhole ? maintenance.d : equity.d * maintenance.d;
    const n = { equity: equity.n * (d / equity.d), maintenance: maintenance.n * (d / maintenance.d) };
    return { equity: { n: n.equity, d: one * d }, maintenance: { n: n.maintenance, d: one * d } };
  }

  /** Assets of the portfolio judged last, with what it has in each. */
  assets(): JudgedAsset[] {
    const { one } = this.rules;
    return this.touched.map((asset) => {
      const { n, d } = this.sums[asset].equity;
      return { asset, index: this.indexFraction(asset), equity: { n, d: d * one } };
    });
  }

  /** Rows of a priced portfolio with what the case half needs of them: by market, long before short, wherever the store has them. */
  breachRows(handle: number): BreachRow[] {
    const { rows, book } = this;
    const { lines } = book;
    const found: BreachRow[] = [];
    const count = book.store.locate(handle, rows) ? rows.count : 0;
    for (let j = 0; j < count; j++) {
      const row = rows.base + j * LANES;
      const line = rows.chunk.line[row];
      if (lines.kindOf[line] !== ROW.position) continue;
      const market = lines.ownerOf[line];
      const exact = this.rules.markets[market];
      const mark = this.rules.marks[market];
      const isPriced = this.takePrices(row, exact);
      assert(mark !== null && isPriced, 'expected a priced portfolio');
      const index = this.indexFraction(exact.settleAsset);
      const units = this.isWaived(row, market) ? 0n : requirement(exact, this.notional, this.notionalUnit);
      found.push({
        market,
        lots: rows.chunk.lots[row] as Lots,
        cost: cost(rows.chunk.cost.get(row)),
        mark,
        index,
        maintenance: { n: units * index.n, d: exact.rateUnit * this.notionalUnit * this.rules.one * index.d },
      });
    }
    return found.sort((a, b) => a.market - b.market || b.lots - a.lots);
  }

  /** Ids of what a portfolio lacks a price of: markets, then assets. */
  missing(handle: number): string[] {
    const { instruments } = this.book;
    const { positions, others = [], orders = [] } = this.book.portfolio(handle);
    const markets = new Set(positions.map(({ market }) => market));
    const assets = new Set([...positions, ...orders].map(({ market }) => instruments.markets[market].settleAsset));
    for (const { asset } of others) assets.add(asset);
    const ascending = (found: Iterable<number>): number[] => [...found].sort((a, b) => a - b);
    const unmarked = ascending(markets).filter((market) => this.rules.marks[market] === null);
    const unindexed = ascending(assets).filter((asset) => this.rules.indexes[asset] === null);
    return [
      ...unmarked.map((market) => instruments.markets[market].id),
      ...unindexed.map((asset) => instruments.assets[asset].id),
    ];
  }

  private indexFraction(asset: number): Fraction {
    const { units, unit } = this.rules.prices[asset] ?? noPrice();
    return { n: units, d: unit };
  }

  private sumsOf(asset: number): AssetSums {
    const sums = this.sums[asset];
    if (!this.touched.includes(asset)) {
      this.touched.push(asset);
      sums.equity.clear();
      sums.maintenance.clear();
    }
    return sums;
  }

  /** Adds a row to its asset's sums; false when a price is missing. */
  private takeRow(row: number): boolean {
    const { chunk } = this.rows;
    const { lines } = this.book;
    const { rules } = this;
    const line = chunk.line[row];
    const kind = lines.kindOf[line];
    const owner = lines.ownerOf[line];
    if (kind === ROW.position) {
      const market = rules.markets[owner];
      if (!this.takePrices(row, market)) return false;
      const sums = this.sumsOf(market.settleAsset);
      sums.equity.add(this.pnl, this.pnlUnit);
      if (this.isWaived(row, owner)) return true;
      sums.maintenance.add(requirement(market, this.notional, this.notionalUnit), market.rateUnit * this.notionalUnit);
    } else if (kind === ROW.order || kind === ROW.reduceOnly) {
      const market = rules.markets[owner];
      if (rules.indexes[market.settleAsset] === null) return false;
      const sums = this.sumsOf(market.settleAsset);
      if (kind === ROW.reduceOnly || !rules.countsOrders) return true;
      this.takeEntry(row, market);
      sums.maintenance.add(requirement(market, this.notional, this.notionalUnit), market.rateUnit * this.notionalUnit);
    } else {
      if (rules.indexes[owner] === null) return false;
      const amount = chunk.cost.get(row);
      if (amount !== 0n) this.sumsOf(owner).equity.add(amount * rules.amountUnit, 1n);
    }
    return true;
  }

  private isWaived(row: number, market: number): boolean {
    return this.rules.onlyLarger && waivedLeg(this.rows, this.book.lines, market) === row;
  }

  /** PnL with funding, and the notional that the requirement is on; false when a price is missing. */
  private takePrices(row: number, market: ExactMarket): boolean {
    const { rules } = this;
    const { chunk } = this.rows;
    const { index } = market;
    const mark = rules.marks[index];
    if (mark === null || rules.indexes[market.settleAsset] === null) return false;
    const lots = BigInt(chunk.lots[row]);
    if (market.isInverse) {
      this.takeInverse(lots, chunk.cost.get(row), market, mark);
      return true;
    }
    const worth = lots * rules.worths[index];
    const entry = chunk.cost.get(row) * market.costUnit;
    this.pnl = worth - entry - lots * rules.accrued[index];
    this.pnlUnit = 1n;
    this.notional = absolute(market.onEntry ? entry : worth);
    this.notionalUnit = 1n;
    return true;
  }

  /** −L·lots/mark against −L·lots²/cost, over the product of mark and cost. */
  private takeInverse(lots: bigint, units: bigint, market: ExactMarket, mark: Decimal): void {
    const { rules } = this;
    // Lots and cost have one sign, and a mark is above 0: taken by magnitude, every denominator is.
    const [size, price] = [absolute(lots), absolute(units)];
    const atMark = size * rules.worths[market.index];
    const atEntry = size * size * market.inverseCostUnit;
    const pnl = (atEntry * mark.units - atMark * price) * (lots < 0n ? -1n : 1n);
    this.pnlUnit = mark.units * price;
    this.pnl = pnl - lots * rules.accrued[market.index] * this.pnlUnit;
    this.notional = market.onEntry ? atEntry : atMark;
    this.notionalUnit = market.onEntry ? price : mark.units;
  }

  /** The notional of an order at its limit price. */
  private takeEntry(row: number, market: ExactMarket): void {
    const { chunk } = this.rows;
    const units = absolute(chunk.cost.get(row));
    const size = absolute(BigInt(chunk.lots[row]));
    this.notional = market.isInverse ? size * size * market.inverseCostUnit : units * market.costUnit;
    this.notionalUnit = market.isInverse ? units : 1n;
  }

  /** Puts an asset's equity through its haircuts and borrow table, and both into the valuation asset. */
  private takeAsset(asset: number): void {
    const { equity, maintenance } = this.sums[asset];
    const price = this.rules.prices[asset] ?? noPrice();
    this.maintenance.add(maintenance.n * price.units, maintenance.d * price.unit);
    if (this.plain[asset] || equity.n === 0n) {
      this.equity.add(equity.n * price.units, equity.d * price.unit);
      return;
    }
    const exact = this.rules.assets[asset];
    if (equity.n > 0n) {
      const units = counted(exact, equity.n, equity.d);
      this.equity.add(units * price.units, exact.haircutUnit * equity.d * price.unit);
      return;
    }
    this.equity.add(equity.n * price.units, equity.d * price.unit);
    if (exact.borrow === null) return;
    const units = requirement(exact.borrow, -equity.n, equity.d);
    this.maintenance.add(units * price.units, exact.borrow.rateUnit * equity.d * price.unit);
  }

  private standing(): Standing {
    const { equity, maintenance } = this;
    if (maintenance.n <= 0n) return equity.n < 0n ? 'insolvent' : 'healthy';
    const slack = equity.n * maintenance.d - maintenance.n * equity.d;
    const below = slack < 0n || (slack === 0n && this.book.instruments.liquidateWhen === 'equity<=maintenance');
    return below ? 'liquidatable' : 'healthy';
  }
}

function absolute(units: bigint): bigint {
  return units < 0n ? -units : units;
}

function noPrice(): never {
  throw new AssertionError('expected a price');
}
