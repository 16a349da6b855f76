/** `plimsoll scan`: one scan of a book at given marks, the liquidatable portfolios ranked by deficit. */
import { type ScanSummary, scan } from '../../app/scan.js';
import type { BackendChoice } from '../../backends/open.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import { alertNotice, BACKEND_HELP, backendOption, keptNotice } from '../options.js';
import { Progress } from '../progress.js';
import { formatTable } from '../table.js';

interface Options {
  readonly book: string;
  readonly marks: string;
  readonly rules?: string;
  readonly backend: BackendChoice;
  readonly json?: true;
}

export const command: CommandModule = {
  examples: [
    'scan --book book.json --marks marks.json',
    'scan --book book.jsonl --marks marks.json --json | jq .liquidatable[0]',
    'scan --book book.json --marks marks.json --rules usdm-bracket',
  ],
  configure: (command) => {
    command
      .requiredOption('--book <file>', 'the book: .json, .jsonl or a Parquet folder')
      .requiredOption('--marks <file>', 'mark and index prices as JSON')
      .option('--rules <set>', "a rule set in place of the book's own rules (see plimsoll rules list)")
      .option('--backend <name>', BACKEND_HELP, backendOption, 'auto')
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const { book, marks, rules, backend, json } = parsed.opts<Options>();
    const loading = new Progress(io.stderr, 'loading positions', Number.POSITIVE_INFINITY, Date.now);
    const onLoaded = (positions: number): void => loading.update(positions);
    const request = {
      book,
      marks,
      backend,
      ...(rules === undefined ? {} : { rules }),
      onKept: keptNotice(io),
      onAlert: alertNotice(io),
      onLoaded,
    };
    const summary = await scan(request).finally(() => loading.finish());
    io.stdout.write(json ? `${JSON.stringify(summary)}\n` : describe(summary));
  },
};

function describe(summary: ScanSummary): string {
  const { liquidatable, insolvent, unpriced } = summary;
  const parts: string[] = [];
  if (liquidatable.length > 0) {
    const rows = liquidatable.map(({ portfolio, mode, equity, maintenance, deficit, badDebt, marginRatio }) => [
      portfolio,
      mode,
      equity,
      maintenance,
      deficit,
      badDebt,
      marginRatio ?? '-',
    ]);
    parts.push(formatTable(['liquidatable', 'mode', 'equity', 'maintenance', 'deficit', 'bad debt', 'ratio'], rows));
  }
  if (insolvent.length > 0) {
    const rows = insolvent.map(({ portfolio, equity, badDebt }) => [portfolio, equity, badDebt]);
    parts.push(formatTable(['insolvent', 'equity', 'bad debt'], rows));
  }
  if (unpriced.length > 0) {
    const rows = unpriced.map(({ portfolio, missing }) => [portfolio, missing.join(' ')]);
    parts.push(formatTable(['unpriced', 'markets without a mark, assets without an index price'], rows));
  }
  const size = `positions ${grouped(summary.positions)}, portfolios ${grouped(summary.portfolios)}, accounts ${grouped(summary.accounts)}`;
  const found = `liquidatable ${grouped(liquidatable.length)}, insolvent ${grouped(insolvent.length)}, unpriced ${grouped(unpriced.length)}`;
  parts.push(`${size}; ${found} (backend ${summary.backend})\n`);
  return parts.join('\n');
}
