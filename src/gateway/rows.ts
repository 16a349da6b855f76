/** Effects, counters and alerts as rows of the wire. It must not know topics or sockets. */
import type { EngineAlert, EngineStats } from '../engine/link.js';
import { formatDecimal } from '../model/decimal.js';
import type { OrderEvent, Signal, SignalState } from '../model/effects.js';
import type { Instruments } from '../model/instruments.js';
import { sizeOf } from '../model/quantities.js';
import { wireInteger } from './codec.js';
import {
  FIELDS,
  ORDER_EVENTS,
  SIGNAL_STATES,
  type StatsField,
  type TopicRows,
  type WireAlert,
  type WireOrder,
  type WireSignal,
  type WireStats,
  WORDS,
} from './messages.js';

export function signalRow(signal: Signal, state: SignalState): WireSignal {
  const { portfolio, equity, maintenance, deficit, badDebt, marginRatio } = signal;
  return [portfolio, SIGNAL_STATES.indexOf(state), equity, maintenance, deficit, badDebt, marginRatio];
}

/** Size in units of the market's base, exact: lots × lot. */
export function orderRow(order: OrderEvent, instruments: Instruments): WireOrder {
  const market = instruments.markets[order.market];
  return [
    order.orderId,
    order.caseId,
    ORDER_EVENTS.indexOf(order.event),
    order.portfolio,
    market.id,
    order.side,
    formatDecimal(sizeOf(order.lots, market.lot)),
    order.limitPrice === null ? null : formatDecimal(order.limitPrice),
    order.stage,
    wireInteger(order.expiryUs),
    wireInteger(order.version),
    wireInteger(order.priceEpoch),
    wireInteger(order.tickTimeUs),
  ];
}

export type StatsRow = Readonly<Record<Exclude<StatsField, 'backend'>, number>> & { readonly backend: string };

export function statsOf(stats: EngineStats, timeUs: number): StatsRow {
  return { timeUs, ...stats };
}

export function statsRow(stats: StatsRow): WireStats {
  return FIELDS.stats.map((field) => {
    const value = stats[field];
    return Number.isSafeInteger(value) ? wireInteger(value as number) : value;
  });
}

export function alertRow({ timeUs, code, text }: EngineAlert): WireAlert {
  return [wireInteger(timeUs), code, text];
}

/** A row of a topic as JSON has it: columns by name, words for the numbers that stand for them, integers as numbers. */
export function rowObject(topic: keyof TopicRows, row: readonly unknown[]): Readonly<Record<string, unknown>> {
  const coded = WORDS[topic];
  const columns = FIELDS[topic].map((field, i) => {
    const value = row[i];
    if (field === coded?.column) return [field, coded.words[Number(value)]] as const;
    return [field, typeof value === 'bigint' ? Number(value) : value] as const;
  });
  return Object.fromEntries(columns);
}
