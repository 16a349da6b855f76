/** `plimsoll bench`: the benchmarks, with the machine described. */
import { BENCHMARKS, type BenchmarkName, type BenchReport, runBenchmarks } from '../../../bench/main.js';
import type { BackendChoice } from '../../backends/open.js';
import { PlimsollError } from '../../model/errors.js';
import type { CommandModule } from '../command.js';
import { byteSize, compact, grouped } from '../format.js';
import { BACKEND_HELP, backendOption, positionsOption } from '../options.js';
import { formatTable } from '../table.js';

export const command: CommandModule = {
  examples: ['bench', 'bench --only full-scan --positions 1000000', 'bench --json > results.json'],
  configure: (command) => {
    command
      .option('--positions <n>', 'size of the book (each benchmark has its own)', positionsOption)
      .option('--backend <name>', `${BACKEND_HELP}; auto takes all that are there`, backendOption, 'auto')
      .option('--only <names>', `some of ${BENCHMARKS.join(', ')}, with commas between them`)
      .option('--json', 'print JSON');
  },
  run: async (parsed, io) => {
    const { positions, backend, only, json } = parsed.opts<{
      positions?: number;
      backend: BackendChoice;
      only?: string;
      json?: true;
    }>();
    const names = only?.split(',') ?? null;
    const unknown = names?.find((name) => !BENCHMARKS.includes(name as BenchmarkName));
    if (unknown !== undefined) {
      throw new PlimsollError('bad-usage', `--only: expected one of ${BENCHMARKS.join(', ')}, was ${JSON.stringify(unknown)}`);
    }
    const report = await runBenchmarks({
      positions: positions ?? null,
      only: names as readonly BenchmarkName[] | null,
      backend,
      onStart: (what) => io.stderr.write(`${what}\n`),
      onSkip: (what) => io.stderr.write(`${what}\n`),
    });
    io.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
    if (report.results.some(({ verified }) => !verified)) {
      throw new PlimsollError('internal', 'a benchmark got a wrong answer: its times mean nothing');
    }
  },
};

function figure(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));
}

function describe({ machine, backends, tiers, results, notMeasured }: BenchReport): string {
  const rows = results.map((result) => [
    result.name,
    result.threads === 1 ? result.backend : `${result.backend} × ${result.threads}`,
    grouped(result.positions),
    result.medianMs.toFixed(2),
    `${result.p10Ms.toFixed(2)} to ${result.p90Ms.toFixed(2)}`,
    result.positionsPerSecond === null ? '' : compact(result.positionsPerSecond),
    result.shareOfReadBandwidth === null ? '' : `${(result.shareOfReadBandwidth * 100).toFixed(0)} %`,
    result.verified ? 'yes' : 'NO',
    Object.entries(result.figures)
      .map(([name, value]) => `${name} ${figure(value)}`)
      .join(', '),
  ]);
  const header = [
    'benchmark',
    'backend',
    'positions',
    'median ms',
    'p10 to p90',
    'positions/s',
    'of read',
    'verified',
    'figures',
  ];
  const all = machine.readBytesPerSecondAllThreads;
  const reads = `${byteSize(machine.readBytesPerSecond)} a second on one thread`;
  return [
    `${machine.cpu}, ${machine.threads} threads, ${byteSize(machine.memoryBytes)}, Node ${machine.node}, ${machine.platform}`,
    `reads ${all === null ? reads : `${reads}, ${byteSize(all)} on all`}; book under ${tiers}`,
    Object.entries(backends)
      .map(([name, detail]) => `${name}: ${detail}`)
      .join('; '),
    ...notMeasured.map((what) => `not measured: ${what}`),
    '',
    formatTable(header, rows),
  ].join('\n');
}
