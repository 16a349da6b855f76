/** Topics of which nothing is dropped: orders, cases, auctions, and those of which the latest rows are all that a snapshot has. They must not know sockets. */
import type { CaseStatus, CaseWait } from '../engine/link.js';
import type { AuctionEvent, StageEvent } from '../model/case-effects.js';
import type { CaseEvent, OrderEvent } from '../model/effects.js';
import type { Instruments } from '../model/instruments.js';
import { lots } from '../model/portfolio.js';
import { wireInteger } from './codec.js';
import { auctionRow, caseRow, caseStatusRow, stageRow, waitRow } from './event-rows.js';
import { LIMITS } from './limits.js';
import { TopicLog } from './log.js';
import type { ServerMessage, TopicName, TopicRows, WireAuction, WireCase, WireOrder } from './messages.js';
import { orderRow } from './rows.js';
import { type Cursor, encodeMessage, type Topic, WholeSnapshot } from './topics.js';

/** Topics whose messages are rows and nothing else. */
type LosslessName = Exclude<TopicName, 'signals' | 'stats'>;
/** Those of which nothing is current: a snapshot has the latest. */
type EventsName = Exclude<LosslessName, 'orders' | 'cases' | 'auctions'>;

/** How many rows of a topic are kept for resuming, and how many of them may wait for a congested reader. */
interface LosslessLimits {
  readonly logRowsMax: number;
  readonly behindRowsMax: number;
}

const EVENTS_LIMITS: LosslessLimits = { logRowsMax: LIMITS.eventsLogRowsMax, behindRowsMax: LIMITS.eventsBehindRowsMax };
const ALERTS_LIMITS: LosslessLimits = { logRowsMax: LIMITS.alertsLogRowsMax, behindRowsMax: LIMITS.alertsBehindRowsMax };

/** Every message in order, from a log. */
abstract class LosslessTopic<Name extends LosslessName> implements Topic {
  readonly name: Name;
  private readonly limits: LosslessLimits;
  private readonly log: TopicLog<Uint8Array>;
  private readonly snapshot = new WholeSnapshot();

  constructor(name: Name, limits: LosslessLimits) {
    this.name = name;
    this.limits = limits;
    this.log = new TopicLog(limits.logRowsMax);
  }

  /** Of a snapshot. */
  abstract rows(): readonly TopicRows[Name][];

  get seq(): number {
    return this.log.seq;
  }

  covers(seq: number): boolean {
    return this.log.covers(seq);
  }

  advance(cursor: Cursor): Uint8Array {
    if (!this.covers(cursor.atSeq)) return this.snapshot.message(cursor, this, () => this.rows());
    cursor.atSeq += 1;
    cursor.toldSeq = cursor.atSeq;
    return this.log.get(cursor.atSeq);
  }

  isTooFarBehind({ atSeq, resuming }: Cursor): boolean {
    const { logRowsMax, behindRowsMax } = this.limits;
    if (atSeq < 0) return false;
    return !this.covers(atSeq) || this.log.rowsAfter(atSeq) > (resuming ? logRowsMax : behindRowsMax);
  }

  /** Keeps the rows as the message of the next sequence; of none there is no message. */
  protected keep(rows: readonly TopicRows[Name][]): void {
    if (rows.length === 0) return;
    const { name, seq } = this;
    const message = [name, wireInteger(seq + 1), wireInteger(seq), rows] as unknown as ServerMessage;
    this.log.append(encodeMessage(message), rows.length);
  }
}

/** What happened, one row each. */
export class EventsTopic<Name extends EventsName> extends LosslessTopic<Name> {
  private latest: readonly TopicRows[Name][] = [];

  append(rows: readonly TopicRows[Name][]): void {
    this.latest = [...this.latest, ...rows].slice(-LIMITS.eventsLatestMax);
    this.keep(rows);
  }

  /** Those that happened last, oldest first. */
  rows(): readonly TopicRows[Name][] {
    return this.latest;
  }
}

export function eventsTopic<Name extends EventsName>(name: Name): EventsTopic<Name> {
  return new EventsTopic(name, name === 'alerts' ? ALERTS_LIMITS : EVENTS_LIMITS);
}

/** Every order event, in order. */
export class OrdersTopic extends LosslessTopic<'orders'> {
  private readonly instruments: Instruments;
  private readonly live = new Map<string, WireOrder>();
  private readonly ended = new Map<string, WireOrder>();

  constructor(instruments: Instruments) {
    super('orders', { logRowsMax: LIMITS.ordersLogRowsMax, behindRowsMax: LIMITS.ordersBehindRowsMax });
    this.instruments = instruments;
  }

  /** As `CasesTopic.start`. */
  start(events: readonly OrderEvent[]): void {
    for (const event of events) this.take(event);
  }

  append(events: readonly OrderEvent[]): void {
    this.keep(events.map((event) => this.take(event)));
    for (const oldest of this.ended.keys()) {
      if (this.ended.size <= LIMITS.ordersEndedMax) break;
      this.ended.delete(oldest);
    }
  }

  /** The live orders, then those ended lately, each by age: the last event of each. */
  rows(): WireOrder[] {
    return [...this.live.values(), ...this.ended.values()];
  }

  private take(event: OrderEvent): WireOrder {
    const row = orderRow(event, this.instruments);
    const isEnded = event.event === 'ended';
    if (isEnded) this.live.delete(event.orderId);
    (isEnded ? this.ended : this.live).set(event.orderId, row);
    return row;
  }
}

/** What becomes of every case, in order; those that are open with the stage that they are in and why they wait. */
export class CasesTopic extends LosslessTopic<'cases'> {
  private readonly open = new Map<string, WireCase>();

  constructor() {
    super('cases', { logRowsMax: LIMITS.casesLogRowsMax, behindRowsMax: LIMITS.casesBehindRowsMax });
  }

  /** Cases that were open before anything was told: no message, but part of snapshots. */
  start(cases: readonly CaseStatus[]): void {
    for (const status of cases) this.open.set(status.caseId, caseStatusRow(status));
  }

  /** What one record led to: cases open, go through stages, end. */
  append(cases: readonly CaseEvent[], stages: readonly StageEvent[]): void {
    const rows = cases.filter(({ event }) => event === 'opened').map(caseRow);
    for (const row of rows) this.open.set(row[0], row);
    for (const event of stages) {
      const row = stageRow(event, this.open.get(event.caseId));
      rows.push(row);
      this.open.set(event.caseId, row);
    }
    for (const event of cases) {
      if (event.event !== 'ended') continue;
      rows.push(caseRow(event));
      this.open.delete(event.caseId);
    }
    this.keep(rows);
  }

  onWaits(waits: readonly CaseWait[]): void {
    const rows = waits.flatMap((wait): WireCase[] => {
      const known = this.open.get(wait.caseId);
      return known === undefined ? [] : [waitRow(wait, known)];
    });
    for (const row of rows) this.open.set(row[0], row);
    this.keep(rows);
  }

  /** The open ones in the order in which they were opened: the last event of each. */
  rows(): WireCase[] {
    return [...this.open.values()];
  }
}

/** What becomes of every auction, in order; those that are held as they were opened or last started anew, with what is left of them. */
export class AuctionsTopic extends LosslessTopic<'auctions'> {
  private readonly instruments: Instruments;
  private readonly held = new Map<string, AuctionEvent>();

  constructor(instruments: Instruments) {
    super('auctions', EVENTS_LIMITS);
    this.instruments = instruments;
  }

  /** As `CasesTopic.start`. */
  start(events: readonly AuctionEvent[]): void {
    for (const event of events) this.take(event);
  }

  append(events: readonly AuctionEvent[]): void {
    for (const event of events) this.take(event);
    this.keep(events.map((event) => auctionRow(event, this.instruments)));
  }

  /** The market of an auction that is held; null: of a whole portfolio; undefined: it is not held. */
  marketOf(auctionId: string): number | null | undefined {
    return this.held.get(auctionId)?.market;
  }

  rows(): WireAuction[] {
    return [...this.held.values()].map((event) => auctionRow(event, this.instruments));
  }

  private take(event: AuctionEvent): void {
    const known = this.held.get(event.auctionId);
    if (event.event === 'ended') this.held.delete(event.auctionId);
    else if (event.event !== 'taken') this.held.set(event.auctionId, event);
    else if (known !== undefined && known.lots !== null)
      this.held.set(event.auctionId, { ...known, lots: lots(known.lots - (event.lots ?? 0)) });
  }
}
