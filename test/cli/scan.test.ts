/** `scan` from outside: the strings of an independent calculation, the forms of a book, what is counted. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Expected, workOut } from './exact.js';
import { account, book, EXAMPLE, HAND_BOOKS, market } from './hand-books.js';
import { inProcess, spawned, write } from './plimsoll.js';
import { randomBooks } from './random-books.js';
import { venueBooks } from './venue-books.js';

/** The name of the backend is in the answer: the independent calculation says `js`. */
const scanArgs = ({ book: bookPath, marks }: Pick<Expected, 'book' | 'marks'>) => [
  'scan',
  '--book',
  bookPath,
  '--marks',
  marks,
  '--backend',
  'js',
];

describe('the exact strings', () => {
  const expected = new Map<string, Expected>();
  beforeAll(() => {
    for (const each of workOut(HAND_BOOKS)) expected.set(each.name, each);
  });

  test("of the contract's example", async () => {
    const { code, stdout, stderr } = await spawned(...scanArgs(expected.get('example')!), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      '{"version":1,"accounts":1,"positions":2,"portfolios":2,"backend":"js","unpriced":[],"insolvent":[],' +
        '"liquidatable":[{"portfolio":"alice/BTCUSDT","mode":"isolated","equity":"-50.000000",' +
        '"maintenance":"14.000000","deficit":"64.000000","badDebt":"50.000000","marginRatio":"-3.571429"}]}\n',
    );
  });

  test.each(HAND_BOOKS.map(({ name }) => name))('of a book written by hand: %s', async (name) => {
    const each = expected.get(name)!;
    const { code, stdout, stderr } = await spawned(...scanArgs(each), '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`${each.scan}\n`);
  });

  test('the books written by hand have something of everything', () => {
    const scans = [...expected.values()].map(({ scan }) => JSON.parse(scan));
    for (const list of ['unpriced', 'insolvent', 'liquidatable']) expect(scans.some((scan) => scan[list].length > 1)).toBe(true);
  });

  test.each([
    ['of one asset', () => randomBooks(11, 300)],
    ['under rules of every kind', () => venueBooks(13, 300)],
  ])('of random books %s', async (_, made) => {
    const books = workOut(made());
    for (const each of books) {
      const { code, stdout } = await inProcess(...scanArgs(each), '--json');
      expect({ name: each.name, code, stdout }).toEqual({ name: each.name, code: 0, stdout: `${each.scan}\n` });
    }
    expect(books.filter(({ scan }) => !scan.includes('"liquidatable":[]')).length).toBeGreaterThan(50);
  });
});

describe('figures worked out by hand', () => {
  const scanned = async (markets: Record<string, object>, accounts: object[], marks: Record<string, string>) => {
    const paths = { book: write('hand.json', book(markets, accounts)), marks: write('hand-marks.json', { version: 1, marks }) };
    return JSON.parse((await inProcess(...scanArgs(paths), '--json')).stdout);
  };

  test('equity rounds down, maintenance up, the deficit is their printed difference, the ratio rounds down', async () => {
    // Equity −0.0000001 − a third of nothing; maintenance 1/3 of 0.0000007.
    const found = await scanned(
      { X: market({ tiers: [['0', '1/3']], lot: '0.0000001', tick: '0.01' }) },
      [account('a', '0', [['X', '0.0000007', '1.2']])],
      { X: '1' },
    );
    expect(found.liquidatable).toEqual([
      {
        portfolio: 'a',
        mode: 'cross',
        equity: '-0.000001',
        maintenance: '0.000001',
        deficit: '0.000002',
        badDebt: '0.000001',
        // −0.00000014 / (0.0000007 / 3)
        marginRatio: '-0.600000',
      },
    ]);
  });

  test('a portfolio is cross when it has a position or a balance, and each isolated position is one', async () => {
    const accounts = [
      account('empty', null, []),
      account('zero', '0', []),
      account('rich', '1', []),
      account('cross', '100', [
        ['X', '1', '1'],
        ['Y', '1', '1'],
      ]),
      account('apart', null, [
        ['X', '1', '1', '1'],
        ['Y', '1', '1', '1'],
      ]),
    ];
    const found = await scanned({ X: market(), Y: market() }, accounts, { X: '1', Y: '1' });
    expect(found).toMatchObject({ accounts: 5, positions: 4, portfolios: 4 });
  });
});

test('a book as JSON Lines gives the same', async () => {
  const { accounts, ...header } = EXAMPLE.book;
  const lines = [header, ...accounts].map((value) => JSON.stringify(value)).join('\n');
  const paths = { book: write('example.jsonl', lines), marks: write('lines-marks.json', { version: 1, marks: EXAMPLE.marks }) };
  const [asJson] = workOut([EXAMPLE]);
  expect((await inProcess(...scanArgs(paths), '--json')).stdout).toBe(`${asJson.scan}\n`);
});

test('without --json it is a table, and a scan that finds nobody is 0', async () => {
  const [example] = workOut([EXAMPLE]);
  const { code, stdout, stderr } = await spawned(...scanArgs(example));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^alice\/BTCUSDT +isolated +-50\.000000 +14\.000000 +64\.000000 +50\.000000 +-3\.571429$/m);
  expect(stdout).toContain('positions 2, portfolios 2, accounts 1; liquidatable 1, insolvent 0, unpriced 0');
  const calm = write('calm.json', { version: 1, time: 1569350000000, marks: { BTCUSDT: '30000' }, indexes: { USDT: '1.0' } });
  const nobody = await inProcess(...scanArgs({ ...example, marks: calm }));
  expect(nobody).toEqual({
    code: 0,
    stdout: 'positions 2, portfolios 2, accounts 1; liquidatable 0, insolvent 0, unpriced 0 (backend js)\n',
    stderr: '',
  });
});

test('the table names who is insolvent and what is unpriced', async () => {
  const accounts = [
    account('debtor', '-1', []),
    account('lost', '1', [
      ['Y', '1', '1'],
      ['X', '1', '1'],
    ]),
  ];
  const paths = {
    book: write('states.json', book({ X: market(), Y: market() }, accounts)),
    marks: write('states-marks.json', { version: 1, marks: {} }),
  };
  const { stdout } = await inProcess(...scanArgs(paths));
  expect(stdout).toMatch(/^debtor +-1\.000000 +1\.000000$/m);
  expect(stdout).toMatch(/^unpriced +markets without a mark, assets without an index price$/m);
  expect(stdout).toMatch(/^lost +X Y$/m);
});
