/** `plimsoll explain`: one account at given prices, every portfolio and position with the terms of its figures. */
import { InvalidArgumentError } from 'commander';
import { explain, type TargetPrice } from '../../app/explain.js';
import type { CommandModule } from '../command.js';
import { explanationText } from '../explain-text.js';
import { keptNotice } from '../options.js';
import { Progress } from '../progress.js';

interface Options {
  readonly book: string;
  readonly marks: string;
  readonly account: string;
  readonly target?: readonly TargetPrice[];
  readonly since?: string;
  readonly rules?: string;
  readonly json?: true;
}

export const command: CommandModule = {
  examples: [
    'explain --book book.json --marks marks.json --account alice',
    'explain --book book.json --marks marks.json --account alice --target BTCUSDT=25000',
    'explain --book book.json --marks marks.json --account alice --since earlier.json --json',
  ],
  repeatable: ['--target'],
  configure: (command) => {
    command
      .requiredOption('--book <file>', 'the book: .json, .jsonl or a Parquet folder')
      .requiredOption('--marks <file>', 'mark and index prices as JSON')
      .requiredOption('--account <id>', 'the account to explain')
      .option('--target <market=price>', 'the margin to add for a liquidation price there (repeatable)', targetOption)
      .option('--since <file>', 'earlier marks: what changed since, and whether the marks or the collateral breached it')
      .option('--rules <set>', "a rule set in place of the book's own rules (see plimsoll rules list)")
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const { target: targets, json, ...options } = parsed.opts<Options>();
    const loading = new Progress(io.stderr, 'reading positions', Number.POSITIVE_INFINITY, Date.now);
    const onLoaded = (positions: number): void => loading.update(positions);
    const request = { ...options, ...(targets === undefined ? {} : { targets }), onKept: keptNotice(io), onLoaded };
    const explanation = await explain(request).finally(() => loading.finish());
    io.stdout.write(json ? `${JSON.stringify(explanation)}\n` : explanationText(explanation));
  },
};

/** One more `MARKET=PRICE`; a market's id may have `=` in it. */
function targetOption(text: string, before: readonly TargetPrice[] = []): readonly TargetPrice[] {
  const split = text.lastIndexOf('=');
  if (split < 1) throw new InvalidArgumentError(`Expected MARKET=PRICE, was ${JSON.stringify(text)}.`);
  return [...before, { market: text.slice(0, split), price: text.slice(split + 1) }];
}
