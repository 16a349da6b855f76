/** `plimsoll rules`: the shipped rule sets, what one says, whether a file is one, and one made of live leverage tiers. */
import {
  importRules,
  type ListedRules,
  listedRules,
  listRules,
  loadRules,
  type ShownRules,
  type ShownTable,
  shownRules,
} from '../../app/rules.js';
import { PlimsollError } from '../../model/errors.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import type { Io } from '../io.js';
import { formatTable } from '../table.js';

interface Options {
  readonly json?: true;
}

/** Returns what goes to stdout. */
type Action = (options: Options, what: string, io: Io) => Promise<string>;

const ACTIONS: Readonly<Record<string, { readonly takes: string | null; readonly run: Action }>> = {
  list: { takes: null, run: list },
  show: { takes: 'a name or a file', run: showSet },
  check: { takes: 'a file', run: check },
  import: { takes: 'a file', run: importFile },
};

export const command: CommandModule = {
  examples: [
    'rules list',
    'rules show usdm-bracket',
    'rules check my-rules.json',
    'rules import leverage-tiers.json > imported.json',
  ],
  configure: (command) => {
    command
      .argument('<action>', Object.keys(ACTIONS).join(', '))
      .argument('[set]', "for show a shipped set's name or a file; for check and import a file")
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const [name, what] = parsed.args;
    if (!Object.hasOwn(ACTIONS, name)) {
      const known = Object.keys(ACTIONS).join(', ');
      throw new PlimsollError('bad-usage', `rules: expected ${known}, was ${JSON.stringify(name)}`);
    }
    const { takes, run } = ACTIONS[name];
    if ((takes === null) !== (what === undefined)) {
      const found = what === undefined ? 'nothing' : JSON.stringify(what);
      throw new PlimsollError('bad-usage', `rules ${name}: expected ${takes ?? 'nothing more'}, was ${found}`);
    }
    io.stdout.write(await run(parsed.opts<Options>(), what ?? '', io));
  },
};

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

async function list({ json }: Options): Promise<string> {
  const sets = await listRules();
  if (json) return line({ version: 1, rules: sets });
  return formatTable(
    ['name', 'title', 'markets', 'assets'],
    sets.map((set) => [set.name, set.title, some(set.markets), some(set.assets)]),
  );
}

const NAMED_MAX = 4;

/** The first ids and the count of the rest. */
function some(ids: readonly string[]): string {
  if (ids.length === 0) return '-';
  const named = ids.slice(0, NAMED_MAX).join(' ');
  return ids.length > NAMED_MAX ? `${named} and ${ids.length - NAMED_MAX} more` : named;
}

async function showSet({ json }: Options, what: string): Promise<string> {
  const set = shownRules(await loadRules(what));
  return json ? line(set) : describe(set);
}

async function check({ json }: Options, file: string): Promise<string> {
  if (!file.endsWith('.json'))
    throw new PlimsollError('bad-usage', `rules check: expected a .json file, was ${JSON.stringify(file)}`);
  const listed = listedRules(await loadRules(file));
  return json ? line({ version: 1, ...listed }) : `${file}: ${okText(listed)}\n`;
}

function okText({ name, markets, assets }: ListedRules): string {
  return `rule set ${name}, markets ${grouped(markets.length)}, assets ${grouped(assets.length)}`;
}

/** A rule set is a file: indented without `--json`. */
async function importFile({ json }: Options, file: string, io: Io): Promise<string> {
  const set = await importRules(file, (markets) => {
    const where = `tables of ${some(markets)} count in the coin that they settle in`;
    io.stderr.write(`${where}: they fit inverse markets of a book\n`);
  });
  return json ? line(set) : `${JSON.stringify(set, null, 2)}\n`;
}

function describe({ name, title, sources, formulas, rules, markets, assets }: ShownRules): string {
  const parts = [
    `${name}: ${title}\n`,
    `Formulas\n${formulas.map((formula) => `  ${formula}\n`).join('')}`,
    `Sources\n${sources.map((source) => `  ${source}\n`).join('')}`,
    formatTable(['rule', 'value'], Object.entries(rules)),
  ];
  for (const [ids, { maintenance, initial, takerFee }] of sameTogether(markets)) {
    const terms = `${maintenance.method} on the ${maintenance.basis}, closing fee ${maintenance.closeFee}, taker fee ${takerFee}`;
    parts.push(`${ids}: maintenance (${terms})\n${tierTable(maintenance)}`);
    if (initial !== null) parts.push(`${ids}: initial margin (${initial.method})\n${tierTable(initial)}`);
  }
  for (const [ids, { haircut, borrow }] of sameTogether(assets)) {
    const bands = formatTable(
      ['floor', 'haircut'],
      haircut.map((band) => [band.floor, band.haircut]),
    );
    parts.push(`${ids}: collateral\n${bands}`);
    if (borrow !== null) parts.push(`${ids}: maintenance of a debt (${borrow.method})\n${tierTable(borrow)}`);
  }
  return parts.join('\n');
}

function tierTable({ tiers }: ShownTable): string {
  return formatTable(
    ['floor', 'rate', 'deduction'],
    tiers.map(({ floor, rate, deduction }) => [floor, rate, deduction]),
  );
}

/** Entries that say the same, once, with the ids of all. */
function sameTogether<Entry>(entries: Readonly<Record<string, Entry>>): (readonly [string, Entry])[] {
  const groups = new Map<string, { readonly ids: string[]; readonly entry: Entry }>();
  for (const [id, entry] of Object.entries(entries)) {
    const key = JSON.stringify(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ids: [id], entry });
    else group.ids.push(id);
  }
  return [...groups.values()].map(({ ids, entry }) => [ids.join(' '), entry]);
}
