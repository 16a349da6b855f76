/** Index prices in a replay, by hand: where they come from, why portfolios are breached, and what is refused. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PlimsollError, type ReplayOptions, type ReplaySummary, replay } from '../../src/index.js';
import { inProcess, pathOf, write } from '../cli/plimsoll.js';

/** 2023-03-11T00:00Z */
const START = 1_678_492_800_000;
const folder = pathOf('candles');

/** Each price holds for a minute. */
function series(name: string, ...prices: string[]): void {
  const rows = prices.map((price, minute) => `${START + minute * 60_000},${price},${price},${price},${price},1`);
  writeFileSync(join(folder, `${name}.csv`), `${['timestamp_ms,open,high,low,close,volume', ...rows].join('\n')}\n`);
}

/** The requirement is 10 % of the notional; the coin counts half. */
const BOOK = {
  version: 1,
  valuation: 'USD',
  assets: { USD: { decimals: 6, haircut: '0' }, COIN: { decimals: 8, haircut: '0.5' }, IDLE: { decimals: 8, haircut: '0' } },
  markets: {
    X: {
      ...{ kind: 'linear', base: 'X', settle: 'USD', contractSize: '1', lot: '0.001', tick: '0.01' },
      maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: [{ floor: '0', rate: '0.1' }] },
    },
  },
  // X goes 100, 100, 95; COIN 2, 1, 1. Counted is COIN · index / 2.
  accounts: [
    // 12 counted at first, then 6 against 10.
    { id: 'coin', balances: { COIN: '12' }, positions: [{ market: 'X', size: '1', entry: '100' }] },
    // 7 at first already.
    { id: 'before', balances: { COIN: '7' }, positions: [{ market: 'X', size: '1', entry: '100' }] },
    // 14: 9 against 9.5 when X falls.
    { id: 'marks', balances: { USD: '14' }, positions: [{ market: 'X', size: '1', entry: '100' }] },
    // 13 + 3, then 13 + 1.5, then 8 + 1.5 against 9.5, which is not below; 1 lot more and it is.
    { id: 'both', balances: { USD: '13', COIN: '2.998' }, positions: [{ market: 'X', size: '1', entry: '100' }] },
    { id: 'safe', balances: { USD: '50', COIN: '1' }, positions: [{ market: 'X', size: '-1', entry: '100' }] },
  ],
};
const book = write('book.json', BOOK);

beforeAll(() => {
  mkdirSync(folder);
  series('X', '100', '100', '95');
  series('COINUSD', '2', '1', '1');
  // The same again as a quotient.
  series('XCOIN', '50', '100', '95');
  series('X2', '100', '80');
  series('COIN2', '2', '0.5');
});

async function replayed(more: Partial<ReplayOptions>): Promise<ReplaySummary> {
  return (await replay({ candles: folder, book, seed: 1, policy: 'full-close', ...more })).summary;
}

describe('a book of several assets', () => {
  test('tells why each case opened, and who was breached by the collateral alone', async () => {
    const { byCause, collateralOnly, totals, ticks } = await replayed({ indexes: [{ asset: 'COIN', series: 'COINUSD' }] });
    expect(byCause).toEqual({ marks: 1, collateral: 1, either: 0, both: 1, already: 1 });
    expect(collateralOnly).toEqual(['coin']);
    expect({ ticks, cases: totals.cases }).toEqual({ ticks: 12, cases: 4 });
  });

  test('gets the same from one series over another', async () => {
    const plain = await replayed({ indexes: [{ asset: 'COIN', series: 'COINUSD' }] });
    expect(await replayed({ indexes: [{ asset: 'COIN', series: 'X', over: 'XCOIN' }] })).toEqual(plain);
  });

  test('without an index price leaves those who need it unpriced', async () => {
    const { byCause, collateralOnly, unpriced } = await replayed({});
    expect(unpriced).toBe(4);
    expect(byCause).toEqual({ marks: 1, collateral: 0, either: 0, both: 0, already: 0 });
    expect(collateralOnly).toEqual([]);
  });

  test('tells a breach that either would have been enough for', async () => {
    const markets = { X2: BOOK.markets.X };
    const position = { market: 'X2', size: '1', entry: '100' };
    const two = write('two.json', {
      ...BOOK,
      markets,
      accounts: [
        // 20 against 10; nothing against 8 by the mark, 5 against 10 by the coin.
        { id: 'either', balances: { COIN: '20' }, positions: [position] },
      ],
    });
    const { byCause } = await replayed({ book: two, indexes: [{ asset: 'COIN', series: 'COIN2' }] });
    expect(byCause).toEqual({ marks: 0, collateral: 0, either: 1, both: 0, already: 0 });
  });
});

test('a book of one asset is told of as before', async () => {
  const [, , marks] = BOOK.accounts;
  const one = write('one.json', { ...BOOK, assets: { USD: BOOK.assets.USD }, accounts: [marks] });
  const summary = await replayed({ book: one });
  expect(summary.totals.cases).toBe(1);
  expect(Object.keys(summary)).not.toContain('byCause');
  expect(Object.keys(summary)).not.toContain('collateralOnly');
});

describe('what is refused', () => {
  test('assets and series that are not there, all at once, as bad usage', async () => {
    const indexes = [
      { asset: 'USD', series: 'X' },
      { asset: 'GOLD', series: 'X' },
      { asset: 'COIN', series: 'COINUSD' },
      { asset: 'COIN', series: 'NONE', over: 'NIL' },
    ];
    const failed = replayed({ indexes });
    await expect(failed).rejects.toThrow(PlimsollError);
    await expect(failed).rejects.toMatchObject({ code: 'bad-usage' });
    const { problems } = (await failed.catch((error: PlimsollError) => error)) as PlimsollError;
    const known = 'an asset of the book (COIN, IDLE) but its valuation asset USD';
    expect(problems.map(({ where, expected, found }) => [where, expected.replace(/\(COIN2.*\)/, '(…)'), found])).toEqual([
      ['--index USD', known, '"USD"'],
      ['--index GOLD', known, '"GOLD"'],
      ['--index COIN', 'one series for each asset', 'another'],
      ['--index COIN', 'a series of the folder (…)', '"NONE"'],
      ['--index COIN', 'a series of the folder (…)', '"NIL"'],
    ]);
  });
});

describe('from the command line', () => {
  const run = (...more: string[]) => inProcess('replay', '--candles', folder, '--book', book, '--policy', 'full-close', ...more);

  test('prints what the library returns, and the same in words and on the page', async () => {
    const { code, stdout } = await run('--index', 'COIN=X/XCOIN', '--index', 'IDLE=COINUSD', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      byCause: { marks: 1, collateral: 1, either: 0, both: 1, already: 1 },
      collateralOnly: ['coin'],
      unpriced: 0,
    });
    const page = pathOf('page.html');
    const { stdout: text } = await run('--index', 'COIN=COINUSD', '--report', page);
    const lines = [
      'cases breached: 1 by marks, 1 by collateral, 0 by either, 1 by both together, 1 from the start',
      'breached only because their collateral fell: coin',
    ];
    for (const line of lines) {
      expect(text).toContain(`\n${line}\n`);
      expect(readFileSync(page, 'utf8')).toContain(`<p class="note">${line}</p>`);
    }
  });

  test('tells who is unpriced at the end, and only then', async () => {
    const told = 'unpriced at the end: 4 (a price is missing: their state is unknown, and nothing of theirs is closed)';
    const page = pathOf('unpriced.html');
    expect((await run('--report', page)).stdout).toContain(`\n${told}\n`);
    expect(readFileSync(page, 'utf8')).toContain(`<p class="note">${told}</p>`);
    expect((await run('--index', 'COIN=COINUSD')).stdout).not.toContain('unpriced');
  });

  describe('a report that is there', () => {
    const reports = pathOf('reports');
    const page = join(reports, 'page.html');
    const link = pathOf('link.html');
    beforeAll(() => {
      mkdirSync(reports);
      writeFileSync(page, 'an older report');
      symlinkSync(page, link);
    });

    test('stays where the replay fails, and nothing beside it', async () => {
      expect((await run('--index', 'COIN=Y', '--report', page)).code).toBe(2);
      expect(readFileSync(page, 'utf8')).toBe('an older report');
      expect(readdirSync(reports)).toEqual(['page.html']);
    });

    test('is replaced by one that is whole, also through a link', async () => {
      expect((await run('--report', link)).code).toBe(0);
      expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
      expect(readdirSync(reports)).toEqual(['page.html']);
    });

    test.each([reports, join(reports, 'none', 'page.html')])('cannot be at %s, which is told at once', async (path) => {
      const { code, stdout, stderr } = await run('--index', 'COIN=Y', '--report', path);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^--report: expected a file that can be written, was [^\n]+\n$/);
      expect(stderr).toContain(path);
    });
  });

  test.each(['COIN', '=X', 'COIN=', 'COIN=X/', 'COIN=X/Y/Z'])('refuses --index %s', async (text) => {
    const { code, stdout, stderr } = await run('--index', text);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('ASSET=SERIES or ASSET=SERIES/SERIES');
  });

  test('refuses a series that is not there', async () => {
    const { code, stderr } = await run('--index', 'COIN=Y');
    expect(code).toBe(2);
    expect(stderr).toContain('--index COIN: expected a series of the folder (COIN2, COINUSD, X, X2, XCOIN), was "Y"');
  });
});
