/** Topics as a subscription sees them, and the plainest one: stats. They must not know sockets. */
import { encode, wireInteger } from './codec.js';
import type { ServerMessage, TopicName } from './messages.js';
import { type StatsRow, statsRow } from './rows.js';

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

export type SnapshotRows = Extract<ServerMessage, readonly ['snapshot', ...unknown[]]>[3];

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
