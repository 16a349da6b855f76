/**
 * The filter of `lines` shelves as a TensorFlow graph in float32, with the bound that makes it safe: a lane that it drops is one that the js
 * filter would not nominate. Derived in docs/exactness.md, section 3c. Knows nothing of handles and of what a lane holds.
 */
import { assert } from '../model/errors.js';
import { boundFactor } from '../scan/js-backend.js';
import { LANES } from '../store/shelf.js';
import type { Tensor, Tf } from './tfjs-load.js';

/** Unit roundoff of float64, and of float32. */
const U = 2 ** -53;
const V = 2 ** -24;
/** The smallest normal float32: a device may take less for 0. */
const NORMAL_MIN = 2 ** -126;
const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;
/** Rows of a portfolio; the bound's second order has been estimated up to here. */
const WIDTH_MAX = 2 ** 20;
/** S is multiplied with this first, so that it overflows, and its lane is kept, long before anything that was left out of it can. */
const HEADROOM = 4;
/** More than what rounding B and A and evaluating S·B + A in float32 may take away. */
const ROUNDED_UP = 1 + 2 ** -20;

/** Slopes as the graph takes them. */
export interface Slopes32 {
  /** To the nearest float32; NaN where float32 holds no normal number that is near, or there is no price. */
  readonly values: Float32Array;
  /** The largest magnitude among them. */
  readonly largest: number;
}

export function slopes32(slopes: Float64Array): Slopes32 {
  const values = new Float32Array(slopes.length);
  let largest = 0;
  for (let line = 0; line < slopes.length; line++) {
    const magnitude = Math.abs(slopes[line]);
    if (magnitude === 0) continue;
    const isNormal = magnitude >= NORMAL_MIN && magnitude <= FLOAT32_MAX;
    values[line] = isNormal ? slopes[line] : Number.NaN;
    if (isNormal && magnitude > largest) largest = Math.abs(values[line]);
  }
  return { values, largest };
}

/** A lane is dropped only when X > S·factor + absolute, X and S being its slack and Σ|z·s| as float32 gives them. */
export interface Bound32 {
  readonly factor: number;
  readonly absolute: number;
}

export function bound32(width: number, largestSlope: number): Bound32 {
  assert(width <= WIDTH_MAX, `expected a width of at most ${WIDTH_MAX}`);
  // Slope, product and w additions: w + 2 roundings of a term.
  const gamma = ((width + 2) * V) / (1 - (width + 2) * V);
  // What the js filter keeps, over the exact sum: its own bound, and twice its own rounding.
  const js = boundFactor(width) + 4 * (width + 1) * U;
  const factor = (1 + gamma) * ((1 + gamma) * js + 2 * gamma);
  const absolute = 2 * width * NORMAL_MIN * (largestSlope + 5) + 2 ** -100;
  return { factor: Math.fround(factor * ROUNDED_UP), absolute: Math.fround(absolute * ROUNDED_UP) };
}

/** Copied columns of slices: some flavours keep and may reuse the memory that they are given. */
export interface Slices {
  readonly count: number;
  readonly width: number;
  readonly line: Int32Array;
  readonly size: Float32Array;
  readonly cash: Float32Array;
}

/** By lane: 0 where it is kept. `slopes` is a tensor of one axis, by line. Call it in `tidy`. */
export function droppedLanes(
  tf: Tf,
  slopes: Tensor,
  { count, width, line, size, cash }: Slices,
  bound: Bound32,
): ArrayLike<number> {
  const rows = [count, width, LANES];
  const products = tf.mul(tf.gather(slopes, tf.tensor(line, rows, 'int32')), tf.tensor(size, rows, 'float32'));
  const slack = tf.add(tf.sum(products, 1), tf.tensor(cash, [count, LANES], 'float32'));
  const scaled = tf.mul(tf.sum(tf.abs(products), 1), tf.scalar(HEADROOM, 'float32'));
  const least = tf.add(tf.mul(scaled, tf.scalar(bound.factor / HEADROOM, 'float32')), tf.scalar(bound.absolute, 'float32'));
  // Not `lessEqual`: a comparison with NaN is false, and NaN is kept.
  return tf.greater(slack, least).dataSync();
}
