/**
 * Closings: what the equity of an asset counts less what it needs when it is owed, as segments of a rising, piecewise linear function.
 * A group of rows on a `groups` shelf ends with one: its sum, the equity in the asset, is put through this function and starts again.
 */
import { add, type Fraction, fractionToNumber, fromDecimal, multiply, negate, ONE, subtract, ZERO } from '../model/fraction.js';
import type { Asset } from '../model/instruments.js';

/** From `from` (null: −∞) on, an equity E counts gain·E + constant. */
interface Segment {
  readonly from: Fraction | null;
  readonly gain: Fraction;
  readonly constant: Fraction;
}

/** Ascending: what is owed by borrow tier, dearest first, at 1 + rate; then the haircut bands at 1 − haircut. */
function segmentsOf({ borrow, haircuts }: Asset): Segment[] {
  const segments: Segment[] = [];
  const tiers = borrow === null ? [{ rate: ZERO, deduction: ZERO }] : borrow.tiers;
  for (const [i, { rate, deduction }] of tiers.toReversed().entries()) {
    const next = borrow?.tiers[tiers.length - i];
    segments.push({
      from: next === undefined ? null : negate(fromDecimal(next.floor)),
      gain: add(ONE, rate),
      constant: deduction,
    });
  }
  let [constant, last] = [ZERO, haircuts[0].haircut];
  for (const { floor, haircut } of haircuts) {
    constant = add(constant, multiply(fromDecimal(floor), subtract(haircut, last)));
    segments.push({ from: fromDecimal(floor), gain: subtract(ONE, haircut), constant });
    last = haircut;
  }
  return segments;
}

/** Breaks are moved up by more than their rounding: where a stepped table jumps, the dearer side is taken. */
const BREAK_ABOVE = 2 ** -49;

export class Closings {
  /** Asset index to its first segment; one more at the end. */
  readonly starts: Uint32Array;
  /** By segment: where it begins (of no meaning for an asset's first) and its constant, both times the asset's index price; and its gain. */
  readonly breaks: Float64Array;
  readonly constants: Float64Array;
  readonly gains: Float64Array;
  private readonly froms: Float64Array;
  private readonly bases: Float64Array;

  constructor(assets: readonly Asset[]) {
    const tables = assets.map(segmentsOf);
    this.starts = new Uint32Array(assets.length + 1);
    for (const [asset, table] of tables.entries()) this.starts[asset + 1] = this.starts[asset] + table.length;
    const all = tables.flat();
    this.froms = Float64Array.from(all, ({ from }) => (from === null ? 0 : fractionToNumber(from)));
    this.bases = Float64Array.from(all, ({ constant }) => fractionToNumber(constant));
    this.gains = Float64Array.from(all, ({ gain }) => fractionToNumber(gain));
    this.breaks = new Float64Array(all.length);
    this.constants = new Float64Array(all.length);
  }

  segmentsOf(asset: number): number {
    return this.starts[asset + 1] - this.starts[asset];
  }

  /** What a unit of the asset's equity counts on one of its segments. */
  gainOf(asset: number, segment: number): number {
    return this.gains[this.starts[asset] + segment];
  }

  /** What an equity on the segment counts beside gain · equity, in the asset. */
  constantOf(asset: number, segment: number): number {
    return this.bases[this.starts[asset] + segment];
  }

  /** The segment of an asset on which all of [low, high] lies, well within; −1 when there is none, or an end is not a number. */
  segmentWithin(asset: number, low: number, high: number): number {
    const first = this.starts[asset];
    const last = this.starts[asset + 1] - 1;
    for (let segment = first; segment <= last; segment++) {
      const isAbove = segment === first || low > this.froms[segment];
      const isBelow = segment === last || high < this.froms[segment + 1];
      if (isAbove && isBelow) return Number.isNaN(low + high) ? -1 : segment - first;
    }
    return -1;
  }

  setIndex(asset: number, price: number): void {
    for (let segment = this.starts[asset]; segment < this.starts[asset + 1]; segment++) {
      const from = this.froms[segment] * price;
      this.breaks[segment] = from + Math.abs(from) * BREAK_ABOVE;
      this.constants[segment] = this.bases[segment] * price;
    }
  }

  /** At most what an amount of the asset counts, in the asset; within a few roundings. For an amount that no mark moves. */
  floorOf(asset: number, amount: number): number {
    // Rising in the amount: a little less of it is never more.
    const low = amount - Math.abs(amount) * BREAK_ABOVE;
    const above = (segment: number): number => this.froms[segment] + Math.abs(this.froms[segment]) * BREAK_ABOVE;
    let segment = this.starts[asset];
    while (segment + 1 < this.starts[asset + 1] && low >= above(segment + 1)) segment++;
    const counted = this.gains[segment] * low + this.bases[segment];
    // The line and its sum are within fourteen roundings; beside a break the neighbour's differs by as much as the break was moved.
    return counted - Math.abs(low) * 4 * BREAK_ABOVE;
  }
}
