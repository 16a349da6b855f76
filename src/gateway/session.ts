/** One connection: what it may do, what it has been told, how fast it reads. It must not know what the messages mean. */
import { PlimsollError } from '../model/errors.js';
import { decode, encode, wireInteger } from './codec.js';
import type { Hub } from './hub.js';
import { LIMITS } from './limits.js';
import { CLOSE, type RequestId, type Role, type ServerMessage, type TopicName } from './messages.js';
import { type Cursor, encodeMessage, type Topic } from './topics.js';
import type { SocketEvents, TransportSocket } from './transport.js';

/** Carries out a message; throws a `PlimsollError` to refuse it. */
export type Handler = (session: Session, message: WireMessage) => void;

/** What is sent to one client because it asked. */
type Reply = Exclude<ServerMessage, readonly ['hello' | TopicName | 'snapshot' | 'heartbeat', ...unknown[]]>;

/** A decoded frame of the right outline: `[type, ...]`. */
export type WireMessage = readonly [type: string, ...rest: unknown[]];

export class Session implements SocketEvents {
  readonly hub: Hub;
  role: Role = 'viewer';
  batchesInFlight = 0;
  private readonly socket: TransportSocket;
  private readonly handler: Handler;
  private readonly onClosed: () => void;
  private readonly cursors = new Map<TopicName, Cursor>();
  private readonly openedUs: number;
  private isOpen = true;
  private hasSpoken = false;
  private malformedFrames = 0;
  private wrongTokens = 0;
  /** Messages in the second that `rateSecond` counts. */
  private rateSecond = 0;
  private rateMessages = 0;
  private congestedSinceUs: number | null = null;

  constructor(hub: Hub, socket: TransportSocket, handler: Handler, onClosed: () => void) {
    this.hub = hub;
    this.socket = socket;
    this.handler = handler;
    this.onClosed = onClosed;
    this.openedUs = hub.clock();
  }

  message(payload: Uint8Array | null): void {
    if (!this.isOpen || !this.allowRate()) return;
    this.hub.counters.messagesReceived += 1;
    let message: WireMessage;
    try {
      message = readMessage(payload, this.role === 'viewer' ? LIMITS.viewerFrameBytesMax : LIMITS.frameBytesMax);
    } catch (error) {
      this.malformed(error);
      return;
    }
    this.hasSpoken = true;
    try {
      this.handler(this, message);
    } catch (error) {
      this.fail(isRequestId(message[1]) ? message[1] : null, error);
    }
  }

  drained(): void {
    for (const topic of Object.values(this.hub.topics)) this.pump(topic);
  }

  closed(): void {
    this.isOpen = false;
    this.cursors.clear();
    this.hub.lease.release(this);
    this.onClosed();
  }

  /** Answers at once: the type, what it answers (the client's id), the rest. Whoever asks and does not read is a slow consumer. */
  reply(message: Reply): void {
    if (this.socket.bufferedBytes() > LIMITS.bufferedBytesMax) this.closeSlow();
    const [type, id, ...rest] = message;
    this.send(encode([type, typeof id === 'number' ? wireInteger(id) : id, ...rest]));
  }

  /** A refusal, or a bug of ours that must not take the scanner down. */
  fail(id: RequestId | null, error: unknown): void {
    if (error instanceof PlimsollError) {
      this.reply(['error', id, error.code, error.message]);
      return;
    }
    this.hub.counters.internalErrors += 1;
    this.reply(['error', id, 'internal', 'a bug in plimsoll: the message was not carried out']);
  }

  /** Subscribes or, when it already is, starts anew. */
  subscribe(topic: Topic, cursor: Cursor): void {
    this.cursors.set(topic.name, cursor);
    this.pump(topic);
  }

  unsubscribe(topic: TopicName): void {
    this.cursors.delete(topic);
  }

  isSubscribed(topic: TopicName): boolean {
    return this.cursors.has(topic);
  }

  /** Sends what its subscription of the topic lacks, as far as the peer reads. */
  pump(topic: Topic): void {
    const cursor = this.cursors.get(topic.name);
    if (cursor === undefined) return;
    while (this.isOpen && cursor.atSeq < topic.seq) {
      if (this.isCongested()) {
        cursor.behind = true;
        if (topic.isTooFarBehind(cursor)) this.closeSlow();
        return;
      }
      const payload = topic.advance(cursor);
      if (payload !== null) this.send(payload);
    }
    cursor.behind = false;
    cursor.resuming = false;
  }

  /** Says up to where each subscription has been told everything: also what its filter kept from it. */
  heartbeat(): void {
    for (const [topic, cursor] of this.cursors) {
      if (cursor.atSeq < 0 || this.isCongested()) continue;
      cursor.toldSeq = cursor.atSeq;
      this.send(encodeMessage(['heartbeat', topic, wireInteger(cursor.atSeq)]));
    }
  }

  /** Looks at the limits that are in time. */
  sweep(nowUs: number): void {
    if (!this.hasSpoken && nowUs - this.openedUs > LIMITS.firstMessageUsMax) {
      this.close(CLOSE.silent, 'no message came');
    }
    if (this.isCongested() && nowUs - (this.congestedSinceUs ?? nowUs) > LIMITS.congestedUsMax) this.closeSlow();
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.socket.close(code, reason);
    // At once, not when the peer has agreed: the next executor must not wait for one that hangs.
    this.hub.lease.release(this);
  }

  wrongToken(id: RequestId): void {
    this.hub.counters.wrongTokens += 1;
    this.wrongTokens += 1;
    this.reply(['error', id, 'unauthorized', 'token: expected one that this server knows, was another']);
    if (this.wrongTokens >= LIMITS.wrongTokensMax) this.close(CLOSE.unauthorized, 'wrong tokens');
  }

  private send(payload: Uint8Array): void {
    if (!this.isOpen) return;
    this.hub.counters.messagesSent += 1;
    this.socket.send(payload);
  }

  private closeSlow(): void {
    if (this.isOpen) this.hub.counters.slowConsumers += 1;
    this.close(CLOSE.slowConsumer, 'slow consumer: reconnect and resume');
  }

  private isCongested(): boolean {
    const isCongested = this.socket.bufferedBytes() >= LIMITS.congestedBytes;
    if (!isCongested) this.congestedSinceUs = null;
    else this.congestedSinceUs ??= this.hub.clock();
    return isCongested;
  }

  private allowRate(): boolean {
    const second = Math.floor(this.hub.clock() / 1_000_000);
    if (second !== this.rateSecond) {
      this.rateSecond = second;
      this.rateMessages = 0;
    }
    this.rateMessages += 1;
    if (this.rateMessages <= LIMITS.messagesPerSecondMax) return true;
    const found = `message ${this.rateMessages}`;
    this.reply([
      'error',
      null,
      'too-many',
      `rate: expected at most ${LIMITS.messagesPerSecondMax} messages a second, was ${found}`,
    ]);
    this.close(CLOSE.tooMany, 'too many messages');
    return false;
  }

  private malformed(error: unknown): void {
    this.hub.counters.malformedFrames += 1;
    this.malformedFrames += 1;
    this.fail(null, error);
    if (this.malformedFrames >= LIMITS.malformedFramesMax) this.close(CLOSE.malformed, 'malformed frames');
  }
}

/** A request's id: a text of 1 to 64 characters or an integer. */
export function isRequestId(value: unknown): value is RequestId {
  if (typeof value === 'string') return value.length > 0 && value.length <= LIMITS.idLengthMax;
  return Number.isSafeInteger(value);
}

function readMessage(payload: Uint8Array | null, bytesMax: number): WireMessage {
  if (payload === null) throw new PlimsollError('bad-input', 'frame: expected binary MessagePack, was a text frame');
  const message = decode(payload, bytesMax);
  if (!Array.isArray(message) || typeof message[0] !== 'string') {
    throw new PlimsollError('bad-input', 'message: expected an array that begins with its type, was something else');
  }
  return message as unknown as WireMessage;
}
