/** `plimsoll replay`: a recorded crash through the whole pipeline, with a summary at the end and a page of pictures on request. */
import { InvalidArgumentError } from 'commander';
import { fundSizes, fundSweep } from '../../app/fund-sweep.js';
import { POLICY_DEFAULT } from '../../app/policies.js';
import {
  FUND_DEFAULT,
  POSITIONS_DEFAULT,
  type ReplayOptions,
  type ReplayPictures,
  type ReplaySummary,
  replay,
  SEED_DEFAULT,
} from '../../app/replay.js';
import type { ReplayIndex } from '../../app/replay-indexes.js';
import type { BackendChoice } from '../../backends/open.js';
import { badInput } from '../../model/errors.js';
import { RATIO_BAND_ENDS } from '../../scan/statistics.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import type { Io } from '../io.js';
import { alertNotice, BACKEND_HELP, backendOption, positionsOption, seedOption, timeOption } from '../options.js';
import { Progress } from '../progress.js';
import { checkReportFile, writeReportFile } from '../report-file.js';
import { renderReplayReport } from '../report-html.js';
import { StatusLine } from '../status.js';
import { formatTable } from '../table.js';
import { fundSweepText, waterfallText } from '../waterfall-text.js';

/** Ids listed for people; `--json` has all. */
const IDS_SHOWN_MAX = 10;

interface Options {
  readonly candles: string;
  readonly positions: number;
  readonly seed: number;
  readonly book?: string;
  readonly from?: number;
  readonly to?: number;
  readonly marks?: string;
  readonly index?: readonly ReplayIndex[];
  readonly policy?: string;
  readonly fund?: string;
  readonly fundSweep?: string;
  readonly backend: BackendChoice;
  readonly report?: string;
  readonly json?: true;
}

export const command: CommandModule = {
  examples: [
    'replay --candles ../shared/data/crash-2019-09-24 --positions 1000000 --seed 7',
    'replay --candles candles --book book.jsonl --from 2019-09-24T18:00Z --to 2019-09-24T20:00Z --report crash.html',
    'replay --candles ../shared/data/depeg-2023-03 --book book.json --index USDC=BTCUSD/BTCUSDC',
  ],
  repeatable: ['--index'],
  configure: (command) => {
    command
      .requiredOption('--candles <dir>', 'folder of <SYMBOL>.csv files of one-minute candles')
      .option('--positions <n>', 'size of the made-up book', positionsOption, POSITIONS_DEFAULT)
      .option('--seed <s>', 'seed of the made-up book and of the paper venue', seedOption, SEED_DEFAULT)
      .option('--book <file>', 'a book of your own: .json, .jsonl or a Parquet folder')
      .option('--from <time>', 'first bar: milliseconds, or a UTC time such as 2019-09-24T18:00Z', timeOption)
      .option('--to <time>', 'bars before this time', timeOption)
      .option('--marks <file>', 'what no candle gives: index prices, funding indexes, marks of other markets, from the start')
      .option('--index <asset=series>', "an asset's index price: a series, or SERIES/SERIES; repeatable", indexOption)
      .option('--policy <policy>', `what happens to defaults: a shipped policy, or a file (${POLICY_DEFAULT})`)
      .option('--fund <amount>', `the insurance fund at the start, in the valuation asset (${FUND_DEFAULT})`)
      .option('--fund-sweep <amounts>', 'the same replay with funds of several sizes: 0,1000000,5000000')
      .option('--backend <name>', BACKEND_HELP, backendOption, 'auto')
      .option('--report <file>', 'write a page with plots (HTML, opens from disk)')
      .option('--json', 'print the summary as JSON');
  },
  run: async (parsed, io) => {
    const options = parsed.opts<Options>();
    // A replay is long: better to hear of a wrong path before it.
    if (options.report !== undefined) await checkReportFile(options.report);
    if (options.fundSweep !== undefined) return sweep(options, options.fundSweep, io);
    const { summary, pictures } = await replayWithStatus(options, io);
    io.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : describe(summary));
    if (options.report !== undefined) await writeReportFile(options.report, reportPage(options, summary, pictures));
  },
};

/** The replay once for each size of the fund. */
async function sweep(options: Options, text: string, io: Io): Promise<void> {
  if (options.report !== undefined || options.fund !== undefined) {
    const other = options.report === undefined ? '--fund' : '--report';
    throw badInput('--fund-sweep', `no ${other} beside it`, 'both', 'bad-usage');
  }
  const sizes = fundSizes(text);
  const progress = new Progress(io.stderr, 'replaying for each fund', sizes.length, Date.now);
  let done = 0;
  const found = await fundSweep(replayOptions(options, io), sizes, () => progress.update(++done)).finally(() =>
    progress.finish(),
  );
  io.stdout.write(options.json ? `${JSON.stringify(found)}\n` : fundSweepText(found));
}

/** `USDC=BTCUSD/BTCUSDC`, after those that came before it. */
function indexOption(text: string, before: readonly ReplayIndex[] = []): ReplayIndex[] {
  const [, asset, series, over] = /^([^=]+)=([^/]+)(?:\/([^/]+))?$/.exec(text) ?? [];
  if (asset === undefined) {
    throw new InvalidArgumentError(`Expected ASSET=SERIES or ASSET=SERIES/SERIES, was ${JSON.stringify(text)}.`);
  }
  return [...before, { asset, series, ...(over === undefined ? {} : { over }) }];
}

/** What the flags say of a replay. */
function replayOptions(options: Options, io: Io): ReplayOptions {
  return {
    candles: options.candles,
    ...(options.book === undefined ? {} : { book: options.book }),
    positions: options.positions,
    seed: options.seed,
    range: {
      ...(options.from === undefined ? {} : { fromMs: options.from }),
      ...(options.to === undefined ? {} : { toMs: options.to }),
    },
    indexes: options.index ?? [],
    ...(options.marks === undefined ? {} : { marks: options.marks }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.fund === undefined ? {} : { fund: options.fund }),
    backend: options.backend,
    onAlert: alertNotice(io),
  };
}

async function replayWithStatus(options: Options, io: Io) {
  const loading = new Progress(
    io.stderr,
    'loading positions',
    options.book === undefined ? options.positions : Infinity,
    Date.now,
  );
  let status: StatusLine | null = null;
  let last: Parameters<StatusLine['update']>[0] | null = null;
  const settings: ReplayOptions = {
    ...replayOptions(options, io),
    onLoaded: (positions) => loading.update(positions),
    onTick: (stats) => {
      if (status === null) {
        loading.finish();
        status = new StatusLine(io.stderr, 'replay', Date.now);
      }
      status.update(stats);
      last = stats;
    },
  };
  try {
    return await replay(settings);
  } finally {
    loading.finish();
    if (status !== null && last !== null) (status as StatusLine).finish(last);
  }
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function describe(summary: ReplaySummary): string {
  const funds = new Map(summary.waterfall.fundByHour.map(({ hour, balance }) => [hour, balance]));
  const hours = summary.byHour.map(({ hour, liquidations, notional, deficit, badDebt }) => [
    utc(hour),
    grouped(liquidations),
    notional,
    deficit,
    badDebt,
    // Nothing for an hour without a tick.
    funds.get(hour) ?? '',
  ]);
  const { totals } = summary;
  const total = ['total', grouped(totals.liquidations), totals.notional, totals.deficit, totals.badDebt, ''];
  const lines = [
    `${grouped(summary.positions)} positions of ${grouped(summary.accounts)} accounts, ${grouped(summary.ticks)} ticks, policy ${summary.policy}`,
    `${grouped(totals.cases)} cases, ${grouped(totals.liquidations)} of them with something closed, in ${grouped(totals.fills)} fills`,
    ...noteLines(summary),
    `state ${summary.stateHash}`,
  ];
  return `${formatTable(['hour', 'liquidations', 'notional', 'deficit', 'bad debt', 'fund'], [...hours, total])}\n${lines.join('\n')}\n${waterfallText(summary.waterfall)}`;
}

/** What is to be known beside the figures, a line each. */
function noteLines(summary: ReplaySummary): string[] {
  const { unpriced } = summary;
  const told = `unpriced at the end: ${grouped(unpriced)} (a price is missing: their state is unknown, and nothing of theirs is closed)`;
  return [...(unpriced > 0 ? [told] : []), ...causeLines(summary)];
}

/** Why cases opened, in a line; nothing of a book of one asset. */
function causeLines({ byCause, collateralOnly }: ReplaySummary): string[] {
  if (byCause === undefined || collateralOnly === undefined) return [];
  const { marks, collateral, either, both, already } = byCause;
  const counts = [`${grouped(marks)} by marks`, `${grouped(collateral)} by collateral`, `${grouped(either)} by either`];
  counts.push(`${grouped(both)} by both together`, `${grouped(already)} from the start`);
  const only = collateralOnly.length === 0 ? 'nobody' : shortList(collateralOnly);
  return [`cases breached: ${counts.join(', ')}`, `breached only because their collateral fell: ${only}`];
}

/** The first ids, and how many more there are. */
function shortList(ids: readonly string[]): string {
  const more = ids.length - IDS_SHOWN_MAX;
  return ids.slice(0, IDS_SHOWN_MAX).join(', ') + (more > 0 ? ` and ${grouped(more)} more` : '');
}

function bandLabels(): string[] {
  const ends = Array.from(RATIO_BAND_ENDS, (end, i) => (i === 0 ? 'below 0' : `${RATIO_BAND_ENDS[i - 1]} to ${end}`));
  return [...ends, `${RATIO_BAND_ENDS[RATIO_BAND_ENDS.length - 1]} and above`];
}

function reportPage(options: Options, summary: ReplaySummary, pictures: ReplayPictures): string {
  const { totals } = summary;
  return renderReplayReport({
    title: `Replay of ${options.candles}`,
    parameters: [
      ['from', utc(summary.from)],
      ['to', utc(summary.to)],
      ['book', options.book ?? `made up, seed ${summary.seed}`],
      ['positions', grouped(summary.positions)],
      ['policy', summary.policy],
    ],
    summary: [
      ['liquidations', grouped(totals.liquidations)],
      ['cases', grouped(totals.cases)],
      ['fills', grouped(totals.fills)],
      ['notional', grouped(Number(totals.notional))],
      ['deficit', grouped(Number(totals.deficit))],
      ['bad debt', grouped(Number(totals.badDebt))],
      ['ticks', grouped(summary.ticks)],
      ['state', `${summary.stateHash.slice(0, 8)}…`],
    ],
    notes: noteLines(summary),
    byHour: summary.byHour.map(({ hour, liquidations, notional, deficit, badDebt }) => ({
      hour,
      liquidations,
      notional: Number(notional),
      deficit: Number(deficit),
      badDebt: Number(badDebt),
    })),
    prices: { timesMs: pictures.timesMs, series: pictures.prices },
    waterfall: { summary: summary.waterfall, fund: { asset: summary.valuation, balances: pictures.fund } },
    equity: { bandLabels: bandLabels(), before: pictures.before, after: pictures.after },
  });
}
