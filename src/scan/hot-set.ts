/**
 * The hot set: between full scans, only the portfolios that can have been breached since are scanned, packed into slices of their own. There are two
 * rings of them: a wide one, which is seldom filled, by a full scan, and in it a narrow one, which is filled by scanning the wide one. Exact: what is
 * found is what a full scan would find. The derivation is in docs/exactness.md.
 */
import { LANES, type Shelf } from '../store/shelf.js';
import type { Backend, Nominations } from './backend.js';
import { Volatilities } from './distance.js';
import type { LineTable } from './lines.js';
import { Ring, rowsOf } from './ring.js';
import type { Statistics } from './statistics.js';

/** In units of distance: so many ticks' usual moves, all in one direction. */
const RADIUS_AT_FIRST = 64;
const INNER_RADIUS_AT_FIRST = 16;
/** Packing a lane against scanning a row, as a weight. It takes longer than that from cold memory, but more made no better radius (docs/kernels.md). */
const PACKING_COST_ROWS = 24;
const PACKING_COST_ROWS_NATIVE = 64;
/** A wide ring above this share of all lanes, or so many lanes changed since, is not worth its upkeep. */
const SHARE_MAX = 1 / 8;
/** A narrow ring that is hardly left before the wide one is would not be worth its own. */
const INNER_RADIUS_SHARE_MAX = 1 / 2;

/** Statistics that the next full scan is to fill; an urgent wish makes the next scan a full one. */
export interface WantedStatistics {
  readonly statistics: Statistics;
  readonly isUrgent: boolean;
}

/** How many scans were of everything, of the wide ring, and of the narrow one. */
export interface HotCounts {
  full: number;
  warm: number;
  hot: number;
  /** Lanes in the wide ring now, and in the narrow one. */
  warmLanes: number;
  lanes: number;
}

export class HotSet {
  readonly counts: HotCounts = { full: 0, warm: 0, hot: 0, warmLanes: 0, lanes: 0 };
  readonly outer: Ring;
  readonly inner: Ring;
  private readonly table: LineTable;
  private readonly backend: Backend;
  private readonly shelves: readonly (Shelf | undefined)[];
  private readonly volatilities: Volatilities;
  /** Whether the wide ring holds wherever the narrow one does: comparing a tick with one reference takes as long as scanning thousands of rows. */
  private isContained = false;

  constructor(table: LineTable, shelves: readonly (Shelf | undefined)[], backend: Backend) {
    this.table = table;
    this.shelves = shelves;
    this.backend = backend;
    this.volatilities = new Volatilities(table);
    const packingCost = backend.name === 'js' ? PACKING_COST_ROWS : PACKING_COST_ROWS_NATIVE;
    this.outer = new Ring(this.volatilities, RADIUS_AT_FIRST, packingCost);
    this.inner = new Ring(this.volatilities, INNER_RADIUS_AT_FIRST, packingCost);
  }

  /** Scans as the backend would, or less: finds the same. Returns whether it scanned everything, and with that made the statistics. */
  scan(into: Nominations, wanted: WantedStatistics | null): boolean {
    const { outer, inner, counts } = this;
    this.volatilities.observe();
    const isInside = inner.holds();
    const isFull = wanted?.isUrgent === true || !((isInside && this.isContained) || outer.holds()) || !this.refresh();
    if (isFull) this.scanAll(into, wanted?.statistics ?? null);
    else if (isInside) this.scanHot(into);
    else this.scanWarm(into);
    counts.warmLanes = outer.isFilled ? outer.lanes : 0;
    counts.lanes = inner.isFilled ? inner.lanes : counts.warmLanes;
    return isFull;
  }

  private scanAll(into: Nominations, statistics: Statistics | null): void {
    const { outer, shelves, table: vectors } = this;
    this.counts.full += 1;
    this.inner.abandon();
    const near = outer.begin() ? outer.near : null;
    if (near !== null) for (const shelf of shelves) shelf?.drainDirty();
    this.backend.scan({ shelves, vectors, into, near, statistics });
    if (near !== null) outer.fill(shelves, laneTotal(shelves) * SHARE_MAX);
  }

  private scanWarm(into: Nominations): void {
    const { outer, inner, table: vectors } = this;
    this.counts.warm += 1;
    const shelves = outer.shelves(this.shelves);
    inner.radius = Math.min(inner.radius, outer.radius * INNER_RADIUS_SHARE_MAX);
    const near = inner.begin() ? inner.near : null;
    this.backend.scan({ shelves, vectors, into, near, statistics: null });
    if (near !== null) {
      inner.fill(shelves, outer.lanes);
      this.isContained = outer.contains(inner);
    }
    outer.spend(near === null ? rowsOf(shelves) : inner.fillingCost);
  }

  private scanHot(into: Nominations): void {
    this.counts.hot += 1;
    const shelves = this.inner.shelves(this.shelves);
    this.inner.spend(this.inner.rows);
    this.outer.spend(0);
    this.backend.scan({ shelves, vectors: this.table, into, near: null, statistics: null });
  }

  /**
   * Portfolios that changed since the references are judged anew, at the references: their lanes are taken out, and those that are near come back as
   * they are now. False when so much has changed that a full scan is cheaper.
   */
  private refresh(): boolean {
    const { outer, inner } = this;
    const most = laneTotal(this.shelves) * SHARE_MAX;
    const changed = this.shelves.map((shelf) => shelf?.drainDirty() ?? []);
    const count = changed.reduce((sum, slices) => sum + slices.length, 0);
    if (count === 0) return true;
    if (count * LANES > most) return false;
    for (const [index, shelf] of this.shelves.entries()) {
      if (shelf?.method !== 'lines') continue;
      for (const slice of changed[index]) this.refreshSlice(shelf, index, slice);
    }
    inner.recount();
    return outer.recount() <= most;
  }

  private refreshSlice(shelf: Shelf, index: number, slice: number): void {
    const { outer, inner } = this;
    outer.dropSlice(index, slice);
    if (inner.isFilled) inner.dropSlice(index, slice);
    for (let slot = slice * LANES; slot < (slice + 1) * LANES; slot++) {
      if (!outer.isNear(shelf, slot)) continue;
      outer.copy(shelf, index, slot);
      if (inner.isFilled && inner.isNear(shelf, slot)) inner.copy(shelf, index, slot);
    }
  }
}

function laneTotal(shelves: readonly (Shelf | undefined)[]): number {
  return shelves.reduce((sum, shelf) => sum + (shelf?.sliceCount ?? 0) * LANES, 0);
}
