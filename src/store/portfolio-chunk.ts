/** What the store knows of each portfolio beside its rows, for a chunk of handles. Small fields share one record: one cache line a visit. */
import { assert } from '../model/errors.js';
import type { Columns } from '../model/named-buffers.js';
import { LIMBS_BYTES, LimbColumn } from './limbs.js';

export const HANDLE_BITS = 16;
export const HANDLES_PER_CHUNK = 1 << HANDLE_BITS;
export const HANDLE_MASK = HANDLES_PER_CHUNK - 1;
/** In the shelf field: a portfolio without rows stands on no shelf and is never scanned. */
export const NO_SHELF = 0xff;
export const NO_LINK = 0xffffffff;

/** A record is four 32-bit words: slot; rows, shelf and flags packed; version; link. */
const WORDS = 4;
const ROWS_BITS = 21;
/** Rows of one portfolio. */
export const ROWS_MAX = (1 << ROWS_BITS) - 1;
const SHELF_BITS = 8;
const SHELF_MASK = (1 << SHELF_BITS) - 1;
const FLAGS_SHIFT = ROWS_BITS + SHELF_BITS;
const FLAGS_MAX = 7;

export class PortfolioChunk {
  /** What the source of account rows calls this state; a safe integer. */
  readonly sourceVersion = new Float64Array(new SharedArrayBuffer(8 * HANDLES_PER_CHUNK));
  readonly cash = new LimbColumn(new SharedArrayBuffer(LIMBS_BYTES * HANDLES_PER_CHUNK), 0, HANDLES_PER_CHUNK);
  private readonly words = new Uint32Array(new SharedArrayBuffer(4 * WORDS * HANDLES_PER_CHUNK));

  /** A portfolio without rows, cash and link, on no shelf. */
  clear(at: number, flags: number): void {
    this.words[WORDS * at] = 0;
    this.pack(at, 0, NO_SHELF, flags);
    this.setVersion(at, 0);
    this.setLink(at, NO_LINK);
    this.sourceVersion[at] = 0;
    this.cash.clear(at);
  }

  /** All of it, up to a number of handles. */
  columns(handles: number): Columns {
    const count = Math.min(HANDLES_PER_CHUNK, handles);
    const cash = this.cash.words.subarray(0, (LIMBS_BYTES / 4) * count);
    return { sourceVersion: this.sourceVersion.subarray(0, count), cash, words: this.words.subarray(0, WORDS * count) };
  }

  slot(at: number): number {
    return this.words[WORDS * at];
  }

  rows(at: number): number {
    return this.words[WORDS * at + 1] & ROWS_MAX;
  }

  shelf(at: number): number {
    return (this.words[WORDS * at + 1] >>> ROWS_BITS) & SHELF_MASK;
  }

  flags(at: number): number {
    return this.words[WORDS * at + 1] >>> FLAGS_SHIFT;
  }

  /** Grows with every change of cash or rows. */
  version(at: number): number {
    return this.words[WORDS * at + 2];
  }

  /** Next portfolio of the same account, or NO_LINK. */
  link(at: number): number {
    return this.words[WORDS * at + 3];
  }

  setRows(at: number, rows: number): void {
    this.pack(at, rows, this.shelf(at), this.flags(at));
  }

  setPlace(at: number, shelf: number, slot: number): void {
    this.words[WORDS * at] = slot;
    this.pack(at, this.rows(at), shelf, this.flags(at));
  }

  setFlags(at: number, flags: number): void {
    this.pack(at, this.rows(at), this.shelf(at), flags);
  }

  setVersion(at: number, version: number): void {
    this.words[WORDS * at + 2] = version;
  }

  setLink(at: number, link: number): void {
    this.words[WORDS * at + 3] = link;
  }

  private pack(at: number, rows: number, shelf: number, flags: number): void {
    assert(rows <= ROWS_MAX && flags <= FLAGS_MAX, 'expected rows and flags that fit their bits');
    this.words[WORDS * at + 1] = rows | (shelf << ROWS_BITS) | (flags << FLAGS_SHIFT);
  }
}
