/** The counters as Prometheus reads them, in a registry of their own. No account ever becomes a label. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { BookStatistics, EngineLink, EngineStats, ModeStatus } from '../engine/link.js';
import type { Instruments } from '../model/instruments.js';
import { unitsText } from './event-rows.js';
import type { Hub } from './hub.js';
import { openByStage } from './status.js';

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
  ['plimsoll_deficit', 'Sum of the deficits that the last tick found, in the valuation asset.', (stats) => stats.deficit],
  ['plimsoll_open_cases', 'Cases open.', (stats) => stats.openCases],
  ['plimsoll_live_orders', 'Orders live or unknown.', (stats) => stats.liveOrders],
  ['plimsoll_unknown_orders', 'Orders past their expiry that nobody has ended.', (stats) => stats.unknownOrders],
];

const ENGINE_COUNTERS: readonly (readonly [name: string, help: string, read: (stats: EngineStats) => number])[] = [
  ['plimsoll_ticks_total', 'Ticks applied.', (stats) => stats.ticks],
  ['plimsoll_ticks_conflated_total', 'Ticks merged into a later one.', (stats) => stats.conflated],
  ['plimsoll_liquidations_total', 'Liquidations since the start.', (stats) => stats.liquidations],
];

type Labelled = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Of a full scan, in floats: they come once a second or less often, and are absent before the first. */
const BOOK_GAUGES: readonly (readonly [
  name: string,
  help: string,
  labelNames: readonly string[],
  read: (statistics: BookStatistics) => readonly Labelled[],
])[] = [
  ['plimsoll_equity', 'Sum of the equities, in the valuation asset.', [], ({ equity }) => [[{}, equity]]],
  ['plimsoll_maintenance', 'Sum of the maintenances, in the valuation asset.', [], ({ maintenance }) => [[{}, maintenance]]],
  [
    'plimsoll_margin_ratio_portfolios',
    'Portfolios by equity / maintenance, from the end of the band before up to below this one. Not cumulative: add bands up.',
    ['below'],
    (statistics) => byBand(statistics, statistics.bandCount),
  ],
  [
    'plimsoll_margin_ratio_notional',
    'Notional of the positions of those portfolios, in the valuation asset. Not cumulative: add bands up.',
    ['below'],
    (statistics) => byBand(statistics, statistics.bandNotional),
  ],
  [
    'plimsoll_market_positions',
    'Positions by market and side.',
    ['market', 'side'],
    ({ sides }) => sides.map(({ market, side, positions }) => [{ market, side }, positions]),
  ],
  [
    'plimsoll_market_notional',
    'Notional of the positions by market and side, in the valuation asset.',
    ['market', 'side'],
    ({ sides }) => sides.map(({ market, side, notional }) => [{ market, side }, notional]),
  ],
];

function byBand({ bandEnds }: BookStatistics, values: readonly number[]): Labelled[] {
  return values.map((value, band) => [{ below: band < bandEnds.length ? String(bandEnds[band]) : '+Inf' }, value]);
}

function addBookGauges(link: EngineLink, registers: Registry[]): void {
  for (const [name, help, labelNames, read] of BOOK_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        // A gauge without labels has a zero from its start, which would be said as if it were known.
        if (labelNames.length === 0) this.remove();
        const statistics = link.statistics();
        for (const [labels, value] of statistics === null ? [] : read(statistics)) this.set(labels, value);
      },
    });
  }
}

/** What the engine has to be asked for at every scrape. */
const MODE_GAUGES: readonly (readonly [
  name: string,
  help: string,
  labelNames: readonly string[],
  read: (mode: ModeStatus, instruments: Instruments) => readonly Labelled[],
])[] = [
  ['plimsoll_live', '1 in live mode, 0 in shadow mode: nothing is sent.', [], ({ mode }) => [[{}, mode === 'live' ? 1 : 0]]],
  ['plimsoll_kill', '1 while the kill switch is on.', [], ({ kill }) => [[{}, kill ? 1 : 0]]],
  [
    'plimsoll_fund_balance',
    'Insurance funds by asset, in the asset.',
    ['asset'],
    ({ funds }, { assets }) => funds.map(({ asset, balance }) => [{ asset: assets[asset].id }, Number(unitsText(balance))]),
  ],
  [
    'plimsoll_fund_reserved',
    'Of it what open cases have reserved, by asset, in the asset.',
    ['asset'],
    ({ funds }, { assets }) => funds.map(({ asset, reserved }) => [{ asset: assets[asset].id }, Number(unitsText(reserved))]),
  ],
];

function addModeGauges(link: EngineLink, registers: Registry[]): void {
  for (const [name, help, labelNames, read] of MODE_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        // An engine that is gone says nothing: what it last said is no longer so.
        const mode = await link.inspect('mode').catch(() => null);
        this.reset();
        if (labelNames.length === 0) this.remove();
        for (const [labels, value] of mode === null ? [] : read(mode, link.instruments)) this.set(labels, value);
      },
    });
  }
}

/** What the waterfall came to. */
function addTallies({ tally, topics, link }: Hub, registers: Registry[]): void {
  const { assets } = link.instruments;
  const byAsset = (sums: ReadonlyMap<number, bigint>): Labelled[] =>
    [...sums].map(([asset, amount]) => [{ asset: assets[asset].id }, Number(unitsText(amount))]);
  const counters: readonly (readonly [name: string, help: string, labelNames: readonly string[], read: () => Labelled[]])[] = [
    ['plimsoll_margin_calls_total', 'Margin calls.', [], () => [[{}, tally.marginCalls]]],
    ['plimsoll_adl_total', 'Positions that were deleveraged.', [], () => [[{}, tally.deleveragings]]],
    [
      'plimsoll_socialised_total',
      'Taken from gains to pay for losses, by asset, in the asset.',
      ['asset'],
      () => byAsset(tally.socialised),
    ],
    ['plimsoll_venue_loss_total', "The venue's own loss, by asset, in the asset.", ['asset'], () => byAsset(tally.venueLoss)],
  ];
  for (const [name, help, labelNames, read] of counters) {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }
  new Gauge({
    name: 'plimsoll_stage_cases',
    help: 'Open cases by the stage that they are in.',
    labelNames: ['stage'],
    registers,
    collect() {
      this.reset();
      for (const [stage, count] of openByStage(topics.cases)) this.set({ stage }, count);
    },
  });
}

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
  counter('plimsoll_backend_alerts_total', 'Backends that failed, and another took over.', () => counters.backendAlerts);
  addTallies(hub, registers);
  addModeGauges(link, registers);
  addBookGauges(link, registers);
  new Gauge({
    name: 'plimsoll_info',
    help: 'What runs.',
    labelNames: ['version', 'backend'],
    registers,
    collect() {
      this.reset();
      // A backend that fails hands over to another.
      this.set({ version: hub.version, backend: link.stats().backend }, 1);
    },
  });
  return registry;
}
