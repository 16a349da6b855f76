/** What every scan backend is: a filter that may nominate too many portfolios and never misses one. */
import type { Store } from '../store/store.js';
import type { Closings } from './closings.js';

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
}

export interface Backend {
  readonly name: 'js';
  /** Scans every portfolio that has rows. Clears and fills `into`. */
  scan(store: Store, vectors: Vectors, into: Nominations): void;
}
