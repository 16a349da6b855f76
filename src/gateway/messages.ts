/** What is said on the wire: names, columns and the types of every message. Shared with the client; it must not know sockets or state. */
import type { ErrorCode } from '../model/errors.js';
import type { OrderEventKind, SignalState } from '../model/records.js';
import type { WireInteger } from './codec.js';

/** The errors that the wire carries, for the client's users. */
export { type ErrorCode, PlimsollError, type Problem } from '../model/errors.js';
export type { OrderEventKind, SignalState } from '../model/records.js';

export const PROTOCOL = 1;
export const SUBPROTOCOL = 'plimsoll.v1.msgpack';
export const STREAM_PATH = '/v1/stream';

export const TOPICS = ['signals', 'orders', 'stats', 'alerts'] as const;
export type TopicName = (typeof TOPICS)[number];

export type Role = 'viewer' | 'operator' | 'executor';

/** What a number in a column stands for is its place in these lists. */
export const SIGNAL_STATES: readonly SignalState[] = ['breached', 'changed', 'recovered', 'left'];
export const ORDER_EVENTS: readonly OrderEventKind[] = ['new', 'cancel', 'ended'];
export const ACK_STATES = ['working', 'cancelled', 'unfilled'] as const;

/** What an operator may tell the scanner to do. */
export const ADMIN_COMMANDS = ['resume-backend'] as const;
export type AdminCommand = (typeof ADMIN_COMMANDS)[number];

/** Column names of each row type, as `hello` sends them. Later versions add columns at the end only. */
export const FIELDS = {
  signals: ['portfolio', 'state', 'equity', 'maintenance', 'deficit', 'badDebt', 'marginRatio'],
  orders: [
    'orderId',
    'case',
    'event',
    'portfolio',
    'market',
    'side',
    'size',
    'limitPrice',
    'stage',
    'expiryUs',
    'version',
    'priceEpoch',
    'tickTimeUs',
  ],
  stats: [
    'timeUs',
    'backend',
    'accounts',
    'portfolios',
    'positions',
    'ticks',
    'conflated',
    'priceEpoch',
    'tickTimeUs',
    'tickMs',
    'lagMs',
    'nominees',
    'unpriced',
    'liquidatable',
    'insolvent',
    'deficit',
    'openCases',
    'liveOrders',
    'unknownOrders',
    'liquidations',
  ],
  alerts: ['timeUs', 'code', 'text'],
  book: ['account', 'version', 'balances', 'positions', 'positionMode', 'orders'],
  positions: ['market', 'size', 'entry', 'margin', 'collateral', 'leverage', 'fundingIndex'],
  fills: ['tradeId', 'orderId', 'account', 'market', 'margin', 'side', 'size', 'price', 'fee', 'timeUs'],
  acks: ['orderId', 'state', 'timeUs'],
  rejects: ['orderId', 'reason', 'timeUs'],
  openOrders: ['market', 'side', 'size', 'price', 'reduceOnly'],
  admin: ['command'],
} as const;

export type StatsField = (typeof FIELDS.stats)[number];

/** In the order of `FIELDS`. Numbers are for reading and ranking; texts that hold decimals are exact. */
export type WireSignal = readonly [
  portfolio: string,
  state: number,
  equity: number,
  maintenance: number,
  deficit: number,
  badDebt: number,
  marginRatio: number | null,
];
export type WireOrder = readonly [
  orderId: string,
  caseId: string,
  event: number,
  portfolio: string,
  market: string,
  side: 'buy' | 'sell',
  size: string,
  limitPrice: string | null,
  stage: string,
  expiryUs: WireInteger,
  version: WireInteger,
  priceEpoch: WireInteger,
  tickTimeUs: WireInteger,
];
export type WireStats = readonly (string | WireInteger)[];
export type WireAlert = readonly [timeUs: WireInteger, code: string, text: string];
export type WirePosition = readonly [
  market: string,
  size: string,
  entry: string,
  margin: string,
  collateral: string | null,
  leverage: string | null,
  fundingIndex: string | null,
];
/** An account's order in the venue's book. */
type WireOpenOrder = readonly [market: string, side: 'buy' | 'sell', size: string, price: string, reduceOnly: boolean];
export type WireBook = readonly [
  account: string,
  version: WireInteger,
  balances: Readonly<Record<string, string>>,
  positions: readonly WirePosition[],
  positionMode: 'net' | 'hedge',
  orders: readonly WireOpenOrder[],
];
export type WireFill = readonly [
  tradeId: string,
  orderId: string | null,
  account: string,
  market: string,
  margin: 'cross' | 'isolated',
  side: 'buy' | 'sell',
  size: string,
  price: string,
  fee: string,
  timeUs: WireInteger,
];
export type WireAck = readonly [orderId: string, state: number, timeUs: WireInteger];
export type WireReject = readonly [orderId: string, reason: string, timeUs: WireInteger];
export type WireAdmin = readonly [command: AdminCommand];
export type WireProblem = readonly [where: string, expected: string, found: string];

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
export type BatchType = 'book' | 'fills' | 'fill' | 'ack' | 'reject';

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
  | readonly ['admin', batchId: RequestId, rows: readonly WireAdmin[]];

export type ServerMessage =
  | readonly ['hello', protocol: number, serverVersion: string, epoch: string, fields: typeof FIELDS]
  | readonly ['pong', n: WireInteger]
  | readonly ['authorized', id: RequestId, role: Role]
  | readonly ['subscribed', id: RequestId, topic: TopicName, epoch: string, seq: WireInteger]
  | readonly ['unsubscribed', id: RequestId, topic: TopicName]
  | readonly ['leased', id: RequestId]
  | readonly ['snapshot', topic: TopicName, seq: WireInteger, rows: readonly (WireSignal | WireOrder | WireStats | WireAlert)[]]
  | readonly [
      'signals',
      seq: WireInteger,
      sinceSeq: WireInteger,
      tickTimeUs: WireInteger,
      priceEpoch: WireInteger,
      rows: readonly WireSignal[],
    ]
  | readonly ['orders', seq: WireInteger, sinceSeq: WireInteger, rows: readonly WireOrder[]]
  | readonly ['stats', seq: WireInteger, sinceSeq: WireInteger, rows: readonly WireStats[]]
  | readonly ['alerts', seq: WireInteger, sinceSeq: WireInteger, rows: readonly WireAlert[]]
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
