/**
 * The live book: accounts and trades applied to the store, every row on the line that its window gives it. Cross portfolios anchor
 * their account: they are in the store even when empty, and link to the account's isolated portfolios.
 */
import type { Instruments } from '../model/instruments.js';
import {
  type Account,
  type Balance,
  cash,
  cost,
  crossOf,
  held,
  isolatedId,
  lots,
  type OpenOrder,
  type Portfolio,
  type Position,
  sideOf,
} from '../model/portfolio.js';
import type { PriceUpdate } from '../model/records.js';
import { checkAmount } from '../store/limbs.js';
import { LANES } from '../store/shelf.js';
import { type Rows, Store } from '../store/store.js';
import { type Backend, HandleList } from './backend.js';
import { type Holdings, withBalance, withPosition } from './changes.js';
import { checkAccount } from './check-account.js';
import { Composition } from './composition.js';
import { Folder } from './fold.js';
import { Funding } from './funding.js';
import { LineTable, lineOf, ROW } from './lines.js';
import { findStale } from './stale.js';
import { Totals } from './totals.js';
import { Windows } from './windows.js';

const HEDGE = 1;
const ISOLATED = 2;

export class LiveBook {
  readonly instruments: Instruments;
  readonly store = new Store();
  readonly lines: LineTable;
  readonly funding: Funding;
  /** Over all portfolios, kept up at every write. */
  readonly totals: Totals;
  /** Re-tiers plain portfolios faster than this can: the backend's, when it has it. */
  retierPlain: Backend['retier'] = null;
  readonly windows: Windows;
  private readonly composition: Composition;
  private readonly folder: Folder;
  private readonly rows = {} as Rows;
  /** Of the last sweep that was left to this. */
  private readonly handles = new HandleList();
  // Those three follow from the store: a restored one's are counted by snapshot.ts.
  accountTotal = 0;
  /** Rows that are no positions: orders and amounts. */
  otherRows = 0;
  /** Cross portfolios without rows and cash: they anchor their account and are no portfolio yet. */
  emptyAnchors = 0;

  constructor(instruments: Instruments) {
    this.instruments = instruments;
    this.lines = new LineTable(instruments);
    this.funding = new Funding(instruments);
    this.totals = new Totals(this.store, this.lines);
    this.windows = new Windows(this.lines);
    this.composition = new Composition(instruments, this.lines, this.windows);
    this.folder = new Folder(this.store, instruments, this.lines, this.windows);
  }

  get accountCount(): number {
    return this.accountTotal;
  }

  get portfolioCount(): number {
    return this.store.portfolioCount - this.emptyAnchors;
  }

  get positionCount(): number {
    return this.store.rowCount - this.otherRows;
  }

  isIsolated(handle: number): boolean {
    return (this.store.flagsOf(handle) & ISOLATED) !== 0;
  }

  isHedged(handle: number): boolean {
    return (this.store.flagsOf(handle) & HEDGE) !== 0;
  }

  /** A portfolio without rows or cash is one only in the store. */
  exists(handle: number): boolean {
    return this.store.isLive(handle) && !this.isEmptyAnchor(handle);
  }

  /**
   * Makes an account what `account` says, whatever it was. Returns the handles of its portfolios. Refuses, before anything is
   * changed, amounts beyond what the store holds.
   */
  setAccount(account: Account, sourceVersion: number): number[] {
    checkAccount(account);
    let anchor = this.store.find(account.id);
    const hedge = account.positionMode === 'hedge' ? HEDGE : 0;
    if (anchor < 0) {
      anchor = this.store.insert(account.id, hedge);
      this.accountTotal += 1;
      this.emptyAnchors += 1;
    }
    this.store.setFlags(anchor, hedge);
    this.store.setSourceVersion(anchor, sourceVersion);
    this.setPortfolio(anchor, crossOf(account));
    if (account.isolated.length === 0 && this.store.linkOf(anchor) < 0) return [anchor];
    return [anchor, ...this.setIsolated(anchor, account)];
  }

  /**
   * Sets one position of a portfolio, 0 lots to remove it: the fast path of a venue's own updates. In hedge mode the sign of
   * the lots (or of the leg to be removed, given by `leg`) says which leg. Balances stay as they are.
   */
  setPosition(handle: number, market: number, size: number, costUnits: bigint, leg = size): void {
    checkAmount(costUnits, 'cost');
    if (!this.composition.standsAlone(market)) {
      this.setPortfolio(
        handle,
        withPosition(this.portfolio(handle), market, size, costUnits, this.isHedged(handle) ? leg : null),
      );
      return;
    }
    const wasEmpty = this.isEmptyAnchor(handle);
    const j = this.findRow(handle, market, leg);
    const { rows, totals } = this;
    const row = rows.base + j * LANES;
    if (j >= 0) totals.addRow(market, rows.chunk, row, -1);
    if (size === 0) {
      if (j >= 0) this.store.removeRow(handle, j);
    } else {
      const line = lineOf(this.lines.markets[market], 0, 0, size);
      if (j < 0) {
        this.store.appendRow(handle, line, size, costUnits);
        totals.addPosition(market, size, costUnits);
      } else {
        this.store.setRow(handle, j, line, size, costUnits);
        totals.addRow(market, rows.chunk, row, 1);
      }
    }
    this.refresh(handle, wasEmpty);
  }

  /** Sets a portfolio's balances, positions and orders, whatever they were. */
  setPortfolio(handle: number, holdings: Holdings): void {
    const settled = this.funding.unsettled(holdings);
    const wasEmpty = this.isEmptyAnchor(handle);
    this.totals.addPortfolio(handle, -1);
    try {
      this.writeRows(handle, settled);
    } finally {
      this.totals.addPortfolio(handle, 1);
    }
    this.refresh(handle, wasEmpty);
  }

  private writeRows(handle: number, settled: Holdings): void {
    const { store, composition } = this;
    composition.compose(settled);
    const othersBefore = this.rowsBesidePositions(handle);
    store.setCash(handle, settled.cash);
    if (composition.method !== store.methodOf(handle)) store.clearRows(handle, composition.method);
    const present = store.rowsOf(handle);
    if (present === 0) store.reserve(handle, composition.count);
    for (let j = 0; j < composition.count; j++) {
      const { lines, lots: sizes, amounts } = composition;
      if (j < present) store.setRow(handle, j, lines[j], sizes[j], amounts[j]);
      else store.appendRow(handle, lines[j], sizes[j], amounts[j]);
    }
    for (let j = present - 1; j >= composition.count; j--) store.removeRow(handle, j);
    this.otherRows += composition.countBesidePositions - othersBefore;
  }

  /** Adds to a portfolio's balance in an asset. */
  addToBalance(handle: number, asset: number, units: bigint): void {
    const { valuation } = this.instruments;
    if (asset === valuation.index && this.composition.isPlain(asset)) {
      const wasEmpty = this.isEmptyAnchor(handle);
      this.store.setCash(handle, this.store.cashOf(handle) + units);
      this.totals.addBalance(asset, units);
      this.refresh(handle, wasEmpty);
    } else {
      this.setPortfolio(handle, withBalance(this.portfolio(handle), asset, units, valuation.index));
    }
  }

  /** What a trade makes of a portfolio: a position (see `setPosition`) and so much more of its settle asset. */
  setTraded(handle: number, market: number, after: Pick<Position, 'lots' | 'cost'>, units: bigint, leg: number): void {
    const { settleAsset } = this.instruments.markets[market];
    if (this.composition.standsAlone(market)) {
      this.addToBalance(handle, settleAsset, units);
      this.setPosition(handle, market, after.lots, after.cost, leg);
      return;
    }
    const whichLeg = this.isHedged(handle) ? leg : null;
    const traded = withPosition(this.portfolio(handle), market, after.lots, after.cost, whichLeg);
    this.setPortfolio(handle, withBalance(traded, settleAsset, units, this.instruments.valuation.index));
  }

  /** A portfolio's balance in an asset, all funding up to the funding index 0 in it. */
  balanceOf(handle: number, asset: number): bigint {
    if (asset === this.instruments.valuation.index) return this.store.cashOf(handle);
    return this.portfolio(handle).others?.find((other) => other.asset === asset)?.amount ?? 0n;
  }

  /** The position of a market, null when there is none; in hedge mode the leg whose sign is that of `leg`. */
  position(handle: number, market: number, leg: number): Position | null {
    const j = this.findRow(handle, market, leg);
    return j < 0 ? null : this.positionAt(this.rows.base + j * LANES);
  }

  /** How many positions a portfolio has. */
  positionsIn(handle: number): number {
    return this.store.rowsOf(handle) - this.rowsBesidePositions(handle);
  }

  /** Removes an isolated portfolio and takes it out of its account's list. */
  removeIsolated(anchor: number, handle: number): void {
    let before = anchor;
    while (this.store.linkOf(before) !== handle) before = this.store.linkOf(before);
    this.store.setLink(before, this.store.linkOf(handle));
    this.otherRows -= this.rowsBesidePositions(handle);
    this.totals.addPortfolio(handle, -1);
    this.store.remove(handle);
  }

  /** Takes new prices, and re-tiers the markets that they carry out of their windows. */
  update(prices: PriceUpdate): void {
    this.lines.update(prices);
    this.funding.update(prices.funding ?? []);
    this.retier([...prices.marks, ...(prices.funding ?? [])].map(({ market }) => market));
  }

  /** When one of the markets that changed has left its window: moves windows and sweeps once over the rows on their lines. */
  private retier(changed: readonly number[]): void {
    if (!changed.some((market) => this.windows.hasLeft(market))) return;
    const stale = new Uint8Array(this.lines.kindOf.length);
    for (const market of this.windows.recentre()) {
      const { firstLine, orderLine } = this.lines.markets[market];
      stale.fill(1, firstLine, orderLine);
    }
    this.sweep(stale);
  }

  /** What the source calls the account's present state; 0 when it is not there. */
  sourceVersion(account: string): number {
    const anchor = this.store.find(account);
    return anchor < 0 ? 0 : this.store.sourceVersionOf(anchor);
  }

  /** Ids of an account's portfolios, its cross portfolio first; none when the account is not there. */
  portfolioIds(account: string): string[] {
    const ids: string[] = [];
    for (let handle = this.store.find(account); handle >= 0; handle = this.store.linkOf(handle))
      ids.push(this.store.idOf(handle));
    return ids;
  }

  /**
   * A portfolio as the model has it. Its balances are those at the funding index 0: what its positions have accrued since is not in them,
   * and what they had before is.
   */
  portfolio(handle: number): Portfolio {
    const { rows, lines } = this;
    const positions: Position[] = [];
    const others: Balance[] = [];
    const orders: OpenOrder[] = [];
    const count = this.store.locate(handle, rows) ? rows.count : 0;
    for (let j = 0; j < count; j++) {
      const row = rows.base + j * LANES;
      const line = rows.chunk.line[row];
      const kind = lines.kindOf[line];
      const owner = lines.ownerOf[line];
      if (kind === ROW.position) positions.push(this.positionAt(row));
      else if (kind === ROW.order || kind === ROW.reduceOnly)
        orders.push({ ...this.positionAt(row), reduceOnly: kind === ROW.reduceOnly });
      else if (rows.chunk.cost.get(row) !== 0n) others.push({ asset: owner, amount: cash(rows.chunk.cost.get(row)) });
    }
    others.sort((a, b) => a.asset - b.asset);
    return {
      id: this.store.idOf(handle),
      mode: this.isIsolated(handle) ? 'isolated' : 'cross',
      cash: cash(this.store.cashOf(handle)),
      positions,
      ...(others.length === 0 ? {} : { others }),
      ...(orders.length === 0 ? {} : { orders }),
    };
  }

  private positionAt(row: number): Position {
    const { chunk } = this.rows;
    return { market: this.lines.ownerOf[chunk.line[row]], lots: lots(chunk.lots[row]), cost: cost(chunk.cost.get(row)) };
  }

  /** Row of a market's position; in hedge mode the leg of that sign. −1 when there is none. Leaves `rows` at the portfolio. */
  private findRow(handle: number, market: number, leg: number): number {
    const { rows, lines } = this;
    if (!this.store.locate(handle, rows)) return -1;
    const { firstLine, orderLine } = lines.markets[market];
    const hedged = this.isHedged(handle);
    for (let j = 0; j < rows.count; j++) {
      const row = rows.base + j * LANES;
      const line = rows.chunk.line[row];
      if (line < firstLine || line >= orderLine) continue;
      if (!hedged || rows.chunk.lots[row] < 0 === leg < 0) return j;
    }
    return -1;
  }

  /** How many open orders a portfolio has that may add risk: all but those that can only close. */
  openOrdersIn(handle: number): number {
    return this.rowsBesidePositions(handle) === 0
      ? 0
      : (this.portfolio(handle).orders ?? []).filter(({ reduceOnly }) => !reduceOnly).length;
  }

  private rowsBesidePositions(handle: number): number {
    const { rows, lines } = this;
    if (this.otherRows === 0 || !this.store.locate(handle, rows)) return 0;
    let others = 0;
    for (let j = 0; j < rows.count; j++) if (lines.kindOf[rows.chunk.line[rows.base + j * LANES]] !== ROW.position) others += 1;
    return others;
  }

  private setIsolated(anchor: number, account: Account): number[] {
    const wanted = new Set<number>();
    for (const position of account.isolated) {
      const market = this.instruments.markets[position.market];
      const id = isolatedId(account.id, market.id, account.positionMode, sideOf(position.lots));
      let handle = this.store.find(id);
      if (handle < 0) {
        handle = this.store.insert(id, ISOLATED | this.store.flagsOf(anchor));
        this.store.setLink(handle, this.store.linkOf(anchor));
        this.store.setLink(anchor, handle);
      }
      wanted.add(handle);
      const balances = held(position.collateral, market.settleAsset, this.instruments.valuation.index);
      this.setPortfolio(handle, { ...balances, positions: [position] });
    }
    for (let handle = this.store.linkOf(anchor); handle >= 0; ) {
      const next = this.store.linkOf(handle);
      if (!wanted.has(handle)) {
        this.removeIsolated(anchor, handle);
      }
      handle = next;
    }
    return [...wanted];
  }

  private isEmptyAnchor(handle: number): boolean {
    return !this.isIsolated(handle) && this.store.rowsOf(handle) === 0 && this.store.cashOf(handle) === 0n;
  }

  private refresh(handle: number, wasEmpty: boolean): void {
    this.emptyAnchors += Number(this.isEmptyAnchor(handle)) - Number(wasEmpty);
    this.store.setVersion(handle, this.store.versionOf(handle) + 1);
    this.folder.fold(handle);
  }

  /** Folds anew every portfolio that has a row on a stale line. */
  private sweep(stale: Uint8Array): void {
    const { store, lines, windows, retierPlain, folder } = this;
    const canRetier = retierPlain !== null && folder.canBeAlone;
    const left = canRetier
      ? retierPlain({ store, table: lines, references: windows.references, stale })
      : findStale(store, stale, this.handles);
    for (const handle of left) {
      if (this.hasSegments(handle)) this.writeRows(handle, this.portfolio(handle));
      folder.fold(handle);
    }
  }

  /** Whether a portfolio has a position whose lines depend on the equity in its settle asset. */
  private hasSegments(handle: number): boolean {
    const { rows, lines } = this;
    if (!lines.hasSegments || !this.store.locate(handle, rows)) return false;
    for (let j = 0; j < rows.count; j++) {
      const line = rows.chunk.line[rows.base + j * LANES];
      if (lines.kindOf[line] === ROW.position && lines.markets[lines.ownerOf[line]].blocks > 1) return true;
    }
    return false;
  }
}
