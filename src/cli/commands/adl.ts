/** `plimsoll adl`: who would be deleveraged now, and where an account's positions stand. */
import { Option } from 'commander';
import { ADL_METHODS, type AdlOptions, type AdlSummary, adl } from '../../app/adl.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import { keptNotice } from '../options.js';
import { Progress } from '../progress.js';
import { formatTable } from '../table.js';

export const command: CommandModule = {
  examples: [
    'adl --book book.json --marks marks.json --market BTCUSDT --side short --size 12.5 --price 61000',
    'adl --book book.json --marks marks.json --market BTCUSDT --side long --account alice --json',
  ],
  configure: (command) => {
    command
      .requiredOption('--book <file>', 'the book: .json, .jsonl or a Parquet folder')
      .requiredOption('--marks <file>', 'mark and index prices as JSON')
      .requiredOption('--market <id>', 'the market')
      .addOption(
        new Option('--side <side>', 'whose positions would be closed: opposite to the bankrupt one')
          .choices(['long', 'short'])
          .makeOptionMandatory(),
      )
      .option('--size <size>', 'of the bankrupt position; left out: as much as the side can take')
      .option('--price <price>', 'at which they would be closed; left out: the mark')
      .addOption(new Option('--method <method>', 'how they are ranked').choices(ADL_METHODS).default('queue'))
      .option('--hedge-aware', 'what a portfolio holds the other way in the market is taken last')
      .option('--account <id>', "the places of an account's positions, too")
      .option('--rules <set>', "a rule set in place of the book's own rules (see plimsoll rules list)")
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const { json, ...options } = parsed.opts<AdlOptions & { readonly json?: true }>();
    const loading = new Progress(io.stderr, 'loading positions', Number.POSITIVE_INFINITY, Date.now);
    const onLoaded = (positions: number): void => loading.update(positions);
    const summary = await adl({ ...options, onKept: keptNotice(io), onLoaded }).finally(() => loading.finish());
    io.stdout.write(json ? `${JSON.stringify(summary)}\n` : describe(summary));
  },
};

function describe({ market, side, method, price, size, taken, targets, positions }: AdlSummary): string {
  const parts: string[] = [];
  if (targets.length > 0) {
    const rows = targets.map((row) => [
      String(row.rank),
      '●'.repeat(row.lights),
      row.portfolio,
      row.size,
      row.sizeMax,
      row.unrealizedPnl,
      row.score,
    ]);
    parts.push(formatTable(['rank', 'lights', 'portfolio', 'size', 'at most', 'unrealized PnL', 'score'], rows));
  }
  if (positions !== null) {
    const rows = positions.map((row) => [
      row.portfolio,
      row.market,
      row.side,
      row.size,
      row.rank === null ? '-' : `${row.rank} of ${row.count}`,
      row.lights === null ? '-' : '●'.repeat(row.lights),
    ]);
    parts.push(formatTable(['portfolio', 'market', 'side', 'size', 'rank', 'lights'], rows));
  }
  const of = size === null ? 'all that they can' : size;
  parts.push(`${side} ${market} at ${price}, by ${method}: ${grouped(targets.length)} would give ${taken}, of ${of}\n`);
  return parts.join('\n');
}
