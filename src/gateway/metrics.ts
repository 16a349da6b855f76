/** The counters as Prometheus reads them, in a registry of their own. No account ever becomes a label. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { EngineStats } from '../engine/link.js';
import type { Hub } from './hub.js';

const ENGINE_GAUGES: readonly (readonly [name: string, help: string, read: (stats: EngineStats) => number])[] = [
  ['plimsoll_accounts', 'Accounts held.', (stats) => stats.accounts],
  ['plimsoll_portfolios', 'Portfolios held.', (stats) => stats.portfolios],
  ['plimsoll_positions', 'Positions held.', (stats) => stats.positions],
  ['plimsoll_price_epoch', 'Sequence of the prices in effect.', (stats) => stats.priceEpoch],
  ['plimsoll_tick_timestamp_seconds', 'Time of the last tick, in its own data.', (stats) => stats.tickTimeUs / 1e6],
  ['plimsoll_tick_duration_seconds', 'Filter, verdict and dispatch of the last tick.', (stats) => stats.tickMs / 1e3],
  ['plimsoll_tick_lag_seconds', 'From when the last tick was due until it was applied.', (stats) => stats.lagMs / 1e3],
  ['plimsoll_nominees', 'Portfolios that the filter nominated at the last tick.', (stats) => stats.nominees],
  ['plimsoll_unpriced', 'Portfolios that lack a price.', (stats) => stats.unpriced],
  ['plimsoll_liquidatable', 'Portfolios below maintenance.', (stats) => stats.liquidatable],
  ['plimsoll_insolvent', 'Portfolios with nothing left to liquidate and equity below zero.', (stats) => stats.insolvent],
  ['plimsoll_deficit', 'Sum of the deficits, in the valuation asset.', (stats) => stats.deficit],
  ['plimsoll_open_cases', 'Cases open.', (stats) => stats.openCases],
  ['plimsoll_live_orders', 'Orders live or unknown.', (stats) => stats.liveOrders],
  ['plimsoll_unknown_orders', 'Orders past their expiry that nobody has ended.', (stats) => stats.unknownOrders],
];

const ENGINE_COUNTERS: readonly (readonly [name: string, help: string, read: (stats: EngineStats) => number])[] = [
  ['plimsoll_ticks_total', 'Ticks applied.', (stats) => stats.ticks],
  ['plimsoll_ticks_conflated_total', 'Ticks merged into a later one.', (stats) => stats.conflated],
  ['plimsoll_liquidations_total', 'Liquidations since the start.', (stats) => stats.liquidations],
];

/** Fresh at every scrape: nothing is counted twice. */
export function createMetrics(hub: Hub, connections: () => number): Registry {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const { counters, link } = hub;
  for (const [name, help, read] of ENGINE_GAUGES) gauge(name, help, () => read(link.stats()));
  for (const [name, help, read] of ENGINE_COUNTERS) counter(name, help, () => read(link.stats()));
  gauge('plimsoll_gateway_connections', 'Open streams.', connections);
  counter('plimsoll_gateway_connections_refused_total', 'Streams refused.', () => counters.connectionsRefused);
  counter('plimsoll_gateway_messages_received_total', 'Frames from clients.', () => counters.messagesReceived);
  counter('plimsoll_gateway_messages_sent_total', 'Frames to clients.', () => counters.messagesSent);
  counter('plimsoll_gateway_malformed_frames_total', 'Frames that were no message.', () => counters.malformedFrames);
  counter('plimsoll_gateway_wrong_tokens_total', 'Tokens that nobody has.', () => counters.wrongTokens);
  counter('plimsoll_gateway_slow_consumers_total', 'Streams closed because they did not read.', () => counters.slowConsumers);
  counter('plimsoll_gateway_batches_accepted_total', 'Batches applied.', () => counters.batchesAccepted);
  counter('plimsoll_gateway_batches_rejected_total', 'Batches refused as a whole.', () => counters.batchesRejected);
  counter('plimsoll_gateway_internal_errors_total', 'Messages that met a bug of ours.', () => counters.internalErrors);
  new Gauge({ name: 'plimsoll_info', help: 'What runs.', labelNames: ['version', 'backend'], registers }).set(
    { version: hub.version, backend: link.stats().backend },
    1,
  );
  return registry;
}
