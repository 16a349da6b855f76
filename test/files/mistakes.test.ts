import { describe, expect, test } from 'vitest';
import { ALICE, changed, EXAMPLE, HEADER, linesOf, readWhole, write } from './support.js';

const DECIMAL = 'a decimal string of at most 18 decimals, at most 10^30';
const ACCOUNT_ID = 'an account id of 1 to 64 characters of A-Z a-z 0-9 . _ -';
const LOT = 'a multiple of the lot 0.001, not zero';
const AMOUNT_MAX = '170141183460469231731.687303715884105727';
const AMOUNT = 'a decimal string such as "0.5"';
const MARKET = 'markets/BTCUSDT';
const TIERS = `${MARKET}/maintenance/tiers`;
const POSITION = 'accounts/0/positions/0';
const ISOLATED = 'accounts/0/positions/1';

/** What is changed in the example, to what, and the line behind the file's name. */
const MISTAKES: [path: string, value: unknown, line: string][] = [
  ['accounts', undefined, 'accounts: expected an array of accounts, was nothing'],
  ['accounts/0', null, 'accounts[0]: expected an account object, was null'],
  ['accounts/0/id', 'a/b', `accounts[0].id: expected ${ACCOUNT_ID}, was "a/b"`],
  ['accounts/0/id', 7, `accounts[0].id: expected ${ACCOUNT_ID}, was 7`],
  ['accounts/0/id', '', `accounts[0].id: expected ${ACCOUNT_ID}, was ""`],
  ['accounts/0/positionMode', 'both', 'accounts[0].positionMode: expected "net" or "hedge", was "both"'],
  [
    'accounts/0/note',
    'x',
    'accounts[0].note: expected no such key (an account has id, positionMode, balances, positions, orders), was "x"',
  ],
  ['accounts/0/balances', undefined, 'accounts[0].balances: expected an object of amounts by asset, was nothing'],
  ['accounts/0/balances/USDT', 1000, `accounts[0].balances.USDT: expected ${AMOUNT}, was 1000`],
  ['accounts/0/balances/USDT', 'NaN', `accounts[0].balances.USDT: expected ${AMOUNT}, was "NaN"`],
  ['accounts/0/balances/USDT', '-0', `accounts[0].balances.USDT: expected ${AMOUNT}, was "-0"`],
  ['accounts/0/balances/USDT', '01', `accounts[0].balances.USDT: expected ${AMOUNT}, was "01"`],
  [
    'accounts/0/balances/USDT',
    '0.0000001',
    'accounts[0].balances.USDT: expected at most 6 decimals, as USDT has, was "0.0000001"',
  ],
  [
    'accounts/0/balances/USDT',
    '170141183460469231732',
    `accounts[0].balances.USDT: expected a magnitude of at most ${AMOUNT_MAX}, was "170141183460469231732"`,
  ],
  ['accounts/0/balances/DOGE', '1', 'accounts[0].balances.DOGE: expected a declared asset, was "DOGE"'],
  [
    'accounts/0/balances/ETH',
    '0.000000001',
    'accounts[0].balances.ETH: expected at most 8 decimals, as ETH has, was "0.000000001"',
  ],
  [
    'accounts/0/balances/ETH',
    '-170141183460469231732',
    `accounts[0].balances.ETH: expected a magnitude of at most ${AMOUNT_MAX}, was "-170141183460469231732"`,
  ],
  ['accounts/0/positions', {}, 'accounts[0].positions: expected an array of positions, was {}'],
  [POSITION, 5, 'accounts[0].positions[0]: expected a position object, was 5'],
  [`${POSITION}/market`, 'ETHUSDT', 'accounts[0].positions[0].market: expected a market of the book, was "ETHUSDT"'],
  [`${POSITION}/market`, 'constructor', 'accounts[0].positions[0].market: expected a market of the book, was "constructor"'],
  [`${POSITION}/size`, '0', `accounts[0].positions[0].size: expected ${LOT}, was "0"`],
  [`${POSITION}/size`, '0.0005', `accounts[0].positions[0].size: expected ${LOT}, was "0.0005"`],
  [`${POSITION}/size`, 0.5, `accounts[0].positions[0].size: expected ${AMOUNT}, was 0.5`],
  [
    `${POSITION}/size`,
    '9007199254740.992',
    'accounts[0].positions[0].size: expected at most 9007199254740991 lots of 0.001, was "9007199254740.992"',
  ],
  [`${POSITION}/entry`, '0', 'accounts[0].positions[0].entry: expected a price above zero, was "0"'],
  [`${POSITION}/entry`, '-1', 'accounts[0].positions[0].entry: expected a price above zero, was "-1"'],
  [`${POSITION}/entry`, undefined, `accounts[0].positions[0].entry: expected ${AMOUNT}, was nothing`],
  [
    `${POSITION}/entry`,
    '0.1234567890123456789',
    'accounts[0].positions[0].entry: expected at most 18 decimals, was "0.1234567890123456789"',
  ],
  [
    `${POSITION}/entry`,
    '340282366920938464',
    `accounts[0].positions[0].entry: expected a price at which the position's lots times it are at most ${AMOUNT_MAX}, was "340282366920938464"`,
  ],
  [`${POSITION}/margin`, 'portfolio', 'accounts[0].positions[0].margin: expected "cross" or "isolated", was "portfolio"'],
  [`${POSITION}/collateral`, '1', 'accounts[0].positions[0].collateral: expected nothing on a cross position, was "1"'],
  [
    `${POSITION}/lev`,
    '5',
    'accounts[0].positions[0].lev: expected no such key (a position has market, size, entry, margin, collateral, leverage, extraMargin, fundingIndex), was "5"',
  ],
  [`${POSITION}/leverage`, '0', 'accounts[0].positions[0].leverage: expected a leverage above zero, was "0"'],
  [`${POSITION}/leverage`, '-5', 'accounts[0].positions[0].leverage: expected a leverage above zero, was "-5"'],
  [`${POSITION}/leverage`, 5, `accounts[0].positions[0].leverage: expected ${DECIMAL}, was 5`],
  [`${POSITION}/leverage`, '1/3', `accounts[0].positions[0].leverage: expected ${DECIMAL}, was "1/3"`],
  [
    `${POSITION}/leverage`,
    `0.${'0'.repeat(200)}`,
    `accounts[0].positions[0].leverage: expected ${DECIMAL}, was "0.${'0'.repeat(74)}...`,
  ],
  [`${POSITION}/extraMargin`, '1', 'accounts[0].positions[0].extraMargin: expected nothing on a cross position, was "1"'],
  [`${POSITION}/fundingIndex`, 1, `accounts[0].positions[0].fundingIndex: expected ${DECIMAL}, was 1`],
  [
    `${POSITION}/fundingIndex`,
    '1000000000000000000000000000000.1',
    `accounts[0].positions[0].fundingIndex: expected ${DECIMAL}, was "1000000000000000000000000000000.1"`,
  ],
  [
    `${POSITION}/fundingIndex`,
    '0.000000000000000001',
    'accounts[0].positions[0].fundingIndex: expected an index at which the position\'s funding, size · contractSize · index, has at most 18 decimals, was "0.000000000000000001"',
  ],
  [
    `${POSITION}/fundingIndex`,
    '-1000000000000000000000',
    `accounts[0].positions[0].fundingIndex: expected an index at which the position's funding is at most ${AMOUNT_MAX}, was "-1000000000000000000000"`,
  ],
  [
    `${POSITION}/fundingIndex`,
    '340282366920938461500',
    `accounts[0].positions[0].fundingIndex: expected an index at which the positions' funding and a balance together are at most ${AMOUNT_MAX}, was more`,
  ],
  ['accounts/0/orders', {}, 'accounts[0].orders: expected an array of orders, was {}'],
  ['accounts/0/orders', ['x'], 'accounts[0].orders[0]: expected an order object, was "x"'],
  ...(
    [
      ['market', 'X', 'a market of the book', '"X"'],
      ['side', 'long', '"buy" or "sell"', '"long"'],
      ['size', '-1', 'a size above zero', '"-1"'],
      ['size', '0', LOT, '"0"'],
      ['size', '0.0001', LOT, '"0.0001"'],
      ['size', 1, AMOUNT, '1'],
      ['price', '0', 'a price above zero', '"0"'],
      ['price', undefined, AMOUNT, 'nothing'],
      [
        'price',
        '340282366920938464',
        `a price at which the order's lots times it are at most ${AMOUNT_MAX}`,
        '"340282366920938464"',
      ],
      ['reduceOnly', 'no', 'true or false', '"no"'],
      ['entry', '1', 'no such key (an order has market, side, size, price, reduceOnly)', '"1"'],
    ] as const
  ).map(([key, value, expected, found]): [string, unknown, string] => [
    'accounts/0/orders',
    [{ market: 'BTCUSDT', side: 'sell', size: '0.5', price: '31000', [key]: value }],
    `accounts[0].orders[0].${key}: expected ${expected}, was ${found}`,
  ]),
  [
    `${ISOLATED}/collateral`,
    undefined,
    'accounts[0].positions[1].collateral: expected a decimal string of zero or more on an isolated position without a leverage, was nothing',
  ],
  [
    `${ISOLATED}/collateral`,
    '-1',
    'accounts[0].positions[1].collateral: expected a decimal string of zero or more on an isolated position, was "-1"',
  ],
  [
    `${ISOLATED}/collateral`,
    '0.0000001',
    'accounts[0].positions[1].collateral: expected at most 6 decimals, as USDT has, was "0.0000001"',
  ],
  [
    `${ISOLATED}/collateral`,
    '170141183460469231732',
    `accounts[0].positions[1].collateral: expected at most ${AMOUNT_MAX}, was "170141183460469231732"`,
  ],
  [
    `${ISOLATED}/extraMargin`,
    '-350.000001',
    'accounts[0].positions[1].extraMargin: expected no more removed than the collateral, was "-350.000001"',
  ],
  [
    `${ISOLATED}/extraMargin`,
    '0.0000001',
    'accounts[0].positions[1].extraMargin: expected at most 6 decimals, as USDT has, was "0.0000001"',
  ],
  [`${ISOLATED}/extraMargin`, 1, `accounts[0].positions[1].extraMargin: expected ${AMOUNT}, was 1`],
  [
    `${ISOLATED}/extraMargin`,
    '170141183460469231731',
    `accounts[0].positions[1]: expected a collateral that is at most ${AMOUNT_MAX}, with its extra margin and funding, was more`,
  ],
  ['accounts/1', { ...ALICE, positions: [] }, 'accounts[1].id: expected an id that no account before has, was "alice"'],
  [
    'accounts/0/positions/2',
    { market: 'BTCUSDT', size: '-1', entry: '1' },
    'accounts[0].positions[2]: expected one cross position in BTCUSDT (position mode net), was another of size -1',
  ],
];

describe('each mistake of a book is one line that names its place', () => {
  test.each(MISTAKES)('%s = %j', async (path, value, line) => {
    const file = write('book.json', JSON.stringify(changed(EXAMPLE, path, value)));
    expect(await linesOf(readWhole(file))).toEqual([`book.json: ${line}`]);
  });

  test.each([
    ['markets', '5'],
    ['markets', JSON.stringify(HEADER.markets.BTCUSDT)],
    ['assets', 'null'],
    ['assets', JSON.stringify(HEADER.assets.USDT)],
    ['balances', '"1"'],
  ])('__proto__ as an id in %s: %s', async (holder, value) => {
    const text = JSON.stringify(EXAMPLE).replace(`"${holder}":{`, `"${holder}":{"__proto__":${value},`);
    const place = holder === 'balances' ? 'accounts[0].balances' : holder;
    expect(await linesOf(readWhole(write('book.json', text)))).toEqual([
      `book.json: ${place}.__proto__: expected no such key, was "__proto__"`,
    ]);
  });

  test('isolated collateral has the decimals of the asset that its market settles in', async () => {
    const settled = changed(changed(EXAMPLE, `${MARKET}/settle`, 'ETH'), `${ISOLATED}/collateral`, '0.000000001');
    expect(await linesOf(readWhole(write('book.json', JSON.stringify(settled))))).toEqual([
      'book.json: accounts[0].positions[1].collateral: expected at most 8 decimals, as ETH has, was "0.000000001"',
    ]);
  });

  test('a cross position with collateral and extra margin', async () => {
    const both = changed(changed(EXAMPLE, `${POSITION}/collateral`, '1'), `${POSITION}/extraMargin`, '2');
    expect(await linesOf(readWhole(write('book.json', JSON.stringify(both))))).toEqual([
      'book.json: accounts[0].positions[0].collateral: expected nothing on a cross position, was "1"',
      'book.json: accounts[0].positions[0].extraMargin: expected nothing on a cross position, was "2"',
    ]);
  });

  test('extra margin taken from a collateral by leverage that cannot be known is no second problem', async () => {
    const row = { market: 'BTCUSDT', size: '1', entry: '0', margin: 'isolated', leverage: '5', extraMargin: '-1' };
    const book = { ...HEADER, accounts: [{ id: 'a', balances: {}, positions: [row] }] };
    expect(await linesOf(readWhole(write('book.json', JSON.stringify(book))))).toEqual([
      'book.json: accounts[0].positions[0].entry: expected a price above zero, was "0"',
    ]);
  });

  test('collateral by leverage that no store could hold', async () => {
    const row = { market: 'BTCUSDT', size: '0.001', entry: '170141183460469231731', margin: 'isolated', leverage: '0.0001' };
    const book = { ...HEADER, accounts: [{ id: 'a', balances: {}, positions: [row] }] };
    expect(await linesOf(readWhole(write('book.json', JSON.stringify(book))))).toEqual([
      `book.json: accounts[0].positions[0]: expected a collateral that is at most ${AMOUNT_MAX}, with its extra margin and funding, was more`,
    ]);
  });

  test('two longs in hedge mode, cross and isolated apart', async () => {
    const position = { market: 'BTCUSDT', size: '1', entry: '1' };
    const positions = [position, { ...position, size: '-1' }, { ...position, margin: 'isolated', collateral: '0' }, position];
    const book = { ...HEADER, accounts: [{ id: 'a', positionMode: 'hedge', balances: {}, positions }] };
    const expected =
      'book.json: accounts[0].positions[3]: expected one cross long position in BTCUSDT (position mode hedge), was another of size 1';
    expect(await linesOf(readWhole(write('book.json', JSON.stringify(book))))).toEqual([expected]);
  });

  test('all of them at once, also beside unknown keys and broken parts of the header', async () => {
    const book = changed(changed(changed(EXAMPLE, `${TIERS}/0/floor`, '1'), 'typo', 1), 'assets/ETH/decimals', 99);
    const lines = await linesOf(readWhole(write('book.json', JSON.stringify(book))));
    expect(lines.map((line) => line.split(':')[1]?.trim())).toEqual([
      'assets.ETH.decimals',
      'typo',
      'markets.BTCUSDT.maintenance.tiers[0].floor',
    ]);
  });

  test('10,000 problems: 100 lines and the count of the rest', async () => {
    const positions = Array.from({ length: 10_000 }, () => ({ market: 'BTCUSDT', size: '0', entry: '1' }));
    const file = write('book.json', JSON.stringify({ ...HEADER, accounts: [{ id: 'a', balances: {}, positions }] }));
    const lines = await linesOf(readWhole(file));
    expect(lines).toHaveLength(101);
    expect(lines[99]).toBe(`book.json: accounts[0].positions[99].size: expected ${LOT}, was "0"`);
    expect(lines[100]).toBe('and 9900 more problems');
  });
});
