/** The library as its users import it: the package by name, built, and its functions on files of the contract. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Account, explain, type Instruments, PlimsollError, readBook, readMarks, scan } from '../../src/index.js';
import { account, book, EXAMPLE, market } from '../cli/hand-books.js';

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, value: object): string {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
}

const files = { book: write('book.json', EXAMPLE.book), marks: write('marks.json', { version: 1, marks: EXAMPLE.marks }) };

test('scan and explain give what the command line prints', async () => {
  const summary = await scan(files);
  expect(summary.liquidatable.map(({ portfolio, deficit }) => [portfolio, deficit])).toEqual([['alice/BTCUSDT', '64.000000']]);
  const { portfolios } = await explain({ ...files, account: 'alice' });
  expect(portfolios.map(({ portfolio, liquidatable }) => [portfolio, liquidatable])).toEqual([
    ['alice', false],
    ['alice/BTCUSDT', true],
  ]);
});

test('what cannot be is a PlimsollError with its code and problems', async () => {
  await expect(explain({ ...files, account: 'zoe' })).rejects.toMatchObject({ code: 'nothing-to-do' });
  const bad = write('bad.json', book({ X: market() }, [account('a', '1', [['X', '0', '1']])]));
  const error: unknown = await scan({ ...files, book: bad }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PlimsollError);
  expect(error).toMatchObject({
    code: 'bad-input',
    problems: [{ found: '"0"', where: `${bad}: accounts[0].positions[0].size` }],
  });
});

test('loading is told now and then', async () => {
  const many = write(
    'many.json',
    book(
      { X: market() },
      Array.from({ length: 9000 }, (_, i) => account(`u${i}`, '1', [['X', '1', '1']])),
    ),
  );
  const told: number[] = [];
  await scan({ book: many, marks: files.marks, onLoaded: (positions) => told.push(positions) });
  expect(told).toEqual([4096, 8192]);
});

test('books and marks are read into the model', async () => {
  const accounts: Account[] = [];
  const seen: Instruments[] = [];
  const counts = await readBook(files.book, {
    header: (read) => void seen.push(read),
    account: (read) => void accounts.push(read),
  });
  expect(counts).toEqual({ accounts: 1, positions: 2 });
  expect(accounts[0].cross[0].lots).toBe(500);
  expect((await readMarks(files.marks, seen[0])).marks).toEqual([{ market: 0, price: { units: 35000n, decimals: 0 } }]);
});

test('the package and its client are found by name', () => {
  const script = `
    import { explain, generate, PlimsollError, readBook, readMarks, replay, scan } from 'plimsoll';
    import { connect } from 'plimsoll/client';
    const found = await scan(${JSON.stringify(files)});
    console.log([explain, generate, readBook, readMarks, replay, connect].every((it) => typeof it === 'function'));
    console.log(found.liquidatable[0].deficit, new PlimsollError('bad-input', 'x') instanceof Error);`;
  const root = join(import.meta.dirname, '../..');
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' });
  expect(output).toBe('true\n64.000000 true\n');
});
