/**
 * Strings to dense handles, off the JavaScript heap: an open-addressing table over an arena of bytes. Ids are printable ASCII.
 * A Map of 2.5 M ids costs 210 MB and 0.9 µs a look-up; this costs some 30 bytes an id.
 */
import { assert, badInput } from '../model/errors.js';
import { PORTFOLIO_ID_LENGTH_MAX } from '../model/limits.js';
import {
  type BufferReader,
  type Columns,
  columnsBuffers,
  countsBuffer,
  type NamedBuffer,
  under,
  wordsBuffer,
} from '../model/named-buffers.js';

const HANDLE_BITS = 16;
const HANDLES_PER_CHUNK = 1 << HANDLE_BITS;
const HANDLE_MASK = HANDLES_PER_CHUNK - 1;
const ARENA_CHUNK_BYTES = 1 << 20;
/** Offsets into the arena are 32 bits: some 200 M ids of twenty characters. */
const ARENA_BYTES_MAX = 2 ** 32 - ARENA_CHUNK_BYTES;
const EMPTY = 0;
const PRINTABLE = /^[!-~]+$/;
/** Slots are doubled above this share of use. */
const LOAD_MAX = 0.7;
/** Bytes of removed ids that are tolerated before the arena is rewritten. */
const WASTE_BYTES_MIN = 1 << 20;

/** Per-handle columns of one chunk. A length of 0 marks a free handle. */
interface IdChunk {
  readonly offset: Uint32Array;
  readonly length: Uint8Array;
  readonly hash: Uint32Array;
}

function newIdChunk(): IdChunk {
  return {
    offset: new Uint32Array(new SharedArrayBuffer(4 * HANDLES_PER_CHUNK)),
    length: new Uint8Array(new SharedArrayBuffer(HANDLES_PER_CHUNK)),
    hash: new Uint32Array(new SharedArrayBuffer(4 * HANDLES_PER_CHUNK)),
  };
}

/** The columns up to a number of handles. */
function used({ offset, length, hash }: IdChunk, handles: number): Columns {
  const count = Math.min(HANDLES_PER_CHUNK, handles);
  return { offset: offset.subarray(0, count), length: length.subarray(0, count), hash: hash.subarray(0, count) };
}

function newArena(): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(ARENA_CHUNK_BYTES));
}

function arenaColumn(bytes: Uint8Array, chunk: number, arenaEnd: number): Columns {
  return { [`arena/${chunk}`]: bytes.subarray(0, Math.min(ARENA_CHUNK_BYTES, arenaEnd - chunk * ARENA_CHUNK_BYTES)) };
}

/** FNV-1a over the code units, then a final mix so that the low bits are good. */
function hashId(id: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class IdTable {
  /** Handle + 1, or EMPTY. */
  private slots = new Uint32Array(1024);
  private readonly chunks: IdChunk[] = [];
  private arena: Uint8Array[] = [];
  private arenaEnd = 0;
  private wastedBytes = 0;
  private nextHandle = 0;
  private readonly freeHandles: number[] = [];
  private live = 0;

  get size(): number {
    return this.live;
  }

  /** One above the largest handle ever given. */
  get handleEnd(): number {
    return this.nextHandle;
  }

  /** The handle of an id, −1 when it has none. */
  find(id: string): number {
    const slot = this.slotOf(id, hashId(id));
    return this.slots[slot] - 1;
  }

  /** Gives a new id a handle: a freed one, or the next. The id must not be there. */
  add(id: string): number {
    if (id.length > PORTFOLIO_ID_LENGTH_MAX || !PRINTABLE.test(id)) {
      throw badInput('id', `1 to ${PORTFOLIO_ID_LENGTH_MAX} printable ASCII characters`, JSON.stringify(id));
    }
    if (this.arenaEnd > ARENA_BYTES_MAX) throw badInput('ids', `at most ${ARENA_BYTES_MAX} bytes of them`, 'more', 'overflow');
    if (this.live + 1 > this.slots.length * LOAD_MAX) this.fillSlots(this.slots.length * 2);
    const hash = hashId(id);
    const slot = this.slotOf(id, hash);
    assert(this.slots[slot] === EMPTY, 'expected a new id');
    const handle = this.freeHandles.pop() ?? this.nextHandle++;
    if (handle >> HANDLE_BITS === this.chunks.length) this.chunks.push(newIdChunk());
    const chunk = this.chunks[handle >> HANDLE_BITS];
    const at = handle & HANDLE_MASK;
    chunk.offset[at] = this.writeArena(id);
    chunk.length[at] = id.length;
    chunk.hash[at] = hash;
    this.slots[slot] = handle + 1;
    this.live += 1;
    return handle;
  }

  remove(handle: number): void {
    const chunk = this.chunks[handle >> HANDLE_BITS];
    const at = handle & HANDLE_MASK;
    assert(chunk !== undefined && chunk.length[at] > 0, 'expected a live handle');
    this.closeGap(this.slotOfHandle(handle, chunk.hash[at]));
    this.wastedBytes += chunk.length[at];
    chunk.length[at] = 0;
    this.freeHandles.push(handle);
    this.live -= 1;
    if (this.wastedBytes > WASTE_BYTES_MIN && this.wastedBytes > this.arenaEnd / 2) this.rewriteArena();
  }

  isLive(handle: number): boolean {
    const chunk = this.chunks[handle >> HANDLE_BITS];
    return chunk !== undefined && chunk.length[handle & HANDLE_MASK] > 0;
  }

  idOf(handle: number): string {
    assert(this.isLive(handle), 'expected a live handle');
    return this.readArena(this.arena, handle);
  }

  /** Slots are not saved: they follow from the hashes. */
  save(): NamedBuffer[] {
    const { chunks, arena, nextHandle, arenaEnd, wastedBytes, freeHandles } = this;
    return [
      countsBuffer('counts', [nextHandle, arenaEnd, wastedBytes]),
      wordsBuffer('free', freeHandles),
      ...chunks.flatMap((chunk, c) => under(c, columnsBuffers(used(chunk, nextHandle - c * HANDLES_PER_CHUNK)))),
      ...arena.flatMap((bytes, c) => columnsBuffers(arenaColumn(bytes, c, arenaEnd))),
    ];
  }

  restore(from: BufferReader): void {
    assert(this.nextHandle === 0, 'expected a fresh table');
    const [handleEnd, arenaEnd, wastedBytes] = from.counts('counts', 3);
    for (let c = 0; c * HANDLES_PER_CHUNK < handleEnd; c++) {
      this.chunks.push(newIdChunk());
      from.under(c).columns(used(this.chunks[c], handleEnd - c * HANDLES_PER_CHUNK));
    }
    for (let c = 0; c * ARENA_CHUNK_BYTES < arenaEnd; c++) {
      this.arena.push(newArena());
      from.columns(arenaColumn(this.arena[c], c, arenaEnd));
    }
    this.nextHandle = handleEnd;
    this.arenaEnd = arenaEnd;
    this.wastedBytes = wastedBytes;
    for (const handle of from.words('free')) this.freeHandles.push(handle);
    this.checkHandles(from);
    this.live = handleEnd - this.freeHandles.length;
    let slots = this.slots.length;
    while (this.live > slots * LOAD_MAX) slots *= 2;
    this.fillSlots(slots);
  }

  /** Every id within the arena's bytes; every other handle free, once. */
  private checkHandles(from: BufferReader): void {
    let free = 0;
    for (let handle = 0; handle < this.nextHandle; handle++) {
      const { offset, length } = this.chunks[handle >> HANDLE_BITS];
      const at = handle & HANDLE_MASK;
      if (length[at] === 0) free += 1;
      const end = (offset[at] % ARENA_CHUNK_BYTES) + length[at];
      if (end > ARENA_CHUNK_BYTES || offset[at] + length[at] > this.arenaEnd)
        throw from.damaged(`${handle >> HANDLE_BITS}/offset`, 'offsets within the arena', String(offset[at]));
    }
    const distinct = new Set(this.freeHandles);
    const isWrong = this.freeHandles.some((handle) => handle >= this.nextHandle || this.isLive(handle));
    if (isWrong || free !== distinct.size || free !== this.freeHandles.length)
      throw from.damaged('free', `each of ${free} free handles once`, `${this.freeHandles.length} handles`);
  }

  /** The slot that holds the id, or the empty one where it belongs. */
  private slotOf(id: string, hash: number): number {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== EMPTY && !this.matches(this.slots[slot] - 1, id, hash)) slot = (slot + 1) & mask;
    return slot;
  }

  private slotOfHandle(handle: number, hash: number): number {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== handle + 1) slot = (slot + 1) & mask;
    return slot;
  }

  private matches(handle: number, id: string, hash: number): boolean {
    const chunk = this.chunks[handle >> HANDLE_BITS];
    const at = handle & HANDLE_MASK;
    if (chunk.hash[at] !== hash || chunk.length[at] !== id.length) return false;
    const offset = chunk.offset[at];
    const bytes = this.arena[Math.floor(offset / ARENA_CHUNK_BYTES)];
    const start = offset % ARENA_CHUNK_BYTES;
    for (let i = 0; i < id.length; i++) if (bytes[start + i] !== id.charCodeAt(i)) return false;
    return true;
  }

  /** Backward-shift deletion: later entries of the run move up, so there are no tombstones. */
  private closeGap(gap: number): void {
    const mask = this.slots.length - 1;
    let hole = gap;
    for (let slot = (gap + 1) & mask; this.slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const handle = this.slots[slot] - 1;
      const home = this.chunks[handle >> HANDLE_BITS].hash[handle & HANDLE_MASK] & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.slots[hole] = handle + 1;
        hole = slot;
      }
    }
    this.slots[hole] = EMPTY;
  }

  /** So many slots, a power of two, with every live handle in its own. */
  private fillSlots(length: number): void {
    this.slots = new Uint32Array(length);
    const mask = length - 1;
    for (let handle = 0; handle < this.nextHandle; handle++) {
      if (!this.isLive(handle)) continue;
      let slot = this.chunks[handle >> HANDLE_BITS].hash[handle & HANDLE_MASK] & mask;
      while (this.slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.slots[slot] = handle + 1;
    }
  }

  /** Ids do not cross arena chunks. */
  private writeArena(id: string): number {
    const room = ARENA_CHUNK_BYTES - (this.arenaEnd % ARENA_CHUNK_BYTES);
    if (id.length > room) this.arenaEnd += room;
    const offset = this.arenaEnd;
    const chunkIndex = Math.floor(offset / ARENA_CHUNK_BYTES);
    if (chunkIndex === this.arena.length) this.arena.push(newArena());
    const bytes = this.arena[chunkIndex];
    const start = offset % ARENA_CHUNK_BYTES;
    for (let i = 0; i < id.length; i++) bytes[start + i] = id.charCodeAt(i);
    this.arenaEnd = offset + id.length;
    return offset;
  }

  private readArena(arena: readonly Uint8Array[], handle: number): string {
    const chunk = this.chunks[handle >> HANDLE_BITS];
    const at = handle & HANDLE_MASK;
    const bytes = arena[Math.floor(chunk.offset[at] / ARENA_CHUNK_BYTES)];
    const start = chunk.offset[at] % ARENA_CHUNK_BYTES;
    let id = '';
    for (let i = 0; i < chunk.length[at]; i++) id += String.fromCharCode(bytes[start + i]);
    return id;
  }

  private rewriteArena(): void {
    const old = this.arena;
    this.arena = [];
    this.arenaEnd = 0;
    this.wastedBytes = 0;
    for (let handle = 0; handle < this.nextHandle; handle++) {
      if (!this.isLive(handle)) continue;
      this.chunks[handle >> HANDLE_BITS].offset[handle & HANDLE_MASK] = this.writeArena(this.readArena(old, handle));
    }
  }
}
