/** What is said on the wire: names and the types of every message. Shared with the client; it must not know sockets or state. */
import type { ErrorCode } from '../model/errors.js';
import type { WireInteger } from './codec.js';
import type {
  FIELDS,
  TopicRows,
  WireAccount,
  WireAck,
  WireAdmin,
  WireBid,
  WireBook,
  WireFigures,
  WireFill,
  WireProblem,
  WireReject,
  WireSignal,
} from './columns.js';

export type { OrderEventKind, SignalState } from '../model/effects.js';
/** The errors that the wire carries, for the client's users. */
export { type ErrorCode, PlimsollError, type Problem } from '../model/errors.js';
export * from './columns.js';

export const PROTOCOL = 1;
export const SUBPROTOCOL = 'plimsoll.v1.msgpack';
export const STREAM_PATH = '/v1/stream';

export const TOPICS = [
  'signals',
  'orders',
  'stats',
  'alerts',
  'cases',
  'margincalls',
  'freezes',
  'auctions',
  'adl',
  'transfers',
  'cancels',
  'shadow',
  'reconciliation',
] as const;
export type TopicName = (typeof TOPICS)[number];

export type Role = 'viewer' | 'operator' | 'executor';

/** Of a request, chosen by the client and sent back in the answer. */
export type RequestId = string | number;

/** Signals of portfolios with at least this deficit and a position in at least one of these markets. */
export interface SubscribeFilter {
  readonly minDeficit?: number;
  readonly markets?: readonly string[];
}

export interface SubscribeOptions {
  readonly topic: TopicName;
  /** Resume: the epoch and the last sequence that the client knows. Without both it gets a snapshot. */
  readonly epoch?: string;
  readonly fromSeq?: WireInteger;
  readonly filter?: SubscribeFilter;
}

/** Batches that become an input record. */
export type BatchType = 'book' | 'fills' | 'fill' | 'ack' | 'reject' | 'bid' | 'orders-gone' | 'figures';

export type ClientMessage =
  | readonly ['ping', n: WireInteger]
  | readonly ['auth', id: RequestId, token: string]
  | readonly ['subscribe', id: RequestId, options: SubscribeOptions]
  | readonly ['unsubscribe', id: RequestId, topic: TopicName]
  | readonly ['lease', id: RequestId]
  | readonly ['book', batchId: RequestId, rows: readonly WireBook[]]
  | readonly ['fills' | 'fill', batchId: RequestId, rows: readonly WireFill[]]
  | readonly ['ack', batchId: RequestId, rows: readonly WireAck[]]
  | readonly ['reject', batchId: RequestId, rows: readonly WireReject[]]
  | readonly ['bid', batchId: RequestId, rows: readonly WireBid[]]
  | readonly ['orders-gone', batchId: RequestId, rows: readonly WireAccount[]]
  | readonly ['figures', batchId: RequestId, rows: readonly WireFigures[]]
  | readonly ['admin', batchId: RequestId, rows: readonly WireAdmin[]];

/** What happened on a topic; signals say more. */
type RowsMessage = {
  readonly [Topic in Exclude<TopicName, 'signals'>]: readonly [
    topic: Topic,
    seq: WireInteger,
    sinceSeq: WireInteger,
    rows: readonly TopicRows[Topic][],
  ];
}[Exclude<TopicName, 'signals'>];

export type ServerMessage =
  | readonly ['hello', protocol: number, serverVersion: string, epoch: string, fields: typeof FIELDS]
  | readonly ['pong', n: WireInteger]
  | readonly ['authorized', id: RequestId, role: Role]
  | readonly ['subscribed', id: RequestId, topic: TopicName, epoch: string, seq: WireInteger]
  | readonly ['unsubscribed', id: RequestId, topic: TopicName]
  | readonly ['leased', id: RequestId]
  | readonly ['snapshot', topic: TopicName, seq: WireInteger, rows: readonly TopicRows[TopicName][]]
  | readonly [
      'signals',
      seq: WireInteger,
      sinceSeq: WireInteger,
      tickTimeUs: WireInteger,
      priceEpoch: WireInteger,
      rows: readonly WireSignal[],
    ]
  | RowsMessage
  | readonly ['heartbeat', topic: TopicName, seq: WireInteger]
  | readonly ['accepted', batchId: RequestId]
  | readonly ['rejected', batchId: RequestId, problems: readonly WireProblem[]]
  | readonly ['error', id: RequestId | null, code: ErrorCode, text: string];

/** Close codes of the websocket beside the standard 1001 (server stops) and 1009 (frame too large). */
export const CLOSE = {
  malformed: 4000,
  unauthorized: 4001,
  silent: 4002,
  tooMany: 4003,
  slowConsumer: 4008,
} as const;
