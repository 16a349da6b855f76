/** Copies of lanes, packed into slices of their own by width: what is scanned instead of a shelf. Knows not why. */
import { LANES, NO_HANDLE, PADDING_LINE } from '../store/shelf.js';
import type { FilterChunk, FilterShelf } from './backend.js';

const SLICES_AT_FIRST = 4;

function newChunk(width: number, slices: number): FilterChunk {
  const lanes = slices * LANES;
  const rowBytes = 4 * lanes * width;
  const buffer = new SharedArrayBuffer(2 * rowBytes + 8 * lanes);
  return {
    line: new Uint32Array(buffer, 0, lanes * width),
    size: new Float32Array(buffer, rowBytes, lanes * width),
    cash: new Float32Array(buffer, 2 * rowBytes, lanes),
    handle: new Uint32Array(buffer, 2 * rowBytes + 4 * lanes, lanes),
    fixed: null,
  };
}

/** Row 0 of a lane in its chunk's row columns. */
function rowBase(lane: number, width: number): number {
  return Math.floor(lane / LANES) * width * LANES + (lane % LANES);
}

/** Copied lanes of one width, in the order in which they came. */
export class PackedLanes implements FilterShelf {
  readonly width: number;
  readonly method = 'lines';
  chunks: readonly [FilterChunk];
  private lanes = 0;

  constructor(width: number) {
    this.width = width;
    this.chunks = [newChunk(width, SLICES_AT_FIRST)];
  }

  /** Lanes that were added, those emptied since included. */
  get count(): number {
    return this.lanes;
  }

  slicesIn(): number {
    return Math.ceil(this.lanes / LANES);
  }

  clear(): void {
    this.lanes = 0;
  }

  /** Copies a lane of a chunk of the same width. */
  add(from: FilterChunk, lane: number): void {
    if (this.lanes % LANES === 0) this.openSlice();
    const [to] = this.chunks;
    const at = this.lanes++;
    const source = rowBase(lane, this.width);
    const target = rowBase(at, this.width);
    for (let j = 0; j < this.width * LANES; j += LANES) {
      to.line[target + j] = from.line[source + j];
      to.size[target + j] = from.size[source + j];
    }
    to.cash[at] = from.cash[lane];
    to.handle[at] = from.handle[lane];
  }

  /** Leaves padding in the place of a lane. */
  empty(lane: number): void {
    const [chunk] = this.chunks;
    const base = rowBase(lane, this.width);
    for (let j = 0; j < this.width * LANES; j += LANES) {
      chunk.line[base + j] = PADDING_LINE;
      chunk.size[base + j] = 0;
    }
    chunk.cash[lane] = Number.POSITIVE_INFINITY;
    chunk.handle[lane] = NO_HANDLE;
  }

  /** The next slice, all padding whatever stood there before. */
  private openSlice(): void {
    if (this.lanes === this.chunks[0].cash.length) this.grow();
    const [{ line, size, cash, handle }] = this.chunks;
    const [first, end] = [this.lanes, this.lanes + LANES];
    line.fill(PADDING_LINE, first * this.width, end * this.width);
    size.fill(0, first * this.width, end * this.width);
    cash.fill(Number.POSITIVE_INFINITY, first, end);
    handle.fill(NO_HANDLE, first, end);
  }

  private grow(): void {
    const [old] = this.chunks;
    const grown = newChunk(this.width, (old.cash.length / LANES) * 2);
    grown.line.set(old.line);
    grown.size.set(old.size);
    grown.cash.set(old.cash);
    grown.handle.set(old.handle);
    this.chunks = [grown];
  }
}

/** Lanes of one shelf of the store that know where they came from. */
export class PackedShelf extends PackedLanes {
  /** By packed lane: its slot on the shelf. */
  private readonly slots: number[] = [];
  /** Lanes in the order of their slots, where a slice can be searched; those added later are found by it. */
  private sortedCount = 0;
  private readonly later = new Map<number, number[]>();

  override clear(): void {
    super.clear();
    this.slots.length = 0;
    this.sortedCount = 0;
    this.later.clear();
  }

  /** Copies the lane of a slot that stands in `from` at `lane`. */
  addSlot(slot: number, from: FilterChunk, lane: number): void {
    const isNext = this.sortedCount === this.slots.length && (this.sortedCount === 0 || this.slots[this.sortedCount - 1] < slot);
    if (isNext) this.sortedCount += 1;
    else this.addLater(Math.floor(slot / LANES), this.slots.length);
    this.add(from, lane);
    this.slots.push(slot);
  }

  slotAt(lane: number): number {
    return this.slots[lane];
  }

  /** Empties the lanes that were copied from a slice of the shelf. */
  dropSlice(slice: number): void {
    const { slots, sortedCount } = this;
    const first = slice * LANES;
    let low = 0;
    let high = sortedCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (slots[middle] < first) low = middle + 1;
      else high = middle;
    }
    for (; low < sortedCount && slots[low] < first + LANES; low++) this.empty(low);
    for (const lane of this.later.get(slice) ?? []) this.empty(lane);
    this.later.delete(slice);
  }

  private addLater(slice: number, lane: number): void {
    const lanes = this.later.get(slice);
    if (lanes === undefined) this.later.set(slice, [lane]);
    else lanes.push(lane);
  }
}
