/** A topic's subscription on the client's side: how far it has come, and whether anything was missed. It must not know connections. */
import { wireInteger } from '../gateway/codec.js';
import type { SubscribeFilter, SubscribeOptions, TopicName } from '../gateway/messages.js';
import { type RowReader, type Rows, toNumber } from './rows.js';

/** Where a subscription stands: enough to go on from there, in this process or in another. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** Of one message. `tickTimeUs` and `priceEpoch` come with signals only. */
export interface MessageInfo {
  readonly seq: number;
  readonly sinceSeq: number;
  readonly tickTimeUs: number | null;
  readonly priceEpoch: number | null;
}

export interface SubscriptionOptions<Topic extends TopicName> {
  /** Of signals. */
  readonly filter?: SubscribeFilter;
  /** Go on from here instead of beginning with a snapshot. */
  readonly from?: Position;
  /** Everything that holds now: replaces what was known. Comes first, and again when the server no longer has what is missing. */
  onSnapshot(rows: Rows[Topic][], seq: number): void;
  onRows(rows: Rows[Topic][], info: MessageInfo): void;
}

export class Subscription<Topic extends TopicName = TopicName> {
  readonly topic: Topic;
  private readonly options: SubscriptionOptions<Topic>;
  private known: Position | null;
  /** Of the server that answers now; ours once its first snapshot is here. */
  private serverEpoch = '';
  /** The request whose answer is awaited; what comes before that belongs to an earlier subscription. */
  private awaitedId: number | null = null;

  constructor(topic: Topic, options: SubscriptionOptions<Topic>) {
    this.topic = topic;
    this.options = options;
    this.known = options.from ?? null;
  }

  /** The last sequence that this subscription knows everything up to; null before its first message. */
  get position(): Position | null {
    return this.known;
  }

  /** What to ask the server for. */
  request(id: number): SubscribeOptions {
    this.awaitedId = id;
    const { filter } = this.options;
    return {
      topic: this.topic,
      ...(filter === undefined ? {} : { filter }),
      ...(this.known === null ? {} : { epoch: this.known.epoch, fromSeq: wireInteger(this.known.seq) }),
    };
  }

  subscribed(id: unknown, epoch: string): void {
    if (id !== this.awaitedId) return;
    this.awaitedId = null;
    this.serverEpoch = epoch;
  }

  snapshot(seq: number, rows: readonly unknown[][], reader: RowReader): void {
    if (this.awaitedId !== null) return;
    this.options.onSnapshot(reader.read(this.topic, rows), seq);
    this.known = { epoch: this.serverEpoch, seq };
  }

  /** `[topic, seq, sinceSeq, ..., rows]`. False: something is missing before it, and it was not delivered. */
  rows(message: readonly unknown[], reader: RowReader): boolean {
    if (this.awaitedId !== null) return true;
    const seq = toNumber(message[1]);
    const sinceSeq = toNumber(message[2]);
    if (sinceSeq !== this.known?.seq) return false;
    const isSignals = this.topic === 'signals';
    const rows = message[message.length - 1] as unknown[][];
    this.options.onRows(reader.read(this.topic, rows), {
      seq,
      sinceSeq,
      tickTimeUs: isSignals ? toNumber(message[3]) : null,
      priceEpoch: isSignals ? toNumber(message[4]) : null,
    });
    this.known = { epoch: this.serverEpoch, seq };
    return true;
  }

  heartbeat(seq: number): void {
    if (this.awaitedId === null && this.known !== null) this.known = { epoch: this.serverEpoch, seq };
  }
}
