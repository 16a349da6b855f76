/** Topics as a subscription sees them, and the plain ones: orders, alerts and stats. They must not know sockets. */
import type { EngineAlert } from '../engine/link.js';
import type { Instruments } from '../model/instruments.js';
import type { OrderEvent } from '../model/records.js';
import { encode, type WireInteger, wireInteger } from './codec.js';
import { LIMITS } from './limits.js';
import { TopicLog } from './log.js';
import type { ServerMessage, TopicName, WireAlert, WireOrder } from './messages.js';
import { alertRow, orderRow, type StatsRow, statsRow } from './rows.js';

/** Only portfolios with at least this deficit and, if markets are named, a position in one of them. */
export interface SignalFilter {
  readonly minDeficit: number;
  readonly markets: ReadonlySet<number> | null;
}

/** How far a subscription has come. */
export interface Cursor {
  readonly filter: SignalFilter | null;
  /** Everything up to here has been sent or did not concern the filter; −1: nothing yet, it starts with a snapshot. */
  atSeq: number;
  /** The last sequence that it was told about: `sinceSeq` of its next message. */
  toldSeq: number;
  /** It was congested: what it missed reaches it conflated, where the topic allows that. */
  behind: boolean;
  /** It has not caught up since it subscribed. */
  resuming: boolean;
}

export interface Topic {
  readonly name: TopicName;
  /** Sequence of the latest message. */
  readonly seq: number;
  /** Whether a subscription that knows everything up to `seq` can go on from there. */
  covers(seq: number): boolean;
  /**
   * Moves a cursor on by one message, or to the end by a snapshot or by a conflation. Returns what to send: null when nothing of it
   * concerns this cursor. Cursors in step share the bytes of one encoding.
   */
  advance(cursor: Cursor): Uint8Array | null;
  /** Whether a congested reader must be cut: of what waits for it none may be dropped, and it is too much, or some is lost already. */
  isTooFarBehind(cursor: Cursor): boolean;
}

export function encodeMessage(message: ServerMessage): Uint8Array {
  return encode(message);
}

type SnapshotRows = Extract<ServerMessage, readonly ['snapshot', ...unknown[]]>[3];

export function snapshotMessage(cursor: Cursor, topic: Topic, rows: SnapshotRows): Uint8Array {
  toTheEnd(cursor, topic);
  return encodeSnapshot(topic, rows);
}

function encodeSnapshot(topic: Topic, rows: SnapshotRows): Uint8Array {
  return encodeMessage(['snapshot', topic.name, wireInteger(topic.seq), rows]);
}

function toTheEnd(cursor: Cursor, topic: Topic): void {
  cursor.atSeq = topic.seq;
  cursor.toldSeq = topic.seq;
}

/** The whole of a topic as everyone without a filter gets it, encoded once a sequence: a client may ask a thousand times a second. */
export class WholeSnapshot {
  private seq = -1;
  private payload: Uint8Array = new Uint8Array();

  message(cursor: Cursor, topic: Topic, rows: () => SnapshotRows): Uint8Array {
    if (this.seq !== topic.seq) this.payload = encodeSnapshot(topic, rows());
    this.seq = topic.seq;
    toTheEnd(cursor, topic);
    return this.payload;
  }
}

/** How many rows of a topic are kept for resuming, and how many of them may wait for a congested reader. */
interface LosslessLimits {
  readonly logRowsMax: number;
  readonly behindRowsMax: number;
}

/** A topic of which nothing is dropped: every message in order, from a log. */
abstract class LosslessTopic implements Topic {
  abstract readonly name: TopicName;
  private readonly limits: LosslessLimits;
  private readonly log: TopicLog<Uint8Array>;
  private readonly snapshot = new WholeSnapshot();

  constructor(limits: LosslessLimits) {
    this.limits = limits;
    this.log = new TopicLog(limits.logRowsMax);
  }

  /** Of a snapshot. */
  abstract rows(): SnapshotRows;

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

  /** Keeps the message of the next sequence. */
  protected keep(message: (seq: WireInteger, sinceSeq: WireInteger) => ServerMessage, rows: number): void {
    const { seq } = this;
    this.log.append(encodeMessage(message(wireInteger(seq + 1), wireInteger(seq))), rows);
  }
}

/** Every order event, in order. */
export class OrdersTopic extends LosslessTopic {
  readonly name = 'orders';
  private readonly instruments: Instruments;
  private readonly live = new Map<string, WireOrder>();
  private readonly ended = new Map<string, WireOrder>();

  constructor(instruments: Instruments) {
    super({ logRowsMax: LIMITS.ordersLogRowsMax, behindRowsMax: LIMITS.ordersBehindRowsMax });
    this.instruments = instruments;
  }

  append(events: readonly OrderEvent[]): void {
    if (events.length === 0) return;
    const rows = events.map((event) => orderRow(event, this.instruments));
    events.forEach((event, i) => {
      if (event.event !== 'ended') {
        this.live.set(event.orderId, rows[i]);
        return;
      }
      this.live.delete(event.orderId);
      this.ended.set(event.orderId, rows[i]);
    });
    for (const oldest of this.ended.keys()) {
      if (this.ended.size <= LIMITS.ordersEndedMax) break;
      this.ended.delete(oldest);
    }
    this.keep((seq, sinceSeq) => ['orders', seq, sinceSeq, rows], rows.length);
  }

  /** The live orders, then those ended lately, each by age: the last event of each. */
  rows(): WireOrder[] {
    return [...this.live.values(), ...this.ended.values()];
  }
}

/** Every alert, one a message. */
export class AlertsTopic extends LosslessTopic {
  readonly name = 'alerts';
  private readonly latest: WireAlert[] = [];

  constructor() {
    super({ logRowsMax: LIMITS.alertsLogRowsMax, behindRowsMax: LIMITS.alertsBehindRowsMax });
  }

  append(alert: EngineAlert): void {
    const row = alertRow(alert);
    this.latest.push(row);
    if (this.latest.length > LIMITS.alertsLogRowsMax) this.latest.shift();
    this.keep((seq, sinceSeq) => ['alerts', seq, sinceSeq, [row]], 1);
  }

  /** Those that are kept, oldest first. */
  rows(): WireAlert[] {
    return [...this.latest];
  }
}

/** The engine's counters, once a second. Only the latest matters: nothing is kept and nobody resumes. */
export class StatsTopic implements Topic {
  readonly name = 'stats';
  seq = 0;
  private latest: StatsRow;
  private encoded: Uint8Array | null = null;

  constructor(stats: StatsRow) {
    this.latest = stats;
  }

  append(stats: StatsRow): void {
    this.seq += 1;
    this.latest = stats;
    this.encoded = null;
  }

  covers(seq: number): boolean {
    return seq === this.seq;
  }

  advance(cursor: Cursor): Uint8Array {
    if (cursor.atSeq < 0) return snapshotMessage(cursor, this, [statsRow(this.latest)]);
    const inStep = cursor.toldSeq === this.seq - 1;
    const sinceSeq = cursor.toldSeq;
    cursor.atSeq = this.seq;
    cursor.toldSeq = this.seq;
    if (!inStep) return this.encode(sinceSeq);
    this.encoded ??= this.encode(sinceSeq);
    return this.encoded;
  }

  isTooFarBehind(): boolean {
    return false;
  }

  private encode(sinceSeq: number): Uint8Array {
    return encodeMessage(['stats', wireInteger(this.seq), wireInteger(sinceSeq), [statsRow(this.latest)]]);
  }
}
