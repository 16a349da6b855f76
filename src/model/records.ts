/**
 * What goes into the engine (records) and what comes out of it (effects). Both are plain data: they cross threads and will be
 * journalled. Times are integer microseconds UTC and are given, never read from a clock.
 */
import type { Decimal } from './decimal.js';
import type { Fraction } from './fraction.js';
import type { Account, Cash, Cost, Lots, Side } from './portfolio.js';

export interface Mark {
  /** Index in `Instruments.markets`. */
  readonly market: number;
  readonly price: Decimal;
}

export interface IndexPrice {
  /** Index in `Instruments.assets`; not of the valuation asset. */
  readonly asset: number;
  /** One of the asset in the valuation asset; above 0. */
  readonly price: Decimal;
}

export interface FundingIndex {
  /** Index in `Instruments.markets`. */
  readonly market: number;
  /** What one unit of size · contractSize has paid since the market began, in the settle asset: a long pays, a short receives what it grows by. */
  readonly index: Decimal;
}

/** Prices of one moment. What is not listed keeps its last. */
export interface PriceUpdate {
  readonly marks: readonly Mark[];
  readonly indexes?: readonly IndexPrice[];
  readonly funding?: readonly FundingIndex[];
}

/** Prices that became true together. */
export interface TickRecord extends PriceUpdate {
  readonly type: 'tick';
  readonly timeUs: number;
}

/** The absolute state of an account. `version` counts the source's changes of that account and only grows. */
export interface BookRow {
  readonly version: number;
  readonly account: Account;
}

export interface BookRecord {
  readonly type: 'book';
  readonly timeUs: number;
  readonly rows: readonly BookRow[];
}

/** A trade of one account. With an order id it is an execution of that order. Applied once per `tradeId`. */
export interface Fill {
  readonly tradeId: string;
  readonly orderId: string | null;
  readonly account: string;
  readonly market: number;
  readonly margin: 'cross' | 'isolated';
  /** The side of the trade: a sell closes a long. */
  readonly side: 'buy' | 'sell';
  /** Always positive. */
  readonly lots: Lots;
  readonly price: Decimal;
  /** Taken from the portfolio's balance in the settle asset. */
  readonly fee: Cash;
  readonly timeUs: number;
}

export interface FillsRecord {
  readonly type: 'fills';
  readonly timeUs: number;
  readonly fills: readonly Fill[];
}

/**
 * The executor's word on an order: `working` (it has it), `cancelled` (by our cancel), `unfilled` (its time ran out), `rejected`.
 * After the last three nothing more executes.
 */
export interface OrderAck {
  readonly orderId: string;
  readonly state: 'working' | 'cancelled' | 'unfilled' | 'rejected';
  /** The executor's words for a rejection. For people: nothing is decided on it. */
  readonly reason?: string;
}

export interface AcksRecord {
  readonly type: 'acks';
  readonly timeUs: number;
  readonly acks: readonly OrderAck[];
}

/** Time passes without a price: orders expire. */
export interface ClockRecord {
  readonly type: 'clock';
  readonly timeUs: number;
}

export type InputRecord = TickRecord | BookRecord | FillsRecord | AcksRecord | ClockRecord;

/** Exact state of a portfolio at a tick. Amounts in the valuation asset. */
export interface Valuation {
  readonly equity: Fraction;
  readonly maintenance: Fraction;
}

/** A row of a breached portfolio as the case half needs it. */
export interface BreachRow {
  readonly market: number;
  readonly lots: Lots;
  readonly cost: Cost;
  readonly mark: Decimal;
  /** Index price of its settle asset. */
  readonly index: Fraction;
  /** The position's own requirement, in the valuation asset. */
  readonly maintenance: Fraction;
}

/**
 * What a portfolio is: `insolvent` has nothing left to liquidate and less than nothing left; `unpriced` lacks a mark, which is
 * unknown and not zero.
 */
export type Standing = 'healthy' | 'liquidatable' | 'insolvent' | 'unpriced';

/** The scan half's report of one portfolio: everything that the case half may know about it. */
export interface PortfolioReport extends Valuation {
  readonly portfolio: string;
  /** A portfolio that is no more is `healthy`, with nothing in it. */
  readonly standing: Standing;
  /** Grows with every change of the portfolio's cash or rows. */
  readonly version: number;
  /** How many it has. */
  readonly positions: number;
  /** What its positions can lose together until nothing is left (`lossToZero` of bankruptcy.ts); null unless liquidatable. */
  readonly lossToZero: Fraction | null;
  /** Its positions, when it is liquidatable; else none. By market, long before short. */
  readonly rows: readonly BreachRow[];
}

/** A trade as the scan half booked it, with the prices of that moment. */
export interface BookedFill {
  readonly fill: Fill;
  readonly mark: Decimal | null;
  /** Of the market's settle asset; null while unknown. */
  readonly index: Fraction | null;
}

export type SignalState = 'breached' | 'changed' | 'recovered' | 'left';

/** Numbers for reading and ranking. Printed rounding: equity down, maintenance up, in the valuation asset's decimals. */
export interface Signal {
  readonly portfolio: string;
  /** In which it has positions, by index: what a subscriber may filter on. */
  readonly markets: readonly number[];
  readonly state: SignalState;
  readonly equity: number;
  readonly maintenance: number;
  readonly deficit: number;
  readonly badDebt: number;
  /** Null when maintenance is 0. */
  readonly marginRatio: number | null;
}

export interface SignalsEffect {
  readonly type: 'signals';
  readonly tickTimeUs: number;
  readonly priceEpoch: number;
  /** By deficit descending, then portfolio id. */
  readonly rows: readonly Signal[];
}

export type OrderEventKind = 'new' | 'cancel' | 'ended';

/** An order to the executor, or news of one. Always reduce-only. */
export interface OrderEvent {
  readonly orderId: string;
  readonly caseId: string;
  readonly event: OrderEventKind;
  readonly portfolio: string;
  readonly market: number;
  readonly side: 'buy' | 'sell';
  /** What is left to execute. */
  readonly lots: Lots;
  /** Null: no limit. */
  readonly limitPrice: Decimal | null;
  readonly stage: 'full';
  readonly expiryUs: number;
  /** The portfolio's version that the order was sized on. */
  readonly version: number;
  readonly priceEpoch: number;
  readonly tickTimeUs: number;
}

export interface OrdersEffect {
  readonly type: 'orders';
  readonly rows: readonly OrderEvent[];
}

/** A default from its first breach to its end. */
export interface CaseEvent {
  readonly caseId: string;
  readonly portfolio: string;
  readonly event: 'opened' | 'ended';
  readonly timeUs: number;
  /** When it opened. */
  readonly openedUs: number;
  /** Exact, at the breach. */
  readonly deficit: Fraction;
  /** max(0, −equity) when it ended; null while open. */
  readonly badDebt: Fraction | null;
  /** How it ended: no position left, no longer liquidatable, or with positions that need no margin and equity below 0. Null while open. */
  readonly outcome: 'closed' | 'recovered' | 'insolvent' | null;
}

export interface CasesEffect {
  readonly type: 'cases';
  readonly rows: readonly CaseEvent[];
}

/** A liquidation order's execution as the engine booked it. */
export interface ExecutionEffect {
  readonly type: 'execution';
  readonly caseId: string;
  readonly orderId: string;
  readonly market: number;
  readonly side: Side;
  readonly lots: Lots;
  readonly price: Decimal;
  /** Notional at the mark of the moment, in the valuation asset. */
  readonly notional: Fraction;
  readonly timeUs: number;
}

export type Effect = SignalsEffect | OrdersEffect | CasesEffect | ExecutionEffect;
