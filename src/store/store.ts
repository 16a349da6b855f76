/**
 * The tensor store: portfolios by id and handle, their rows on shelves by width, exact columns beside the filter's. It sees line
 * ids and cash as numbers; what they mean is the scan's business.
 */
import { assert } from '../model/errors.js';
import { type BufferReader, columnsBuffers, type NamedBuffer, under, wordsBuffer } from '../model/named-buffers.js';
import { IdTable } from './ids.js';
import { checkAmount, type LimbColumn } from './limbs.js';
import { HANDLE_BITS, HANDLE_MASK, HANDLES_PER_CHUNK, NO_LINK, NO_SHELF, PortfolioChunk, ROWS_MAX } from './portfolio-chunk.js';
import { type Chunk, LANES, type Method, Shelf } from './shelf.js';

/** Methods by the bit of a portfolio's flags that is the store's own; the lower two are the caller's. */
const METHODS: readonly Method[] = ['lines', 'groups'];
const METHOD_SHIFT = 2;
const CALLERS_FLAGS = 3;

/** Widths 1, 2, 3, 4, 6, 8, 12, 16, 24, …: at most a third of a lane is padding. */
export function widthOfClass(index: number): number {
  if (index === 0) return 1;
  const half = 2 ** Math.floor((index - 1) / 2);
  return index % 2 === 1 ? half * 2 : half * 3;
}

/** Width classes of a method: shelves stand method by method. */
const CLASSES = 64;

function classFor(rows: number): number {
  let index = 0;
  while (widthOfClass(index) < rows) index += 1;
  return index;
}

/** Where a portfolio's rows are: row j is at `base + 32·j` of the chunk's row columns. Valid until the next change. */
export interface Rows {
  chunk: Chunk;
  base: number;
  lane: number;
  count: number;
}

export class Store {
  /** By method and width class; a class without portfolios may be absent. Scans read these in place. */
  readonly shelves: (Shelf | undefined)[] = [];
  private readonly ids = new IdTable();
  private readonly portfolios: PortfolioChunk[] = [];
  private rowTotal = 0;

  /** Every column as it stands; shelves by their place. */
  save(): NamedBuffer[] {
    const { ids, portfolios, shelves, handleEnd } = this;
    const present = [...shelves.keys()].filter((index) => shelves[index] !== undefined);
    return [
      ...under('ids', ids.save()),
      ...portfolios.flatMap((chunk, c) => {
        return under(`portfolios/${c}`, columnsBuffers(chunk.columns(handleEnd - c * HANDLES_PER_CHUNK)));
      }),
      wordsBuffer('shelves', present),
      ...present.flatMap((index) => under(`shelf/${index}`, this.shelfAt(index).save())),
    ];
  }

  /** Into an empty store. What no store can hold is refused; what lines and amounts mean is the scan's to check. */
  restore(from: BufferReader): void {
    this.ids.restore(from.under('ids'));
    for (let c = 0; c * HANDLES_PER_CHUNK < this.handleEnd; c++) {
      this.portfolios.push(new PortfolioChunk());
      from.under(`portfolios/${c}`).columns(this.portfolios[c].columns(this.handleEnd - c * HANDLES_PER_CHUNK));
    }
    for (const index of from.words('shelves')) {
      const method = METHODS[Math.floor(index / CLASSES)];
      if (method === undefined || index % CLASSES > classFor(ROWS_MAX) || this.shelves[index] !== undefined)
        throw from.damaged('shelves', 'each shelf once', String(index));
      const shelf = new Shelf(widthOfClass(index % CLASSES), method);
      this.shelves[index] = shelf;
      shelf.restore(from.under(`shelf/${index}`));
    }
    this.checkPlaces(from);
  }

  /** Every portfolio with rows has a lane of its own that is wide enough, and no lane is left over. */
  private checkPlaces(from: BufferReader): void {
    let standing = 0;
    for (let handle = 0; handle < this.handleEnd; handle++) {
      if (!this.isLive(handle)) continue;
      const { portfolio, at } = this.entry(handle);
      const rows = portfolio.rows(at);
      const shelf = this.shelves[portfolio.shelf(at)];
      const isOff = portfolio.shelf(at) === NO_SHELF && rows === 0;
      const isOn = shelf !== undefined && rows > 0 && rows <= shelf.width && shelf.isAt(portfolio.slot(at), handle);
      if (!isOff && !isOn) throw from.damaged(`portfolios/${handle >>> HANDLE_BITS}/words`, 'a lane of its own', 'none');
      if (METHODS[portfolio.flags(at) >> METHOD_SHIFT] === undefined || !this.canLink(this.linkOf(handle)))
        throw from.damaged(`portfolios/${handle >>> HANDLE_BITS}/words`, 'a known method and link', 'another');
      if (isOn) standing += 1;
      this.rowTotal += rows;
    }
    const lanes = this.shelves.reduce((sum, shelf) => sum + (shelf?.laneCount ?? 0), 0);
    if (lanes !== standing) throw from.damaged('shelves', `lanes for ${standing} portfolios`, String(lanes));
  }

  private canLink(handle: number): boolean {
    return handle === -1 || this.isLive(handle);
  }

  get portfolioCount(): number {
    return this.ids.size;
  }

  get rowCount(): number {
    return this.rowTotal;
  }

  /** One above the largest handle in use: iterate with `isLive`. */
  get handleEnd(): number {
    return this.ids.handleEnd;
  }

  isLive(handle: number): boolean {
    return this.ids.isLive(handle);
  }

  find(id: string): number {
    return this.ids.find(id);
  }

  idOf(handle: number): string {
    return this.ids.idOf(handle);
  }

  /** A new portfolio without rows or cash. */
  insert(id: string, flags: number): number {
    const handle = this.ids.add(id);
    if (handle >>> HANDLE_BITS === this.portfolios.length) this.portfolios.push(new PortfolioChunk());
    const { portfolio, at } = this.entry(handle);
    portfolio.clear(at, flags);
    return handle;
  }

  remove(handle: number): void {
    this.moveTo(handle, 0);
    this.ids.remove(handle);
  }

  rowsOf(handle: number): number {
    const { portfolio, at } = this.entry(handle);
    return portfolio.rows(at);
  }

  /** The caller's flags: 0 to 3. */
  flagsOf(handle: number): number {
    const { portfolio, at } = this.entry(handle);
    return portfolio.flags(at) & CALLERS_FLAGS;
  }

  setFlags(handle: number, flags: number): void {
    const { portfolio, at } = this.entry(handle);
    assert(flags <= CALLERS_FLAGS, 'expected flags from 0 to 3');
    portfolio.setFlags(at, flags | (portfolio.flags(at) & ~CALLERS_FLAGS));
  }

  methodOf(handle: number): Method {
    const { portfolio, at } = this.entry(handle);
    return METHODS[portfolio.flags(at) >> METHOD_SHIFT];
  }

  /** Takes every row of a portfolio away; those that come stand on shelves of `method`. */
  clearRows(handle: number, method: Method): void {
    this.moveTo(handle, 0);
    const { portfolio, at } = this.entry(handle);
    portfolio.setFlags(at, (portfolio.flags(at) & CALLERS_FLAGS) | (METHODS.indexOf(method) << METHOD_SHIFT));
  }

  versionOf(handle: number): number {
    const { portfolio, at } = this.entry(handle);
    return portfolio.version(at);
  }

  setVersion(handle: number, version: number): void {
    const { portfolio, at } = this.entry(handle);
    portfolio.setVersion(at, version);
  }

  sourceVersionOf(handle: number): number {
    const { portfolio, at } = this.entry(handle);
    return portfolio.sourceVersion[at];
  }

  setSourceVersion(handle: number, version: number): void {
    const { portfolio, at } = this.entry(handle);
    portfolio.sourceVersion[at] = version;
  }

  /** The next portfolio of the same account, −1 at the end. */
  linkOf(handle: number): number {
    const { portfolio, at } = this.entry(handle);
    return portfolio.link(at) === NO_LINK ? -1 : portfolio.link(at);
  }

  setLink(handle: number, next: number): void {
    const { portfolio, at } = this.entry(handle);
    portfolio.setLink(at, next < 0 ? NO_LINK : next);
  }

  cashOf(handle: number): bigint {
    const { portfolio, at } = this.entry(handle);
    return portfolio.cash.get(at);
  }

  cashNumber(handle: number): number {
    const { portfolio, at } = this.entry(handle);
    return portfolio.cash.toNumber(at);
  }

  /** Exact cash by chunk of handles, for native code. */
  cashColumns(): readonly LimbColumn[] {
    return this.portfolios.map(({ cash }) => cash);
  }

  setCash(handle: number, units: bigint): void {
    checkAmount(units, 'cash');
    const { portfolio, at } = this.entry(handle);
    portfolio.cash.set(at, units);
  }

  /** Points `into` at a portfolio's rows; false when it has none. */
  locate(handle: number, into: Rows): boolean {
    const { portfolio, at } = this.entry(handle);
    if (portfolio.rows(at) === 0) return false;
    const shelf = this.shelfAt(portfolio.shelf(at));
    const slot = portfolio.slot(at);
    into.chunk = shelf.chunkOf(slot);
    into.base = shelf.rowBase(slot);
    into.lane = shelf.laneOf(slot);
    into.count = portfolio.rows(at);
    return true;
  }

  /** Gives a portfolio without rows a lane wide enough for what is about to be appended. */
  reserve(handle: number, rows: number): void {
    assert(this.rowsOf(handle) === 0, 'expected a portfolio without rows');
    this.moveTo(handle, rows);
  }

  /** Adds a row at the end, moving the portfolio to the next shelf when its own is full. Returns the row's index. */
  appendRow(handle: number, line: number, lots: number, cost: bigint): number {
    checkRow(lots, cost);
    const { portfolio, at } = this.entry(handle);
    const count = portfolio.rows(at);
    const shelf = portfolio.shelf(at);
    if (shelf === NO_SHELF || count === this.shelfAt(shelf).width) this.moveTo(handle, count + 1);
    portfolio.setRows(at, count + 1);
    this.rowTotal += 1;
    this.writeRow(handle, count, line, lots, cost);
    return count;
  }

  setRow(handle: number, j: number, line: number, lots: number, cost: bigint): void {
    checkRow(lots, cost);
    assert(j >= 0 && j < this.rowsOf(handle), 'expected a row of the portfolio');
    this.writeRow(handle, j, line, lots, cost);
  }

  /** The last row takes the place of the removed one. The portfolio moves down when it fills at most half its lane. */
  removeRow(handle: number, j: number): void {
    const { portfolio, at } = this.entry(handle);
    const last = portfolio.rows(at) - 1;
    assert(j >= 0 && j <= last, 'expected a row of the portfolio');
    const shelf = this.shelfAt(portfolio.shelf(at));
    const slot = portfolio.slot(at);
    const chunk = shelf.chunkOf(slot);
    const base = shelf.rowBase(slot);
    if (j < last) copyRow(chunk, base + j * LANES, chunk, base + last * LANES);
    shelf.clearRow(chunk, base + last * LANES);
    shelf.markDirty(slot);
    portfolio.setRows(at, last);
    this.rowTotal -= 1;
    if (last * 2 <= shelf.width) this.moveTo(handle, last);
  }

  /** The filter's size of a row where it is not its lots: a float32 no larger than the amount that it stands for. */
  setFilterSize(handle: number, j: number, value: number): void {
    const { portfolio, at } = this.entry(handle);
    const shelf = this.shelfAt(portfolio.shelf(at));
    const slot = portfolio.slot(at);
    shelf.chunkOf(slot).size[shelf.rowBase(slot) + j * LANES] = value;
    shelf.markDirty(slot);
  }

  /** The filter's constant terms of a portfolio that has rows: cash, a float32 no larger than the true one; and the statistics' one. */
  setFilterCash(handle: number, value: number, fixed: number): void {
    const { portfolio, at } = this.entry(handle);
    const shelf = this.shelfAt(portfolio.shelf(at));
    const slot = portfolio.slot(at);
    shelf.chunkOf(slot).cash[shelf.laneOf(slot)] = value;
    shelf.chunkOf(slot).fixed[shelf.laneOf(slot)] = fixed;
    shelf.markDirty(slot);
  }

  private writeRow(handle: number, j: number, line: number, lots: number, cost: bigint): void {
    const { portfolio, at } = this.entry(handle);
    const shelf = this.shelfAt(portfolio.shelf(at));
    const slot = portfolio.slot(at);
    const chunk = shelf.chunkOf(slot);
    const row = shelf.rowBase(slot) + j * LANES;
    chunk.line[row] = line;
    chunk.size[row] = lots;
    chunk.lots[row] = lots;
    chunk.cost.set(row, cost);
    shelf.markDirty(slot);
  }

  private entry(handle: number): { portfolio: PortfolioChunk; at: number } {
    return { portfolio: this.portfolios[handle >>> HANDLE_BITS], at: handle & HANDLE_MASK };
  }

  private shelfAt(index: number): Shelf {
    const shelf = this.shelves[index];
    assert(shelf !== undefined, 'expected a shelf');
    return shelf;
  }

  /** Puts the portfolio's rows on the shelf whose width fits `rows`; 0 takes it off the shelves. */
  private moveTo(handle: number, rows: number): void {
    const { portfolio, at } = this.entry(handle);
    const from = portfolio.shelf(at);
    const method = portfolio.flags(at) >> METHOD_SHIFT;
    const width = classFor(rows);
    const to = rows === 0 ? NO_SHELF : CLASSES * method + width;
    if (from === to) return;
    const oldSlot = portfolio.slot(at);
    if (to !== NO_SHELF) {
      this.shelves[to] ??= new Shelf(widthOfClass(width), METHODS[method]);
      const target = this.shelfAt(to);
      const slot = target.allocate(handle);
      if (from !== NO_SHELF) this.copyLane(this.shelfAt(from), oldSlot, target, slot, portfolio.rows(at));
      target.markDirty(slot);
      portfolio.setPlace(at, to, slot);
    } else {
      this.rowTotal -= portfolio.rows(at);
      portfolio.setRows(at, 0);
      portfolio.setPlace(at, NO_SHELF, 0);
    }
    if (from !== NO_SHELF) this.shelfAt(from).free(oldSlot);
  }

  private copyLane(source: Shelf, sourceSlot: number, target: Shelf, targetSlot: number, rows: number): void {
    const from = source.chunkOf(sourceSlot);
    const to = target.chunkOf(targetSlot);
    const fromBase = source.rowBase(sourceSlot);
    const toBase = target.rowBase(targetSlot);
    for (let j = 0; j < rows; j++) copyRow(to, toBase + j * LANES, from, fromBase + j * LANES);
    to.cash[target.laneOf(targetSlot)] = from.cash[source.laneOf(sourceSlot)];
    to.fixed[target.laneOf(targetSlot)] = from.fixed[source.laneOf(sourceSlot)];
  }
}

/** Refuses a row before anything of it is written. */
function checkRow(lots: number, cost: bigint): void {
  assert(Number.isSafeInteger(lots), 'expected whole lots');
  checkAmount(cost, 'cost');
}

function copyRow(to: Chunk, toRow: number, from: Chunk, fromRow: number): void {
  to.line[toRow] = from.line[fromRow];
  to.size[toRow] = from.size[fromRow];
  to.lots[toRow] = from.lots[fromRow];
  to.cost.copy(toRow, from.cost, fromRow);
}
