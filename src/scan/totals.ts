/**
 * What all portfolios have together: balances by asset, lots and entry cost by market, kept up at every write of the live book so that
 * conservation can be checked after every record. It knows sums, not portfolios.
 */
import type { BookChange, BookTotals } from '../model/book-port.js';
import { cash, cost } from '../model/portfolio.js';
import { LANES } from '../store/shelf.js';
import type { Rows, Store } from '../store/store.js';
import { type LineTable, ROW } from './lines.js';

export class Totals implements BookTotals {
  readonly balances: bigint[];
  readonly lots: bigint[];
  readonly costs: bigint[];
  private readonly store: Store;
  private readonly table: LineTable;
  private readonly rows = {} as Rows;

  constructor(store: Store, table: LineTable) {
    this.store = store;
    this.table = table;
    this.balances = Array.from(table.indexes, () => 0n);
    this.lots = table.markets.map(() => 0n);
    this.costs = table.markets.map(() => 0n);
  }

  addPosition(market: number, lots: number, units: bigint): void {
    this.lots[market] += BigInt(lots);
    this.costs[market] += units;
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
      const amount = sign < 0 ? -chunk.cost.get(row) : chunk.cost.get(row);
      if (kind === ROW.position) this.addPosition(table.ownerOf[line], sign * chunk.lots[row], amount);
      else this.addBalance(table.ownerOf[line], amount);
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
    for (const [asset, units] of balances.entries()) this.balances[asset] = units;
    for (const [market, total] of lots.entries()) this.lots[market] = total;
    for (const [market, units] of costs.entries()) this.costs[market] = units;
  }

  /** What has been added since the copy `before` was made; null: since there was nothing. */
  changeSince(before: BookTotals | null): BookChange {
    const balances = this.balances.flatMap((units, asset) => {
      const amount = cash(units - (before?.balances[asset] ?? 0n));
      return amount === 0n ? [] : [{ asset, amount }];
    });
    const markets = this.lots.flatMap((total, market) => {
      const lots = total - (before?.lots[market] ?? 0n);
      const added = cost(this.costs[market] - (before?.costs[market] ?? 0n));
      return lots === 0n && added === 0n ? [] : [{ market, lots, cost: added }];
    });
    return { balances, markets };
  }
}
