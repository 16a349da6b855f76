import { beforeAll, describe, expect, test } from 'vitest';
import { readMarks } from '../../src/files/marks.js';
import type { Instruments } from '../../src/model/instruments.js';
import { changed, EXAMPLE, linesOf, readWhole, write } from './support.js';

const MARKS = {
  version: 1,
  time: 1569350000000,
  marks: { BTCUSDT: '9700.5' },
  indexes: { ETH: '201.1', USDT: '1' },
  funding: { BTCUSDT: '-12.345', OTHER: '1' },
};
const PRICE = 'a decimal string of a magnitude of at most 10^30';

let instruments: Instruments;
beforeAll(async () => {
  const wti = changed(EXAMPLE, 'markets/WTI', { ...EXAMPLE.markets.BTCUSDT, allowNonPositive: true });
  const book = changed(wti, 'markets/ETHUSD', { ...EXAMPLE.markets.BTCUSDT, kind: 'inverse', settle: 'ETH' });
  ({ instruments } = await readWhole(write('book.json', JSON.stringify(book))));
});

const read = (input: unknown) => readMarks(write('marks.json', JSON.stringify(input)), instruments);

test('the example of the contract', async () => {
  expect(await read(MARKS)).toEqual({
    timeMs: 1569350000000,
    marks: [{ market: 0, price: { units: 97005n, decimals: 1 } }],
    indexes: [{ asset: 1, price: { units: 2011n, decimals: 1 } }],
    funding: [{ market: 0, index: { units: -12345n, decimals: 3 } }],
  });
});

test('no time, no indexes, many decimals, a price below zero, markets of other books', async () => {
  const many = `0.${'0'.repeat(50)}1`;
  expect(await read({ version: 1, marks: { WTI: '-37.63', OTHER: '-1', BTCUSDT: many } })).toEqual({
    timeMs: null,
    marks: [
      { market: 1, price: { units: -3763n, decimals: 2 } },
      { market: 0, price: { units: 1n, decimals: 51 } },
    ],
    indexes: [],
    funding: [],
  });
});

describe('each mistake is one line that names its place', () => {
  test.each<[path: string, value: unknown, line: string]>([
    ['version', 2, 'version: expected the number 1, was 2'],
    ['time', '1', 'time: expected whole milliseconds UTC from 0 to 9007199254740, was "1"'],
    ['time', -1, 'time: expected whole milliseconds UTC from 0 to 9007199254740, was -1'],
    ['time', 1569350000000000, 'time: expected whole milliseconds UTC from 0 to 9007199254740, was 1569350000000000'],
    ['price', {}, 'price: expected no such key (a marks file has version, time, marks, indexes, funding), was {}'],
    ['marks', undefined, 'marks: expected an object of marks by market, was nothing'],
    ['marks/BTCUSDT', 9700.5, `marks.BTCUSDT: expected ${PRICE}, was 9700.5`],
    ['marks/BTCUSDT', 'NaN', `marks.BTCUSDT: expected ${PRICE}, was "NaN"`],
    ['marks/BTCUSDT', '0', 'marks.BTCUSDT: expected a mark above zero, was "0"'],
    ['marks/BTCUSDT', '-1', 'marks.BTCUSDT: expected a mark above zero, was "-1"'],
    ['marks/WTI', '-1000000000000000000000000000000.1', `marks.WTI: expected ${PRICE}, was "-1000000000000000000000000000000.1"`],
    ['marks/OTHER', null, `marks.OTHER: expected ${PRICE}, was null`],
    ['marks/ETHUSD', '0', 'marks.ETHUSD: expected a mark above zero, was "0"'],
    [
      'marks/ETHUSD',
      `0.${'0'.repeat(30)}9`,
      `marks.ETHUSD: expected a mark of at least 10^-30, as the contract is inverse, was "0.${'0'.repeat(30)}9"`,
    ],
    ['funding', '1', 'funding: expected an object of funding indexes by market, was "1"'],
    ['funding/BTCUSDT', 1, `funding.BTCUSDT: expected ${PRICE}, was 1`],
    [
      'funding/OTHER',
      '-1000000000000000000000000000000.1',
      `funding.OTHER: expected ${PRICE}, was "-1000000000000000000000000000000.1"`,
    ],
    ['indexes/ETH', '-1', 'indexes.ETH: expected an index price above zero, was "-1"'],
    ['indexes', [], 'indexes: expected an object of index prices by asset, was []'],
    ['indexes/USDT', '1.01', 'indexes.USDT: expected "1", as this is the valuation asset, was "1.01"'],
    ['indexes/DOGE', '0', 'indexes.DOGE: expected an index price above zero, was "0"'],
    ['indexes/ETH', '0', 'indexes.ETH: expected an index price above zero, was "0"'],
  ])('%s = %j', async (path, value, line) => {
    expect(await linesOf(read(changed(MARKS, path, value)))).toEqual([`marks.json: ${line}`]);
  });

  test('an index of an asset that the book does not declare is passed over', async () => {
    expect(await read(changed(MARKS, 'indexes/DOGE', '0.1'))).toEqual(await read(MARKS));
  });

  test('the least mark of an inverse contract', async () => {
    const { marks } = await read(changed(MARKS, 'marks/ETHUSD', `0.${'0'.repeat(29)}1`));
    expect(marks[1]).toEqual({ market: 2, price: { units: 1n, decimals: 30 } });
  });

  test('all of them at once, a duplicate market among them', async () => {
    const file = write('marks.json', '{"version":0,"marks":{"BTCUSDT":"1","BTCUSDT":"0"},"indexes":{"USDT":"2"}}');
    expect(await linesOf(readMarks(file, instruments))).toEqual([
      'marks.json: marks.BTCUSDT: expected each key once, was "BTCUSDT" again',
      'marks.json: version: expected the number 1, was 0',
      'marks.json: marks.BTCUSDT: expected a mark above zero, was "0"',
      'marks.json: indexes.USDT: expected "1", as this is the valuation asset, was "2"',
    ]);
  });

  test('not an object, not JSON, not there', async () => {
    expect(await linesOf(read(null))).toEqual(['marks.json: expected an object: a marks file, was null']);
    expect(await linesOf(readMarks(write('marks.json', '{'), instruments))).toHaveLength(1);
    expect(await linesOf(readMarks('/nonexistent/marks.json', instruments))).toEqual([
      '/nonexistent/marks.json: expected a file that can be read, was missing (ENOENT)',
    ]);
  });
});
