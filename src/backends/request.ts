/**
 * A scan request as native code reads it: the structs of kernels/include/plimsoll/layout.h, written by address into one buffer. Whoever holds the
 * request keeps the arrays alive that it points to: a SharedArrayBuffer's memory never moves.
 */
import type { FilterChunk, FilterShelf, Near, Pass, Vectors } from '../scan/backend.js';
import { RATIO_BAND_ENDS, RATIO_BANDS, type Statistics } from '../scan/statistics.js';
import { LANES } from '../store/shelf.js';
import type { AddressOf, View } from './native.js';
import { RETIER_STRUCTS } from './retier-request.js';

/** What the structs must be called in native code, too: the ABI number, lanes, bands; then sizes and offsets. */
const ABI = 2;
const CHUNK = {
  bytes: 64,
  line: 0,
  size: 8,
  cash: 16,
  handle: 24,
  fixed: 32,
  width: 40,
  slices: 44,
  method: 48,
  shelf: 52,
  slot: 56,
};
const REQUEST = {
  bytes: 224,
  chunks: 0,
  nominees: 8,
  unpriced: 16,
  chunkCount: 24,
  nomineeCount: 28,
  unpricedCount: 32,
  vectors: 40,
  near: 104,
  statistics: 144,
};
const VECTORS = {
  bytes: 64,
  slopes: 0,
  pairs: 8,
  starts: 16,
  breaks: 24,
  gains: 32,
  constants: 40,
  lines: 48,
  firstClosing: 52,
  assets: 56,
};
const NEAR = { bytes: 40, speeds: 0, shelf: 8, slot: 16, radius: 24, wanted: 32, count: 36 };
const STATISTICS = {
  bytes: 80,
  needs: 0,
  notionals: 8,
  ends: 16,
  bandCount: 24,
  bandNotional: 32,
  lineSize: 40,
  lineCount: 48,
  equity: 56,
  maintenance: 64,
  wanted: 72,
};

/** What a library's `layout` must say. */
export const LAYOUT: readonly number[] = [
  ABI,
  LANES,
  RATIO_BANDS,
  ...[CHUNK, REQUEST, VECTORS, NEAR, STATISTICS, ...RETIER_STRUCTS].flatMap((struct) => Object.values(struct)),
];

const METHODS = { lines: 0, groups: 1 } as const;

export class Request {
  /** The ScanRequest. */
  readonly bytes = new Uint8Array(new SharedArrayBuffer(REQUEST.bytes));
  private readonly view = new DataView(this.bytes.buffer);
  private chunks = new DataView(new SharedArrayBuffer(CHUNK.bytes * 16));
  private readonly addressOf: AddressOf;
  /** A chunk's columns never move: their addresses are asked for once. */
  private readonly known = new WeakMap<FilterChunk, readonly bigint[]>();

  constructor(addressOf: AddressOf) {
    this.addressOf = addressOf;
  }

  /** Points the request at a pass, and makes room for what it may find. */
  write({ shelves, vectors, into, near, statistics }: Pass): void {
    const { view } = this;
    const { count, lanes } = this.writeChunks(shelves);
    into.nominees.count = 0;
    into.unpriced.count = 0;
    into.nominees.ensure(Math.max(lanes, 1));
    into.unpriced.ensure(Math.max(lanes, 1));
    this.point(REQUEST.chunks, new Uint8Array(this.chunks.buffer));
    this.point(REQUEST.nominees, into.nominees.handles);
    this.point(REQUEST.unpriced, into.unpriced.handles);
    view.setUint32(REQUEST.chunkCount, count, true);
    const { slopes, pairs, firstClosing, closings } = vectors;
    this.point(REQUEST.vectors + VECTORS.slopes, slopes);
    this.point(REQUEST.vectors + VECTORS.pairs, pairs);
    for (const name of ['starts', 'breaks', 'gains', 'constants'] as const)
      this.point(REQUEST.vectors + VECTORS[name], closings[name]);
    view.setUint32(REQUEST.vectors + VECTORS.lines, slopes.length, true);
    view.setUint32(REQUEST.vectors + VECTORS.firstClosing, firstClosing, true);
    view.setUint32(REQUEST.vectors + VECTORS.assets, closings.starts.length - 1, true);
    this.writeNear(near, lanes);
    this.writeStatistics(statistics, vectors);
  }

  /** Tells the pass what was found. */
  read({ into, near, statistics }: Pass): void {
    into.nominees.count = this.view.getUint32(REQUEST.nomineeCount, true);
    into.unpriced.count = this.view.getUint32(REQUEST.unpricedCount, true);
    if (near !== null) near.lanes.count = this.view.getUint32(REQUEST.near + NEAR.count, true);
    if (statistics === null) return;
    statistics.equity = this.view.getFloat64(REQUEST.statistics + STATISTICS.equity, true);
    statistics.maintenance = this.view.getFloat64(REQUEST.statistics + STATISTICS.maintenance, true);
  }

  private writeStatistics(statistics: Statistics | null, { needs, notionals }: Vectors): void {
    const { view } = this;
    const at = REQUEST.statistics;
    view.setUint32(at + STATISTICS.wanted, statistics === null ? 0 : 1, true);
    if (statistics === null) return;
    this.point(at + STATISTICS.needs, needs);
    this.point(at + STATISTICS.notionals, notionals);
    this.point(at + STATISTICS.ends, RATIO_BAND_ENDS);
    for (const column of ['bandCount', 'bandNotional', 'lineSize', 'lineCount'] as const)
      this.point(at + STATISTICS[column], statistics[column]);
  }

  private writeNear(near: Near | null, lanes: number): void {
    const { view } = this;
    view.setUint32(REQUEST.near + NEAR.wanted, near === null ? 0 : 1, true);
    if (near === null) return;
    near.lanes.count = 0;
    near.lanes.ensure(Math.max(lanes, 1));
    this.point(REQUEST.near + NEAR.speeds, near.speeds);
    this.point(REQUEST.near + NEAR.shelf, near.lanes.shelf);
    this.point(REQUEST.near + NEAR.slot, near.lanes.slot);
    view.setFloat64(REQUEST.near + NEAR.radius, near.radius, true);
  }

  private writeChunks(shelves: Pass['shelves']): { count: number; lanes: number } {
    let count = 0;
    let lanes = 0;
    for (const [index, shelf] of shelves.entries()) {
      if (shelf === undefined) continue;
      let slot = 0;
      for (const [c, chunk] of shelf.chunks.entries()) {
        const slices = shelf.slicesIn(c);
        if (slices > 0) {
          this.writeChunk(count, shelf, chunk, { slices, index, slot });
          count += 1;
          lanes += slices * LANES;
        }
        slot += chunk.cash.length;
      }
    }
    return { count, lanes };
  }

  private writeChunk(
    at: number,
    { width, method }: FilterShelf,
    chunk: FilterChunk,
    { slices, index, slot }: { readonly slices: number; readonly index: number; readonly slot: number },
  ): void {
    if ((at + 1) * CHUNK.bytes > this.chunks.byteLength) this.grow();
    const { chunks } = this;
    const offset = at * CHUNK.bytes;
    const [line, size, cash, handle, fixed] = this.addressesOf(chunk);
    chunks.setBigUint64(offset + CHUNK.line, line, true);
    chunks.setBigUint64(offset + CHUNK.size, size, true);
    chunks.setBigUint64(offset + CHUNK.cash, cash, true);
    chunks.setBigUint64(offset + CHUNK.handle, handle, true);
    chunks.setBigUint64(offset + CHUNK.fixed, fixed, true);
    chunks.setUint32(offset + CHUNK.width, width, true);
    chunks.setUint32(offset + CHUNK.slices, slices, true);
    chunks.setUint32(offset + CHUNK.method, METHODS[method], true);
    chunks.setUint32(offset + CHUNK.shelf, index, true);
    chunks.setUint32(offset + CHUNK.slot, slot, true);
  }

  private addressesOf(chunk: FilterChunk): readonly bigint[] {
    let addresses = this.known.get(chunk);
    if (addresses === undefined) {
      const { line, size, cash, handle, fixed } = chunk;
      addresses = [line, size, cash, handle, fixed].map((column) => (column === null ? 0n : BigInt(this.addressOf(column))));
      this.known.set(chunk, addresses);
    }
    return addresses;
  }

  private grow(): void {
    const grown = new Uint8Array(new SharedArrayBuffer(this.chunks.byteLength * 2));
    grown.set(new Uint8Array(this.chunks.buffer));
    this.chunks = new DataView(grown.buffer);
  }

  private point(offset: number, to: View): void {
    this.view.setBigUint64(offset, BigInt(this.addressOf(to)), true);
  }
}
