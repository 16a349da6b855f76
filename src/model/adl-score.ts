/** How urgently a position is deleveraged: exact scores by method, and the five lights of a queue. Knows no portfolios and no queue's order. */
import type { AdlMethod } from './book-port.js';
import { absolute, add, compare, divide, type Fraction, multiply, ONE, reduce, sign, subtract, ZERO } from './fraction.js';

/** A position and its portfolio, all in one asset. */
export interface AdlPosition {
  /** Signed worth at entry and at the mark: PnL is the latter less the former. */
  readonly entryValue: Fraction;
  readonly markValue: Fraction;
  /** The equity of its portfolio. */
  readonly equity: Fraction;
}

/**
 * The score by which counterparties are ranked, highest first; null: never a target. Exact; with pnl = markValue − entryValue and leverage =
 * |markValue| / equity:
 * - `queue`: pnl/|entryValue| · leverage, and pnl/|entryValue| ÷ leverage below zero (BitMEX);
 * - `hyperliquid`: mark/entry · leverage of a long, entry/mark · leverage of a short;
 * - `pro-rata`: pnl, when above zero; else null.
 *
 * A portfolio with no equity (≤ 0) is never a target: it has nothing to give. A position that entered at a worth of 0 has its PnL measured
 * by its worth at the mark instead. At the mark's 0 leverage is 0: profits score 0, losses are no targets of `queue`. Where mark and entry are
 * on two sides of zero their ratio says nothing, and `hyperliquid` takes 1 + pnl/|entryValue|.
 */
export function adlScore(method: AdlMethod, { entryValue, markValue, equity }: AdlPosition): Fraction | null {
  if (equity.n <= 0n) return null;
  const pnl = subtract(markValue, entryValue);
  if (method === 'pro-rata') return pnl.n > 0n ? reduce(pnl) : null;
  const base = absolute(entryValue.n === 0n ? markValue : entryValue);
  const gain = base.n === 0n ? ZERO : divide(pnl, base);
  const leverage = divide(absolute(markValue), equity);
  if (method === 'hyperliquid') return reduce(multiply(priceRatio(entryValue, markValue, gain), leverage));
  if (gain.n >= 0n) return reduce(multiply(gain, leverage));
  return leverage.n === 0n ? null : reduce(divide(gain, leverage));
}

/**
 * mark/entry of what gains when its price rises, entry/mark of what gains when it falls. What is worth more than nothing gains as its worth
 * grows, and what is worth less as that comes nearer to nothing: so of worths it is mark/entry above zero and entry/mark below, inverse contracts
 * (which are worth −1/price) included.
 */
function priceRatio(entryValue: Fraction, markValue: Fraction, gain: Fraction): Fraction {
  if (sign(entryValue) * sign(markValue) <= 0) return add(ONE, gain);
  return entryValue.n > 0n ? divide(markValue, entryValue) : divide(entryValue, markValue);
}

/** A position in a queue: lots above zero. */
export interface Ranked {
  readonly lots: number;
  readonly score: Fraction;
}

const LIGHTS = 5;

/** In which fifth of a queue of `total` lots the last of the first `cumulative` lies, from 1: ⌈5 · cumulative / total⌉. */
export function fifthOf(cumulative: bigint, total: bigint): number {
  return Number((BigInt(LIGHTS) * cumulative + total - 1n) / total);
}

/** Lights of a fifth: 5 for the first of a queue, 1 for the last. */
export function lightsOf(fifth: number): number {
  return LIGHTS + 1 - fifth;
}

/**
 * Percentile of each position in its queue, in the order given: 20, 40, 60, 80 or 100, the fifth of all lots in which its last one lies when the
 * highest scores come first (equal ones: the earlier given). 20 is deleveraged first. BitMEX, auto-deleveraging examples.
 */
export function percentiles(rows: readonly Ranked[]): number[] {
  const order = rows.map((_, i) => i).sort((a, b) => compare(rows[b].score, rows[a].score) || a - b);
  const total = rows.reduce((sum, row) => sum + BigInt(row.lots), 0n);
  const found = rows.map(() => 0);
  let cumulative = 0n;
  for (const i of order) {
    cumulative += BigInt(rows[i].lots);
    found[i] = (fifthOf(cumulative, total) * 100) / LIGHTS;
  }
  return found;
}

/** Lights of each position, in the order given: 5 for the first fifth of a queue, 1 for the last. */
export function fiveLights(rows: readonly Ranked[]): number[] {
  return percentiles(rows).map((percentile) => lightsOf((percentile * LIGHTS) / 100));
}
