/**
 * What a good engineer writes first, and what the scan is measured against: account-ordered rows in typed arrays, one float64 loop,
 * the tier searched for each row. No bound: near the line it may be wrong.
 */
import { decimalToNumber } from '../src/model/decimal.js';
import { fractionToNumber, fromDecimal } from '../src/model/fraction.js';
import type { Instruments } from '../src/model/instruments.js';
import type { LiveBook } from '../src/scan/live-book.js';

export class PlainLoop {
  /** Portfolio p has the rows starts[p] to starts[p + 1]. */
  private readonly starts: Uint32Array;
  private readonly cash: Float64Array;
  private readonly market: Uint16Array;
  private readonly size: Float64Array;
  private readonly entry: Float64Array;
  private readonly marks: Float64Array;
  private readonly tierStarts: Uint32Array;
  private readonly floors: Float64Array;
  private readonly rates: Float64Array;
  private readonly deductions: Float64Array;
  readonly found: Uint32Array;
  /** Portfolio to handle in the store. */
  readonly handles: Uint32Array;

  constructor(book: LiveBook) {
    const { store, instruments } = book;
    const handles: number[] = [];
    for (let handle = 0; handle < store.handleEnd; handle++)
      if (store.isLive(handle) && store.rowsOf(handle) > 0) handles.push(handle);
    this.handles = Uint32Array.from(handles);
    const rows = store.rowCount;
    this.starts = new Uint32Array(handles.length + 1);
    this.cash = new Float64Array(handles.length);
    this.market = new Uint16Array(rows);
    this.size = new Float64Array(rows);
    this.entry = new Float64Array(rows);
    this.found = new Uint32Array(handles.length);
    this.marks = new Float64Array(instruments.markets.length);
    const lots = instruments.markets.map(({ lot }) => decimalToNumber(lot));
    let row = 0;
    for (const [p, handle] of handles.entries()) {
      const portfolio = book.portfolio(handle);
      this.starts[p] = row;
      this.cash[p] = Number(portfolio.cash) * 1e-18;
      for (const position of portfolio.positions) {
        this.market[row] = position.market;
        this.size[row] = position.lots * lots[position.market];
        this.entry[row] = (Number(position.cost) / position.lots) * 1e-18;
        row += 1;
      }
    }
    this.starts[handles.length] = row;
    const tiers = instruments.markets.map(({ maintenance }) => maintenance.tiers);
    this.tierStarts = new Uint32Array(tiers.length + 1);
    for (const [m, table] of tiers.entries()) this.tierStarts[m + 1] = this.tierStarts[m] + table.length;
    const all = tiers.flat();
    this.floors = Float64Array.from(all, (tier) => fractionToNumber(fromDecimal(tier.floor)));
    this.rates = Float64Array.from(all, (tier) => fractionToNumber(tier.rate));
    this.deductions = Float64Array.from(all, (tier) => fractionToNumber(tier.deduction));
  }

  setMarks(instruments: Instruments, markOf: (market: number) => number): void {
    for (const { index } of instruments.markets) this.marks[index] = markOf(index);
  }

  /** Fills `found` with the portfolios below their maintenance; returns how many. */
  scan(): number {
    const { starts, cash, market, size, entry, marks, tierStarts, floors, rates, deductions, found } = this;
    let count = 0;
    for (let p = 0; p < cash.length; p++) {
      let equity = cash[p];
      let maintenance = 0;
      for (let row = starts[p]; row < starts[p + 1]; row++) {
        const m = market[row];
        const mark = marks[m];
        equity += size[row] * (mark - entry[row]);
        const notional = Math.abs(size[row] * mark);
        let tier = tierStarts[m];
        while (tier + 1 < tierStarts[m + 1] && floors[tier + 1] <= notional) tier++;
        maintenance += rates[tier] * notional - deductions[tier];
      }
      if (equity < maintenance) found[count++] = p;
    }
    return count;
  }
}
