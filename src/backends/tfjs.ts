/**
 * The filter on TensorFlow.js: a float32 graph drops the lanes that are safe beyond its own rounding, and the js filter goes over those that it
 * keeps. So both nominate the same portfolios. Needs no TensorFlow.js to be installed before it is asked for.
 */
import { assert } from '../model/errors.js';
import type { Backend, FilterShelf, Pass } from '../scan/backend.js';
import { JsBackend } from '../scan/js-backend.js';
import { PackedLanes } from '../scan/packed.js';
import { LANES } from '../store/shelf.js';
import { bound32, droppedLanes, type Slopes32, slopes32 } from './tfjs-graph.js';
import { type Import, type Loaded, loadTf, type Tensor, TFJS_FLAVOURS, type Tf, type TfjsFlavour } from './tfjs-load.js';

/**
 * Takes the first of the flavours that loads and starts, and makes it TensorFlow.js's present backend, which is one for the whole process.
 * Throws `unavailable` with a reason for each when there is none.
 */
export async function openTfjs(
  flavours: readonly TfjsFlavour[] = TFJS_FLAVOURS,
  load: Import = (name) => import(name),
): Promise<TfjsBackend> {
  return new TfjsBackend(await loadTf(flavours, load));
}

export class TfjsBackend implements Backend {
  readonly name = 'tfjs';
  readonly findsNear = false;
  readonly retier = null;
  readonly flavour: TfjsFlavour;
  /** Why each flavour before it was not taken. */
  readonly passedOver: readonly string[];
  private readonly tf: Tf;
  private readonly js = new JsBackend();
  /** By place in a pass: their memory stays from scan to scan. */
  private readonly kept: PackedLanes[] = [];
  private isClosed = false;

  constructor({ tf, flavour, passedOver }: Loaded) {
    this.tf = tf;
    this.flavour = flavour;
    this.passedOver = passedOver;
  }

  /** Groups are few (2 % of a book with haircuts) and branch at every closing row: they stay with the js filter. */
  scan(pass: Pass): void {
    assert(!this.isClosed, 'expected no scan of a closed backend');
    const { shelves, vectors, into, statistics } = pass;
    // Statistics are of every lane, not of those alone that the graph keeps.
    if (statistics !== null) {
      this.js.scan(pass);
      return;
    }
    const slopes = slopes32(vectors.slopes);
    const left: (FilterShelf | undefined)[] = [];
    this.tf.tidy(() => {
      const tensor = this.tf.tensor(slopes.values, [slopes.values.length], 'float32');
      for (const [place, shelf] of shelves.entries())
        left.push(shelf?.method === 'lines' ? this.keep(place, shelf, slopes, tensor) : shelf);
    });
    this.js.scan({ shelves: left, vectors, into, near: null, statistics });
  }

  /** TensorFlow.js itself stays as it is: it is one for the whole process, and others may use it. */
  close(): void {
    this.isClosed = true;
    this.js.close();
    this.kept.length = 0;
  }

  /** The lanes of a shelf that the graph does not drop. */
  private keep(place: number, shelf: FilterShelf, slopes: Slopes32, tensor: Tensor): PackedLanes | undefined {
    const kept = this.keptAt(place, shelf.width);
    const bound = bound32(shelf.width, slopes.largest);
    for (const [c, chunk] of shelf.chunks.entries()) {
      const count = shelf.slicesIn(c);
      if (count <= 0) continue;
      const lanes = count * LANES;
      const rows = lanes * shelf.width;
      const slices = {
        count,
        width: shelf.width,
        line: new Int32Array(chunk.line.subarray(0, rows)),
        size: chunk.size.slice(0, rows),
        cash: chunk.cash.slice(0, lanes),
      };
      this.tf.tidy(() => {
        const dropped = droppedLanes(this.tf, tensor, slices, bound);
        for (let lane = 0; lane < lanes; lane++) if (dropped[lane] === 0) kept.add(chunk, lane);
      });
    }
    return kept.count === 0 ? undefined : kept;
  }

  private keptAt(place: number, width: number): PackedLanes {
    const present = this.kept[place];
    if (present?.width === width) {
      present.clear();
      return present;
    }
    const fresh = new PackedLanes(width);
    this.kept[place] = fresh;
    return fresh;
  }
}
