/** What one record leads to, collected on the way and put into the order in which effects are told. */
import type {
  AdlEvent,
  AlertEvent,
  AuctionEvent,
  FreezeEvent,
  MarginCallEvent,
  ReconciliationEvent,
  StageEvent,
} from '../model/case-effects.js';
import type { CaseEvent, Effect, ExecutionEffect, OrderEvent, Signal } from '../model/effects.js';
import type { Transfer } from '../model/money.js';
import type { Moment } from './moment.js';

export class Outbox {
  readonly executions: ExecutionEffect[] = [];
  signals: readonly Signal[] = [];
  readonly orders: OrderEvent[] = [];
  readonly shadowOrders: OrderEvent[] = [];
  readonly cases: CaseEvent[] = [];
  readonly stages: StageEvent[] = [];
  readonly marginCalls: MarginCallEvent[] = [];
  readonly freezes: FreezeEvent[] = [];
  readonly cancelOrders: string[] = [];
  readonly auctions: AuctionEvent[] = [];
  readonly adl: AdlEvent[] = [];
  readonly transfers: Transfer[] = [];
  readonly alerts: AlertEvent[] = [];
  readonly reconciliation: ReconciliationEvent[] = [];

  effects({ timeUs, tickTimeUs, priceEpoch }: Moment): Effect[] {
    const { signals, cancelOrders } = this;
    const all: Effect[] = [...this.executions];
    if (signals.length > 0) all.push({ type: 'signals', tickTimeUs, priceEpoch, rows: signals });
    if (this.orders.length > 0) all.push({ type: 'orders', rows: this.orders });
    if (this.shadowOrders.length > 0) all.push({ type: 'shadow-orders', rows: this.shadowOrders });
    if (cancelOrders.length > 0) all.push({ type: 'cancel-orders', timeUs, accounts: cancelOrders });
    if (this.cases.length > 0) all.push({ type: 'cases', rows: this.cases });
    if (this.stages.length > 0) all.push({ type: 'stages', rows: this.stages });
    if (this.freezes.length > 0) all.push({ type: 'freezes', rows: this.freezes });
    if (this.marginCalls.length > 0) all.push({ type: 'margin-calls', rows: this.marginCalls });
    if (this.auctions.length > 0) all.push({ type: 'auctions', rows: this.auctions });
    if (this.adl.length > 0) all.push({ type: 'adl', rows: this.adl });
    if (this.transfers.length > 0) all.push({ type: 'transfers', timeUs, rows: this.transfers });
    if (this.alerts.length > 0) all.push({ type: 'alerts', rows: this.alerts });
    if (this.reconciliation.length > 0) all.push({ type: 'reconciliation', rows: this.reconciliation });
    return all;
  }
}
