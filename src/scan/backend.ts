/** What every scan backend is: a filter that may nominate too many portfolios and never misses one. */
import type { Method } from '../store/shelf.js';
import type { Store } from '../store/store.js';
import type { Closings } from './closings.js';
import type { LineTable } from './lines.js';
import type { Statistics } from './statistics.js';

/** A growing list of handles over typed memory. */
export class HandleList {
  handles: Uint32Array;
  count = 0;

  constructor(capacity = 1024) {
    this.handles = new Uint32Array(capacity);
  }

  /** Room for `more` handles beyond `count`: called once a slice run, so that the loop itself never checks. */
  ensure(more: number): void {
    if (this.count + more <= this.handles.length) return;
    const grown = new Uint32Array(Math.max(this.handles.length * 2, this.count + more));
    grown.set(this.handles.subarray(0, this.count));
    this.handles = grown;
  }

  view(): Uint32Array {
    return this.handles.subarray(0, this.count);
  }
}

/** A growing list of lanes: the index of a shelf, and a slot on it. */
export class LaneList {
  shelf = new Uint32Array(1024);
  slot = new Uint32Array(1024);
  count = 0;

  /** Room for `more` lanes beyond `count`. */
  ensure(more: number): void {
    if (this.count + more <= this.slot.length) return;
    const length = Math.max(this.slot.length * 2, this.count + more);
    const [shelf, slot] = [new Uint32Array(length), new Uint32Array(length)];
    shelf.set(this.shelf.subarray(0, this.count));
    slot.set(this.slot.subarray(0, this.count));
    this.shelf = shelf;
    this.slot = slot;
  }
}

/** What a scan found. */
export interface Nominations {
  /** Portfolios whose slack is not proven to be above 0. In no particular order. */
  readonly nominees: HandleList;
  /** Portfolios with a row that has no price. */
  readonly unpriced: HandleList;
}

/** A tick as the filter sees it, in the valuation asset. NaN where a price is not known. */
export interface Vectors {
  /** By line id: what one lot (or one of an asset) adds to slack. For `lines` shelves. */
  readonly slopes: Float64Array;
  /** By line id, two each: what one lot adds to its group's equity, and to slack beside it. For `groups` shelves. */
  readonly pairs: Float64Array;
  /** Lines from here on end a group: asset a's is `firstClosing + a`. */
  readonly firstClosing: number;
  readonly closings: Closings;
  /** By line, for statistics: maintenance that one of |size| needs on its tier (the deduction apart), and its notional. */
  readonly needs: Float64Array;
  readonly notionals: Float64Array;
}

export type BackendName = 'js' | 'cpu' | 'cuda' | 'tfjs';

/** What a filter reads of a chunk of slices: see `Chunk` in src/store/shelf.ts for where a row stands. */
export interface FilterChunk {
  readonly line: Uint32Array;
  readonly size: Float32Array;
  readonly cash: Float32Array;
  readonly handle: Uint32Array;
  /** Null of a copy: no statistics are made from those. */
  readonly fixed: Uint16Array | null;
}

/** What a filter goes over: a shelf of the store, or packed copies of some of its lanes. */
export interface FilterShelf {
  readonly width: number;
  readonly method: Method;
  readonly chunks: readonly FilterChunk[];
  /** Slices of a chunk that are to be read. */
  slicesIn(chunk: number): number;
}

/** A method and width without portfolios may be absent. */
export type Shelves = readonly (FilterShelf | undefined)[];

/** Which lanes of `lines` shelves a scan is to tell because they could be breached at a tick not far from this one (see distance.ts). */
export interface Near {
  /** By line id: how much slack one of `size` loses at most per unit of distance. */
  readonly speeds: Float64Array;
  readonly radius: number;
  /** Cleared and filled, in the order of shelves, chunks and lanes. A lane without a price is near. */
  readonly lanes: LaneList;
}

/** One scan: what is read, at which prices, and where what is found goes. */
export interface Pass {
  readonly shelves: Shelves;
  readonly vectors: Vectors;
  /** Cleared and filled, in the order of shelves, chunks and lanes. */
  readonly into: Nominations;
  /** Null unless the backend finds them. */
  readonly near: Near | null;
  /** What to fill, of all the shelves; null unless the backend makes statistics. */
  readonly statistics: Statistics | null;
}

/** What is to be re-tiered: every portfolio with a row on a stale line. */
export interface Sweep {
  readonly store: Store;
  readonly table: LineTable;
  /** By market index: the valuation that its rows are assigned at. */
  readonly references: Float64Array;
  /** By line: 1 where rows are to be assigned anew. */
  readonly stale: Uint8Array;
}

export interface Backend {
  readonly name: BackendName;
  /** Whether a pass may ask for lanes that are near. */
  readonly findsNear: boolean;
  /** Scans every portfolio on the shelves. */
  scan(pass: Pass): void;
  /**
   * Puts the portfolios of a sweep that are nothing but positions on their lines anew and folds their constants, as `Folder` does, to the last bit.
   * Returns the handles of the others, which are left to the caller. Null: it leaves all to the caller.
   */
  readonly retier: ((sweep: Sweep) => Uint32Array) | null;
  /** Gives threads and devices back. No scan may follow. */
  close(): void;
}
