/**
 * Which rows a portfolio has, in which order, and on shelves of which method. One scratch is filled again and again: no allocation for
 * a portfolio of plain positions.
 */
import { PlimsollError } from '../model/errors.js';
import { type Instruments, isPlain } from '../model/instruments.js';
import type { Position } from '../model/portfolio.js';
import { ROWS_MAX } from '../store/portfolio-chunk.js';
import type { Method } from '../store/shelf.js';
import type { Holdings } from './changes.js';
import { EXACT_UNIT, entryNumber, type LineTable, lineOf } from './lines.js';
import { type Reach, ROUNDING, type Windows } from './windows.js';

/** In place of a segment: the asset's equity is summed up as a group, on block 0. */
const GROUPED = -1;

/**
 * The rows of one portfolio. On `lines` shelves their order means nothing. An asset that positions settle in and that is not plain makes a
 * group, unless its equity stays on one segment of its closing as long as the markets stay in their windows: then the segment's gain is in its
 * positions' lines. On `groups` shelves each group comes with its closing row last, and then what counts as it stands: the other positions,
 * orders, and amounts, among them one for each group's asset but the valuation asset, for the constants of its requirements.
 */
export class Composition {
  method: Method = 'lines';
  count = 0;
  /** Rows that are no positions. */
  countBesidePositions = 0;
  readonly lines: number[] = [];
  readonly lots: number[] = [];
  /** Entry cost of positions and orders, the exact amount of others. */
  readonly amounts: bigint[] = [];
  private readonly instruments: Instruments;
  private readonly table: LineTable;
  private readonly windows: Windows;
  private readonly reach: Reach = { low: 0, high: 0 };
  private readonly plain: readonly boolean[];
  private readonly alone: Uint8Array;
  /** Asset index to how it is used by the portfolio at hand. */
  private readonly settles: Uint8Array;

  constructor(instruments: Instruments, table: LineTable, windows: Windows) {
    this.instruments = instruments;
    this.table = table;
    this.windows = windows;
    this.plain = instruments.assets.map(isPlain);
    this.settles = new Uint8Array(instruments.assets.length);
    const { index } = instruments.valuation;
    this.alone = Uint8Array.from(instruments.markets, (market) => Number(this.plain[index] && market.settleAsset === index));
  }

  isPlain(asset: number): boolean {
    return this.plain[asset];
  }

  /** Whether a position of the market is a row and nothing else: it settles in the valuation asset, which is plain. */
  standsAlone(market: number): boolean {
    return this.alone[market] === 1;
  }

  compose(holdings: Holdings): void {
    this.count = 0;
    this.method = 'lines';
    const { positions, others, orders } = holdings;
    if (others === undefined && orders === undefined && positions.every(({ market }) => this.standsAlone(market))) {
      for (const position of positions) this.addPosition(position, 0);
    } else {
      this.composeAll(holdings);
    }
    this.addDebt(holdings);
    this.countBesidePositions = this.count - positions.length;
    if (this.count > ROWS_MAX) {
      throw new PlimsollError('overflow', `portfolio: expected at most ${ROWS_MAX} rows, was ${this.count}`);
    }
  }

  private composeAll(holdings: Holdings): void {
    const { settles, plain, table, instruments } = this;
    const { positions, others = [], orders = [] } = holdings;
    const grouped = new Set<number>();
    const beside: [readonly Position[], number][] = [];
    settles.fill(0);
    for (const { market } of positions) settles[table.markets[market].settleAsset] = 1;
    for (const [asset, used] of settles.entries()) {
      if (used === 0) continue;
      const own = positions.filter(({ market }) => table.markets[market].settleAsset === asset);
      const segment = plain[asset] ? GROUPED : this.segmentOf(asset, own, this.amountOf(holdings, asset));
      if (plain[asset] || segment !== GROUPED) {
        beside.push([own, 1 + segment]);
        continue;
      }
      for (const position of own) this.addPosition(position, 0);
      this.method = 'groups';
      grouped.add(asset);
      // The valuation asset's exact amount is the portfolio's cash.
      const amount = asset === instruments.valuation.index ? 0n : this.amountOf(holdings, asset);
      this.add(table.closingLine(asset), 0, amount);
    }
    for (const [own, block] of beside) for (const position of own) this.addPosition(position, block);
    for (const { market, lots, cost, reduceOnly } of orders) {
      const lines = table.markets[market];
      this.add(reduceOnly ? lines.reduceOnlyLine : lines.orderLine, lots, cost);
      settles[lines.settleAsset] = 1;
    }
    for (const { asset } of others) settles[asset] = 1;
    for (const [asset, used] of settles.entries()) {
      if (used === 0 || asset === instruments.valuation.index) continue;
      this.add(table.amountLine(asset), 0, grouped.has(asset) ? 0n : this.amountOf(holdings, asset));
    }
  }

  private amountOf({ cash, others }: Holdings, asset: number): bigint {
    if (asset === this.instruments.valuation.index) return cash;
    return others?.find((held) => held.asset === asset)?.amount ?? 0n;
  }

  /** The segment on which the asset's equity stays while its positions' markets stay in their windows, or GROUPED. */
  private segmentOf(asset: number, positions: readonly Position[], amount: bigint): number {
    const { reach } = this;
    const balance = Number(amount) * EXACT_UNIT;
    reach.low = balance - Math.abs(balance) * ROUNDING;
    reach.high = balance + Math.abs(balance) * ROUNDING;
    for (const { market, lots, cost } of positions)
      this.windows.extend(market, lots, entryNumber(this.table.markets[market], lots, Number(cost)), reach);
    return this.table.closings.segmentWithin(asset, reach.low, reach.high);
  }

  /** A debt in a valuation asset with a borrow table needs margin: the portfolio must stand on a shelf to be seen. */
  private addDebt({ cash }: Holdings): void {
    const { valuation } = this.instruments;
    if (this.count === 0 && cash < 0n && valuation.borrow !== null) this.add(this.table.amountLine(valuation.index), 0, 0n);
  }

  private addPosition({ market, lots, cost }: Position, block: number): void {
    this.add(lineOf(this.table.markets[market], block, 0, lots), lots, cost);
  }

  private add(line: number, lots: number, amount: bigint): void {
    this.lines[this.count] = line;
    this.lots[this.count] = lots;
    this.amounts[this.count] = amount;
    this.count += 1;
  }
}
