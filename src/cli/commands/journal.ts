/** `plimsoll journal`: whether one is whole, and its records as lines or as a table. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { dumpJournal, exportJournal, type JournalState, verifyJournal } from '../../app/journal.js';
import { PlimsollError } from '../../model/errors.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';

interface Options {
  readonly from?: number;
  readonly to?: number;
  readonly out?: string;
  readonly json?: true;
}

type Action = (folder: string, options: Options, io: Io) => Promise<void>;

/** What each does, and the options that it takes. */
const ACTIONS: Readonly<Record<string, { readonly run: Action; readonly takes: readonly (keyof Options)[] }>> = {
  verify: { run: verify, takes: ['json'] },
  dump: { run: dump, takes: ['from', 'to'] },
  export: { run: exportTo, takes: ['from', 'to', 'out'] },
};

/** Lines between which signals have their turn. */
const LINES_AT_ONCE = 1_000;
const SEQ_MAX = 999_999_999_999_999;
const seqOption = wholeNumber(1, SEQ_MAX);

export const command: CommandModule = {
  examples: ['journal verify kept', 'journal dump kept --from 1000 --to 1100', 'journal export kept --out records.parquet'],
  configure: (command) => {
    command
      .argument('<action>', Object.keys(ACTIONS).join(', '))
      .argument('<folder>', 'where the journal is')
      .option('--from <seq>', 'the first record, for dump and export', seqOption)
      .option('--to <seq>', 'the last record, for dump and export', seqOption)
      .option('--out <file>', 'the Parquet file that export writes')
      .option('--json', 'print JSON, one line, for verify; dump does always');
  },
  run: async (parsed, io) => {
    const [name, folder] = parsed.args;
    if (!Object.hasOwn(ACTIONS, name)) {
      const known = Object.keys(ACTIONS).join(', ');
      throw new PlimsollError('bad-usage', `journal: expected ${known}, was ${JSON.stringify(name)}`);
    }
    const options = parsed.opts<Options>();
    const { run, takes } = ACTIONS[name];
    for (const given of Object.keys(options) as (keyof Options)[]) {
      if (!takes.includes(given)) throw new PlimsollError('bad-usage', `journal ${name}: expected no --${given}, was one`);
    }
    await run(folder, options, io);
  },
};

/** Prints what is intact in any case; exits 2 when something is not. */
async function verify(folder: string, { json }: Options, io: Io): Promise<void> {
  const state = verifyJournal(folder);
  io.stdout.write(json ? `${JSON.stringify({ version: 1, ...state })}\n` : describe(state));
  if (state.damage.length > 0) throw new PlimsollError('bad-input', state.damage.join('\n'));
}

async function dump(folder: string, options: Options, io: Io): Promise<void> {
  let count = 0;
  for (const { record, ...rest } of dumpJournal(folder, rangeOf(options))) {
    io.stdout.write(`${JSON.stringify({ ...rest, ...record })}\n`);
    count += 1;
    if (count % LINES_AT_ONCE === 0) await nextTurn();
  }
}

async function exportTo(folder: string, options: Options, io: Io): Promise<void> {
  const { out } = options;
  if (out === undefined) throw new PlimsollError('bad-usage', 'journal export: expected --out, a file, was nothing');
  const count = await exportJournal(folder, out, rangeOf(options));
  io.stdout.write(`${out}: ${grouped(count)} records\n`);
}

function rangeOf({ from = 1, to = SEQ_MAX }: Options) {
  return { from, to };
}

const dateOf = (timeUs: number): string => new Date(timeUs / 1000).toISOString();

function describe({ folder, format, createdBy, createdUs, genesis, epochs, records, snapshots, damage }: JournalState): string {
  const last = epochs.at(-1);
  const lines = [
    `${folder}: format ${format}, begun by ${createdBy} at ${dateOf(createdUs)}`,
    `book       ${Object.entries(genesis)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
    `records    ${records === null ? 'none' : `${records.first} to ${records.last}, intact`}`,
    `starts     ${grouped(epochs.length)}${last === undefined ? '' : `, the last by ${last.by} at ${dateOf(last.startUs)}`}`,
    ...snapshots.map(({ seq, fault }) => `snapshot   after record ${seq}: ${fault ?? 'intact'}`),
    damage.length === 0 ? 'whole' : 'damaged',
  ];
  return `${lines.join('\n')}\n`;
}
