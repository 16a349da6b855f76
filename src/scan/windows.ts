/**
 * Windows: the range of valuations over which a row's line bounds its requirement from above. Assigns rows to lines, says which
 * markets have left their windows. The derivation is in docs/exactness.md.
 */
import type { Columns } from '../model/named-buffers.js';
import type { LineTable, MarketLines } from './lines.js';
import { lineOf, requirementNumber, tierOf } from './lines.js';

/** ρ: a row's line holds while v/v₀ is in [1/(1 + ρ), 1 + ρ]. */
export const WINDOW = 0.05;
/** Computed a little wider than it is tested, so that no rounding at its edge matters. */
export const WINDOW_WITH_SLACK = WINDOW * (1 + 1e-9);
/** Notionals are taken a little larger where a step could otherwise be missed by a rounding. */
export const ABOVE = 1 + 1e-12;

/** A row's place: its line in block 0, and the constant that goes with it into the filter's cash. */
export interface RowTerm {
  line: number;
  /** deduction − guard (or −requirement when it is on entry): what slack gains beside slope·size. */
  constant: number;
  /** Sum of the magnitudes that `constant` was computed from: what its rounding error scales with. */
  magnitude: number;
}

/** How far a lot's accrued funding may go from that at the reference, as a share of its reference valuation. */
const FUNDING_WINDOW = 0.01;
/** More than what any float64 here is off by, relatively. */
export const ROUNDING = 1e-9;

/** Bounds of a sum of what rows are worth as long as their markets stay in their windows. */
export interface Reach {
  low: number;
  high: number;
}

/** A requirement on what a row is worth at its entry (or an order at its limit price) does not move: −f is a constant. */
export function assignOnEntry(market: MarketLines, lots: number, entry: number, into: RowTerm): void {
  const notional = Math.abs(entry) * ABOVE;
  const tier = tierOf(market, notional);
  into.line = lineOf(market, 0, 0, lots);
  into.constant = -requirementNumber(market, notional);
  into.magnitude = notional * market.rates[tier] + market.deductions[tier];
}

export class Windows {
  private readonly lines: LineTable;
  /** v₀ by market: the valuation that its rows are assigned at. NaN before the first mark. */
  readonly references: Float64Array;
  /** Accrued funding of a lot when the reference was set. */
  private readonly accrued: Float64Array;

  constructor(lines: LineTable) {
    this.lines = lines;
    this.references = new Float64Array(lines.markets.length).fill(Number.NaN);
    this.accrued = new Float64Array(lines.markets.length);
  }

  /** Where rows were assigned: not a function of the present prices. */
  columns(): Columns {
    return { references: this.references, accrued: this.accrued };
  }

  /** Whether rows of the market are no longer bounded by their lines. */
  hasLeft(market: number): boolean {
    return this.hasMoved(market, 1);
  }

  /**
   * Moves the reference of every market that has gone half of its way to the edge, and returns those markets: their rows must be
   * assigned anew. Markets fall together, and one sweep for many costs little more than one for one.
   */
  recentre(): number[] {
    const moved: number[] = [];
    for (let market = 0; market < this.references.length; market++) {
      if (!this.hasMoved(market, 1 / 2)) continue;
      this.references[market] = this.lines.valuations[market];
      this.accrued[market] = this.lines.accrued[market];
      moved.push(market);
    }
    return moved;
  }

  /** Widens bounds in the settle asset by what a position is worth less its entry, and by the rounding of all of it. */
  extend(marketIndex: number, lots: number, entry: number, into: Reach): void {
    const reference = lots * this.references[marketIndex];
    const accrued = lots * this.accrued[marketIndex];
    const reach = Math.abs(reference) * (WINDOW + FUNDING_WINDOW);
    const rounding = ROUNDING * (Math.abs(reference) + Math.abs(accrued) + Math.abs(entry));
    const centre = reference - accrued - entry;
    into.low += centre - reach - rounding;
    into.high += centre + reach + rounding;
  }

  /** Whether a market has gone this share of its way to the edge of its window. */
  private hasMoved(market: number, share: number): boolean {
    const valuation = this.lines.valuations[market];
    const reference = this.references[market];
    if (Number.isNaN(valuation)) return false;
    if (valuation !== reference) {
      const ratio = valuation / reference;
      const window = WINDOW * share;
      if (!(ratio >= 1 / (1 + window) && ratio <= 1 + window)) return true;
    }
    // Funding moves the equity in an asset, and only where that decides on segments does it matter how far.
    if (this.lines.markets[market].blocks === 1) return false;
    return Math.abs(this.lines.accrued[market] - this.accrued[market]) > Math.abs(reference) * FUNDING_WINDOW * share;
  }

  /** Assigns a row: fills `into` with its line and constant, in the settle asset. `entry` is its worth at entry there. */
  assign(marketIndex: number, lots: number, entry: number, into: RowTerm): void {
    const market = this.lines.markets[marketIndex];
    if (market.onEntry) assignOnEntry(market, lots, entry, into);
    else this.assignOnMark(market, lots, this.references[marketIndex], into);
  }

  /**
   * The tangent line of the tier k at the window's low end n₀/(1 + ρ), lowered by the guard g = f(n₀(1+ρ)) − line_k(n₀(1+ρ)): f − line_k
   * is convex, 0 at the low end, so line_k + g ≥ f all through the window. A stepped table is not convex: its row takes the
   * dearest rate in the window. A market without a mark has no reference: its rows are unpriced on any line.
   */
  private assignOnMark(market: MarketLines, lots: number, reference: number, into: RowTerm): void {
    const notional = Math.abs(lots * reference);
    const high = notional * (1 + WINDOW_WITH_SLACK) * ABOVE;
    const tier = market.stepped ? tierOf(market, high) : tierOf(market, notional / (1 + WINDOW_WITH_SLACK));
    into.line = lineOf(market, 0, tier, lots);
    into.constant = 0;
    into.magnitude = 0;
    if (market.stepped || !(notional > 0)) return;
    const line = market.rates[tier] * high - market.deductions[tier];
    const guard = Math.max(0, requirementNumber(market, high) - line);
    into.constant = market.deductions[tier] - guard;
    into.magnitude = 2 * (high * market.rates[market.rates.length - 1] + market.deductions[market.deductions.length - 1]);
  }
}
