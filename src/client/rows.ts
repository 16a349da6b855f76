/** Rows as objects: from the wire by the column names of `hello`, and to it. It must not know connections. */
import { type WireInteger, wireInteger } from '../gateway/codec.js';
import {
  ACK_STATES,
  ADMIN_COLUMNS,
  FIELDS,
  type OrderEventKind,
  type SignalState,
  type StatsField,
  TOPICS,
  type TopicName,
  type WireAck,
  type WireAdmin,
  type WireBid,
  type WireBook,
  type WireFigures,
  type WireFill,
  type WireReject,
  WORDS,
} from '../gateway/messages.js';
import type {
  AdlRow,
  AuctionRow,
  CancelRow,
  CaseRow,
  FreezeRow,
  MarginCallRow,
  ReconciliationRow,
  TransferRow,
} from './event-rows.js';

/** A portfolio's figures, for reading and ranking. */
export interface SignalRow {
  readonly portfolio: string;
  readonly state: SignalState;
  readonly equity: number;
  readonly maintenance: number;
  readonly deficit: number;
  readonly badDebt: number;
  /** Null when maintenance is 0. */
  readonly marginRatio: number | null;
}

/** Decimals are exact texts; times are microseconds UTC. */
export interface OrderRow {
  readonly orderId: string;
  readonly case: string;
  readonly event: OrderEventKind;
  readonly portfolio: string;
  readonly market: string;
  readonly side: 'buy' | 'sell';
  readonly size: string;
  /** Null: no limit. */
  readonly limitPrice: string | null;
  readonly stage: string;
  readonly expiryUs: number;
  readonly version: number;
  readonly priceEpoch: number;
  readonly tickTimeUs: number;
}

export type StatsRow = Readonly<Record<Exclude<StatsField, 'backend'>, number>> & { readonly backend: string };

/** What somebody should look at. */
export interface AlertRow {
  readonly timeUs: number;
  /** `backend`, `venue-loss`, `fund-empty`, `reconciliation`, `issuance`, `kill`, `mode`. Later versions may have more. */
  readonly code: string;
  /** For people. */
  readonly text: string;
}

export interface Rows {
  readonly signals: SignalRow;
  readonly orders: OrderRow;
  readonly stats: StatsRow;
  readonly alerts: AlertRow;
  readonly cases: CaseRow;
  readonly margincalls: MarginCallRow;
  readonly freezes: FreezeRow;
  readonly auctions: AuctionRow;
  readonly adl: AdlRow;
  readonly transfers: TransferRow;
  readonly cancels: CancelRow;
  /** What would have been sent, in shadow mode. */
  readonly shadow: OrderRow;
  readonly reconciliation: ReconciliationRow;
}

/** An account's absolute state. `version` counts the source's changes of it and only grows. */
export interface BookRow {
  readonly account: string;
  readonly version: number;
  readonly positionMode?: 'net' | 'hedge';
  readonly balances: Readonly<Record<string, string>>;
  readonly positions: readonly {
    readonly market: string;
    readonly size: string;
    readonly entry: string;
    readonly margin?: 'cross' | 'isolated';
    /** Of an isolated position; without one it is the initial margin at entry by its leverage. */
    readonly collateral?: string;
    readonly leverage?: string;
    /** Up to which its funding is in the balance. */
    readonly fundingIndex?: string;
  }[];
  /** That wait in the venue's book. */
  readonly orders?: readonly {
    readonly market: string;
    readonly side: 'buy' | 'sell';
    /** Above 0. */
    readonly size: string;
    readonly price: string;
    readonly reduceOnly?: boolean;
  }[];
}

export interface FillRow {
  readonly tradeId: string;
  /** Null: no liquidation order of ours. Never null from an executor. */
  readonly orderId: string | null;
  readonly account: string;
  readonly market: string;
  readonly margin: 'cross' | 'isolated';
  readonly side: 'buy' | 'sell';
  readonly size: string;
  readonly price: string;
  readonly fee: string;
  readonly timeUs: number;
}

export interface AckRow {
  readonly orderId: string;
  readonly state: (typeof ACK_STATES)[number];
  readonly timeUs: number;
}

export interface RejectRow {
  readonly orderId: string;
  readonly reason: string;
  readonly timeUs: number;
}

/** In an auction that is held: so many of it, at the price of the moment if that is no worse than the limit. */
export interface BidRow {
  readonly bidId: string;
  readonly auctionId: string;
  /** A registered bidder's account: what it buys goes there. */
  readonly bidder: string;
  /** Null: as much as it may have; of a whole portfolio always. */
  readonly size: string | null;
  /** Null: at whatever price. Of a whole portfolio a share of its worth. */
  readonly limitPrice: string | null;
}

/** What the venue itself counts for a portfolio, in the valuation asset. */
export interface FiguresRow {
  readonly portfolio: string;
  readonly equity: string;
  readonly maintenance: string;
}

/** What the scanner is to do. Names are ids. */
export type AdminRow =
  /** Takes a backend that failed back into use. In a batch of its own. */
  | { readonly command: 'resume-backend' }
  | { readonly command: 'mode'; readonly mode: 'shadow' | 'live' }
  | { readonly command: 'kill'; readonly state: 'on' | 'off' }
  | { readonly command: 'pause' | 'resume'; readonly scope: 'market' | 'account' | 'stage'; readonly name: string }
  | { readonly command: 'exempt' | 'unexempt' | 'bidder' | 'no-bidder'; readonly account: string }
  /** Into a fund, or out of it when negative; `market` null: the asset's own. */
  | { readonly command: 'fund'; readonly asset: string; readonly market: string | null; readonly amount: string };

type WireRow = readonly unknown[];

/** The columns that the server announced, which may be more than this client knows. */
export class RowReader {
  private readonly columns: ReadonlyMap<TopicName, readonly (readonly [name: string, column: number])[]>;

  constructor(announced: Readonly<Record<string, readonly string[]>>) {
    const columnsOf = (topic: TopicName) =>
      FIELDS[topic].map((name) => [name, (announced[topic] ?? []).indexOf(name)] as const).filter(([, column]) => column >= 0);
    this.columns = new Map(TOPICS.map((topic) => [topic, columnsOf(topic)]));
  }

  read<Topic extends TopicName>(topic: Topic, rows: readonly WireRow[]): Rows[Topic][] {
    const columns = this.columns.get(topic) ?? [];
    const coded = WORDS[topic];
    return rows.map((row) => {
      const object: Record<string, unknown> = {};
      for (const [name, column] of columns) object[name] = row[column];
      if (coded !== undefined) object[coded.column] = coded.words[Number(object[coded.column])];
      return object as unknown as Rows[Topic];
    });
  }
}

export function wireBook(row: BookRow): WireBook {
  const positions = row.positions.map(
    ({ market, size, entry, margin = 'cross', collateral = null, leverage = null, fundingIndex = null }) =>
      [market, size, entry, margin, collateral, leverage, fundingIndex] as const,
  );
  const orders = (row.orders ?? []).map(
    ({ market, side, size, price, reduceOnly = false }) => [market, side, size, price, reduceOnly] as const,
  );
  return [row.account, wireInteger(row.version), row.balances, positions, row.positionMode ?? 'net', orders];
}

export function wireFill(row: FillRow): WireFill {
  const { tradeId, orderId, account, market, margin, side, size, price, fee } = row;
  return [tradeId, orderId, account, market, margin, side, size, price, fee, wireInteger(row.timeUs)];
}

export function wireAck(row: AckRow): WireAck {
  return [row.orderId, ACK_STATES.indexOf(row.state), wireInteger(row.timeUs)];
}

export function wireReject(row: RejectRow): WireReject {
  return [row.orderId, row.reason, wireInteger(row.timeUs)];
}

export function wireBid({ bidId, auctionId, bidder, size, limitPrice }: BidRow): WireBid {
  return [bidId, auctionId, bidder, size, limitPrice];
}

export function wireFigures({ portfolio, equity, maintenance }: FiguresRow): WireFigures {
  return [portfolio, equity, maintenance];
}

export function wireAdmin(row: AdminRow): WireAdmin {
  const values = row as Readonly<Record<string, string | null>>;
  // What this client does not know goes as it is, for the server to refuse.
  const columns: readonly string[] = ADMIN_COLUMNS[row.command] ?? [];
  return [row.command, ...columns.map((column) => values[column] ?? null)];
}

/** A sequence or time of the wire as a number; they stay below 2^53. */
export function toNumber(value: unknown): number {
  return Number(value as WireInteger);
}
