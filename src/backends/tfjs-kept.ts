/** Copies of those lanes of one `lines` shelf that the graph has kept, packed for the js filter in the order in which they came. */
import { assert } from '../model/errors.js';
import type { FilterChunk, FilterShelf } from '../scan/backend.js';
import { LANES, NO_HANDLE, PADDING_LINE } from '../store/shelf.js';

export class KeptLanes implements FilterShelf {
  readonly method = 'lines';
  readonly width: number;
  private chunk: FilterChunk;
  private lanes = 0;

  constructor(width: number) {
    this.width = width;
    this.chunk = this.columns(1);
  }

  get count(): number {
    return this.lanes;
  }

  get chunks(): readonly FilterChunk[] {
    return [this.chunk];
  }

  slicesIn(chunk: number): number {
    assert(chunk === 0, 'expected the only chunk');
    return Math.ceil(this.lanes / LANES);
  }

  clear(): void {
    this.lanes = 0;
  }

  /** Copies a lane of a chunk of the same width. */
  add(from: FilterChunk, lane: number): void {
    if (this.lanes === this.chunk.handle.length) this.grow();
    const at = this.lanes++;
    const target = this.firstRow(at);
    const source = this.firstRow(lane);
    for (let row = 0; row < this.width * LANES; row += LANES) {
      this.chunk.line[target + row] = from.line[source + row];
      this.chunk.size[target + row] = from.size[source + row];
    }
    this.chunk.cash[at] = from.cash[lane];
    this.chunk.handle[at] = from.handle[lane];
  }

  /** Empties the lanes of the last slice that nothing was copied to. */
  seal(): void {
    const { line, size, cash, handle } = this.chunk;
    for (let lane = this.lanes; lane % LANES !== 0; lane++) {
      for (let row = 0; row < this.width * LANES; row += LANES) {
        line[this.firstRow(lane) + row] = PADDING_LINE;
        size[this.firstRow(lane) + row] = 0;
      }
      cash[lane] = Number.POSITIVE_INFINITY;
      handle[lane] = NO_HANDLE;
    }
  }

  private firstRow(lane: number): number {
    return (lane - (lane % LANES)) * this.width + (lane % LANES);
  }

  private columns(slices: number): FilterChunk {
    const lanes = slices * LANES;
    const rows = lanes * this.width;
    return {
      line: new Uint32Array(rows),
      size: new Float32Array(rows),
      cash: new Float32Array(lanes),
      handle: new Uint32Array(lanes),
    };
  }

  private grow(): void {
    const { line, size, cash, handle } = this.chunk;
    this.chunk = this.columns((handle.length / LANES) * 2);
    this.chunk.line.set(line);
    this.chunk.size.set(size);
    this.chunk.cash.set(cash);
    this.chunk.handle.set(handle);
  }
}
