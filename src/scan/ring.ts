/**
 * A ring of the hot set: copies of those lanes that can be breached before a tick is further than a radius from a reference tick. Knows how large
 * it should be; what is scanned when is the hot set's business.
 */
import { LANES, type Shelf } from '../store/shelf.js';
import { type FilterShelf, LaneList, type Near } from './backend.js';
import { Reference, type Volatilities } from './distance.js';
import { BOUND_ABSOLUTE, boundFactor } from './js-backend.js';
import { PackedShelf } from './packed.js';

/** What is proven of slack is proven for a radius that is larger by more than the rounding of all that is compared with it. */
const RADIUS_WITH_SLACK = 1 + 2 ** -20;
/** The radius grows or shrinks by this whenever the ring is filled anew, within these: beyond them it is of no use, and slow to come back from. */
const STEP = 1.25;
const RADIUS_MIN = 1 / 4;
const RADIUS_MAX = 2 ** 20;
/** A scan that finds what is near costs about two without. */
const FINDING_COST = 2;
/** A ring that was left before so many ticks was not worth filling: then it stays empty for a while, twice as long each time in a row. */
const TICKS_WORTH = 4;
const REST_TICKS_MAX = 64;

/** The shelves that a ring is filled from: the store's, or those of the ring around it. */
export type Sources = readonly (FilterShelf | undefined)[];

export class Ring {
  /** In units of distance. Whatever it is when the ring is filled, what is found is right. */
  radius: number;
  /** Lanes in it. */
  lanes = 0;
  /** Whether it holds all that can have been breached within `provenRadius` of the reference. */
  isFilled = false;
  readonly near: Near & { radius: number };
  private readonly reference: Reference;
  private readonly packed: (PackedShelf | undefined)[] = [];
  private provenRadius = 0;
  /** Whether it was filled, or tried to be, and what came of it is not yet concluded. */
  private isTried = false;
  /** In rows: what it cost to fill, and what was scanned since because it is as large as it is. */
  private cost = 0;
  private spent = 0;
  private ticks = 0;
  /** Ticks for which it is to stay empty, and for how many it did the last time. */
  private restTicks = 0;
  private restedTicks = 0;

  /** Packing a lane costs as much as scanning so many rows. */
  private readonly packingCost: number;

  constructor(volatilities: Volatilities, radius: number, packingCost: number) {
    this.packingCost = packingCost;
    this.reference = new Reference(volatilities);
    this.radius = radius;
    this.near = { speeds: this.reference.speeds, radius, lanes: new LaneList() };
  }

  /** Whether what is in it is enough to scan at the present tick. */
  holds(): boolean {
    return this.isFilled && this.reference.isWithin(this.provenRadius);
  }

  /** Whether it holds at every tick at which another does. */
  contains(inner: Ring): boolean {
    return this.isFilled && this.reference.contains(inner.reference, inner.provenRadius, this.provenRadius);
  }

  /** What is scanned instead of the sources: shelves of groups as they are. */
  shelves(sources: Sources): Sources {
    return sources.map((shelf, index) => (shelf?.method === 'lines' ? this.packed[index] : shelf));
  }

  /** Notes a tick for which it was enough, and what of its cost is there because the ring is as large as it is. */
  spend(rows: number): void {
    this.spent += rows;
    this.ticks += 1;
  }

  /** Of its lanes, not of the slices in which they stand: those of a wide shelf are mostly padding, whatever the radius. */
  get rows(): number {
    return this.packed.reduce((sum, shelf) => sum + (shelf === undefined ? 0 : shelf.count * shelf.width), 0);
  }

  /** What filling it last cost, in rows. */
  get fillingCost(): number {
    return this.cost;
  }

  /** Takes the present tick as reference; false while it is better left empty. Then a scan finds what is near. */
  begin(): boolean {
    this.conclude();
    this.isFilled = false;
    if (this.restTicks > 0) {
      this.restTicks -= 1;
      return false;
    }
    this.reference.set();
    this.provenRadius = this.radius;
    this.near.radius = this.radius * RADIUS_WITH_SLACK;
    return true;
  }

  /** Empties it without a conclusion: what it was filled from is no more. */
  abandon(): void {
    this.isTried = false;
    this.isFilled = false;
  }

  /** Copies what a scan of the sources has found near, unless that is more than `most` lanes. */
  fill(sources: Sources, most: number): void {
    const { packed, near } = this;
    const { lanes } = near;
    for (const shelf of packed) shelf?.clear();
    this.lanes = lanes.count;
    this.isFilled = lanes.count <= most;
    this.isTried = true;
    this.cost = FINDING_COST * rowsOf(sources) + this.packingCost * lanes.count;
    this.spent = 0;
    this.ticks = 0;
    if (!this.isFilled) return;
    for (let i = 0; i < lanes.count; i++) {
      const [index, slot] = [lanes.shelf[i], lanes.slot[i]];
      const shelf = sources[index];
      if (shelf instanceof PackedShelf) this.at(index, shelf.width).addSlot(shelf.slotAt(slot), shelf.chunks[0], slot);
      else this.copy(shelf as Shelf, index, slot);
    }
  }

  copy(shelf: Shelf, index: number, slot: number): void {
    this.at(index, shelf.width).addSlot(slot, shelf.chunkOf(slot), shelf.laneOf(slot));
  }

  /** Empties the lanes that were copied from a slice of the store. */
  dropSlice(index: number, slice: number): void {
    this.packed[index]?.dropSlice(slice);
  }

  /** Those emptied since it was filled included. */
  recount(): number {
    this.lanes = this.packed.reduce((sum, shelf) => sum + (shelf?.count ?? 0), 0);
    return this.lanes;
  }

  /** Whether a lane of the store is not proven to be safe within the radius of the reference: what the backends' kernels ask. */
  isNear(shelf: Shelf, slot: number): boolean {
    const { slopes, speeds } = this.reference;
    const { line, size, cash } = shelf.chunkOf(slot);
    const base = shelf.rowBase(slot);
    let x = cash[shelf.laneOf(slot)];
    let s = 0;
    let d = 0;
    for (let row = base; row < base + shelf.width * LANES; row += LANES) {
      const product = size[row] * slopes[line[row]];
      x += product;
      s += Math.abs(product);
      d += Math.abs(size[row]) * speeds[line[row]];
    }
    return !(x > s * boundFactor(shelf.width) + BOUND_ABSOLUTE + d * this.near.radius);
  }

  private at(index: number, width: number): PackedShelf {
    let shelf = this.packed[index];
    if (shelf === undefined) {
      shelf = new PackedShelf(width);
      this.packed[index] = shelf;
    }
    return shelf;
  }

  /**
   * What it was worth. The radius goes to where what is spent in the ring is about twice what filling it costs: the least of r·a + b/r². A ring that
   * was too large, or left at once, is not filled again at once.
   */
  private conclude(): void {
    if (!this.isTried) return;
    this.isTried = false;
    const radius = this.radius * (this.isFilled && this.spent < 2 * this.cost ? STEP : 1 / STEP);
    this.radius = Math.min(RADIUS_MAX, Math.max(RADIUS_MIN, radius));
    this.restedTicks = this.ticks >= TICKS_WORTH ? 0 : Math.min(REST_TICKS_MAX, Math.max(1, 2 * this.restedTicks));
    this.restTicks = this.restedTicks;
  }
}

export function rowsOf(shelves: Sources): number {
  let rows = 0;
  for (const shelf of shelves)
    for (let chunk = 0; chunk < (shelf?.chunks.length ?? 0); chunk++)
      rows += (shelf?.slicesIn(chunk) ?? 0) * LANES * (shelf?.width ?? 0);
  return rows;
}
