/** The filter as typed-array loops: always there, and the measure of the others. */
import { PlimsollError } from '../model/errors.js';
import { type Chunk, LANES } from '../store/shelf.js';
import type { Store } from '../store/store.js';
import type { Backend, HandleList, Nominations } from './backend.js';

/** Rows that one iteration of the inner loop takes at most. */
const UNROLL_MAX = 8;

type Kernel = (
  chunk: Chunk,
  slices: number,
  slopes: Float64Array,
  boundFactor: number,
  nominees: HandleList,
  unpriced: HandleList,
) => void;

/**
 * Relative rounding bound of a slack over S = Σ|z·s|, derived in docs/exactness.md: the float32 size, and float64 arithmetic over
 * `width` rows.
 */
export function boundFactor(width: number): number {
  return 2 ** -24 * (1 + 2 ** -10) + (4 * width + 16) * 2 ** -53;
}

/** Below this a product may have lost digits to underflow; far below any amount of money. */
export const BOUND_ABSOLUTE = 2 ** -960;

/**
 * The loop for one shelf width, written out: lane outer, row inner, unrolled. V8 compiles each width on its own: 21 against 29 ms for one loop
 * with a variable width over the same 10.8 M rows.
 */
function compileKernel(width: number): Kernel {
  const unroll = width <= UNROLL_MAX ? width : width % UNROLL_MAX === 0 ? UNROLL_MAX : 6;
  const terms = Array.from({ length: unroll }, (_, j) => j);
  const products = terms.map((j) => `const p${j} = size[i + ${j * LANES}] * slopes[line[i + ${j * LANES}]];`).join('\n');
  const body = `${products}
    x += ${terms.map((j) => `p${j}`).join(' + ')};
    s += ${terms.map((j) => `Math.abs(p${j})`).join(' + ')};`;
  const inner = unroll === width ? body : `for (const end = i + ${width * LANES}; i < end; i += ${unroll * LANES}) { ${body} }`;
  const source = `
    const { line, size, cash, handle } = chunk;
    const flagged = nominees.handles, unknown = unpriced.handles;
    let n = nominees.count, u = unpriced.count;
    for (let slice = 0; slice < slices; slice++) {
      for (let lane = 0; lane < ${LANES}; lane++) {
        let i = slice * ${width * LANES} + lane, x = cash[slice * ${LANES} + lane], s = 0;
        ${inner}
        if (!(x > s * boundFactor + ${BOUND_ABSOLUTE})) {
          if (x !== x) unknown[u++] = handle[slice * ${LANES} + lane];
          else flagged[n++] = handle[slice * ${LANES} + lane];
        }
      }
    }
    nominees.count = n;
    unpriced.count = u;`;
  try {
    return new Function('chunk', 'slices', 'slopes', 'boundFactor', 'nominees', 'unpriced', source) as Kernel;
  } catch (cause) {
    throw new PlimsollError('unavailable', 'the js backend needs code generation from strings, which this Node forbids', {
      cause,
    });
  }
}

export class JsBackend implements Backend {
  readonly name = 'js';
  private readonly kernels = new Map<number, Kernel>();

  scan(store: Store, slopes: Float64Array, into: Nominations): void {
    into.nominees.count = 0;
    into.unpriced.count = 0;
    for (const shelf of store.shelves) {
      if (shelf === undefined) continue;
      const kernel = this.kernelFor(shelf.width);
      const factor = boundFactor(shelf.width);
      for (const [c, chunk] of shelf.chunks.entries()) {
        const slices = shelf.slicesIn(c);
        into.nominees.ensure(slices * LANES);
        into.unpriced.ensure(slices * LANES);
        kernel(chunk, slices, slopes, factor, into.nominees, into.unpriced);
      }
    }
  }

  private kernelFor(width: number): Kernel {
    let kernel = this.kernels.get(width);
    if (kernel === undefined) {
      kernel = compileKernel(width);
      this.kernels.set(width, kernel);
    }
    return kernel;
  }
}
