/**
 * `node dist/bench/table.js FILE…`: the markdown table of recorded runs (`bench --json`), so that no number in a document is typed. Knows how to
 * put figures into words and measures nothing.
 */
import { readFileSync } from 'node:fs';
import { byteSize, compact, grouped } from '../src/cli/format.js';
import type { BenchReport } from './main.js';
import type { BenchResult } from './measure.js';

const WHAT: Readonly<Record<string, string>> = {
  'full-scan': 'full scan',
  peers: 'full scan beside DuckDB',
  statistics: 'full scan with statistics',
  uploads: 'full scan after changes, uploaded',
  'marks-to-nominees': 'marks in host memory → nominees in host memory',
  'hot-set': 'a tick with the hot set',
  updates: '200,000 position updates by handle',
  'verdict-four-rows': 'exact verdicts of portfolios with four rows',
  memory: 'loading a book',
  'snapshot-save': 'a book as named buffers, with checksums',
  'snapshot-restore': 'starting from those buffers, in memory',
  latency: 'tick in → signal decoded by a client',
  'fan-out': 'the same with 100 more subscribers and 1,000 signals/s',
  burst: 'a burst: one tick until its last signal is decoded',
  'multi-asset': 'full scan, several assets with haircuts and debts',
  'multi-asset-plain': 'the same accounts without haircuts',
  'serve-10m': 'a tick in `serve`',
};

/** Three digits, or all of a large whole number. */
function digits(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));
}

const ms = (value: number): string => `${digits(value)} ms`;
const share = (value: number): string => `${digits(value * 100)} %`;

/** Figures in words; null for what another says, or a column. */
const WORDS: Readonly<Record<string, (value: number, figures: BenchResult['figures']) => string | null>> = {
  timesPlainLoop: (value) => `${digits(value)} × as fast as a plain loop`,
  timesCpu: (value) => `${digits(value)} × the time of \`cpu\``,
  timesJs: (value, { timesCpu }) => (timesCpu === undefined ? `${digits(value)} × the time of \`js\`` : null),
  liquidatable: () => null,
  falseNominations: (value, { liquidatable }) => `${grouped(value)} false nominations on ${grouped(liquidatable)}`,
  falseShare: () => null,
  withoutMs: () => null,
  timesWithout: (value, { withoutMs }) => `${digits(value)} × one without (${ms(withoutMs)})`,
  timesPlain: (value) => `${digits(value)} × without haircuts`,
  groupedShare: (value) => `${share(value)} of portfolios in groups`,
  volatility: (value) => (value === 1 ? 'calm' : `${digits(value)} × the volatility`),
  timesFullScan: (value, { meanMs }) => `mean ${ms(meanMs)}, resets included: 1/${digits(value)} of a full scan each tick`,
  meanMs: () => null,
  fullScanMs: () => null,
  ticks: (value, { sent }) =>
    sent === undefined ? `${grouped(value)} ticks` : `${grouped(value)} of ${grouped(sent)} ticks scanned`,
  sent: () => null,
  conflated: (value) => `${grouped(value)} merged`,
  fullScanShare: (value) => `${share(value)} of ticks scanned all`,
  hotLanes: () => null,
  hotLanesShare: (value, { hotLanes }) => `${grouped(hotLanes)} hot (${share(value)})`,
  warmScanShare: (value) => `${share(value)} the wide ring`,
  updatesPerSecond: (value) => `${compact(value)} updates/s`,
  microsecondsEach: (value) => `${digits(value)} µs each`,
  megabytes: (value) => `${digits(value)} MB`,
  buffers: (value) => `${grouped(value)} buffers`,
  bytesPerPosition: (value) => `${digits(value)} bytes of resident memory a position`,
  p50Ms: (value) => `p50 ${ms(value)}`,
  p99Ms: (value) => `p99 ${ms(value)}`,
  maxMs: (value) => `max ${ms(value)}`,
  pricesMs: (value, { markets }) => `${ms(value)} of it for slopes of ${digits(markets)} markets`,
  markets: () => null,
  loopDelayP50Ms: () => null,
  loopDelayP99Ms: (value) => `delay of the event loop: p99 ${ms(value)}`,
  loopDelayMaxMs: (value) => `max ${ms(value)}`,
  answeredP50Ms: (value, { answeredP99Ms }) => `answered after p50 ${ms(value)}, p99 ${ms(answeredP99Ms)}`,
  answeredP99Ms: () => null,
  liquidations: (value) => `${grouped(value)} liquidations`,
  slices: (value, { uploadedBytes }) => `${grouped(value)} slices, ${byteSize(uploadedBytes)}`,
  uploadedBytes: () => null,
  cleanMs: () => null,
  uploadMs: (value, { cleanMs }) => `${ms(value)} more than without changes (${ms(cleanMs)})`,
  seconds: (value) => `${digits(value)} s`,
  breached: (value) => `${grouped(value)} portfolios`,
};

function besides({ figures }: BenchResult): string {
  return Object.entries(figures)
    .map(([name, value]) => (name in WORDS ? WORDS[name](value, figures) : `${name} ${digits(value)}`))
    .filter((words) => words !== null)
    .join(', ');
}

function row(result: BenchResult): string {
  const { name, backend, threads, positions, medianMs, p10Ms, p90Ms, positionsPerSecond, shareOfReadBandwidth } = result;
  const cells = [
    `${WHAT[name] ?? name}${result.verified ? '' : ' (WRONG)'}`,
    `${backend}${threads === 1 ? '' : ` × ${threads}`}`,
    compact(positions),
    `${ms(medianMs)} (${digits(p10Ms)} to ${digits(p90Ms)})`,
    positionsPerSecond === null ? '' : compact(positionsPerSecond),
    shareOfReadBandwidth === null ? '' : share(shareOfReadBandwidth),
    besides(result),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The machine in a line, what was not measured, and a row for each result. */
export function resultsTable({ machine, backends, tiers, results, notMeasured }: BenchReport): string {
  const all = machine.readBytesPerSecondAllThreads;
  const reads = `reads ${byteSize(machine.readBytesPerSecond)} a second on one thread`;
  const lines = [
    `${machine.cpu}, ${machine.threads} threads, ${byteSize(machine.memoryBytes)}, Node ${machine.node}, ${machine.platform}; ` +
      `${all === null ? reads : `${reads}, ${byteSize(all)} on all`}. ` +
      `${Object.entries(backends)
        .map(([name, detail]) => `\`${name}\`: ${detail}`)
        .join(', ')}. The book is under ${tiers}.`,
    '',
    '| what | backend × threads | positions | median (p10 to p90) | positions/s | of read bandwidth | beside |',
    '|---|---|---|---|---|---|---|',
    ...results.map(row),
  ];
  if (notMeasured.length > 0) lines.push('', `Not measured: ${notMeasured.join('; ')}.`);
  return `${lines.join('\n')}\n`;
}

/** A recorded run; those from before there was a choice of backends do not say which there were. */
function readReport(path: string): BenchReport {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const machine = { readBytesPerSecondAllThreads: null, ...report.machine };
  return { backends: { js: 'typed arrays' }, notMeasured: [], ...report, machine };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const tables = process.argv.slice(2).map((file) => resultsTable(readReport(file)));
  process.stdout.write(tables.join('\n'));
}
