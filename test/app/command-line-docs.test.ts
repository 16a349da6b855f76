/** docs/command-line.md against the commands: every option is there, and its examples are what is printed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { EXAMPLE } from '../cli/hand-books.js';
import { keptJournal } from '../cli/kept.js';
import { inProcess, pathOf, write } from '../cli/plimsoll.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/command-line.md'), 'utf8');

/** A command's section, without the next one's. */
function sectionOf(name: string): string {
  const start = page.indexOf(`\n## ${name}\n`);
  if (start < 0) return '';
  return page.slice(start, page.indexOf('\n## ', start + 1));
}

describe('every command', () => {
  test.each(COMMANDS.map(({ name }) => name))('%s has its options in a section of its own', async (name) => {
    const entry = COMMANDS.find((each) => each.name === name);
    const command = new Command();
    (await entry?.load())?.command.configure(command);
    const section = sectionOf(name);
    expect(command.options.length).toBeGreaterThan(0);
    for (const { flags } of command.options) expect(section).toContain(`\`${flags}\``);
    const written = [...section.matchAll(/^\|.*?\|/gm)].flatMap(([cell]) => [...cell.matchAll(/`(--[a-z-]+)/g)]);
    expect(written.map(([, flag]) => flag).sort()).toEqual(command.options.map(({ long }) => long).sort());
  });
});

test.each(['scan', 'explain', 'adl'])('the example of %s is what it prints', async (name) => {
  const [, example] = new RegExp(`\`\`\`json ${name}\n(.*\n)\`\`\``).exec(page) as RegExpExecArray;
  const paths = [write('book.json', EXAMPLE.book), write('marks.json', { version: 1, marks: EXAMPLE.marks })];
  const backend = name === 'scan' ? ['--backend', 'js'] : [];
  const account = name === 'scan' ? [] : ['--account', 'alice'];
  if (name === 'adl') account.push('--market', 'BTCUSDT', '--side', 'long', '--size', '0.2', '--price', '34500');
  expect((await inProcess(name, '--book', paths[0], '--marks', paths[1], ...account, ...backend, '--json')).stdout).toBe(example);
});

test('the example of why is what it prints', async () => {
  const [, example] = /```json why\n(.*\n)```/.exec(page) as RegExpExecArray;
  const book = write('why.json', EXAMPLE.book);
  const folder = pathOf('kept');
  const kept = await keptJournal({ folder, book, policy: 'full-close' });
  kept.apply({ type: 'tick', timeUs: 1_700_000_000_000_000, marks: [{ market: 0, price: { units: 35_000n, decimals: 0 } }] });
  kept.apply({ type: 'clock', timeUs: 1_700_000_006_000_000 });
  await kept.close(false);
  const id = 'alice/BTCUSDT@1700000000000000.1#1';
  const { stdout } = await inProcess('why', id, '--journal', folder, '--book', book, '--json');
  expect(stdout.replace(JSON.stringify(folder), '"kept"')).toBe(example);
});
