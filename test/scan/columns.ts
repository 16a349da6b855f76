/** What the filter's columns say of one portfolio, read row by row without the kernels, and whether the shelves are in order. */
import { expect } from 'vitest';
import { BOUND_ABSOLUTE, boundFactor } from '../../src/scan/js-backend.js';
import type { LineTable } from '../../src/scan/lines.js';
import type { LiveBook } from '../../src/scan/live-book.js';
import { LANES, NO_HANDLE, PADDING_LINE, type Shelf } from '../../src/store/shelf.js';
import type { Rows, Store } from '../../src/store/store.js';

/** The filter's slack x and S of a portfolio; it is nominated unless x is above S times the bound factor. */
export interface Filtered {
  readonly slack: number;
  readonly sum: number;
  /** What slack is not below. */
  readonly low: number;
  readonly nominated: boolean;
}

/** Running sums over a portfolio's rows. */
interface Sums {
  slack: number;
  sum: number;
  /** Equity of the group at hand. */
  equity: number;
}

/** Null for a portfolio without rows. */
export function filtered({ store, lines }: LiveBook, handle: number): Filtered | null {
  const rows = {} as Rows;
  if (!store.locate(handle, rows)) return null;
  const shelf = store.shelves.find((each) => each?.chunks.includes(rows.chunk)) as Shelf;
  const bound = boundFactor(shelf.width);
  const sums: Sums = { slack: rows.chunk.cash[rows.lane], sum: 0, equity: 0 };
  for (let j = 0; j < rows.count; j++) {
    const at = rows.base + j * LANES;
    const line = rows.chunk.line[at];
    const size = rows.chunk.size[at];
    if (shelf.method === 'lines') addToSlack(sums, size * lines.slopes[line]);
    else addToGroup(sums, size, line, lines, bound);
  }
  const { slack, sum } = sums;
  return { slack, sum, low: slack - sum * bound, nominated: !(slack > sum * bound + BOUND_ABSOLUTE) };
}

function addToSlack(sums: Sums, product: number): void {
  sums.slack += product;
  sums.sum += Math.abs(product);
}

function addToGroup(sums: Sums, size: number, line: number, lines: LineTable, bound: number): void {
  const product = size * lines.pairs[2 * line];
  sums.equity += product;
  sums.sum += Math.abs(product);
  addToSlack(sums, size * lines.pairs[2 * line + 1]);
  if (line < lines.firstClosing) return;
  const { starts, breaks, gains, constants } = lines.closings;
  const asset = line - lines.firstClosing;
  const low = sums.equity - sums.sum * bound;
  let segment = starts[asset];
  while (segment < starts[asset + 1] - 1 && low >= breaks[segment + 1]) segment++;
  sums.slack += gains[segment] * low + constants[segment];
  sums.sum += 4 * Math.abs(low);
  sums.equity = 0;
}

/** Of the lanes that a scan goes over: every one is its portfolio's or empty, every row counted, and what holds nothing is padding. */
export function checkShelves(store: Store): void {
  const seen = new Set<number>();
  let rows = 0;
  for (const shelf of store.shelves)
    for (let c = 0; c < (shelf?.chunks.length ?? 0); c++) rows += checkChunk(store, shelf as Shelf, c, seen);
  expect(rows).toBe(store.rowCount);
}

function checkChunk(store: Store, shelf: Shelf, c: number, seen: Set<number>): number {
  const chunk = shelf.chunks[c];
  let rows = 0;
  for (let lane = 0; lane < shelf.slicesIn(c) * LANES; lane++) {
    const base = (lane >>> 5) * shelf.width * LANES + (lane & 31);
    const handle = chunk.handle[lane];
    let count = 0;
    if (handle === NO_HANDLE) {
      if (chunk.cash[lane] !== Number.POSITIVE_INFINITY) expect.fail(`empty lane ${lane} has cash`);
    } else {
      const located = {} as Rows;
      const isThere = store.locate(handle, located) && located.chunk === chunk && located.base === base && located.lane === lane;
      if (!isThere || store.methodOf(handle) !== shelf.method || seen.has(handle))
        expect.fail(`lane ${lane} is not that of portfolio ${handle}`);
      seen.add(handle);
      count = located.count;
    }
    rows += count;
    for (let j = count; j < shelf.width; j++) {
      const at = base + j * LANES;
      const isBare = chunk.size[at] === 0 && chunk.lots[at] === 0 && chunk.cost.get(at) === 0n;
      if (chunk.line[at] !== PADDING_LINE || !isBare) expect.fail(`row ${j} of lane ${lane} is no padding`);
    }
  }
  return rows;
}
