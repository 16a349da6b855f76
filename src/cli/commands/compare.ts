/** `plimsoll compare`: a book under two rule sets, and who would be liquidated under the one but not under the other. */
import { type ComparedRow, type Comparison, compareRules, OWN_RULES } from '../../app/compare.js';
import { PlimsollError } from '../../model/errors.js';
import type { CommandModule } from '../command.js';
import { grouped } from '../format.js';
import { keptNotice } from '../options.js';
import { Progress } from '../progress.js';
import { formatTable } from '../table.js';

interface Options {
  readonly book: string;
  readonly marks: string;
  readonly rules: readonly string[];
  readonly json?: true;
}

/** Rows of the table for people; the rest is counted. */
const ROWS_MAX = 50;

export const command: CommandModule = {
  examples: [
    'compare --book book.json --marks marks.json --rules book --rules usdm-bracket',
    'compare --book book.jsonl --marks marks.json --rules now.json --rules next.json --json | jq .newlyLiquidatable',
  ],
  repeatable: ['--rules'],
  configure: (command) => {
    command
      .requiredOption('--book <file>', 'the book: .json, .jsonl or a Parquet folder')
      .requiredOption('--marks <file>', 'mark and index prices as JSON')
      .requiredOption(
        '--rules <set>',
        `twice, before and after: a shipped rule set, a file, or ${OWN_RULES} for the book's own`,
        (text: string, before: readonly string[] = []) => [...before, text],
      )
      .option('--json', 'print JSON, one line');
  },
  run: async (parsed, io) => {
    const { book, marks, rules, json } = parsed.opts<Options>();
    const [before, after] = rules;
    if (rules.length !== 2) {
      throw new PlimsollError('bad-usage', `--rules: expected exactly two rule sets, before and after, was ${rules.length}`);
    }
    const loading = new Progress(io.stderr, 'loading positions', Number.POSITIVE_INFINITY, Date.now);
    const onLoaded = (positions: number): void => loading.update(positions);
    const request = { book, marks, rules: [before, after] as const, onKept: keptNotice(io), onLoaded };
    const comparison = await compareRules(request).finally(() => loading.finish());
    io.stdout.write(json ? `${JSON.stringify(comparison)}\n` : describe(comparison, before, after));
  },
};

function describe(comparison: Comparison, before: string, after: string): string {
  const { changes, unpriced, newlyLiquidatable, noLongerLiquidatable } = comparison;
  const parts: string[] = [];
  if (changes.length > 0) parts.push(changesTable(changes));
  if (changes.length > ROWS_MAX) parts.push(`and ${grouped(changes.length - ROWS_MAX)} more\n`);
  if (unpriced.length > 0) {
    const rows = unpriced.slice(0, ROWS_MAX).map(({ portfolio, missing }) => [portfolio, missing.join(' ')]);
    parts.push(formatTable(['unpriced', 'without a price'], rows));
    if (unpriced.length > ROWS_MAX) parts.push(`and ${grouped(unpriced.length - ROWS_MAX)} more\n`);
  }
  const size = `portfolios ${grouped(comparison.portfolios)}, accounts ${grouped(comparison.accounts)}`;
  const found = [
    `changed ${grouped(comparison.changed)}`,
    `newly liquidatable ${grouped(newlyLiquidatable.length)}`,
    `no longer liquidatable ${grouped(noLongerLiquidatable.length)}`,
    `unpriced ${grouped(unpriced.length)}`,
  ];
  parts.push(`from A = ${before} to B = ${after}: ${found.join(', ')} (${size})\n`);
  return parts.join('\n');
}

function changesTable(changes: readonly ComparedRow[]): string {
  const rows = changes
    .slice(0, ROWS_MAX)
    .map(({ portfolio, before, after }) => [
      portfolio,
      standingOf(before.liquidatable, after.liquidatable),
      before.equity,
      after.equity,
      before.maintenance,
      after.maintenance,
      before.marginRatio ?? '-',
      after.marginRatio ?? '-',
    ]);
  const header = ['changed', 'liquidatable', ...['equity', 'maintenance', 'ratio'].flatMap((each) => [`${each} A`, `${each} B`])];
  return formatTable(header, rows);
}

function standingOf(before: boolean, after: boolean): string {
  if (before === after) return before ? 'still' : 'no';
  return after ? 'newly' : 'no longer';
}
