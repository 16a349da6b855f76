/**
 * One shelf of the tensor store: all portfolios of one width class, in slices of 32 (SELL-32). Owns the memory of its rows and
 * the allocation of lanes; knows neither ids nor what a line or a size means.
 */
import { assert } from '../model/errors.js';
import {
  type BufferReader,
  type Columns,
  columnsBuffers,
  countsBuffer,
  type NamedBuffer,
  under,
  wordsBuffer,
} from '../model/named-buffers.js';
import { LIMBS_BYTES, LimbColumn } from './limbs.js';

/** Portfolios of a slice: one SIMD register or one warp reads their j-th rows as one contiguous load. */
export const LANES = 32;
/** The reserved line of padding: slope 0. */
export const PADDING_LINE = 0;
/** In the handle column: no portfolio. */
export const NO_HANDLE = 0xffffffff;
/** Rows of a chunk, about: some 2 MB, so that growth is a small allocation. */
const ROWS_PER_CHUNK = 1 << 16;
/**
 * Before the columns: the allocator begins blocks of this size 16 bytes into a page, and native code reads registers of 64 bytes, of which one
 * that straddles two cache lines costs twice. Nothing depends on it.
 */
const ALIGNING_BYTES = 48;

/**
 * Columns of a fixed number of slices over one SharedArrayBuffer. Row j of lane l of slice s stands at (s·width + j)·32 + l; a
 * lane's own columns at s·32 + l. Growth adds chunks and never moves one.
 */
export class Chunk {
  readonly buffer: SharedArrayBuffer;
  /** Per row, for the filter: line id, and size (in lots as float32 to nearest, or what the scan's owner sets). */
  readonly line: Uint32Array;
  readonly size: Float32Array;
  /** Per row, exact: size in lots (0 of a mere amount), and entry cost or amount. */
  readonly lots: Float64Array;
  readonly cost: LimbColumn;
  /** Per lane: the filter's constant term (+∞ in an empty lane), and the portfolio. */
  readonly cash: Float32Array;
  readonly handle: Uint32Array;
  /** Per lane, for statistics: what is taken off the maintenance of its lines, as the upper half of a float32. */
  readonly fixed: Uint16Array;
  /** Per slice: 1 when it changed since it was last drained. */
  readonly dirty: Uint8Array;

  constructor(width: number, slices: number) {
    const lanes = slices * LANES;
    const rows = lanes * width;
    this.buffer = new SharedArrayBuffer(ALIGNING_BYTES + rows * (LIMBS_BYTES + 8 + 4 + 4) + lanes * (4 + 4 + 2) + slices);
    let offset = ALIGNING_BYTES;
    const take = (bytes: number): number => {
      offset += bytes;
      return offset - bytes;
    };
    this.cost = new LimbColumn(this.buffer, take(rows * LIMBS_BYTES), rows);
    this.lots = new Float64Array(this.buffer, take(rows * 8), rows);
    this.line = new Uint32Array(this.buffer, take(rows * 4), rows);
    this.size = new Float32Array(this.buffer, take(rows * 4), rows);
    this.cash = new Float32Array(this.buffer, take(lanes * 4), lanes);
    this.handle = new Uint32Array(this.buffer, take(lanes * 4), lanes);
    this.fixed = new Uint16Array(this.buffer, take(lanes * 2), lanes);
    this.dirty = new Uint8Array(this.buffer, take(slices), slices);
    this.cash.fill(Number.POSITIVE_INFINITY);
    this.handle.fill(NO_HANDLE);
  }

  /** Its first slices, but for what has changed in them since somebody looked. */
  columns(slices: number): Columns {
    const lanes = slices * LANES;
    const rows = lanes * (this.line.length / this.cash.length);
    return {
      cost: this.cost.words.subarray(0, (LIMBS_BYTES / 4) * rows),
      lots: this.lots.subarray(0, rows),
      line: this.line.subarray(0, rows),
      size: this.size.subarray(0, rows),
      cash: this.cash.subarray(0, lanes),
      handle: this.handle.subarray(0, lanes),
      fixed: this.fixed.subarray(0, lanes),
    };
  }
}

/** What a scan does with the rows of a shelf's portfolios: one method a shelf, so that no loop branches on it. */
export type Method = 'lines' | 'groups';

export class Shelf {
  readonly width: number;
  readonly method: Method;
  /** A power of two, so that a slot splits by shift and mask. */
  readonly slicesPerChunk: number;
  readonly chunks: Chunk[] = [];
  private readonly slotShift: number;
  private readonly slotMask: number;
  /** Lanes given out so far; those below it that are free again stand in `freeSlots`. */
  private slotEnd = 0;
  private readonly freeSlots: number[] = [];
  private readonly dirtySlices: number[] = [];

  constructor(width: number, method: Method) {
    assert(width > 0, 'expected a width above 0');
    this.width = width;
    this.method = method;
    this.slicesPerChunk = 2 ** Math.max(0, 31 - Math.clz32(ROWS_PER_CHUNK / (width * LANES)));
    this.slotShift = 31 - Math.clz32(this.slicesPerChunk * LANES);
    this.slotMask = this.slicesPerChunk * LANES - 1;
  }

  /** Slices that hold or held a portfolio: what a scan has to read. */
  get sliceCount(): number {
    return Math.ceil(this.slotEnd / LANES);
  }

  /** Slices of a chunk that a scan has to read. */
  slicesIn(chunkIndex: number): number {
    return Math.min(this.slicesPerChunk, this.sliceCount - chunkIndex * this.slicesPerChunk);
  }

  save(): NamedBuffer[] {
    return [
      countsBuffer('counts', [this.slotEnd]),
      wordsBuffer('free', this.freeSlots),
      ...this.chunks.flatMap((chunk, c) => under(c, columnsBuffers(chunk.columns(this.slicesIn(c))))),
    ];
  }

  /** Nothing in it counts as changed: whoever scans it sees it for the first time. */
  restore(from: BufferReader): void {
    assert(this.slotEnd === 0, 'expected a fresh shelf');
    [this.slotEnd] = from.counts('counts', 1);
    for (let c = 0; c * this.slicesPerChunk < this.sliceCount; c++) {
      this.chunks.push(new Chunk(this.width, this.slicesPerChunk));
      from.under(c).columns(this.chunks[c].columns(this.slicesIn(c)));
    }
    for (const slot of from.words('free')) this.freeSlots.push(slot);
    this.checkLanes(from);
  }

  /** Lanes in use. */
  get laneCount(): number {
    return this.slotEnd - this.freeSlots.length;
  }

  /** Whether a portfolio's lane is this one. */
  isAt(slot: number, handle: number): boolean {
    return slot < this.slotEnd && this.chunkOf(slot).handle[this.laneOf(slot)] === handle;
  }

  /** Lanes without a portfolio must be padding; those that were given out, free once. */
  private checkLanes(from: BufferReader): void {
    const { chunks, width, slotEnd, freeSlots } = this;
    let empty = 0;
    for (let slot = 0; slot < this.sliceCount * LANES; slot++) {
      const chunk = this.chunkOf(slot);
      const lane = this.laneOf(slot);
      if (chunk.handle[lane] !== NO_HANDLE) continue;
      if (slot < slotEnd) empty += 1;
      const base = this.rowBase(slot);
      let isPadding = chunk.cash[lane] === Number.POSITIVE_INFINITY;
      for (let row = base; row < base + width * LANES; row += LANES)
        isPadding &&= chunk.line[row] === PADDING_LINE && chunk.size[row] === 0;
      if (!isPadding) throw from.damaged(`${chunks.indexOf(chunk)}/line`, 'padding in an empty lane', 'a row');
    }
    const isWrong = freeSlots.some((slot) => slot >= slotEnd || !this.isAt(slot, NO_HANDLE));
    if (isWrong || empty !== freeSlots.length || new Set(freeSlots).size !== empty)
      throw from.damaged('free', `each of ${empty} free lanes once`, `${freeSlots.length} lanes`);
  }

  chunkOf(slot: number): Chunk {
    return this.chunks[slot >>> this.slotShift];
  }

  /** Index of a slot in its chunk's lane columns. */
  laneOf(slot: number): number {
    return slot & this.slotMask;
  }

  /** Index of a slot's row 0 in its chunk's row columns; row j stands 32·j further. */
  rowBase(slot: number): number {
    const lane = slot & this.slotMask;
    return Math.floor(lane / LANES) * this.width * LANES + (lane % LANES);
  }

  allocate(handle: number): number {
    const slot = this.freeSlots.pop() ?? this.slotEnd++;
    if (slot >>> this.slotShift === this.chunks.length) this.chunks.push(new Chunk(this.width, this.slicesPerChunk));
    const chunk = this.chunkOf(slot);
    assert(chunk.handle[this.laneOf(slot)] === NO_HANDLE, 'expected a free lane');
    chunk.handle[this.laneOf(slot)] = handle;
    return slot;
  }

  free(slot: number): void {
    const chunk = this.chunkOf(slot);
    const lane = this.laneOf(slot);
    assert(chunk.handle[lane] !== NO_HANDLE, 'expected a lane in use');
    const base = this.rowBase(slot);
    for (let j = 0; j < this.width; j++) this.clearRow(chunk, base + j * LANES);
    chunk.handle[lane] = NO_HANDLE;
    chunk.cash[lane] = Number.POSITIVE_INFINITY;
    chunk.fixed[lane] = 0;
    this.freeSlots.push(slot);
    this.markDirty(slot);
  }

  clearRow(chunk: Chunk, row: number): void {
    chunk.line[row] = PADDING_LINE;
    chunk.size[row] = 0;
    chunk.lots[row] = 0;
    chunk.cost.clear(row);
  }

  markDirty(slot: number): void {
    this.markSliceDirty(Math.floor(slot / LANES));
  }

  /** The same for a slice, by index on the shelf. */
  markSliceDirty(slice: number): void {
    const { dirty } = this.chunkOf(slice * LANES);
    const place = slice & (this.slicesPerChunk - 1);
    if (dirty[place] === 1) return;
    dirty[place] = 1;
    this.dirtySlices.push(slice);
  }

  /** Slices changed since the last call, each once, by index on the shelf. */
  drainDirty(): number[] {
    const drained = this.dirtySlices.splice(0);
    for (const slice of drained) this.chunkOf(slice * LANES).dirty[slice & (this.slicesPerChunk - 1)] = 0;
    return drained;
  }
}
