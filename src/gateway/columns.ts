/** The rows of every topic and batch as the wire has them: columns, what their numbers stand for, and types. Shared with the client. */
import type { OrderEventKind, SignalState } from '../model/effects.js';
import type { WireInteger } from './codec.js';

/** Of orders that go out, and of those that only would. */
const ORDER_COLUMNS = [
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
] as const;

/** Column names of each row type, as `hello` sends them. Later versions add columns at the end only. */
export const FIELDS = {
  signals: ['portfolio', 'state', 'equity', 'maintenance', 'deficit', 'badDebt', 'marginRatio'],
  orders: ORDER_COLUMNS,
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
  cases: ['case', 'portfolio', 'event', 'stage', 'entry', 'reason', 'deficit', 'badDebt', 'timeUs'],
  margincalls: ['portfolio', 'event', 'threshold', 'equity', 'maintenance', 'timeUs'],
  freezes: ['account', 'portfolio', 'event', 'freeCollateral', 'timeUs'],
  auctions: ['auctionId', 'case', 'portfolio', 'event', 'market', 'side', 'size', 'price', 'bidder', 'timeUs'],
  adl: ['case', 'portfolio', 'counterparty', 'market', 'side', 'size', 'needed', 'price', 'forgone', 'timeUs'],
  transfers: ['debit', 'credit', 'asset', 'amount', 'reason', 'case', 'timeUs'],
  cancels: ['account', 'timeUs'],
  shadow: ORDER_COLUMNS,
  reconciliation: ['portfolio', 'equity', 'maintenance', 'venueEquity', 'venueMaintenance', 'isEqual', 'timeUs'],
  book: ['account', 'version', 'balances', 'positions', 'positionMode', 'orders'],
  positions: ['market', 'size', 'entry', 'margin', 'collateral', 'leverage', 'fundingIndex'],
  openOrders: ['market', 'side', 'size', 'price', 'reduceOnly'],
  fills: ['tradeId', 'orderId', 'account', 'market', 'margin', 'side', 'size', 'price', 'fee', 'timeUs'],
  acks: ['orderId', 'state', 'timeUs'],
  rejects: ['orderId', 'reason', 'timeUs'],
  bids: ['bidId', 'auctionId', 'bidder', 'size', 'limitPrice'],
  ordersGone: ['account'],
  figures: ['portfolio', 'equity', 'maintenance'],
  admin: ['command'],
} as const;

export type StatsField = (typeof FIELDS.stats)[number];

/** What a number in a column stands for is its place in these lists. */
export const SIGNAL_STATES: readonly SignalState[] = ['breached', 'changed', 'recovered', 'left'];
export const ORDER_EVENTS: readonly OrderEventKind[] = ['new', 'cancel', 'ended', 'query'];
export const CASE_EVENTS = ['opened', 'entered', 'waiting', 'skipped', 'left', 'ended'] as const;
export const MARGIN_CALL_EVENTS = ['called', 'cleared'] as const;
export const FREEZE_EVENTS = ['frozen', 'released'] as const;
export const AUCTION_EVENTS = ['opened', 'reset', 'taken', 'ended'] as const;
export const ACK_STATES = ['working', 'cancelled', 'unfilled', 'absent', 'unknown'] as const;

/** Columns of numbers that stand for words, by topic. */
export const WORDS: Readonly<Partial<Record<keyof TopicRows, { readonly column: string; readonly words: readonly string[] }>>> = {
  signals: { column: 'state', words: SIGNAL_STATES },
  orders: { column: 'event', words: ORDER_EVENTS },
  shadow: { column: 'event', words: ORDER_EVENTS },
  cases: { column: 'event', words: CASE_EVENTS },
  margincalls: { column: 'event', words: MARGIN_CALL_EVENTS },
  freezes: { column: 'event', words: FREEZE_EVENTS },
  auctions: { column: 'event', words: AUCTION_EVENTS },
};

/** What an operator may tell the scanner to do: the columns that follow the command's. */
export const ADMIN_COLUMNS = {
  'resume-backend': [],
  mode: ['mode'],
  kill: ['state'],
  pause: ['scope', 'name'],
  resume: ['scope', 'name'],
  exempt: ['account'],
  unexempt: ['account'],
  bidder: ['account'],
  'no-bidder': ['account'],
  fund: ['asset', 'market', 'amount'],
} as const;
export type AdminName = keyof typeof ADMIN_COLUMNS;

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
export type WireCase = readonly [
  caseId: string,
  portfolio: string,
  event: number,
  /** Null: it is about the case as a whole. */
  stage: string | null,
  entry: number | null,
  reason: string,
  /** Null: of a case that opened before anybody listened. */
  deficit: string | null,
  badDebt: string | null,
  timeUs: WireInteger,
];
export type WireMarginCall = readonly [
  portfolio: string,
  event: number,
  threshold: string | null,
  equity: string | null,
  maintenance: string | null,
  timeUs: WireInteger,
];
export type WireFreeze = readonly [
  account: string,
  portfolio: string,
  event: number,
  freeCollateral: string,
  timeUs: WireInteger,
];
export type WireAuction = readonly [
  auctionId: string,
  caseId: string,
  portfolio: string,
  event: number,
  market: string | null,
  side: 'buy' | 'sell' | null,
  size: string | null,
  price: string,
  bidder: string | null,
  timeUs: WireInteger,
];
export type WireAdl = readonly [
  caseId: string,
  portfolio: string,
  counterparty: string,
  market: string,
  side: 'long' | 'short',
  size: string,
  needed: string,
  price: string,
  forgone: string,
  timeUs: WireInteger,
];
export type WireTransfer = readonly [
  debit: string,
  credit: string,
  asset: string,
  amount: string,
  reason: string,
  caseId: string | null,
  timeUs: WireInteger,
];
export type WireCancel = readonly [account: string, timeUs: WireInteger];
export type WireReconciliation = readonly [
  portfolio: string,
  equity: string | null,
  maintenance: string | null,
  venueEquity: string,
  venueMaintenance: string,
  isEqual: boolean,
  timeUs: WireInteger,
];

/** Of each topic. */
export interface TopicRows {
  readonly signals: WireSignal;
  readonly orders: WireOrder;
  readonly stats: WireStats;
  readonly alerts: WireAlert;
  readonly cases: WireCase;
  readonly margincalls: WireMarginCall;
  readonly freezes: WireFreeze;
  readonly auctions: WireAuction;
  readonly adl: WireAdl;
  readonly transfers: WireTransfer;
  readonly cancels: WireCancel;
  readonly shadow: WireOrder;
  readonly reconciliation: WireReconciliation;
}

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
export type WireBid = readonly [bidId: string, auctionId: string, bidder: string, size: string | null, limitPrice: string | null];
export type WireAccount = readonly [account: string];
export type WireFigures = readonly [portfolio: string, equity: string, maintenance: string];
/** The command, then its columns. */
export type WireAdmin = readonly [command: AdminName, ...columns: (string | null)[]];
export type WireProblem = readonly [where: string, expected: string, found: string];
