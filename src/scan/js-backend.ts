/** The filter as typed-array loops: always there, and the measure of the others. */
import { PlimsollError } from '../model/errors.js';
import { LANES, type Method, NO_HANDLE } from '../store/shelf.js';
import type { Backend, FilterChunk, FilterShelf, HandleList, Near, Pass, Vectors } from './backend.js';
import { addChunk, clearStatistics } from './statistics.js';

/** Rows that one iteration of the inner loop takes at most. */
const UNROLL_MAX = 8;

type Kernel = (
  chunk: FilterChunk,
  slices: number,
  vectors: Vectors,
  boundFactor: number,
  nominees: HandleList,
  unpriced: HandleList,
  near: Near | null,
  firstSlot: number,
  slacks: Float64Array,
) => void;

/** What a kernel does beside nominating. */
interface Extras {
  /** Lists the lanes that are near. */
  readonly near: boolean;
  /** Leaves each lane's slack. */
  readonly slacks: boolean;
}

/**
 * Relative rounding bound of a slack over S = Σ|z·s|, derived in docs/exactness.md: the float32 size, and float64 arithmetic over
 * `width` rows.
 */
export function boundFactor(width: number): number {
  return 2 ** -24 * (1 + 2 ** -10) + (8 * width + 64) * 2 ** -53;
}

/** Below this a product may have lost digits to underflow; far below any amount of money. */
export const BOUND_ABSOLUTE = 2 ** -760;

/** How a method's loop goes over the rows of a lane; `i` is the lane's first row, x its slack, s its S, e the equity of a group. */
interface Loop {
  /** Before the lanes. */
  readonly prelude: string;
  /** Rows i, i + 32, …, so many of them. */
  readonly rows: (count: number) => string;
  /** The same rows' part in d, the slack that the lane loses per unit of distance. */
  readonly speeds: (count: number) => string;
}

const each = (count: number, text: (offset: number, j: number) => string, separator = '\n'): string =>
  Array.from({ length: count }, (_, j) => text(j * LANES, j)).join(separator);

const LOOPS: Readonly<Record<Method, Loop>> = {
  /** Every row adds size · slope to slack. */
  lines: {
    prelude: 'const { slopes } = vectors;',
    rows: (count) => `
      ${each(count, (offset, j) => `const p${j} = size[i + ${offset}] * slopes[line[i + ${offset}]];`)}
      x += ${each(count, (_, j) => `p${j}`, ' + ')};
      s += ${each(count, (_, j) => `Math.abs(p${j})`, ' + ')};`,
    speeds: (count) => each(count, (offset) => `d += Math.abs(size[i + ${offset}]) * speeds[line[i + ${offset}]];`),
  },
  /**
   * Every row adds to its group's equity e or, beside it, to slack; a closing row puts a lower bound of e through its asset's segments. Lines
   * are taken as 32-bit integers: V8 would double an unsigned one in floating point, at three times the cost.
   */
  groups: {
    prelude: `const { pairs, firstClosing } = vectors;
    const { starts, breaks, gains, constants } = vectors.closings;`,
    rows: (count) =>
      each(
        count,
        (offset) => `{
        const l = line[i + ${offset}] | 0, z = size[i + ${offset}];
        const p = z * pairs[l << 1], q = z * pairs[(l << 1) | 1];
        e += p;
        x += q;
        s += Math.abs(p) + Math.abs(q);
        if (l >= firstClosing) {
          const low = e - s * boundFactor;
          let k = starts[l - firstClosing] | 0;
          const last = (starts[l - firstClosing + 1] | 0) - 1;
          while (k < last && low >= breaks[k + 1]) k++;
          x += gains[k] * low + constants[k];
          s += 4 * Math.abs(low);
          e = 0;
        }
      }`,
      ),
    speeds: () => '',
  },
};

/**
 * The loop for one method and shelf width, written out: lane outer, row inner, unrolled. V8 compiles each on its own: 21 against 29 ms for one
 * loop with a variable width over 10.8 M rows. Wide lanes that are empty, as most are in a hot set, are passed over.
 */
function compileKernel({ method, width }: FilterShelf, { near, slacks }: Extras): Kernel {
  const loop = LOOPS[method];
  const unroll = width <= UNROLL_MAX ? width : width % UNROLL_MAX === 0 ? UNROLL_MAX : 6;
  const body = loop.rows(unroll) + (near ? loop.speeds(unroll) : '');
  const inner = unroll === width ? body : `for (const end = i + ${width * LANES}; i < end; i += ${unroll * LANES}) { ${body} }`;
  const source = `
    const { line, size, cash, handle } = chunk;
    ${loop.prelude}
    const flagged = nominees.handles, unknown = unpriced.handles;
    let n = nominees.count, u = unpriced.count;
    ${near ? 'const { speeds, radius } = near, slots = near.lanes.slot; let m = near.lanes.count;' : ''}
    for (let slice = 0; slice < slices; slice++) {
      for (let lane = 0; lane < ${LANES}; lane++) {
        ${width > UNROLL_MAX ? `if (handle[slice * ${LANES} + lane] === ${NO_HANDLE}) continue;` : ''}
        let i = slice * ${width * LANES} + lane, x = cash[slice * ${LANES} + lane], s = 0, e = 0, d = 0;
        ${inner}
        const threshold = s * boundFactor + ${BOUND_ABSOLUTE};
        if (!(x > threshold)) {
          if (x !== x) unknown[u++] = handle[slice * ${LANES} + lane];
          else flagged[n++] = handle[slice * ${LANES} + lane];
        }
        ${near ? `if (!(x > threshold + d * radius)) slots[m++] = firstSlot + slice * ${LANES} + lane;` : ''}
        ${slacks ? `slacks[slice * ${LANES} + lane] = x;` : ''}
      }
    }
    nominees.count = n;
    unpriced.count = u;
    ${near ? 'near.lanes.count = m;' : ''}`;
  const parameters = ['chunk', 'slices', 'vectors', 'boundFactor', 'nominees', 'unpriced', 'near', 'firstSlot', 'slacks'];
  try {
    return new Function(...parameters, source) as Kernel;
  } catch (cause) {
    throw new PlimsollError('unavailable', 'the js backend needs code generation from strings, which this Node forbids', {
      cause,
    });
  }
}

const NO_SLACKS = new Float64Array(0);

export class JsBackend implements Backend {
  readonly name = 'js';
  readonly findsNear = true;
  readonly retier = null;
  private readonly kernels = new Map<string, Kernel>();

  scan(pass: Pass): void {
    const { shelves, into, near, statistics } = pass;
    into.nominees.count = 0;
    into.unpriced.count = 0;
    if (near !== null) near.lanes.count = 0;
    if (statistics !== null) clearStatistics(statistics);
    for (const [index, shelf] of shelves.entries()) if (shelf !== undefined) this.scanShelf(pass, shelf, index);
  }

  close(): void {
    this.kernels.clear();
  }

  private scanShelf({ vectors, into, near, statistics }: Pass, shelf: FilterShelf, index: number): void {
    // Lanes of groups are not told: they are scanned at every tick.
    const wanted = shelf.method === 'lines' ? near : null;
    const kernel = this.kernelFor(shelf, { near: wanted !== null, slacks: statistics !== null });
    const factor = boundFactor(shelf.width);
    let firstSlot = 0;
    for (const [c, chunk] of shelf.chunks.entries()) {
      const slices = shelf.slicesIn(c);
      const lanes = Math.max(0, slices * LANES);
      into.nominees.ensure(lanes);
      into.unpriced.ensure(lanes);
      wanted?.lanes.ensure(lanes);
      const first = wanted?.lanes.count;
      const slacks = statistics === null ? NO_SLACKS : new Float64Array(lanes);
      kernel(chunk, slices, vectors, factor, into.nominees, into.unpriced, wanted, firstSlot, slacks);
      wanted?.lanes.shelf.fill(index, first, wanted.lanes.count);
      if (statistics !== null) addChunk(statistics, vectors, shelf, chunk, slacks);
      firstSlot += chunk.cash.length;
    }
  }

  private kernelFor(shelf: FilterShelf, extras: Extras): Kernel {
    const name = `${shelf.method} ${shelf.width} ${extras.near} ${extras.slacks}`;
    let kernel = this.kernels.get(name);
    if (kernel === undefined) {
      kernel = compileKernel(shelf, extras);
      this.kernels.set(name, kernel);
    }
    return kernel;
  }
}
