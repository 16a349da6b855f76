/**
 * The hot set: between full scans, only the portfolios that can have been breached since are scanned, packed into slices of their own. Exact: what
 * it finds is what a full scan would. The derivation is in docs/exactness.md.
 */
import { LANES, type Shelf } from '../store/shelf.js';
import { type Backend, type FilterShelf, LaneList, type Near, type Nominations } from './backend.js';
import { Distances } from './distance.js';
import { BOUND_ABSOLUTE, boundFactor } from './js-backend.js';
import type { LineTable } from './lines.js';
import { PackedShelf } from './packed.js';
import type { Statistics } from './statistics.js';

/** In units of distance: so many ticks' usual moves, all in one direction. */
const RADIUS_AT_FIRST = 16;
/** What is proven of slack is proven for a radius that is larger by more than the rounding of all that is compared with it. */
const RADIUS_WITH_SLACK = 1 + 2 ** -20;
/** The radius grows or shrinks by this with every full scan. */
const STEP = 1.25;
/** A hot set above this share of all lanes, or of lanes changed since, is not worth its upkeep. */
const HOT_SHARE_MAX = 1 / 8;
/** A full scan that finds the hot set costs about two without, and packing a lane as much as scanning so many rows. */
const FULL_COST = 2;
const PACKING_COST_ROWS = 24;
/** A hot set that was left before so many ticks was not worth finding: then come plain full scans, twice as many each time in a row. */
const TICKS_WORTH = 4;
const REST_TICKS_MAX = 64;

/** Statistics that the next full scan is to fill; an urgent wish makes the next scan a full one. */
export interface WantedStatistics {
  readonly statistics: Statistics;
  readonly isUrgent: boolean;
}

/** How many scans were of everything, and of the hot set. */
export interface HotCounts {
  full: number;
  hot: number;
  /** Lanes that are hot now. */
  lanes: number;
}

export class HotSet {
  readonly counts: HotCounts = { full: 0, hot: 0, lanes: 0 };
  private readonly table: LineTable;
  private readonly backend: Backend;
  private readonly shelves: readonly (Shelf | undefined)[];
  private readonly distances: Distances;
  private readonly near: Near & { radius: number };
  private readonly packed: (PackedShelf | undefined)[] = [];
  /** In units of distance. Whatever it is when a full scan begins, what is found is right. */
  radius: number;
  /** The radius for which what is packed was found. */
  private provenRadius = 0;
  /** Whether what is packed is all that can have been breached within that radius of the reference. */
  private isPacked = false;
  /** Whether a hot set was looked for, and what came of it is not yet concluded. */
  private isTried = false;
  /** Rows that were scanned, and lanes that were packed anew, since the last full scan. */
  private spentRows = 0;
  private fullRows = 0;
  private hotTicks = 0;
  /** Plain full scans to come, and how many there were the last time. */
  private restTicks = 0;
  private restedTicks = 0;

  constructor(table: LineTable, shelves: readonly (Shelf | undefined)[], backend: Backend, radius = RADIUS_AT_FIRST) {
    this.table = table;
    this.shelves = shelves;
    this.backend = backend;
    this.distances = new Distances(table);
    this.radius = radius;
    this.near = { speeds: this.distances.speeds, radius, lanes: new LaneList() };
  }

  /** Scans as the backend would, or less: finds the same. Returns whether it scanned everything, and with that made the statistics. */
  scan(into: Nominations, wanted: WantedStatistics | null): boolean {
    this.distances.observe();
    if (wanted?.isUrgent === true || !this.isPacked || !this.distances.isWithin(this.provenRadius) || !this.refresh()) {
      this.scanAll(into, wanted?.statistics ?? null);
      return true;
    }
    this.counts.hot += 1;
    this.hotTicks += 1;
    const shelves = this.shelves.map((shelf, index): FilterShelf | undefined =>
      shelf?.method === 'lines' ? this.packed[index] : shelf,
    );
    this.spentRows += rowsOf(shelves);
    this.backend.scan({ shelves, vectors: this.table, into, near: null, statistics: null });
    return false;
  }

  private scanAll(into: Nominations, statistics: Statistics | null): void {
    this.counts.full += 1;
    this.conclude();
    const { near, distances, shelves } = this;
    if (this.restTicks > 0) {
      this.restTicks -= 1;
      this.backend.scan({ shelves, vectors: this.table, into, near: null, statistics });
      return;
    }
    distances.setReference();
    this.provenRadius = this.radius;
    near.radius = this.radius * RADIUS_WITH_SLACK;
    for (const shelf of shelves) shelf?.drainDirty();
    this.backend.scan({ shelves, vectors: this.table, into, near, statistics });
    this.isTried = true;
    this.fullRows = rowsOf(shelves);
    this.spentRows = 0;
    this.hotTicks = 0;
    this.pack();
  }

  /**
   * What the last hot set was worth. The radius goes to where hot ticks cost about twice what getting to them costs: the least of r·a + b/r². A hot
   * set that was too large, or left at once, is not tried again at once.
   */
  private conclude(): void {
    if (!this.isTried) return;
    this.isTried = false;
    const cost = FULL_COST * this.fullRows + PACKING_COST_ROWS * this.counts.lanes;
    this.radius *= this.isPacked && this.spentRows < 2 * cost ? STEP : 1 / STEP;
    this.isPacked = false;
    this.restedTicks = this.hotTicks >= TICKS_WORTH ? 0 : Math.min(REST_TICKS_MAX, Math.max(1, 2 * this.restedTicks));
    this.restTicks = this.restedTicks;
  }

  private pack(): void {
    const { near, packed, shelves } = this;
    const { lanes } = near;
    for (const shelf of packed) shelf?.clear();
    this.counts.lanes = lanes.count;
    this.isPacked = lanes.count <= laneTotal(shelves) * HOT_SHARE_MAX;
    if (!this.isPacked) return;
    for (let i = 0; i < lanes.count; i++) this.copy(lanes.shelf[i], lanes.slot[i]);
    for (const shelf of packed) shelf?.seal();
  }

  private copy(index: number, slot: number): void {
    const shelf = this.shelves[index];
    if (shelf === undefined) return;
    let packed = this.packed[index];
    if (packed === undefined) {
      packed = new PackedShelf(shelf.width);
      this.packed[index] = packed;
    }
    packed.addSlot(slot, shelf.chunkOf(slot), shelf.laneOf(slot));
  }

  /**
   * Portfolios that changed since the reference are judged anew, at the reference: their lanes are taken out, and those that are near come back as
   * they are now. False when so much has changed that a full scan is cheaper.
   */
  private refresh(): boolean {
    const most = laneTotal(this.shelves) * HOT_SHARE_MAX;
    const changed = this.shelves.map((shelf) => shelf?.drainDirty() ?? []);
    if (changed.reduce((sum, slices) => sum + slices.length * LANES, 0) > most) return false;
    let lanes = 0;
    for (const [index, shelf] of this.shelves.entries()) {
      if (shelf?.method !== 'lines') continue;
      for (const slice of changed[index]) {
        this.packed[index]?.dropSlice(slice);
        for (let slot = slice * LANES; slot < (slice + 1) * LANES; slot++) if (this.isNear(shelf, slot)) this.copy(index, slot);
        this.spentRows += LANES * shelf.width;
      }
      lanes += this.packed[index]?.count ?? 0;
    }
    this.counts.lanes = lanes;
    return lanes <= most;
  }

  /** Whether a lane is not proven to be safe within the radius of the reference: what the backends' kernels ask. */
  private isNear(shelf: Shelf, slot: number): boolean {
    const { reference, speeds } = this.distances;
    const { line, size, cash } = shelf.chunkOf(slot);
    const base = shelf.rowBase(slot);
    let x = cash[shelf.laneOf(slot)];
    let s = 0;
    let d = 0;
    for (let row = base; row < base + shelf.width * LANES; row += LANES) {
      const product = size[row] * reference[line[row]];
      x += product;
      s += Math.abs(product);
      d += Math.abs(size[row]) * speeds[line[row]];
    }
    return !(x > s * boundFactor(shelf.width) + BOUND_ABSOLUTE + d * this.near.radius);
  }
}

function laneTotal(shelves: readonly (Shelf | undefined)[]): number {
  return shelves.reduce((sum, shelf) => sum + (shelf?.sliceCount ?? 0) * LANES, 0);
}

function rowsOf(shelves: readonly (FilterShelf | undefined)[]): number {
  let rows = 0;
  for (const shelf of shelves)
    for (let chunk = 0; chunk < (shelf?.chunks.length ?? 0); chunk++)
      rows += (shelf?.slicesIn(chunk) ?? 0) * LANES * (shelf?.width ?? 0);
  return rows;
}
