import { describe, expect, test } from 'vitest';
import { ALICE, changed, EXAMPLE, HEADER, linesOf, readWhole, write } from './support.js';

const DECIMAL = 'a decimal string of at most 18 decimals, at most 10^30';
const RATE = 'a rate from 0 to 1: a decimal string or a fraction such as "1/6" (denominator at most 1000000000)';
const ID = 'an id of 1 to 64 printable ASCII characters without spaces, not ending in :long or :short';
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
  ['version', 2, 'version: expected the number 1, was 2'],
  ['version', '1', 'version: expected the number 1, was "1"'],
  ['version', undefined, 'version: expected the number 1, was nothing'],
  ['valuation', 'USD', 'valuation: expected a declared asset, was "USD"'],
  ['valuation', undefined, 'valuation: expected the id of an asset, as the book does not have exactly one, was nothing'],
  ['typo', 1, 'typo: expected no such key (a book without its accounts has version, valuation, rules, assets, markets), was 1'],
  ['rules/liquidateWhen', '<', 'rules.liquidateWhen: expected "equity<maintenance" or "equity<=maintenance", was "<"'],
  ['rules/other', true, 'rules.other: expected no such key (rules has liquidateWhen), was true'],
  ['assets', undefined, 'assets: expected an object of assets by id, was nothing'],
  ['assets', [], 'assets: expected an object of assets by id, was []'],
  ['assets/ETH', 'x', 'assets.ETH: expected an object: an asset, was "x"'],
  ['assets/E H', { decimals: 8, haircut: '0' }, `assets["E H"]: expected ${ID}, was "E H"`],
  ['assets/ETH/decimals', 19, 'assets.ETH.decimals: expected a whole number from 0 to 18, was 19'],
  ['assets/ETH/decimals', '8', 'assets.ETH.decimals: expected a whole number from 0 to 18, was "8"'],
  ['assets/ETH/haircut', '1.01', `assets.ETH.haircut: expected ${RATE}, was "1.01"`],
  ['assets/ETH/haircut', 0.05, `assets.ETH.haircut: expected ${RATE}, was 0.05`],
  [
    'assets/USDT/haircut',
    '0.01',
    'assets.USDT.haircut: expected "0", as this is the valuation asset (settle assets with a haircut come with a later release), was "0.01"',
  ],
  [`${MARKET}:long`, HEADER.markets.BTCUSDT, `markets["BTCUSDT:long"]: expected ${ID}, was "BTCUSDT:long"`],
  [
    `${MARKET}/kind`,
    'inverse',
    'markets.BTCUSDT.kind: expected "linear" (inverse and quanto contracts come with the margin rules of a later release), was "inverse"',
  ],
  [`${MARKET}/settle`, 'USDC', 'markets.BTCUSDT.settle: expected a declared asset, was "USDC"'],
  [
    `${MARKET}/settle`,
    'ETH',
    'markets.BTCUSDT.settle: expected the valuation asset "USDT" (other settle assets come with a later release), was "ETH"',
  ],
  [`${MARKET}/contractSize`, '-1', `markets.BTCUSDT.contractSize: expected ${DECIMAL}, above zero, was "-1"`],
  [`${MARKET}/lot`, '0', `markets.BTCUSDT.lot: expected ${DECIMAL}, above zero, was "0"`],
  [`${MARKET}/lot`, 0.001, `markets.BTCUSDT.lot: expected ${DECIMAL}, above zero, was 0.001`],
  [`${MARKET}/lot`, '0.0000000000000000001', `markets.BTCUSDT.lot: expected ${DECIMAL}, above zero, was "0.0000000000000000001"`],
  [`${MARKET}/tick`, '1e-2', `markets.BTCUSDT.tick: expected ${DECIMAL}, above zero, was "1e-2"`],
  [`${MARKET}/allowNonPositive`, 'yes', 'markets.BTCUSDT.allowNonPositive: expected true or false, was "yes"'],
  [
    `${MARKET}/fee`,
    '0',
    'markets.BTCUSDT.fee: expected no such key (a market has kind, base, settle, contractSize, lot, tick, allowNonPositive, maintenance), was "0"',
  ],
  [`${MARKET}/maintenance/method`, 'flat', 'markets.BTCUSDT.maintenance.method: expected "bracket" or "step", was "flat"'],
  [`${MARKET}/maintenance/basis`, 'last', 'markets.BTCUSDT.maintenance.basis: expected "mark" or "entry", was "last"'],
  [`${MARKET}/maintenance/closeFee`, '1/0', `markets.BTCUSDT.maintenance.closeFee: expected ${RATE}, was "1/0"`],
  [TIERS, [], 'markets.BTCUSDT.maintenance.tiers: expected at least one tier, was 0'],
  [`${TIERS}/0/floor`, '1', 'markets.BTCUSDT.maintenance.tiers[0].floor: expected "0" in the first tier, was "1"'],
  [`${TIERS}/1/floor`, '0', 'markets.BTCUSDT.maintenance.tiers[1].floor: expected a floor above the last tier\'s 0, was "0"'],
  [`${TIERS}/1/floor`, '-5', `markets.BTCUSDT.maintenance.tiers[1].floor: expected ${DECIMAL}, zero or more, was "-5"`],
  [
    `${TIERS}/1/rate`,
    '0.003',
    'markets.BTCUSDT.maintenance.tiers[1].rate: expected a rate not below the last tier\'s 0.004, was "0.003"',
  ],
  [`${TIERS}/1/rate`, '1/1000000001', `markets.BTCUSDT.maintenance.tiers[1].rate: expected ${RATE}, was "1/1000000001"`],
  [
    `${TIERS}/1/deduction`,
    '50.1',
    'markets.BTCUSDT.maintenance.tiers[1].deduction: expected 50, which the floors and rates give, was "50.1"',
  ],
  ['accounts', undefined, 'accounts: expected an array of accounts, was nothing'],
  ['accounts/0', null, 'accounts[0]: expected an account object, was null'],
  ['accounts/0/id', 'a/b', `accounts[0].id: expected ${ACCOUNT_ID}, was "a/b"`],
  ['accounts/0/id', 7, `accounts[0].id: expected ${ACCOUNT_ID}, was 7`],
  ['accounts/0/id', '', `accounts[0].id: expected ${ACCOUNT_ID}, was ""`],
  ['accounts/0/positionMode', 'both', 'accounts[0].positionMode: expected "net" or "hedge", was "both"'],
  [
    'accounts/0/note',
    'x',
    'accounts[0].note: expected no such key (an account has id, positionMode, balances, positions), was "x"',
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
    '1',
    'accounts[0].balances.ETH: expected "0" (collateral other than the valuation asset USDT comes with a later release), was "1"',
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
    `${POSITION}/leverage`,
    '5',
    'accounts[0].positions[0].leverage: expected no such key (a position has market, size, entry, margin, collateral), was "5"',
  ],
  [
    `${ISOLATED}/collateral`,
    undefined,
    'accounts[0].positions[1].collateral: expected a decimal string of zero or more on an isolated position, was nothing',
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

  test('a deduction in a stepped table', async () => {
    const stepped = changed(changed(EXAMPLE, `${MARKET}/maintenance/method`, 'step'), `${TIERS}/1/deduction`, '0');
    const expected =
      'book.json: markets.BTCUSDT.maintenance.tiers[1].deduction: expected no deduction in a stepped table, was "0"';
    expect(await linesOf(readWhole(write('book.json', JSON.stringify(stepped))))).toEqual([expected]);
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
