/**
 * What all portfolios have together: balances by asset, lots and entry cost by market, kept up at every write of the live book so that
 * conservation can be checked after every record. It knows sums, not portfolios.
 */
import type { BookChange, BookTotals } from '../model/book-port.js';
import { cash, cost } from '../model/portfolio.js';
import { type Chunk, LANES } from '../store/shelf.js';
import type { Rows, Store } from '../store/store.js';
import { type LineTable, ROW } from './lines.js';

/** So often 2^32 can be added to a float64 and all of it is exact. */
const PENDING_MAX = 2 ** 20;

/** Words of an entry cost. */
const WORDS = 4;

export class Totals implements BookTotals {
  readonly balances: bigint[];
  private readonly settledLots: bigint[];
  private readonly settledCosts: bigint[];
  /**
   * What is to be added yet: to lots, and to costs by the 32-bit words that the store has of them. Updates of positions come by the million a second,
   * and a big integer each would cost a fifth of that.
   */
  private readonly pendingLots: Float64Array;
  private readonly pendingWords: Float64Array;
  private pending = 0;
  private readonly store: Store;
  private readonly table: LineTable;
  private readonly rows = {} as Rows;

  constructor(store: Store, table: LineTable) {
    this.store = store;
    this.table = table;
    this.balances = Array.from(table.indexes, () => 0n);
    this.settledLots = table.markets.map(() => 0n);
    this.settledCosts = table.markets.map(() => 0n);
    this.pendingLots = new Float64Array(table.markets.length);
    this.pendingWords = new Float64Array(WORDS * table.markets.length);
  }

  get lots(): readonly bigint[] {
    this.settle();
    return this.settledLots;
  }

  get costs(): readonly bigint[] {
    this.settle();
    return this.settledCosts;
  }

  /** A position came whose row is not known. */
  addPosition(market: number, lots: number, units: bigint): void {
    this.addLots(market, lots);
    this.settledCosts[market] += units;
    this.pending += 1;
  }

  /** Adds the position of a row (`sign` 1), or takes it off (−1). */
  addRow(market: number, { lots, cost: column }: Chunk, row: number, sign: 1 | -1): void {
    this.addLots(market, sign * lots[row]);
    const { pendingWords } = this;
    const { words } = column;
    const [to, from] = [WORDS * market, WORDS * row];
    pendingWords[to] += sign * (words[from] >>> 0);
    pendingWords[to + 1] += sign * (words[from + 1] >>> 0);
    pendingWords[to + 2] += sign * (words[from + 2] >>> 0);
    pendingWords[to + 3] += sign * words[from + 3];
    this.pending += 1;
    if (this.pending >= PENDING_MAX) this.settle();
  }

  addBalance(asset: number, units: bigint): void {
    this.balances[asset] += units;
  }

  /** Adds all that the store has of a portfolio (`sign` 1), or takes it off (−1). */
  addPortfolio(handle: number, sign: 1 | -1): void {
    const { store, table, rows } = this;
    const units = store.cashOf(handle);
    if (units !== 0n) this.addBalance(table.valuationAsset, sign < 0 ? -units : units);
    if (!store.locate(handle, rows)) return;
    const { chunk, base, count } = rows;
    for (let row = base; row < base + count * LANES; row += LANES) {
      const line = chunk.line[row];
      const kind = table.kindOf[line];
      if (kind === ROW.order || kind === ROW.reduceOnly) continue;
      if (kind === ROW.position) this.addRow(table.ownerOf[line], chunk, row, sign);
      else this.addBalance(table.ownerOf[line], sign < 0 ? -chunk.cost.get(row) : chunk.cost.get(row));
    }
  }

  /** The same sums made anew, by a walk over all portfolios. */
  recount(): BookTotals {
    const counted = new Totals(this.store, this.table);
    for (let handle = 0; handle < this.store.handleEnd; handle++) if (this.store.isLive(handle)) counted.addPortfolio(handle, 1);
    return counted.copy();
  }

  copy(): BookTotals {
    return { balances: [...this.balances], lots: [...this.lots], costs: [...this.costs] };
  }

  restore({ balances, lots, costs }: BookTotals): void {
    this.settle();
    for (const [asset, units] of balances.entries()) this.balances[asset] = units;
    for (const [market, total] of lots.entries()) this.settledLots[market] = total;
    for (const [market, units] of costs.entries()) this.settledCosts[market] = units;
  }

  /** What has been added since the copy `before` was made; null: since there was nothing. */
  changeSince(before: BookTotals | null): BookChange {
    const { lots: sizes, costs } = this;
    const balances = this.balances.flatMap((units, asset) => {
      const amount = cash(units - (before?.balances[asset] ?? 0n));
      return amount === 0n ? [] : [{ asset, amount }];
    });
    const markets = sizes.flatMap((total, market) => {
      const lots = total - (before?.lots[market] ?? 0n);
      const added = cost(costs[market] - (before?.costs[market] ?? 0n));
      return lots === 0n && added === 0n ? [] : [{ market, lots, cost: added }];
    });
    return { balances, markets };
  }

  private addLots(market: number, lots: number): void {
    const sum = this.pendingLots[market] + lots;
    if (Number.isSafeInteger(sum)) {
      this.pendingLots[market] = sum;
      return;
    }
    this.settledLots[market] += BigInt(this.pendingLots[market]);
    this.pendingLots[market] = lots;
  }

  private settle(): void {
    if (this.pending === 0) return;
    const { pendingLots, pendingWords } = this;
    for (let market = 0; market < pendingLots.length; market++) {
      if (pendingLots[market] !== 0) this.settledLots[market] += BigInt(pendingLots[market]);
      for (let k = 0; k < WORDS; k++) {
        const word = pendingWords[WORDS * market + k];
        if (word !== 0) this.settledCosts[market] += BigInt(word) << BigInt(32 * k);
      }
    }
    pendingLots.fill(0);
    pendingWords.fill(0);
    this.pending = 0;
  }
}
