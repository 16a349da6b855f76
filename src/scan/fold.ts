/**
 * Puts every row of a portfolio on its line and folds what no mark moves into the filter's constants: cash of its lane, sizes of its
 * rows of amounts. Each is lowered by a bound on its own rounding (docs/exactness.md) and then to a float32.
 */
import { assert } from '../model/errors.js';
import { type Instruments, isPlain } from '../model/instruments.js';
import { LANES } from '../store/shelf.js';
import type { Rows, Store } from '../store/store.js';
import { blockOf, EXACT_UNIT, entryNumber, type LineTable, ROW, ULP } from './lines.js';
import { toUpperHalf } from './statistics.js';
import { assignOnEntry, type RowTerm, type Windows } from './windows.js';

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

/** A sum with the magnitudes that went into it, by which its rounding is bounded. */
class Fold {
  private sum = 0;
  private magnitude = 0;
  private terms = 0;

  clear(): void {
    this.sum = 0;
    this.magnitude = 0;
    this.terms = 0;
  }

  add(term: number, magnitude: number): void {
    this.sum += term;
    this.magnitude += magnitude;
    this.terms += 1;
  }

  /** Near the exact sum: for statistics. */
  value(): number {
    return this.sum;
  }

  /** At most the exact sum. */
  floor(): number {
    return this.sum - roundingOf(this.terms, this.magnitude);
  }
}

/** Bound on the rounding of a sum of so many terms and of what they were computed from. */
function roundingOf(terms: number, magnitude: number): number {
  return (2 * terms + 24) * ULP * magnitude;
}

/** The folds of one asset: what its equity starts from, and the constants of requirements. */
interface AssetFold {
  readonly base: Fold;
  readonly constants: Fold;
  isSettled: boolean;
  /** The segment that the lines of its positions are of; −1 without one. */
  segment: number;
  hasClosing: boolean;
}

export class Folder {
  private readonly store: Store;
  private readonly table: LineTable;
  private readonly windows: Windows;
  private readonly folds: AssetFold[];
  private readonly plain: readonly boolean[];
  private readonly valuation: number;
  private readonly onlyLarger: boolean;
  private readonly countsOrders: boolean;
  /** Whether there can be portfolios of nothing but positions in a plain valuation asset, each with its own requirement. */
  readonly canBeAlone: boolean;
  private readonly rows = {} as Rows;
  private readonly term: RowTerm = { line: 0, constant: 0, magnitude: 0 };
  /** Assets that the portfolio at hand touches. */
  private readonly touched: number[] = [];

  constructor(store: Store, instruments: Instruments, table: LineTable, windows: Windows) {
    this.store = store;
    this.table = table;
    this.windows = windows;
    this.folds = instruments.assets.map(() => ({
      base: new Fold(),
      constants: new Fold(),
      isSettled: false,
      segment: -1,
      hasClosing: false,
    }));
    this.plain = instruments.assets.map(isPlain);
    this.valuation = instruments.valuation.index;
    this.onlyLarger = instruments.hedgeMargin === 'larger';
    this.countsOrders = instruments.orderMargin === 'maintenance';
    this.canBeAlone = isPlain(instruments.valuation) && !this.onlyLarger;
  }

  fold(handle: number): void {
    const { rows, store, valuation } = this;
    if (!store.locate(handle, rows)) return;
    if (this.canBeAlone && this.foldPositions(handle)) return;
    this.touched.length = 0;
    let beyond = false;
    const cash = store.cashNumber(handle) * EXACT_UNIT;
    this.foldOf(valuation).base.add(cash, Math.abs(cash));
    for (let j = 0; j < rows.count; j++) this.foldRow(rows.base + j * LANES);
    for (let j = 0; j < rows.count; j++) {
      const line = rows.chunk.line[rows.base + j * LANES];
      const kind = this.table.kindOf[line];
      if (kind !== ROW.amount && kind !== ROW.closing) continue;
      const asset = this.table.ownerOf[line];
      const fold = this.folds[asset];
      // What the valuation asset has beside its closing row is in the lane's cash.
      const constant = asset === valuation ? 0 : this.constantOf(asset);
      const size = floorToFloat32(kind === ROW.closing ? fold.base.floor() : constant);
      if (size === Number.NEGATIVE_INFINITY) beyond = true;
      store.setFilterSize(handle, j, size === Number.NEGATIVE_INFINITY ? 0 : size);
    }
    const constant = beyond ? Number.NEGATIVE_INFINITY : floorToFloat32(this.constantOf(valuation));
    store.setFilterCash(handle, constant, toUpperHalf(this.fixedValue()));
  }

  /** What the constants of the portfolio's requirements take off its maintenance, at the index prices of now. */
  private fixedValue(): number {
    let value = 0;
    for (const asset of this.touched) {
      const constants = this.folds[asset].constants.value();
      if (constants !== 0) value += constants * this.table.indexes[asset];
    }
    return Number.isNaN(value) ? 0 : value;
  }

  /** At most what an asset adds to slack that no mark moves, in the asset; its equity's part is apart where a row closes its group. */
  private constantOf(asset: number): number {
    const { base, constants, hasClosing, isSettled, segment } = this.folds[asset];
    const { closings } = this.table;
    const beside = constants.floor();
    if (hasClosing) return beside;
    if (this.plain[asset]) return lowered(base.floor(), beside);
    if (!isSettled) return lowered(closings.floorOf(asset, base.floor()), beside);
    assert(segment >= 0, 'expected a closing row or a segment');
    const counted = lowered(closings.gainOf(asset, segment) * base.floor(), closings.constantOf(asset, segment));
    return lowered(counted, beside);
  }

  /** The same for positions in a plain valuation asset, as nearly every portfolio is; false when a row is something else. */
  private foldPositions(handle: number): boolean {
    const { rows, store, table, term, valuation } = this;
    const { chunk } = rows;
    const balance = store.cashNumber(handle) * EXACT_UNIT;
    let sum = balance;
    let magnitude = Math.abs(balance);
    let fixed = 0;
    for (let j = 0; j < rows.count; j++) {
      const row = rows.base + j * LANES;
      if (table.kindOf[chunk.line[row]] !== ROW.position) return false;
      const index = table.ownerOf[chunk.line[row]];
      const market = table.markets[index];
      if (market.settleAsset !== valuation) return false;
      const lots = chunk.lots[row];
      const entry = entryNumber(market, lots, chunk.cost.toNumber(row));
      this.windows.assign(index, lots, entry, term);
      chunk.line[row] = term.line;
      sum += term.constant - entry;
      fixed += term.constant;
      magnitude += Math.abs(entry) + term.magnitude;
    }
    store.setFilterCash(handle, floorToFloat32(sum - roundingOf(rows.count, magnitude)), toUpperHalf(fixed));
    return true;
  }

  private foldOf(asset: number): AssetFold {
    const fold = this.folds[asset];
    if (!this.touched.includes(asset)) {
      this.touched.push(asset);
      fold.base.clear();
      fold.constants.clear();
      fold.isSettled = false;
      fold.segment = -1;
      fold.hasClosing = false;
    }
    return fold;
  }

  private foldRow(row: number): void {
    const { chunk } = this.rows;
    const line = chunk.line[row];
    const kind = this.table.kindOf[line];
    const owner = this.table.ownerOf[line];
    if (kind === ROW.position) {
      this.foldPosition(row, owner);
    } else if (kind === ROW.order || kind === ROW.reduceOnly) {
      if (kind === ROW.order && this.countsOrders) this.foldOrder(row, owner);
    } else {
      const amount = chunk.cost.toNumber(row) * EXACT_UNIT;
      const fold = this.foldOf(owner);
      fold.base.add(amount, Math.abs(amount));
      if (kind === ROW.closing) fold.hasClosing = true;
    }
  }

  private foldPosition(row: number, index: number): void {
    const { rows, term } = this;
    const market = this.table.markets[index];
    const lots = rows.chunk.lots[row];
    const entry = entryNumber(market, lots, rows.chunk.cost.toNumber(row));
    const fold = this.foldOf(market.settleAsset);
    const block = blockOf(market, rows.chunk.line[row]);
    fold.isSettled = true;
    fold.segment = block - 1;
    fold.base.add(-entry, Math.abs(entry));
    const blockStart = block * market.blockLines;
    if (this.onlyLarger && waivedLeg(rows, this.table, index) === row) {
      rows.chunk.line[row] = market.firstLine + blockStart + market.waivedOffset + (lots < 0 ? 1 : 0);
      return;
    }
    this.windows.assign(index, lots, entry, term);
    rows.chunk.line[row] = term.line + blockStart;
    if (term.magnitude !== 0) fold.constants.add(term.constant, term.magnitude);
  }

  /** An order has no line of a tier: only the constant of its requirement counts. */
  private foldOrder(row: number, index: number): void {
    const { rows, term } = this;
    const market = this.table.markets[index];
    const lots = rows.chunk.lots[row];
    assignOnEntry(market, lots, entryNumber(market, lots, rows.chunk.cost.toNumber(row)), term);
    this.foldOf(market.settleAsset).constants.add(term.constant, term.magnitude);
  }
}

/** At most a + b, each of which may be off by a few roundings. */
function lowered(a: number, b: number): number {
  return a + b - 16 * ULP * (Math.abs(a) + Math.abs(b));
}

/**
 * The row of a hedged pair's leg that needs less, −1 when the market has no pair: by lots on the mark, by worth at entry on the entry; of
 * equals the short.
 */
export function waivedLeg({ chunk, base, count }: Rows, table: LineTable, market: number): number {
  let long = -1;
  let short = -1;
  for (let j = 0; j < count; j++) {
    const row = base + j * LANES;
    const line = chunk.line[row];
    if (table.kindOf[line] !== ROW.position || table.ownerOf[line] !== market) continue;
    if (chunk.lots[row] > 0) long = row;
    else short = row;
  }
  if (long < 0 || short < 0) return -1;
  if (!table.markets[market].onEntry) return -chunk.lots[short] > chunk.lots[long] ? long : short;
  const magnitude = (units: bigint): bigint => (units < 0n ? -units : units);
  const [soldCost, boughtCost] = [magnitude(chunk.cost.get(short)), magnitude(chunk.cost.get(long))];
  if (!table.markets[market].isInverse) return soldCost > boughtCost ? long : short;
  // An inverse contract's worth at entry is lots² / cost.
  const [sold, bought] = [BigInt(chunk.lots[short]), BigInt(chunk.lots[long])];
  return sold * sold * boughtCost > bought * bought * soldCost ? long : short;
}
