/** Finds the portfolios that have a row on a stale line: those whose market left its window. */
import { LANES } from '../store/shelf.js';
import type { Store } from '../store/store.js';
import type { HandleList } from './backend.js';

/** In the order of shelves, chunks and lanes. `stale` is by line. The answer is of `into`, and valid until it is used again. */
export function findStale(store: Store, stale: Uint8Array, into: HandleList): Uint32Array {
  into.count = 0;
  for (const shelf of store.shelves) {
    if (shelf === undefined) continue;
    for (const [c, chunk] of shelf.chunks.entries()) {
      const lanes = shelf.slicesIn(c) * LANES;
      into.ensure(lanes);
      for (let lane = 0; lane < lanes; lane++) {
        const base = (lane >>> 5) * shelf.width * LANES + (lane & 31);
        let hit = 0;
        for (let j = 0; j < shelf.width; j++) hit |= stale[chunk.line[base + j * LANES]];
        if (hit !== 0) into.handles[into.count++] = chunk.handle[lane];
      }
    }
  }
  return into.view();
}
