/**
 * What comes out of the engine: effects. Plain data: they cross threads. What the waterfall's rows are is in case-effects.ts. Times are integer
 * microseconds UTC.
 */
import type {
  AdlEvent,
  AlertEvent,
  AuctionEvent,
  FreezeEvent,
  MarginCallEvent,
  ReconciliationEvent,
  StageEvent,
} from './case-effects.js';
import type { Decimal } from './decimal.js';
import type { Fraction } from './fraction.js';
import type { Transfer } from './money.js';
import type { Lots, Side } from './portfolio.js';

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

/** `query`: what became of it is asked for by id; nothing is sent again. */
export type OrderEventKind = 'new' | 'cancel' | 'ended' | 'query';

/** Stages that send orders. */
export type OrderStage = 'partial' | 'full' | 'fund';

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
  readonly stage: OrderStage;
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

/** What would have been sent, were this not shadow mode. Not to the executor. */
export interface ShadowOrdersEffect {
  readonly type: 'shadow-orders';
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
  /** What others had to bear when it ended: Σ of what was paid into it by the fund and every stage after; null while open. */
  readonly badDebt: Fraction | null;
  /** How it ended: no position left, or no longer in need of liquidation. Null while open. */
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

/** Movements of money that the record led to, in order. Those of account rows are added up to one an asset. */
export interface TransfersEffect {
  readonly type: 'transfers';
  readonly timeUs: number;
  readonly rows: readonly Transfer[];
}

export interface StagesEffect {
  readonly type: 'stages';
  readonly rows: readonly StageEvent[];
}

export interface MarginCallsEffect {
  readonly type: 'margin-calls';
  readonly rows: readonly MarginCallEvent[];
}

export interface FreezesEffect {
  readonly type: 'freezes';
  readonly rows: readonly FreezeEvent[];
}

/** The venue is asked to cancel the accounts' open orders; `orders-gone` records answer. */
export interface CancelOrdersEffect {
  readonly type: 'cancel-orders';
  readonly timeUs: number;
  readonly accounts: readonly string[];
}

export interface AuctionsEffect {
  readonly type: 'auctions';
  readonly rows: readonly AuctionEvent[];
}

export interface AdlEffect {
  readonly type: 'adl';
  readonly rows: readonly AdlEvent[];
}

export interface AlertsEffect {
  readonly type: 'alerts';
  readonly rows: readonly AlertEvent[];
}

export interface ReconciliationEffect {
  readonly type: 'reconciliation';
  readonly rows: readonly ReconciliationEvent[];
}

export type Effect =
  | SignalsEffect
  | OrdersEffect
  | ShadowOrdersEffect
  | CasesEffect
  | StagesEffect
  | ExecutionEffect
  | TransfersEffect
  | MarginCallsEffect
  | FreezesEffect
  | CancelOrdersEffect
  | AuctionsEffect
  | AdlEffect
  | AlertsEffect
  | ReconciliationEffect;
