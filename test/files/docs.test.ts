import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMarks } from '../../src/files/marks.js';
import { linesOf, readWhole, write } from './support.js';

const page = readFileSync(new URL('../../docs/book-format.md', import.meta.url), 'utf8');

function block(info: string): string {
  const found = new RegExp(`^\`\`\`${info}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page);
  if (found === null) throw new Error(`expected a block "${info}" on the page`);
  return found[1];
}

test('the books of the page load', async () => {
  const json = await readWhole(write('book.json', block('json book')));
  expect(json.accounts.map(({ id, cross, isolated }) => [id, cross.length, isolated.length])).toEqual([
    ['alice', 1, 1],
    ['bob', 2, 0],
  ]);
  const lines = await readWhole(write('book.jsonl', block('jsonl book')));
  expect(lines.accounts.map(({ id, balance }) => [id, balance])).toEqual([
    ['a', 10n ** 19n],
    ['b', 0n],
  ]);
});

test('the marks of the page load for its book', async () => {
  const { instruments } = await readWhole(write('book.json', block('json book')));
  const { timeMs, marks } = await readMarks(write('marks.json', block('json marks')), instruments);
  expect(timeMs).toBe(1569350000000);
  expect(marks.map(({ market }) => instruments.markets[market].id)).toEqual(['BTCUSDT', 'WTIUSDT']);
});

test('the problems of the page are told in these words', async () => {
  const wrong = block('json book').replace('"size": "-0.1"', '"size": "0.0005"');
  expect(page).toContain(`${(await linesOf(readWhole(write('book.json', wrong))))[0]}\n`);
});
