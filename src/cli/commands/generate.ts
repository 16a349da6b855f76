/** `plimsoll generate`: a made-up book on disk, the same bytes for the same seed. */
import { Option } from 'commander';
import { type GenerateOptions, generate } from '../../app/generate.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import { positionsOption, seedOption, wholeNumber } from '../options.js';
import { Progress } from '../progress.js';

const MARKETS_MAX = 10_000;

export const command: CommandModule = {
  examples: [
    'generate --positions 1000000 --seed 7 --out made',
    'generate --positions 10000000 --seed 7 --out made --format parquet',
    'generate --positions 100000 --seed 7 --out made --multi-asset',
  ],
  configure: (command) => {
    command
      .requiredOption('--positions <n>', 'size of the book', positionsOption)
      .requiredOption('--out <dir>', 'folder for the book and its marks.json')
      .option('--seed <s>', 'seed of the book', seedOption, 1)
      .option('--markets <n>', 'markets of the venue', wholeNumber(1, MARKETS_MAX), 400)
      .option('--multi-asset', 'several assets as collateral, coin-margined and quanto contracts, debts and orders')
      .addOption(
        new Option('--format <name>', 'of the book: book.jsonl or the folder book')
          .choices(['jsonl', 'parquet'])
          .default('jsonl'),
      );
  },
  run: async (parsed, io) => {
    const options = parsed.opts<GenerateOptions>();
    const writing = new Progress(io.stderr, 'writing positions', options.positions, Date.now);
    const onWritten = (positions: number): void => writing.update(positions);
    const { book, marks, accounts, positions } = await generate({ ...options, onWritten }).finally(() => writing.finish());
    io.stdout.write(
      `${book}: ${grouped(positions)} positions of ${grouped(accounts)} accounts\n${marks}: the marks that it was made at\n`,
    );
  },
};
