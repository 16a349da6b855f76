/** Copies of lanes, packed into slices of their own by width: what a hot tick scans. Knows where each came from, not why. */
import { assert } from '../model/errors.js';
import { type Chunk, LANES, NO_HANDLE, PADDING_LINE, type Shelf } from '../store/shelf.js';
import type { FilterChunk, FilterShelf } from './backend.js';

const SLICES_AT_FIRST = 4;

function newChunk(width: number, slices: number): FilterChunk {
  const lanes = slices * LANES;
  const bytes = lanes * (8 * width + 8);
  const buffer = new SharedArrayBuffer(bytes);
  const cashAt = 8 * lanes * width;
  return {
    line: new Uint32Array(buffer, 0, lanes * width),
    size: new Float32Array(buffer, 4 * lanes * width, lanes * width),
    cash: new Float32Array(buffer, cashAt, lanes).fill(Number.POSITIVE_INFINITY),
    handle: new Uint32Array(buffer, cashAt + 4 * lanes, lanes).fill(NO_HANDLE),
  };
}

/** Lanes of one shelf. */
export class PackedShelf implements FilterShelf {
  readonly width: number;
  readonly method = 'lines';
  chunks: readonly [FilterChunk];
  /** By packed lane: its slot on the shelf. Those from `sortedCount` on were added later, in any order. */
  private slots: Uint32Array;
  private sortedCount = 0;
  private count = 0;

  constructor(width: number) {
    this.width = width;
    this.chunks = [newChunk(width, SLICES_AT_FIRST)];
    this.slots = new Uint32Array(SLICES_AT_FIRST * LANES);
  }

  get laneCount(): number {
    return this.count;
  }

  slicesIn(): number {
    return Math.ceil(this.count / LANES);
  }

  clear(): void {
    for (let lane = 0; lane < this.count; lane++) this.empty(lane);
    this.count = 0;
    this.sortedCount = 0;
  }

  /** Copies a lane, at the end. */
  add(from: Chunk, shelf: Shelf, slot: number): void {
    if (this.count === this.slots.length) this.grow();
    const [to] = this.chunks;
    const lane = this.count++;
    this.slots[lane] = slot;
    const source = shelf.rowBase(slot);
    const target = this.rowBase(lane);
    for (let j = 0; j < this.width * LANES; j += LANES) {
      to.line[target + j] = from.line[source + j];
      to.size[target + j] = from.size[source + j];
    }
    to.cash[lane] = from.cash[shelf.laneOf(slot)];
    to.handle[lane] = from.handle[shelf.laneOf(slot)];
  }

  /** What has been added so far is in the order of its slots. */
  seal(): void {
    for (let lane = 1; lane < this.count; lane++) assert(this.slots[lane - 1] < this.slots[lane], 'expected rising slots');
    this.sortedCount = this.count;
  }

  /** Empties the lanes that were copied from a slice of the shelf. */
  dropSlice(slice: number): void {
    const { slots, sortedCount, count } = this;
    const first = slice * LANES;
    let low = 0;
    let high = sortedCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (slots[middle] < first) low = middle + 1;
      else high = middle;
    }
    for (; low < sortedCount && slots[low] < first + LANES; low++) this.empty(low);
    for (let lane = sortedCount; lane < count; lane++) if (Math.floor(slots[lane] / LANES) === slice) this.empty(lane);
  }

  private rowBase(lane: number): number {
    return Math.floor(lane / LANES) * this.width * LANES + (lane % LANES);
  }

  private empty(lane: number): void {
    const [chunk] = this.chunks;
    const base = this.rowBase(lane);
    for (let j = 0; j < this.width * LANES; j += LANES) {
      chunk.line[base + j] = PADDING_LINE;
      chunk.size[base + j] = 0;
    }
    chunk.cash[lane] = Number.POSITIVE_INFINITY;
    chunk.handle[lane] = NO_HANDLE;
  }

  private grow(): void {
    const grown = newChunk(this.width, (this.slots.length / LANES) * 2);
    const [old] = this.chunks;
    grown.line.set(old.line);
    grown.size.set(old.size);
    grown.cash.set(old.cash);
    grown.handle.set(old.handle);
    const slots = new Uint32Array(this.slots.length * 2);
    slots.set(this.slots);
    this.slots = slots;
    this.chunks = [grown];
  }
}
