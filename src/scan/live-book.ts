/**
 * The live book: accounts and trades applied to the store, every row on the line that its window gives it. Cross portfolios anchor
 * their account: they are in the store even when empty, and link to the account's isolated portfolios.
 */
import type { Instruments } from '../model/instruments.js';
import {
  type Account,
  type Cash,
  cash,
  cost,
  isolatedId,
  lots,
  type Portfolio,
  type Position,
  sideOf,
} from '../model/portfolio.js';
import { checkAmount } from '../store/limbs.js';
import { LANES } from '../store/shelf.js';
import { type Rows, Store } from '../store/store.js';
import { EXACT_UNIT, LineTable, lineOf } from './lines.js';
import { type RowTerm, Windows } from './windows.js';

const HEDGE = 1;
const ISOLATED = 2;

/** Unit roundoff of float64. */
const ULP = 2 ** -53;

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** The largest float32 that is not above x. */
export function floorToFloat32(x: number): number {
  scratch[0] = x;
  if (scratch[0] <= x) return scratch[0];
  if (scratch[0] === 0) return -(2 ** -149);
  scratchBits[0] += scratch[0] > 0 ? -1 : 1;
  return scratch[0];
}

/** Refuses amounts beyond what the store holds, before anything is written. */
export function checkAccount(account: Account): void {
  checkAmount(account.balance, `account ${account.id}: balance`);
  for (const position of account.cross) checkAmount(position.cost, `account ${account.id}: cost`);
  for (const position of account.isolated) {
    checkAmount(position.cost, `account ${account.id}: cost`);
    checkAmount(position.collateral, `account ${account.id}: collateral`);
  }
}

export class LiveBook {
  readonly instruments: Instruments;
  readonly store = new Store();
  readonly lines: LineTable;
  private readonly windows: Windows;
  private readonly rows = {} as Rows;
  private readonly term: RowTerm = { line: 0, constant: 0, magnitude: 0 };
  private accountTotal = 0;
  /** Cross portfolios without rows and cash: they anchor their account and are no portfolio yet. */
  private emptyAnchors = 0;

  constructor(instruments: Instruments) {
    this.instruments = instruments;
    this.lines = new LineTable(instruments);
    this.windows = new Windows(this.lines);
  }

  get accountCount(): number {
    return this.accountTotal;
  }

  get portfolioCount(): number {
    return this.store.portfolioCount - this.emptyAnchors;
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
    this.setPortfolio(anchor, account.balance, account.cross);
    if (account.isolated.length === 0 && this.store.linkOf(anchor) < 0) return [anchor];
    return [anchor, ...this.setIsolated(anchor, account)];
  }

  /**
   * Sets one position of a portfolio, 0 lots to remove it: the fast path of a venue's own updates. In hedge mode the sign of
   * the lots (or of the leg to be removed, given by `leg`) says which leg.
   */
  setPosition(handle: number, market: number, size: number, costUnits: bigint, leg = size): void {
    const wasEmpty = this.isEmptyAnchor(handle);
    const j = this.findRow(handle, market, leg);
    if (size === 0) {
      if (j >= 0) this.store.removeRow(handle, j);
    } else {
      const line = lineOf(this.lines.markets[market], 0, size);
      if (j < 0) this.store.appendRow(handle, line, size, costUnits);
      else this.store.setRow(handle, j, line, size, costUnits);
    }
    this.refresh(handle, wasEmpty);
  }

  /** Sets a portfolio's cash and positions, whatever they were. */
  setPortfolio(handle: number, balance: Cash, positions: readonly Position[]): void {
    const { store } = this;
    const wasEmpty = this.isEmptyAnchor(handle);
    store.setCash(handle, balance);
    const present = store.rowsOf(handle);
    if (present === 0) store.reserve(handle, positions.length);
    for (const [j, position] of positions.entries()) {
      const line = lineOf(this.lines.markets[position.market], 0, position.lots);
      if (j < present) store.setRow(handle, j, line, position.lots, position.cost);
      else store.appendRow(handle, line, position.lots, position.cost);
    }
    for (let j = present - 1; j >= positions.length; j--) store.removeRow(handle, j);
    this.refresh(handle, wasEmpty);
  }

  setCash(handle: number, units: bigint): void {
    const wasEmpty = this.isEmptyAnchor(handle);
    this.store.setCash(handle, units);
    this.refresh(handle, wasEmpty);
  }

  /** The position of a market, null when there is none; in hedge mode the leg whose sign is that of `leg`. */
  position(handle: number, market: number, leg: number): Position | null {
    const j = this.findRow(handle, market, leg);
    return j < 0 ? null : this.positionAt(handle, j);
  }

  /** Removes an isolated portfolio and takes it out of its account's list. */
  removeIsolated(anchor: number, handle: number): void {
    let before = anchor;
    while (this.store.linkOf(before) !== handle) before = this.store.linkOf(before);
    this.store.setLink(before, this.store.linkOf(handle));
    this.store.remove(handle);
  }

  /** When one of the markets that changed has left its window: moves windows and sweeps once over the rows on their lines. */
  retier(changed: readonly number[]): void {
    if (!changed.some((market) => this.windows.hasLeft(market))) return;
    const stale = new Uint8Array(this.lines.marketOf.length);
    for (const market of this.windows.recentre()) {
      const { firstLine, longSlopes } = this.lines.markets[market];
      stale.fill(1, firstLine, firstLine + 2 * longSlopes.length);
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

  /** A portfolio as the model has it. */
  portfolio(handle: number): Portfolio {
    const positions = Array.from({ length: this.store.rowsOf(handle) }, (_, j) => this.positionAt(handle, j));
    const mode = this.isIsolated(handle) ? 'isolated' : 'cross';
    return { id: this.store.idOf(handle), mode, cash: cash(this.store.cashOf(handle)), positions };
  }

  private positionAt(handle: number, j: number): Position {
    const { rows } = this;
    this.store.locate(handle, rows);
    const row = rows.base + j * LANES;
    const market = this.lines.marketOf[rows.chunk.line[row]];
    return { market, lots: lots(rows.chunk.lots[row]), cost: cost(rows.chunk.cost.get(row)) };
  }

  /** Row of a market; in hedge mode the leg of that sign. −1 when there is none. */
  private findRow(handle: number, market: number, leg: number): number {
    const { rows } = this;
    if (!this.store.locate(handle, rows)) return -1;
    const hedged = this.isHedged(handle);
    for (let j = 0; j < rows.count; j++) {
      const row = rows.base + j * LANES;
      if (this.lines.marketOf[rows.chunk.line[row]] !== market) continue;
      if (!hedged || rows.chunk.lots[row] < 0 === leg < 0) return j;
    }
    return -1;
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
      this.setPortfolio(handle, position.collateral, [position]);
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
    this.assignRows(handle);
  }

  /**
   * Puts every row of a portfolio on its line and folds what is constant into the filter's cash: balance − Σ cost + Σ (deduction −
   * guard), lowered by a bound on its own rounding (docs/exactness.md) and then to a float32.
   */
  private assignRows(handle: number): void {
    const { rows, term } = this;
    if (!this.store.locate(handle, rows)) return;
    const balance = this.store.cashNumber(handle) * EXACT_UNIT;
    let sum = balance;
    let magnitude = Math.abs(balance);
    for (let j = 0; j < rows.count; j++) {
      const row = rows.base + j * LANES;
      const market = this.lines.marketOf[rows.chunk.line[row]];
      const entry = rows.chunk.cost.toNumber(row) * this.lines.markets[market].costUnit;
      this.windows.assign(market, rows.chunk.lots[row], entry, term);
      rows.chunk.line[row] = term.line;
      sum += term.constant - entry;
      magnitude += Math.abs(entry) + term.magnitude;
    }
    const bound = (2 * rows.count + 16) * ULP * magnitude;
    this.store.setFilterCash(handle, floorToFloat32(sum - bound));
  }

  /** Assigns anew every portfolio that has a row on a stale line. */
  private sweep(stale: Uint8Array): void {
    for (const shelf of this.store.shelves) {
      if (shelf === undefined) continue;
      for (const [c, chunk] of shelf.chunks.entries()) {
        const lanes = shelf.slicesIn(c) * LANES;
        for (let lane = 0; lane < lanes; lane++) {
          const base = (lane >>> 5) * shelf.width * LANES + (lane & 31);
          let hit = 0;
          for (let j = 0; j < shelf.width; j++) hit |= stale[chunk.line[base + j * LANES]];
          if (hit !== 0) this.assignRows(chunk.handle[lane]);
        }
      }
    }
  }
}
