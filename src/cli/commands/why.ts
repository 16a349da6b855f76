/** `plimsoll why`: an order's reasons, or a case's story, out of a journal. */
import { why } from '../../app/why.js';
import { PlimsollError } from '../../model/errors.js';
import type { CommandModule } from '../command.js';
import { whyText } from '../why-text.js';

interface Options {
  readonly journal: string;
  readonly book?: string;
  readonly policy?: string;
  readonly json?: true;
}

export const command: CommandModule = {
  examples: [
    'why alice@1700000000000000.1#1 --journal kept',
    'why alice@1700000000000000.1 --journal kept --book book.json --json',
  ],
  configure: (command) => {
    command
      .argument('<id>', 'of an order, or of a case (the same without #number)')
      .requiredOption('--journal <dir>', 'folder of the journal that serve has kept')
      .option('--book <file>', 'the book that the journal was begun with, where it was not made up')
      .option('--policy <policy>', 'the policy that it was begun with, where that is no shipped one')
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const { json, ...options } = parsed.opts<Options>();
    const told = await why({ id: parsed.args[0], ...options });
    io.stdout.write(json ? `${JSON.stringify(told)}\n` : whyText(told));
    // What is intact is told, and then that it is not all.
    if (told.damage !== null) throw new PlimsollError('bad-input', told.damage);
  },
};
