/** `compare` from outside: who changes, who is newly or no longer liquidatable, the order, the forms of the answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ComparedRow, Comparison } from '../../src/app/compare.js';
import { account, book, EXAMPLE, market } from './hand-books.js';
import { inProcess, write } from './plimsoll.js';

const set = (name: string, rates: Readonly<Record<string, string>>, rules: object = {}, assets: object = {}): string =>
  write(name, {
    version: 1,
    name: name.replace('.json', ''),
    title: 'A test',
    sources: ['https://example.org/margin'],
    formulas: ['maintenance = rate · notional'],
    rules,
    markets: Object.fromEntries(
      Object.entries(rates).map(([id, rate]) => [
        id,
        { maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: [{ floor: '0', rate }] } },
      ]),
    ),
    assets,
  });
const flat = (rate: string) => market({ tiers: [['0', rate]] });

/** Every account is long one X, bought at 100, and has its own balance: the equity is the balance at a mark of 100. */
const holders = (balances: Readonly<Record<string, string>>) =>
  Object.entries(balances).map(([id, balance]) => account(id, balance, [['X', '1', '100']]));
const MARKS = write('marks.json', { version: 1, marks: { X: '100', Y: '50' }, indexes: { ETH: '10' } });

async function compared(bookPath: string, before: string, after: string): Promise<Comparison> {
  const args = ['compare', '--book', bookPath, '--marks', MARKS, '--rules', before, '--rules', after, '--json'];
  const { code, stdout } = await inProcess(...args);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}
const ids = ({ changes }: Comparison): string[] => changes.map(({ portfolio }) => portfolio);

describe('a comparison', () => {
  const BOOK = write(
    'book.json',
    book({ X: flat('0.1'), Y: flat('0.1') }, [
      ...holders({ rich: '100', poor: '15', poorer: '12', broke: '5' }),
      account('other', '20', [['Y', '1', '50']]),
      account('cash', '20', []),
    ]),
  );
  const X_20 = set('x20.json', { X: '0.2' });

  test('of the book’s own rules with dearer ones', async () => {
    const found = await compared(BOOK, 'book', X_20);
    expect(found).toMatchObject({ version: 1, accounts: 6, portfolios: 6, changed: 4, unpriced: [] });
    // Maintenance 20 after: the deficits are 8 and 5. The other two have half the ratio; ties are by id.
    expect(found.newlyLiquidatable).toEqual(['poorer', 'poor']);
    expect(found.noLongerLiquidatable).toEqual([]);
    expect(ids(found)).toEqual(['poorer', 'poor', 'broke', 'rich']);
    expect(found.changes[0]).toEqual({
      portfolio: 'poorer',
      before: { equity: '12.000000', maintenance: '10.000000', marginRatio: '1.200000', liquidatable: false },
      after: { equity: '12.000000', maintenance: '20.000000', marginRatio: '0.600000', liquidatable: true },
    } satisfies ComparedRow);
  });

  test('the other way round, who was liquidatable is so no longer', async () => {
    const found = await compared(BOOK, X_20, 'book');
    expect(found.newlyLiquidatable).toEqual([]);
    expect(found.noLongerLiquidatable).toEqual(['poor', 'poorer']);
    expect(ids(found)).toEqual(['broke', 'poor', 'poorer', 'rich']);
  });

  test('of rules with themselves finds nothing', async () => {
    const found = await compared(BOOK, X_20, X_20);
    expect(found).toMatchObject({ changed: 0, newlyLiquidatable: [], noLongerLiquidatable: [], changes: [] });
  });

  test('a change of the trigger alone is one: the ratio is exactly 1', async () => {
    const at = write('at.json', book({ X: flat('0.1') }, holders({ edge: '10', above: '10.000001' })));
    const found = await compared(at, 'book', set('strict.json', {}, { liquidateWhen: 'equity<=maintenance' }));
    expect(found.newlyLiquidatable).toEqual(['edge']);
    expect(found.changes).toMatchObject([
      { before: { marginRatio: '1.000000', liquidatable: false }, after: { marginRatio: '1.000000', liquidatable: true } },
    ]);
  });

  test('a ratio that comes to be or ceases to be is before every other, and one of 0 too', async () => {
    const free = set('free.json', { X: '0' });
    const zero = write(
      'zero.json',
      book({ X: flat('0.1'), Y: flat('0.1') }, [...holders({ a: '50', zero: '0' }), account('half', '50', [['Y', '1', '50']])]),
    );
    const found = await compared(zero, 'book', set('free-dear.json', { X: '0', Y: '0.2' }));
    expect(ids(found)).toEqual(['a', 'zero', 'half']);
    expect(found.changes[0].after.marginRatio).toBeNull();
    expect(found.noLongerLiquidatable).toEqual(['zero']);
    expect((await compared(zero, free, free)).changes).toEqual([]);
  });

  test('the larger relative change is first, whatever the ratio', async () => {
    const two = write(
      'two.json',
      book({ X: flat('0.1'), Y: flat('0.1') }, [...holders({ x: '1000' }), account('y', '20', [['Y', '1', '50']])]),
    );
    // x: ratio 100 to 80, −20 %; y: 4 to 2, −50 %.
    expect(ids(await compared(two, 'book', set('both.json', { X: '0.125', Y: '0.2' })))).toEqual(['y', 'x']);
  });

  test('collateral rules change equity', async () => {
    const header = {
      ...book({ X: flat('0.1') }, []),
      assets: { USDT: { decimals: 6, haircut: '0' }, ETH: { decimals: 8, haircut: '0' } },
    };
    const alice = { ...account('alice', '0', [['X', '1', '100']]), balances: { ETH: '1.05' } };
    const path = write('eth.json', { ...header, accounts: [alice] });
    const found = await compared(path, 'book', set('haircut.json', {}, {}, { ETH: { haircut: '0.1' } }));
    expect(found.newlyLiquidatable).toEqual(['alice']);
    expect(found.changes).toMatchObject([{ before: { equity: '10.500000' }, after: { equity: '9.450000' } }]);
  });

  test('what has no price is apart, and in no other list', async () => {
    const path = write(
      'unpriced.json',
      book({ X: flat('0.1'), Z: flat('0.1') }, [
        account('lost', '10', [
          ['Z', '1', '100'],
          ['X', '1', '100'],
        ]),
        ...holders({ found: '15' }),
      ]),
    );
    const found = await compared(path, 'book', set('dear.json', { X: '0.2', Z: '0.2' }));
    expect(found.unpriced).toEqual([{ portfolio: 'lost', missing: ['Z'] }]);
    expect(ids(found)).toEqual(['found']);
  });

  test('isolated positions are portfolios of their own', async () => {
    const path = write('isolated.json', book({ X: flat('0.1') }, [account('a', '1', [['X', '1', '100', '15']])]));
    expect((await compared(path, 'book', X_20)).newlyLiquidatable).toEqual(['a/X']);
  });
});

test('100 of 1,000 accounts change standing: by deficit, then by id', async () => {
  const balances = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`a${String(i).padStart(4, '0')}`, String(10 + (i % 100))]),
  );
  const path = write('many.json', book({ X: flat('0.1') }, holders(balances)));
  const found = await compared(path, 'book', set('x20b.json', { X: '0.2' }));
  const expected = Object.entries(balances)
    .filter(([, balance]) => Number(balance) < 20)
    .sort(([a, x], [b, y]) => Number(x) - Number(y) || (a < b ? -1 : 1));
  expect(found.newlyLiquidatable).toEqual(expected.map(([id]) => id));
  expect(found.changed).toBe(1000);
});

describe('for people', () => {
  const balances = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`p${i}`, '15']));
  const path = write('people.json', book({ X: flat('0.1') }, holders(balances)));

  test('the first 50 and the count of the rest', async () => {
    const dear = set('people-dear.json', { X: '0.2' });
    const args = ['compare', '--book', path, '--marks', MARKS, '--rules', 'book', '--rules', dear];
    const { stdout, stderr } = await inProcess(...args);
    expect(stderr).toBe('');
    expect(stdout.match(/^p\d+ +newly /gm)?.length).toBe(50);
    expect(stdout).toContain('\nand 10 more\n');
    const counts = 'changed 60, newly liquidatable 60, no longer liquidatable 0, unpriced 0 (portfolios 60, accounts 60)';
    expect(stdout.endsWith(`from A = book to B = ${dear}: ${counts}\n`)).toBe(true);
    expect(stdout.split('\n')[0].trim().replace(/ {2,}/g, '|')).toBe(
      'changed|liquidatable|equity A|equity B|maintenance A|maintenance B|ratio A|ratio B',
    );
  });

  test('nothing changed is one line', async () => {
    const { stdout } = await inProcess('compare', '--book', path, '--marks', MARKS, '--rules', 'book', '--rules', 'book');
    expect(stdout.split('\n').length).toBe(2);
  });
});

describe('bad usage', () => {
  const path = write('small.json', book({ X: flat('0.1') }, holders({ a: '1' })));
  test.each([[['book']], [['book', 'book', 'book']]])('--rules %j', async (rules) => {
    const flags = rules.flatMap((each) => ['--rules', each]);
    const { code, stderr } = await inProcess('compare', '--book', path, '--marks', MARKS, ...flags);
    expect(code).toBe(2);
    expect(stderr).toContain(`--rules: expected exactly two rule sets, before and after, was ${rules.length}`);
  });

  test('no --rules, an unknown name', async () => {
    expect((await inProcess('compare', '--book', path, '--marks', MARKS)).code).toBe(2);
    const { code, stderr } = await inProcess('compare', '--book', path, '--marks', MARKS, '--rules', 'book', '--rules', 'nobody');
    expect(code).toBe(2);
    expect(stderr).toContain('was "nobody"');
  });
});

test('the example of docs/command-line.md is what it prints', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/command-line.md'), 'utf8');
  const [, example] = /```json compare\n(.*\n)```/.exec(page) as RegExpExecArray;
  const paths = {
    book: write('example.json', EXAMPLE.book),
    marks: write('example-marks.json', { version: 1, marks: EXAMPLE.marks }),
  };
  const dear = set('flat.json', { BTCUSDT: '0.25' });
  const args = ['compare', '--book', paths.book, '--marks', paths.marks, '--rules', 'book', '--rules', dear, '--json'];
  expect((await inProcess(...args)).stdout).toBe(example);
});
