/** A sweep as native code reads it: see RetierRequest in kernels/include/plimsoll/layout.h, and request.ts for how such structs are written. */
import { assert } from '../model/errors.js';
import type { Sweep } from '../scan/backend.js';
import { type LineTable, ROW } from '../scan/lines.js';
import { ABOVE, WINDOW_WITH_SLACK } from '../scan/windows.js';
import { HANDLE_BITS } from '../store/portfolio-chunk.js';
import { LANES, type Shelf } from '../store/shelf.js';
import type { AddressOf, View } from './native.js';

const MARKET = { bytes: 32, lotValue: 0, reference: 8, firstLine: 16, firstTier: 20, tiers: 24, flags: 28 };
const CHUNK = { bytes: 56, line: 0, lots: 8, cost: 16, cash: 24, handle: 32, fixed: 40, width: 48, slices: 52 };
const REQUEST = {
  bytes: 120,
  chunks: 0,
  stale: 8,
  kinds: 16,
  owners: 24,
  markets: 32,
  floors: 40,
  rates: 48,
  deductions: 56,
  balances: 64,
  left: 72,
  changed: 80,
  window: 88,
  above: 96,
  chunkCount: 104,
  handleBits: 108,
  leftCount: 112,
};
/** For the comparison of layouts. */
export const RETIER_STRUCTS: readonly Readonly<Record<string, number>>[] = [MARKET, CHUNK, REQUEST];

const FLAGS = { onEntry: 1, stepped: 2, inverse: 4, alone: 8 };

assert(ROW.position === 1, 'expected positions to be what kRowPosition says');

/** Tables of one book: they hold for its life, but for the references. */
class MarketColumns {
  readonly markets: DataView<SharedArrayBuffer>;
  readonly floors: Float64Array;
  readonly rates: Float64Array;
  readonly deductions: Float64Array;
  private readonly table: LineTable;

  constructor(table: LineTable) {
    this.table = table;
    const tiers = table.markets.reduce((sum, { floors }) => sum + floors.length, 0);
    this.floors = new Float64Array(Math.max(1, tiers));
    this.rates = new Float64Array(Math.max(1, tiers));
    this.deductions = new Float64Array(Math.max(1, tiers));
    this.markets = new DataView(new SharedArrayBuffer(Math.max(1, table.markets.length) * MARKET.bytes));
    let firstTier = 0;
    for (const [index, market] of table.markets.entries()) {
      const at = index * MARKET.bytes;
      this.floors.set(market.floors, firstTier);
      this.rates.set(market.rates, firstTier);
      this.deductions.set(market.deductions, firstTier);
      this.markets.setFloat64(at + MARKET.lotValue, market.lotValue, true);
      this.markets.setUint32(at + MARKET.firstLine, market.firstLine, true);
      this.markets.setUint32(at + MARKET.firstTier, firstTier, true);
      this.markets.setUint32(at + MARKET.tiers, market.floors.length, true);
      this.markets.setUint32(at + MARKET.flags, this.flagsOf(index), true);
      firstTier += market.floors.length;
    }
  }

  setReferences(references: Float64Array): void {
    for (const [index, reference] of references.entries())
      this.markets.setFloat64(index * MARKET.bytes + MARKET.reference, reference, true);
  }

  private flagsOf(index: number): number {
    const { onEntry, stepped, isInverse, settleAsset } = this.table.markets[index];
    const settlesInValuation = settleAsset === this.table.valuationAsset;
    return (
      (onEntry ? FLAGS.onEntry : 0) |
      (stepped ? FLAGS.stepped : 0) |
      (isInverse ? FLAGS.inverse : 0) |
      (settlesInValuation ? FLAGS.alone : 0)
    );
  }
}

/** A shelf's slices from `first` on among those of the sweep. */
interface Place {
  readonly shelf: Shelf;
  readonly first: number;
}

export class RetierRequest {
  readonly bytes = new Uint8Array(new SharedArrayBuffer(REQUEST.bytes));
  private readonly view = new DataView(this.bytes.buffer);
  private readonly addressOf: AddressOf;
  private readonly columns = new WeakMap<LineTable, MarketColumns>();
  /** What the request points to, kept alive until the next. */
  private chunks = new DataView(new SharedArrayBuffer(CHUNK.bytes));
  private balances = new BigUint64Array(1);
  private left = new Uint32Array(1);
  private changed = new Uint8Array(1);
  private places: Place[] = [];

  constructor(addressOf: AddressOf) {
    this.addressOf = addressOf;
  }

  write({ store, table, references, stale }: Sweep): void {
    let columns = this.columns.get(table);
    if (columns === undefined) {
      columns = new MarketColumns(table);
      this.columns.set(table, columns);
    }
    columns.setReferences(references);
    const { view } = this;
    const { count, slices } = this.writeChunks(store.shelves);
    const cash = store.cashColumns();
    this.balances = new BigUint64Array(Math.max(1, cash.length));
    for (const [i, { words }] of cash.entries()) this.balances[i] = BigInt(this.addressOf(words));
    this.left = new Uint32Array(Math.max(1, slices * LANES));
    this.changed = new Uint8Array(Math.max(1, slices));
    this.point(REQUEST.chunks, new Uint8Array(this.chunks.buffer));
    this.point(REQUEST.stale, stale);
    this.point(REQUEST.kinds, table.kindOf);
    this.point(REQUEST.owners, table.ownerOf);
    this.point(REQUEST.markets, new Uint8Array(columns.markets.buffer));
    this.point(REQUEST.floors, columns.floors);
    this.point(REQUEST.rates, columns.rates);
    this.point(REQUEST.deductions, columns.deductions);
    this.point(REQUEST.balances, this.balances);
    this.point(REQUEST.left, this.left);
    this.point(REQUEST.changed, this.changed);
    view.setFloat64(REQUEST.window, WINDOW_WITH_SLACK, true);
    view.setFloat64(REQUEST.above, ABOVE, true);
    view.setUint32(REQUEST.chunkCount, count, true);
    view.setUint32(REQUEST.handleBits, HANDLE_BITS, true);
  }

  /** Marks what was changed, and returns the handles that were left. */
  read(): Uint32Array {
    for (const { shelf, first } of this.places) {
      for (let slice = 0; slice < shelf.sliceCount; slice++) if (this.changed[first + slice] === 1) shelf.markSliceDirty(slice);
    }
    return this.left.subarray(0, this.view.getUint32(REQUEST.leftCount, true));
  }

  private writeChunks(shelves: readonly (Shelf | undefined)[]): { count: number; slices: number } {
    const total = shelves.reduce((sum, shelf) => sum + (shelf?.chunks.length ?? 0), 0);
    this.chunks = new DataView(new SharedArrayBuffer(Math.max(1, total) * CHUNK.bytes));
    this.places = [];
    let [count, slices] = [0, 0];
    for (const shelf of shelves) {
      if (shelf === undefined) continue;
      this.places.push({ shelf, first: slices });
      for (let c = 0; c < shelf.chunks.length; c++) {
        this.writeChunk(count, shelf, c);
        count += 1;
        slices += Math.max(0, shelf.slicesIn(c));
      }
    }
    return { count, slices };
  }

  private writeChunk(index: number, shelf: Shelf, c: number): void {
    const { line, lots, cost, cash, handle, fixed } = shelf.chunks[c];
    const at = index * CHUNK.bytes;
    const columns = { line, lots, cost: cost.words, cash, handle, fixed };
    for (const name of ['line', 'lots', 'cost', 'cash', 'handle', 'fixed'] as const)
      this.chunks.setBigUint64(at + CHUNK[name], BigInt(this.addressOf(columns[name])), true);
    this.chunks.setUint32(at + CHUNK.width, shelf.width, true);
    this.chunks.setUint32(at + CHUNK.slices, Math.max(0, shelf.slicesIn(c)), true);
  }

  private point(offset: number, to: View): void {
    this.view.setBigUint64(offset, BigInt(this.addressOf(to)), true);
  }
}
