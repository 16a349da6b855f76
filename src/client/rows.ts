/** Rows as objects: from the wire by the column names of `hello`, and to it. It must not know connections. */
import { type WireInteger, wireInteger } from '../gateway/codec.js';
import {
  ACK_STATES,
  FIELDS,
  ORDER_EVENTS,
  type OrderEventKind,
  SIGNAL_STATES,
  type SignalState,
  type StatsField,
  type WireAck,
  type WireBook,
  type WireFill,
  type WireReject,
} from '../gateway/messages.js';

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
  /** `backend`: what scanned has failed, and another has taken over. Later versions may have more. */
  readonly code: string;
  /** For people. */
  readonly text: string;
}

export interface Rows {
  readonly signals: SignalRow;
  readonly orders: OrderRow;
  readonly stats: StatsRow;
  readonly alerts: AlertRow;
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

type WireRow = readonly unknown[];

/** The columns that the server announced, which may be more than this client knows. */
export class RowReader {
  private readonly columns: { readonly [Topic in keyof Rows]: readonly (readonly [name: string, column: number])[] };

  constructor(announced: Readonly<Record<string, readonly string[]>>) {
    const columnsOf = (topic: keyof Rows) =>
      FIELDS[topic].map((name) => [name, (announced[topic] ?? []).indexOf(name)] as const).filter(([, column]) => column >= 0);
    this.columns = {
      signals: columnsOf('signals'),
      orders: columnsOf('orders'),
      stats: columnsOf('stats'),
      alerts: columnsOf('alerts'),
    };
  }

  read<Topic extends keyof Rows>(topic: Topic, rows: readonly WireRow[]): Rows[Topic][] {
    return rows.map((row) => {
      const object: Record<string, unknown> = {};
      for (const [name, column] of this.columns[topic]) object[name] = row[column];
      if (topic === 'signals') object.state = SIGNAL_STATES[Number(object.state)];
      if (topic === 'orders') object.event = ORDER_EVENTS[Number(object.event)];
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

/** A sequence or time of the wire as a number; they stay below 2^53. */
export function toNumber(value: unknown): number {
  return Number(value as WireInteger);
}
