/** `generate` from outside: the same bytes for the same seed, in both forms, and a book that the other commands take. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inProcess, pathOf, spawned, write } from './plimsoll.js';

/** Every file below a folder with the hash of its bytes. */
function hashes(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  const hashOf = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(files.map((name) => [name, hashOf(name)]));
}

const generated = (out: string, seed: number, ...more: string[]) =>
  inProcess('generate', '--positions', '5000', '--seed', String(seed), '--out', pathOf(out), ...more);
const scanned = async (out: string, name: string) =>
  (await inProcess('scan', '--book', pathOf(join(out, name)), '--marks', pathOf(join(out, 'marks.json')), '--json')).stdout;

test('says what it wrote, as asked for', async () => {
  const out = pathOf('said');
  const { code, stdout, stderr } = await spawned(
    'generate',
    '--positions',
    '1234',
    '--seed',
    '3',
    '--out',
    out,
    '--markets',
    '7',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [accounts] = /(?<=1,234 positions of )\d+/.exec(stdout) as RegExpExecArray;
  expect(stdout).toBe(
    `${join(out, 'book.jsonl')}: 1,234 positions of ${accounts} accounts\n${join(out, 'marks.json')}: the marks that it was made at\n`,
  );
  expect(Object.keys(hashes(out))).toEqual(['book.jsonl', 'marks.json']);
  const summary = JSON.parse(await scanned('said', 'book.jsonl'));
  expect(summary).toMatchObject({ positions: 1234, accounts: Number(accounts), unpriced: [], insolvent: [], liquidatable: [] });
  expect(Object.keys(JSON.parse(readFileSync(join(out, 'marks.json'), 'utf8')).marks)).toHaveLength(7);
});

test.each(['jsonl', 'parquet'])('the same bytes for the same seed, others for another: %s', async (format) => {
  for (const [out, seed] of [
    ['a', 7],
    ['b', 7],
    ['c', 8],
  ] as const) {
    expect((await generated(`${format}-${out}`, seed, '--format', format)).code).toBe(0);
  }
  const [a, b, c] = ['a', 'b', 'c'].map((out) => hashes(pathOf(`${format}-${out}`)));
  expect(b).toEqual(a);
  const book = format === 'jsonl' ? 'book.jsonl' : join('book', 'positions.parquet');
  expect(c[book]).not.toBe(a[book]);
  expect(existsSync(pathOf(join(`${format}-a`, `${book}.partial`)))).toBe(false);
});

test('both forms are the same book, which a crash liquidates in part', async () => {
  await generated('both', 5);
  await generated('both', 5, '--format', 'parquet');
  const { marks } = JSON.parse(readFileSync(pathOf('both/marks.json'), 'utf8')) as { marks: Record<string, string> };
  const calm = await scanned('both', 'book.jsonl');
  expect(await scanned('both', 'book')).toBe(calm);
  expect(JSON.parse(calm).liquidatable).toEqual([]);
  const fallen = Object.fromEntries(Object.entries(marks).map(([id, mark]) => [id, (Number(mark) * 0.9).toFixed(8)]));
  const crash = write('crash-marks.json', { version: 1, marks: fallen });
  const args = ['--marks', crash, '--json'];
  const asLines = (await inProcess('scan', '--book', pathOf('both/book.jsonl'), ...args)).stdout;
  expect((await inProcess('scan', '--book', pathOf('both/book'), ...args)).stdout).toBe(asLines);
  const { liquidatable, portfolios } = JSON.parse(asLines);
  expect(liquidatable.length).toBeGreaterThan(10);
  expect(liquidatable.length).toBeLessThan(portfolios / 2);
  // The ranking and the oracle agree on the first.
  const [worst] = liquidatable;
  const account = worst.portfolio.split('/')[0];
  const explained = JSON.parse((await inProcess('explain', '--book', pathOf('both/book'), ...args, '--account', account)).stdout);
  const same = explained.portfolios.find(({ portfolio }: { portfolio: string }) => portfolio === worst.portfolio);
  expect(same).toMatchObject(worst);
});

test('a place that cannot be written exits 2 and names it', async () => {
  const file = write('in-the-way', 'x');
  const { code, stdout, stderr } = await inProcess('generate', '--positions', '10', '--out', join(file, 'deeper'));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${join(file, 'deeper', 'book.jsonl')}: expected a path that can be written`);
});

test.each(['jsonl', 'parquet'])(
  'a book of several assets is taken by the other commands, calm at its own prices: %s',
  async (format) => {
    const out = `several-${format}`;
    expect((await generated(out, 5, '--multi-asset', '--format', format)).code).toBe(0);
    const name = format === 'jsonl' ? 'book.jsonl' : 'book';
    const { marks, indexes } = JSON.parse(readFileSync(pathOf(`${out}/marks.json`), 'utf8'));
    expect(Object.keys(indexes)).toEqual(['USDC', 'BTC', 'ETH', 'SOL', 'BNB', 'XRP']);
    expect(Object.keys(marks)).toHaveLength(400);
    const calm = JSON.parse(await scanned(out, name));
    expect(calm).toMatchObject({ positions: 5000, unpriced: [], insolvent: [], liquidatable: [] });
    // The coins fall, and every mark with them.
    const lower = (prices: Record<string, string>, share: number) =>
      Object.fromEntries(Object.entries(prices).map(([id, price]) => [id, (Number(price) * share).toFixed(10)]));
    const crash = { version: 1, marks: lower(marks, 0.9), indexes: { ...lower(indexes, 0.9), USDC: indexes.USDC } };
    const args = ['--marks', write(`${out}.json`, crash), '--book', pathOf(`${out}/${name}`), '--json'];
    const { liquidatable, unpriced } = JSON.parse((await inProcess('scan', ...args)).stdout);
    expect(unpriced).toEqual([]);
    expect(liquidatable.length).toBeGreaterThan(50);
    // The oracle agrees on the worst ones, figure by figure.
    for (const row of liquidatable.slice(0, 5)) {
      const explained = JSON.parse((await inProcess('explain', ...args, '--account', row.portfolio.split('/')[0])).stdout);
      const same = explained.portfolios.find(({ portfolio }: { portfolio: string }) => portfolio === row.portfolio);
      expect(same).toMatchObject(row);
    }
  },
);

test('a book of several assets is the same for its seed, and its index prices are needed', async () => {
  await generated('several-a', 7, '--multi-asset');
  await generated('several-b', 7, '--multi-asset');
  expect(hashes(pathOf('several-b'))).toEqual(hashes(pathOf('several-a')));
  const { marks } = JSON.parse(readFileSync(pathOf('several-a/marks.json'), 'utf8'));
  const bare = write('bare.json', { version: 1, marks });
  const { stdout } = await inProcess('scan', '--book', pathOf('several-a/book.jsonl'), '--marks', bare, '--json');
  const { unpriced } = JSON.parse(stdout);
  expect(unpriced.length).toBeGreaterThan(100);
  expect(new Set(unpriced.flatMap(({ missing }: { missing: string[] }) => missing))).toEqual(
    new Set(['USDC', 'BTC', 'ETH', 'SOL', 'BNB', 'XRP']),
  );
});
