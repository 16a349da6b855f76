/** The subscriber's client: topics, lease and batches over a connection that comes back. It must not know anything but the wire. */
import {
  type ClientMessage,
  PlimsollError,
  PROTOCOL,
  type Problem,
  type Role,
  TOPICS,
  type TopicName,
  type WireProblem,
} from '../gateway/messages.js';
import {
  type AckRow,
  type AdminRow,
  type BidRow,
  type BookRow,
  type FiguresRow,
  type FillRow,
  type RejectRow,
  RowReader,
  toNumber,
  wireAck,
  wireAdmin,
  wireBid,
  wireBook,
  wireFigures,
  wireFill,
  wireReject,
} from './rows.js';
import { Stream } from './stream.js';
import { Subscription, type SubscriptionOptions } from './subscription.js';

export type { SubscribeFilter, TopicName } from '../gateway/messages.js';
export { PlimsollError, TOPICS } from '../gateway/messages.js';
export type {
  AdlRow,
  AuctionRow,
  CancelRow,
  CaseRow,
  FreezeRow,
  MarginCallRow,
  ReconciliationRow,
  TransferRow,
} from './event-rows.js';
export type {
  AckRow,
  AdminRow,
  AlertRow,
  BidRow,
  BookRow,
  FiguresRow,
  FillRow,
  OrderRow,
  RejectRow,
  Rows,
  SignalRow,
  StatsRow,
} from './rows.js';
export type { MessageInfo, Position, Subscription, SubscriptionOptions } from './subscription.js';

/** News of the connection itself. After `disconnected` it comes back by itself; after `failed` it does not. */
export type ClientStatus =
  | { readonly type: 'connected'; readonly epoch: string; readonly serverVersion: string }
  | { readonly type: 'disconnected'; readonly code: number; readonly reason: string; readonly retryInMs: number }
  | { readonly type: 'authorized'; readonly role: Role }
  | { readonly type: 'missed'; readonly topic: TopicName }
  | { readonly type: 'lease-lost'; readonly error: PlimsollError }
  | { readonly type: 'error'; readonly error: PlimsollError }
  | { readonly type: 'failed'; readonly error: PlimsollError };

export interface ClientOptions {
  /** `ws://127.0.0.1:7777/v1/stream` */
  readonly url: string;
  /** Of an operator or executor. */
  readonly token?: string;
  onStatus?(status: ClientStatus): void;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: PlimsollError) => void;
}

interface PendingBatch extends Pending {
  readonly message: ClientMessage;
}

/**
 * Handlers run as messages arrive; one that throws is a bug of its owner and is not caught. After a loss of the connection every
 * subscription goes on where it was, the lease is asked for again, and batches without an answer are sent again under their ids.
 */
export class PlimsollClient {
  private readonly stream: Stream;
  private readonly token: string | null;
  private readonly status: (status: ClientStatus) => void;
  private readonly subscriptions = new Map<TopicName, Subscription>();
  private readonly batches = new Map<string, PendingBatch>();
  /** Answers of the server by request id. */
  private readonly answers = new Map<number, { answered(): void; failed(error: PlimsollError): void }>();
  private reader: RowReader | null = null;
  private wantsLease = false;
  private pendingLease: Pending | null = null;
  private nextId = 0;

  constructor(options: ClientOptions) {
    this.token = options.token ?? null;
    this.status = (status) => options.onStatus?.(status);
    this.stream = new Stream(options.url, {
      opened: () => undefined,
      message: (message) => this.receive(message),
      closed: (code, reason, retryInMs) => {
        this.reader = null;
        this.answers.clear();
        this.status({ type: 'disconnected', code, reason, retryInMs });
      },
    });
  }

  /** One subscription a topic: a second one of the same topic replaces the first. */
  subscribe<Topic extends TopicName>(topic: Topic, options: SubscriptionOptions<Topic>): Subscription<Topic> {
    const subscription = new Subscription(topic, options);
    this.subscriptions.set(topic, subscription as unknown as Subscription);
    if (this.reader !== null) this.sendSubscribe(subscription as unknown as Subscription);
    return subscription;
  }

  unsubscribe(topic: TopicName): void {
    if (!this.subscriptions.delete(topic) || this.reader === null) return;
    this.request((id) => this.stream.send(['unsubscribe', id, topic]), {});
  }

  /** Resolves once this client is the executor; rejects when another one is. Lost later: the status `lease-lost`. */
  lease(): Promise<void> {
    if (this.pendingLease !== null)
      return Promise.reject(new PlimsollError('bad-usage', 'lease: expected one request at a time'));
    this.wantsLease = true;
    return new Promise((resolve, reject) => {
      this.pendingLease = { resolve, reject };
      if (this.reader !== null) this.sendLease();
    });
  }

  /** Absolute states of accounts. Like every batch: resolves once applied, rejects with all problems, and nothing of it was applied. */
  book(batchId: string, rows: readonly BookRow[]): Promise<void> {
    return this.batch(batchId, ['book', batchId, rows.map(wireBook)]);
  }

  /** Trades, by an operator. */
  fills(batchId: string, rows: readonly FillRow[]): Promise<void> {
    return this.batch(batchId, ['fills', batchId, rows.map(wireFill)]);
  }

  /** What the scanner is to do, by an operator: all of it or nothing; each command at most once. */
  admin(batchId: string, rows: readonly AdminRow[]): Promise<void> {
    return this.batch(batchId, ['admin', batchId, rows.map(wireAdmin)]);
  }

  /** The venue's own figures, by an operator: the topic `reconciliation` has ours beside them. */
  figures(batchId: string, rows: readonly FiguresRow[]): Promise<void> {
    return this.batch(batchId, ['figures', batchId, rows.map(wireFigures)]);
  }

  /** Offers in auctions, by an operator or an executor. That they were heard is no purchase: `taken` in `auctions` is. */
  bid(batchId: string, rows: readonly BidRow[]): Promise<void> {
    return this.batch(batchId, ['bid', batchId, rows.map(wireBid)]);
  }

  /** Executions of orders, by the holder of the lease. */
  fill(batchId: string, rows: readonly FillRow[]): Promise<void> {
    return this.batch(batchId, ['fill', batchId, rows.map(wireFill)]);
  }

  ack(batchId: string, rows: readonly AckRow[]): Promise<void> {
    return this.batch(batchId, ['ack', batchId, rows.map(wireAck)]);
  }

  reject(batchId: string, rows: readonly RejectRow[]): Promise<void> {
    return this.batch(batchId, ['reject', batchId, rows.map(wireReject)]);
  }

  /** Accounts that have no open orders any more, by the holder of the lease: what `cancels` asks for. */
  ordersGone(batchId: string, accounts: readonly string[]): Promise<void> {
    return this.batch(batchId, ['orders-gone', batchId, accounts.map((account) => [account] as const)]);
  }

  /** For good. What has no answer yet is rejected: whether it was applied is unknown. */
  async close(): Promise<void> {
    this.abandon(new PlimsollError('unavailable', 'client: expected to be open, was closed'));
    await this.stream.stop();
  }

  private batch(batchId: string, message: ClientMessage): Promise<void> {
    if (this.batches.has(batchId)) {
      const text = `batchId: expected one without an answer pending, was ${JSON.stringify(batchId)} again`;
      return Promise.reject(new PlimsollError('bad-usage', text));
    }
    return new Promise((resolve, reject) => {
      this.batches.set(batchId, { message, resolve, reject });
      if (this.reader !== null) this.stream.send(message);
    });
  }

  private receive(message: readonly unknown[]): void {
    if (message[0] === 'hello') {
      this.hello(message);
      return;
    }
    const { reader } = this;
    if (reader === null) return;
    const topic = TOPICS.find((name) => name === message[0]);
    if (topic !== undefined) {
      this.rows(topic, message, reader);
      return;
    }
    switch (message[0]) {
      case 'snapshot':
        this.subscriptions.get(message[1] as TopicName)?.snapshot(toNumber(message[2]), message[3] as unknown[][], reader);
        break;
      case 'heartbeat':
        this.subscriptions.get(message[1] as TopicName)?.heartbeat(toNumber(message[2]));
        break;
      case 'subscribed':
        this.answered(message[1]);
        this.subscriptions.get(message[2] as TopicName)?.subscribed(message[1], message[3] as string);
        break;
      case 'authorized':
        this.answered(message[1]);
        this.status({ type: 'authorized', role: message[2] as Role });
        break;
      case 'leased':
      case 'unsubscribed':
        this.answered(message[1]);
        break;
      case 'accepted':
        this.settle(message[1])?.resolve();
        break;
      case 'rejected':
        this.settle(message[1])?.reject(rejection(message[2] as WireProblem[]));
        break;
      case 'error':
        this.failed(message[1], new PlimsollError(message[2] as PlimsollError['code'], String(message[3])));
        break;
    }
  }

  /** Everything is said at once: the server answers in order. */
  private hello([, protocol, serverVersion, epoch, fields]: readonly unknown[]): void {
    if (protocol !== PROTOCOL) {
      this.fail(new PlimsollError('bad-input', `protocol: expected ${PROTOCOL}, was ${String(protocol)}`));
      return;
    }
    this.reader = new RowReader(fields as Record<string, string[]>);
    if (this.token !== null) this.sendAuth(this.token);
    if (this.wantsLease) this.sendLease();
    for (const subscription of this.subscriptions.values()) this.sendSubscribe(subscription);
    for (const { message } of this.batches.values()) this.stream.send(message);
    this.status({ type: 'connected', epoch: epoch as string, serverVersion: serverVersion as string });
  }

  private rows(topic: TopicName, message: readonly unknown[], reader: RowReader): void {
    const subscription = this.subscriptions.get(topic);
    if (subscription === undefined || subscription.rows(message, reader)) return;
    this.status({ type: 'missed', topic });
    this.sendSubscribe(subscription);
  }

  private sendAuth(token: string): void {
    this.request((id) => this.stream.send(['auth', id, token]), { failed: (error) => this.fail(error) });
  }

  private sendLease(): void {
    const settle = () => {
      const pending = this.pendingLease;
      this.pendingLease = null;
      return pending;
    };
    const failed = (error: PlimsollError) => {
      this.wantsLease = false;
      const pending = settle();
      if (pending === null) this.status({ type: 'lease-lost', error });
      else pending.reject(error);
    };
    this.request((id) => this.stream.send(['lease', id]), { answered: () => settle()?.resolve(), failed });
  }

  private sendSubscribe(subscription: Subscription): void {
    this.request((id) => this.stream.send(['subscribe', id, subscription.request(id)]), {});
  }

  private request(send: (id: number) => void, on: { answered?: () => void; failed?: (error: PlimsollError) => void }): void {
    this.nextId += 1;
    const { answered = () => undefined, failed = (error) => this.status({ type: 'error', error }) } = on;
    this.answers.set(this.nextId, { answered, failed });
    send(this.nextId);
  }

  private answered(id: unknown): void {
    const answer = this.answers.get(id as number);
    this.answers.delete(id as number);
    answer?.answered();
  }

  private failed(id: unknown, error: PlimsollError): void {
    const answer = this.answers.get(id as number);
    const batch = this.settle(id);
    this.answers.delete(id as number);
    if (answer !== undefined) answer.failed(error);
    else if (batch !== null) batch.reject(error);
    else this.status({ type: 'error', error });
  }

  private settle(batchId: unknown): PendingBatch | null {
    const batch = this.batches.get(batchId as string) ?? null;
    this.batches.delete(batchId as string);
    return batch;
  }

  /** Coming back would not help. */
  private fail(error: PlimsollError): void {
    this.abandon(error);
    this.status({ type: 'failed', error });
    void this.stream.stop();
  }

  private abandon(error: PlimsollError): void {
    for (const { reject } of this.batches.values()) reject(error);
    this.batches.clear();
    this.pendingLease?.reject(error);
    this.pendingLease = null;
  }
}

/** Connects, and keeps connecting until `close`. */
export function connect(options: ClientOptions): PlimsollClient {
  return new PlimsollClient(options);
}

function rejection(problems: readonly WireProblem[]): PlimsollError {
  const listed = problems.map(([where, expected, found]): Problem => ({ where, expected, found }));
  const lines = listed.map(({ where, expected, found }) => `${where}: expected ${expected}, was ${found}`);
  return new PlimsollError('bad-input', lines.join('\n'), { problems: listed });
}
