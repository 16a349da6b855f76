/**
 * What a good engineer writes first, and what the scan is measured against: account-ordered rows in typed arrays, one float64 loop,
 * the tier searched for each row. No bound: near the line it may be wrong.
 */
import { decimalToNumber } from '../src/model/decimal.js';
import { fractionToNumber, fromDecimal } from '../src/model/fraction.js';
import type { Instruments } from '../src/model/instruments.js';
import type { LiveBook } from '../src/scan/live-book.js';

export interface PlainColumns {
  /** By row, in the order of accounts. */
  readonly portfolio: Uint32Array;
  readonly market: Uint16Array;
  readonly size: Float64Array;
  readonly entry: Float64Array;
  /** By portfolio. */
  readonly cash: Float64Array;
  /** By market. */
  readonly marks: Float64Array;
  readonly tables: readonly { readonly floor: Float64Array; readonly rate: Float64Array; readonly deduction: Float64Array }[];
}

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

  /** The same rows for who reads them in another way; tables by tier, each by market, a market's missing tiers begin at infinity. */
  columns(): PlainColumns {
    const { starts, cash, market, size, entry, marks, tierStarts } = this;
    const portfolio = new Uint32Array(market.length);
    for (let p = 0; p < cash.length; p++) portfolio.fill(p, starts[p], starts[p + 1]);
    const counts = Array.from(marks, (_, m) => tierStarts[m + 1] - tierStarts[m]);
    const column = (from: Float64Array, tier: number, missing: number): Float64Array =>
      marks.map((_, m) => (tier < counts[m] ? from[tierStarts[m] + tier] : missing));
    const tables = Array.from({ length: Math.max(...counts) }, (_, tier) => ({
      floor: column(this.floors, tier, Number.POSITIVE_INFINITY),
      rate: column(this.rates, tier, 0),
      deduction: column(this.deductions, tier, 0),
    }));
    return { portfolio, market, size, entry, cash, marks, tables };
  }

  /** Sums over all portfolios: what statistics are held against. */
  totals(): { readonly equity: number; readonly maintenance: number } {
    const { cash, market, size, entry, marks, tierStarts, floors, rates, deductions } = this;
    let equity = cash.reduce((sum, amount) => sum + amount, 0);
    let maintenance = 0;
    for (let row = 0; row < market.length; row++) {
      const m = market[row];
      equity += size[row] * (marks[m] - entry[row]);
      const notional = Math.abs(size[row] * marks[m]);
      let tier = tierStarts[m];
      while (tier + 1 < tierStarts[m + 1] && floors[tier + 1] <= notional) tier++;
      maintenance += rates[tier] * notional - deductions[tier];
    }
    return { equity, maintenance };
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
