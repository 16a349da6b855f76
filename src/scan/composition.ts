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
import { type LineTable, lineOf } from './lines.js';

/**
 * The rows of one portfolio. On `lines` shelves their order means nothing. An asset that positions settle in and that is not plain makes a
 * group: its positions and its closing row. One group stands on a `group` shelf, its closing row first; several on a `groups` shelf, one after
 * the other, each with its closing row last. Then comes what counts as it stands: the other positions, orders, and amounts, among them
 * one for each group's asset but the valuation asset, for the constants of its requirements.
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
  private readonly plain: readonly boolean[];
  private readonly alone: Uint8Array;
  /** Asset index to how it is used by the portfolio at hand. */
  private readonly settles: Uint8Array;

  constructor(instruments: Instruments, table: LineTable) {
    this.instruments = instruments;
    this.table = table;
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
      for (const position of positions) this.addPosition(position);
    } else {
      this.composeGroups(holdings);
    }
    this.addDebt(holdings);
    this.countBesidePositions = this.count - positions.length;
    if (this.count > ROWS_MAX) {
      throw new PlimsollError('overflow', `portfolio: expected at most ${ROWS_MAX} rows, was ${this.count}`);
    }
  }

  private composeGroups({ positions, others = [], orders = [] }: Holdings): void {
    const { settles, plain, table, instruments } = this;
    settles.fill(0);
    const assetOf = (market: number): number => table.markets[market].settleAsset;
    for (const { market } of positions) settles[assetOf(market)] = 1;
    const amountOf = (asset: number): bigint => others.find((held) => held.asset === asset)?.amount ?? 0n;
    const grouped = instruments.assets.filter(({ index }) => settles[index] === 1 && !plain[index]);
    if (grouped.length > 0) this.method = grouped.length === 1 ? 'group' : 'groups';
    for (const { index: asset } of grouped) {
      if (this.method === 'group') this.add(table.closingLine(asset), 0, amountOf(asset));
      for (const position of positions) if (assetOf(position.market) === asset) this.addPosition(position);
      if (this.method === 'groups') this.add(table.closingLine(asset), 0, amountOf(asset));
    }
    for (const position of positions) if (plain[assetOf(position.market)]) this.addPosition(position);
    for (const { market, lots, cost, reduceOnly } of orders) {
      const lines = table.markets[market];
      this.add(reduceOnly ? lines.reduceOnlyLine : lines.orderLine, lots, cost);
      settles[lines.settleAsset] = 1;
    }
    for (const { asset } of others) settles[asset] = 1;
    for (const [asset, used] of settles.entries()) {
      if (used === 0 || asset === instruments.valuation.index) continue;
      const isClosed = grouped.some(({ index }) => index === asset);
      this.add(table.amountLine(asset), 0, isClosed ? 0n : amountOf(asset));
    }
  }

  /** A debt in a valuation asset with a borrow table needs margin: the portfolio must stand on a shelf to be seen. */
  private addDebt({ cash }: Holdings): void {
    const { valuation } = this.instruments;
    if (this.count === 0 && cash < 0n && valuation.borrow !== null) this.add(this.table.amountLine(valuation.index), 0, 0n);
  }

  private addPosition({ market, lots, cost }: Position): void {
    this.add(lineOf(this.table.markets[market], 0, lots), lots, cost);
  }

  private add(line: number, lots: number, amount: bigint): void {
    this.lines[this.count] = line;
    this.lots[this.count] = lots;
    this.amounts[this.count] = amount;
    this.count += 1;
  }
}
