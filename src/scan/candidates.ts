/** Candidates of a ranking with bounds of their scores, best first by upper bound: a heap over typed arrays. It knows nothing of scores. */
export class Candidates {
  count = 0;
  handles: Uint32Array = new Uint32Array(1024);
  lots: Float64Array = new Float64Array(1024);
  /** The exact score is within [low, high]. */
  low: Float64Array = new Float64Array(1024);
  high: Float64Array = new Float64Array(1024);

  add(handle: number, lots: number, low: number, high: number): void {
    if (this.count === this.handles.length) this.grow();
    this.handles[this.count] = handle;
    this.lots[this.count] = lots;
    this.low[this.count] = low;
    this.high[this.count] = high;
    this.count += 1;
  }

  private grow(): void {
    const length = 2 * this.count;
    const longer = (column: Float64Array): Float64Array => {
      const grown = new Float64Array(length);
      grown.set(column);
      return grown;
    };
    const handles = new Uint32Array(length);
    handles.set(this.handles);
    this.handles = handles;
    this.lots = longer(this.lots);
    this.low = longer(this.low);
    this.high = longer(this.high);
  }
}

/** Gives candidates out by upper bound, greatest first: n to make, log n for each that is asked for. */
export class CandidateHeap {
  private readonly keys: Float64Array;
  private readonly heap: Uint32Array;
  private count: number;

  constructor({ high, count }: Candidates) {
    this.keys = high;
    this.count = count;
    this.heap = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.heap[i] = i;
    for (let at = (count >>> 1) - 1; at >= 0; at--) this.sink(at);
  }

  /** The greatest upper bound that is left; NaN when nothing is. */
  get top(): number {
    return this.count === 0 ? Number.NaN : this.keys[this.heap[0]];
  }

  /** Takes the candidate with the greatest upper bound; −1 when nothing is left. */
  pop(): number {
    if (this.count === 0) return -1;
    const best = this.heap[0];
    this.count -= 1;
    this.heap[0] = this.heap[this.count];
    this.sink(0);
    return best;
  }

  private sink(from: number): void {
    const { heap, keys, count } = this;
    const moved = heap[from];
    const key = keys[moved];
    let at = from;
    for (let child = 2 * at + 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && keys[heap[child + 1]] > keys[heap[child]]) child += 1;
      if (!(keys[heap[child]] > key)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moved;
  }
}
