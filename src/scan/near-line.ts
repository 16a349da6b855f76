/**
 * The watch list: every portfolio whose equity is below a multiple of its maintenance, breached or not. Float64 sums over the filter's columns say who surely
 * is not; the verdict decides the rest. The derivation of the bound is in docs/exactness.md, section 3f.
 */
import { compare, type Fraction, fractionToNumber, multiply, ONE, subtract } from '../model/fraction.js';
import { isPlain } from '../model/instruments.js';
import { compareIds } from '../model/portfolio.js';
import type { Valuation } from '../model/records.js';
import { LANES, NO_HANDLE, type Shelf } from '../store/shelf.js';
import { BOUND_ABSOLUTE, boundFactor } from './js-backend.js';
import type { LiveBook } from './live-book.js';
import type { Scanner } from './scanner.js';
import { fromUpperHalf } from './statistics.js';

export interface NearRow extends Valuation {
  readonly portfolio: string;
}

/** Below this a rate does not bound what a requirement's constant is off by. */
const RATE_MIN = 2 ** -20;
/** The same of rows. */
const WIDTH_MAX = 2 ** 8;
/** What the sum of the rows' requirements and its constants' roundings are raised by. */
const NEED_ABOVE = 1 + 2 ** -20;
/** Statistics keep the constant to eight bits, to nearest. */
const FIXED_ERROR = 2 ** -8;
const FIXED_ABSOLUTE = 2 ** -120;
const ABOVE = 1 + 2 ** -30;

/** Equity below `below` · maintenance, and a maintenance above 0; the lowest ratio of the two first, ties by id. At the present prices. */
export function nearLine({ book, verdict }: Scanner, below: Fraction): NearRow[] {
  const excess = Math.max(0, fractionToNumber(subtract(below, ONE))) * ABOVE;
  const terms = termsOf(book);
  const found: Ranked[] = [];
  const decide = (handle: number): void => {
    if (verdict.judge(handle) === 'unpriced') return;
    const { equity, maintenance } = verdict.valuation();
    if (maintenance.n <= 0n || compare(equity, multiply(below, maintenance)) >= 0) return;
    const ratio = fractionToNumber(equity) / fractionToNumber(maintenance);
    found.push({ portfolio: book.store.idOf(handle), equity, maintenance, ratio });
  };
  for (const shelf of book.store.shelves) if (shelf !== undefined) nominate(shelf, terms, excess, decide);
  found.sort(compareRatios);
  return found.map(({ ratio: _, ...row }) => row);
}

/** By line, two each: what one lot adds to slack, and its requirement. NaN where its part in a requirement is not bounded by that. */
function termsOf({ lines, instruments }: LiveBook): Float64Array {
  const terms = new Float64Array(2 * lines.slopes.length).fill(Number.NaN);
  terms.fill(0, 0, 2);
  for (const { firstLine, orderLine, settleAsset, rates } of lines.markets) {
    if (settleAsset !== instruments.valuation.index || !isPlain(instruments.valuation) || rates[0] < RATE_MIN) continue;
    for (let line = firstLine; line < orderLine; line++) {
      terms[2 * line] = lines.slopes[line];
      terms[2 * line + 1] = lines.needs[line];
    }
  }
  return terms;
}

/** Asks to decide every portfolio of which it is not certain that slack > (below − 1) · maintenance. */
function nominate(shelf: Shelf, terms: Float64Array, excess: number, decide: (handle: number) => void): void {
  const { width, method } = shelf;
  const factor = boundFactor(width);
  const canBound = method === 'lines' && width <= WIDTH_MAX;
  for (const [c, { line, size, cash, handle, fixed }] of shelf.chunks.entries()) {
    const lanes = shelf.slicesIn(c) * LANES;
    for (let lane = 0; lane < lanes; lane++) {
      if (handle[lane] === NO_HANDLE) continue;
      // One declaration each: a list of them would be made anew for every lane.
      let slack = cash[lane];
      let magnitude = 0;
      let need = 0;
      const base = (lane >>> 5) * width * LANES + (lane & 31);
      for (let row = base; row < base + width * LANES; row += LANES) {
        const term = line[row] << 1;
        const part = size[row] * terms[term];
        slack += part;
        magnitude += Math.abs(part);
        need += Math.abs(size[row]) * terms[term + 1];
      }
      const constant = fromUpperHalf(fixed[lane]);
      const most = need * NEED_ABOVE - constant + Math.abs(constant) * FIXED_ERROR + FIXED_ABSOLUTE;
      if (canBound && slack > magnitude * factor + BOUND_ABSOLUTE + excess * most) continue;
      decide(handle[lane]);
    }
  }
}

interface Ranked extends NearRow {
  /** equity / maintenance, within a few roundings. */
  readonly ratio: number;
}

/** Ratios as floats that differ by more than this, relatively, differ the same way exactly. */
const CERTAIN = 1e-12;

function compareRatios(a: Ranked, b: Ranked): number {
  if (Math.abs(a.ratio - b.ratio) > CERTAIN * Math.max(Math.abs(a.ratio), Math.abs(b.ratio))) return a.ratio - b.ratio;
  return compare(multiply(a.equity, b.maintenance), multiply(b.equity, a.maintenance)) || compareIds(a.portfolio, b.portfolio);
}
