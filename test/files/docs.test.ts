import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readMarks } from '../../src/files/marks.js';
import { pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { portfoliosOf } from '../../src/model/portfolio.js';
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

const examples = fileURLToPath(new URL('../../docs/examples/', import.meta.url));

test.each(readdirSync(examples).filter((name) => name.endsWith('.json') && !name.endsWith('marks.json')))(
  'the example %s: read, and every portfolio priced by its marks',
  async (name) => {
    const { instruments, accounts } = await readWhole(`${examples}${name}`);
    const marks = name === 'book.json' ? 'marks.json' : name.replace('.json', '-marks.json');
    const { marks: prices, indexes, funding } = await readMarks(`${examples}${marks}`, instruments);
    const known = pricesOf(
      (market) => prices.find((mark) => mark.market === market)?.price ?? null,
      (asset) => indexes.find((index) => index.asset === asset)?.price ?? null,
      (market) => funding.find((index) => index.market === market)?.index ?? { units: 0n, decimals: 0 },
    );
    const portfolios = accounts.flatMap((account) => portfoliosOf(account, instruments));
    expect(portfolios.length).toBeGreaterThan(1);
    for (const portfolio of portfolios) expect(valuePortfolio(portfolio, instruments, known).priced).toBe(true);
  },
);

test('the second example has what the page says of it', async () => {
  const { instruments, accounts } = await readWhole(`${examples}multi-asset.json`);
  expect(instruments.markets.map(({ kind }) => kind)).toEqual(['linear', 'inverse', 'linear', 'quanto']);
  const [ann, ben, cid] = accounts;
  expect(ann.others).toEqual([{ asset: 2, amount: 25n * 10n ** 18n }]);
  expect(ann.balance).toBe(-1_200_000n * 10n ** 18n);
  // −1000 · 100 · 0.00000012 BTC
  expect(ann.cross[0].funding).toBe(-12n * 10n ** 15n);
  expect(ben.orders?.map(({ lots, reduceOnly }) => [lots, reduceOnly])).toEqual([
    [100, false],
    [-500, true],
  ]);
  // 250 · 100 / 63500 / 25 = 0.015748031…, rounded up to 8 decimals, and 0.002 more.
  expect(cid.isolated[0].collateral).toBe(1_774_804n * 10n ** 10n);
  expect(page).toContain('0.01574804');
});
