/**
 * How far apart two ticks are: the largest move of a line's slope, in units of what its market usually moves. A portfolio whose slack is proven to
 * stay above 0 within a radius of the reference tick cannot be breached at any tick that is no further from it. Decides nothing else.
 */
import type { LineTable } from './lines.js';

/** Weight of the latest tick in a market's volatility: some hundred ticks. */
const LATEST = 0.01;
/** In squares of the volatility. */
const JUMP_SQUARES = 16;
/** Before anything has moved: a tenth of a second at some 60 % a year. */
const VOLATILITY_AT_FIRST = 3e-5;
/** A market that hardly moves is taken to move by this share of the mean, so that its first move is not infinitely far. */
const VOLATILITY_MIN_SHARE = 1 / 8;
/** A line whose gains and requirement cancel (a rate near 1) still moves with what its lots are worth. */
const SPEED_MIN_SHARE = 1 / 64;

/** Lines that move together: those of a market's positions, or of one asset's amounts. */
interface Mover {
  readonly first: number;
  readonly end: number;
}

/** How much each market usually moves from tick to tick. */
export class Volatilities {
  readonly slopes: Float64Array;
  readonly movers: readonly Mover[];
  /** By mover: mean square of its relative moves from tick to tick, and what one lot was worth at the last. */
  readonly squares: Float64Array;
  private readonly worths: Float64Array;

  constructor(table: LineTable) {
    this.slopes = table.slopes;
    this.movers = table.movers();
    this.squares = new Float64Array(this.movers.length).fill(VOLATILITY_AT_FIRST ** 2);
    this.worths = new Float64Array(this.movers.length).fill(Number.NaN);
  }

  /** Takes note of how far each market moved since the last tick. */
  observe(): void {
    const { movers, squares, worths, slopes } = this;
    for (let m = 0; m < movers.length; m++) {
      const worth = slopes[movers[m].first];
      const move = worth / worths[m] - 1;
      worths[m] = worth;
      // Not a number before there are two prices. A jump counts as a large move and no more: it says little of the ticks that follow.
      if (!Number.isNaN(move)) squares[m] += LATEST * (Math.min(move * move, JUMP_SQUARES * squares[m]) - squares[m]);
    }
  }
}

/** A tick that others are compared with. */
export class Reference {
  /** By line: Δslope of one unit of distance, at the reference. NaN where the slope was. */
  readonly speeds: Float64Array;
  /** Slopes at the reference. */
  readonly slopes: Float64Array;
  private readonly present: Volatilities;

  constructor(present: Volatilities) {
    const lines = present.slopes.length;
    this.present = present;
    this.speeds = new Float64Array(new SharedArrayBuffer(8 * lines));
    this.slopes = new Float64Array(lines).fill(Number.NaN);
  }

  /** Makes the present tick the reference. */
  set(): void {
    const { speeds } = this;
    const { movers, squares, slopes } = this.present;
    this.slopes.set(slopes);
    const mean = squares.reduce((sum, square) => sum + square, 0) / movers.length;
    for (let m = 0; m < movers.length; m++) {
      const { first, end } = movers[m];
      const volatility = Math.sqrt(Math.max(squares[m], mean * VOLATILITY_MIN_SHARE ** 2));
      let worth = 0;
      for (let line = first; line < end; line++) worth = Math.max(worth, Math.abs(slopes[line]));
      for (let line = first; line < end; line++)
        speeds[line] = volatility * Math.max(Math.abs(slopes[line]), worth * SPEED_MIN_SHARE);
    }
  }

  /** Whether no line has moved further than `radius` from the reference. One that got or lost its price has. */
  isWithin(radius: number): boolean {
    const { slopes, speeds } = this;
    const present = this.present.slopes;
    for (let line = 0; line < slopes.length; line++) {
      if (Math.abs(present[line] - slopes[line]) <= radius * speeds[line]) continue;
      if (!Number.isNaN(present[line]) || !Number.isNaN(slopes[line])) return false;
    }
    return true;
  }

  /** Whether every tick within `innerRadius` of another reference is within `radius` of this one. */
  contains(inner: Reference, innerRadius: number, radius: number): boolean {
    const { slopes, speeds } = this;
    for (let line = 0; line < slopes.length; line++) {
      const farthest = Math.abs(inner.slopes[line] - slopes[line]) + innerRadius * inner.speeds[line];
      if (farthest <= radius * speeds[line]) continue;
      if (!Number.isNaN(inner.slopes[line]) || !Number.isNaN(slopes[line])) return false;
    }
    return true;
  }
}
