/** Mistakes in a book's header: each is one line that names its place. */
import { expect, test } from 'vitest';
import { changed, EXAMPLE, HEADER, linesOf, readWhole, write } from './support.js';

const DECIMAL = 'a decimal string of at most 18 decimals, at most 10^30';
const RATE = 'a rate from 0 to 1: a decimal string or a fraction such as "1/6" (denominator at most 1000000000)';
const LEVERAGE = 'a decimal string of 1 or more such as "125", one over which is a rate (denominator at most 1000000000)';
const ID = 'an id of 1 to 64 printable ASCII characters without spaces, not ending in :long or :short';
const MARKET = 'markets/BTCUSDT';
const TIERS = `${MARKET}/maintenance/tiers`;

/** An initial table with floors of 0, 100, … */
const initial = (...tiers: object[]) => ({
  method: 'bracket',
  tiers: tiers.map((tier, i) => ({ floor: `${i * 100}`, ...tier })),
});

/** What is changed in the example, to what, and the line behind the file's name. */
const MISTAKES: [path: string, value: unknown, line: string][] = [
  ['version', 2, 'version: expected the number 1, was 2'],
  ['version', '1', 'version: expected the number 1, was "1"'],
  ['version', undefined, 'version: expected the number 1, was nothing'],
  ['valuation', 'USD', 'valuation: expected a declared asset, was "USD"'],
  ['valuation', undefined, 'valuation: expected the id of an asset, as the book does not have exactly one, was nothing'],
  ['typo', 1, 'typo: expected no such key (a book without its accounts has version, valuation, rules, assets, markets), was 1'],
  ['rules/liquidateWhen', '<', 'rules.liquidateWhen: expected "equity<maintenance" or "equity<=maintenance", was "<"'],
  ['rules/other', true, 'rules.other: expected no such key (rules has liquidateWhen, hedgeMargin, orderMargin), was true'],
  ['rules/hedgeMargin', 'none', 'rules.hedgeMargin: expected "both" or "larger", was "none"'],
  ['rules/orderMargin', true, 'rules.orderMargin: expected "initial" or "maintenance", was true'],
  ['assets', undefined, 'assets: expected an object of assets by id, was nothing'],
  ['assets', [], 'assets: expected an object of assets by id, was []'],
  ['assets/ETH', 'x', 'assets.ETH: expected an object: an asset, was "x"'],
  ['assets/E H', { decimals: 8, haircut: '0' }, `assets["E H"]: expected ${ID}, was "E H"`],
  ['assets/ETH/decimals', 19, 'assets.ETH.decimals: expected a whole number from 0 to 18, was 19'],
  ['assets/ETH/decimals', '8', 'assets.ETH.decimals: expected a whole number from 0 to 18, was "8"'],
  ['assets/ETH/haircut', '1.01', `assets.ETH.haircut: expected ${RATE}, was "1.01"`],
  ['assets/ETH/haircut', 0.05, `assets.ETH.haircut: expected ${RATE}, was 0.05`],
  ['assets/ETH/haircut', [], 'assets.ETH.haircut: expected at least one haircut band, was 0'],
  ['assets/ETH/haircut', {}, `assets.ETH.haircut: expected ${RATE}, was {}`],
  ['assets/ETH/haircut', [5], 'assets.ETH.haircut[0]: expected an object: a haircut band, was 5'],
  [
    'assets/ETH/haircut',
    Array.from({ length: 65 }, (_, i) => ({ floor: String(i), haircut: '0' })),
    'assets.ETH.haircut: expected at most 64 haircut bands, was 65',
  ],
  ['assets/ETH/haircut', [{ floor: '0', haircut: '2' }], `assets.ETH.haircut[0].haircut: expected ${RATE}, was "2"`],
  [
    'assets/ETH/haircut',
    [{ floor: '0', haircut: '0', rate: '0' }],
    'assets.ETH.haircut[0].rate: expected no such key (a haircut band has floor, haircut), was "0"',
  ],
  [
    'assets/ETH/haircut',
    [{ floor: '0', rate: '0.05' }],
    'assets.ETH.haircut[0].rate: expected haircut in its place (a haircut band has floor, haircut), was "0.05"',
  ],
  [
    TIERS,
    [{ floor: '0', maxLeverage: '125' }],
    'markets.BTCUSDT.maintenance.tiers[0].maxLeverage: expected rate in its place (a tier has floor, rate, deduction), was "125"',
  ],
  ['assets/ETH/haircut', [{ floor: '1', haircut: '0' }], 'assets.ETH.haircut[0].floor: expected "0" in the first band, was "1"'],
  [
    'assets/ETH/haircut',
    [
      { floor: '0', haircut: '0' },
      { floor: '0.0', haircut: '0.1' },
    ],
    'assets.ETH.haircut[1].floor: expected a floor above the last band\'s 0, was "0.0"',
  ],
  [
    'assets/ETH/haircut',
    [
      { floor: '0', haircut: '0.1' },
      { floor: '5', haircut: '1/11' },
    ],
    'assets.ETH.haircut[1].haircut: expected a haircut not below the last band\'s 0.1, was "1/11"',
  ],
  [
    'assets/ETH/borrow',
    { tiers: [{ floor: '0', rate: '0' }] },
    'assets.ETH.borrow.method: expected "bracket" or "step", was nothing',
  ],
  [
    'assets/ETH/borrow',
    { method: 'step', basis: 'mark', tiers: [{ floor: '0', rate: '0.1' }] },
    'assets.ETH.borrow.basis: expected no such key (a borrow table has method, tiers), was "mark"',
  ],
  [
    'assets/ETH/borrow',
    { method: 'step', tiers: [{ floor: '1', rate: '0.1' }] },
    'assets.ETH.borrow.tiers[0].floor: expected "0" in the first tier, was "1"',
  ],
  [`${MARKET}:long`, HEADER.markets.BTCUSDT, `markets["BTCUSDT:long"]: expected ${ID}, was "BTCUSDT:long"`],
  [`${MARKET}/kind`, 'option', 'markets.BTCUSDT.kind: expected "linear" or "inverse" or "quanto", was "option"'],
  [`${MARKET}/settle`, 'USDC', 'markets.BTCUSDT.settle: expected a declared asset, was "USDC"'],
  [`${MARKET}/contractSize`, '-1', `markets.BTCUSDT.contractSize: expected ${DECIMAL}, above zero, was "-1"`],
  [`${MARKET}/lot`, '0', `markets.BTCUSDT.lot: expected ${DECIMAL}, above zero, was "0"`],
  [`${MARKET}/lot`, 0.001, `markets.BTCUSDT.lot: expected ${DECIMAL}, above zero, was 0.001`],
  [`${MARKET}/lot`, '0.0000000000000000001', `markets.BTCUSDT.lot: expected ${DECIMAL}, above zero, was "0.0000000000000000001"`],
  [`${MARKET}/tick`, '1e-2', `markets.BTCUSDT.tick: expected ${DECIMAL}, above zero, was "1e-2"`],
  [`${MARKET}/allowNonPositive`, 'yes', 'markets.BTCUSDT.allowNonPositive: expected true or false, was "yes"'],
  [
    `${MARKET}/fee`,
    '0',
    'markets.BTCUSDT.fee: expected no such key (a market has kind, base, settle, contractSize, lot, tick, allowNonPositive, maintenance, initial, takerFee), was "0"',
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
  [`${MARKET}/takerFee`, '1', `markets.BTCUSDT.takerFee: expected ${RATE}, below 1, was "1"`],
  [`${MARKET}/takerFee`, '-0.1', `markets.BTCUSDT.takerFee: expected ${RATE}, below 1, was "-0.1"`],
  [`${MARKET}/initial`, '0.1', 'markets.BTCUSDT.initial: expected an object: an initial margin table, was "0.1"'],
  [`${MARKET}/initial`, initial({ rate: '2' }), `markets.BTCUSDT.initial.tiers[0].rate: expected ${RATE}, was "2"`],
  [
    `${MARKET}/initial`,
    initial({}),
    'markets.BTCUSDT.initial.tiers[0]: expected a rate or a maxLeverage, and not both, was neither',
  ],
  [
    `${MARKET}/initial`,
    initial({ rate: '0.1', maxLeverage: '10' }),
    'markets.BTCUSDT.initial.tiers[0]: expected a rate or a maxLeverage, and not both, was both',
  ],
  ...['0.9', '0', '-5', 20, '1/20', '12.3456789123', `1${'0'.repeat(19)}`].map((value): [string, unknown, string] => [
    `${MARKET}/initial`,
    initial({ maxLeverage: value }),
    `markets.BTCUSDT.initial.tiers[0].maxLeverage: expected ${LEVERAGE}, was ${JSON.stringify(value)}`,
  ]),
  [
    `${MARKET}/initial`,
    initial({ maxLeverage: '20' }, { maxLeverage: '50' }),
    'markets.BTCUSDT.initial.tiers[1].maxLeverage: expected a leverage whose rate, one over it, is not below the last tier\'s 0.05, was "50"',
  ],
  [
    `${MARKET}/initial`,
    initial({ rate: '0.05' }, { rate: '0.04' }),
    'markets.BTCUSDT.initial.tiers[1].rate: expected a rate not below the last tier\'s 0.05, was "0.04"',
  ],
  [
    `${MARKET}/initial`,
    initial({ maxLeverage: '20' }, { maxLeverage: '10', deduction: '4' }),
    'markets.BTCUSDT.initial.tiers[1].deduction: expected 5, which the floors and rates give, was "4"',
  ],
  [
    `${MARKET}/maintenance/tiers/0/maxLeverage`,
    '20',
    'markets.BTCUSDT.maintenance.tiers[0].maxLeverage: expected no such key (a tier has floor, rate, deduction), was "20"',
  ],
];

test.each(MISTAKES)('%s = %j', async (path, value, line) => {
  const file = write('book.json', JSON.stringify(changed(EXAMPLE, path, value)));
  expect(await linesOf(readWhole(file))).toEqual([`book.json: ${line}`]);
});

test('a deduction in a stepped table', async () => {
  const stepped = changed(changed(EXAMPLE, `${MARKET}/maintenance/method`, 'step'), `${TIERS}/1/deduction`, '0');
  const expected = 'book.json: markets.BTCUSDT.maintenance.tiers[1].deduction: expected no deduction in a stepped table, was "0"';
  expect(await linesOf(readWhole(write('book.json', JSON.stringify(stepped))))).toEqual([expected]);
});

test('an inverse market that would allow a price of zero; its marks and entries are above zero', async () => {
  const inverse = { ...HEADER.markets.BTCUSDT, kind: 'inverse', settle: 'ETH', allowNonPositive: true };
  const book = changed(EXAMPLE, MARKET, inverse);
  expect(await linesOf(readWhole(write('book.json', JSON.stringify(book))))).toEqual([
    'book.json: markets.BTCUSDT.allowNonPositive: expected false, as one over the price of an inverse contract must be a number above zero, was true',
  ]);
  const zero = changed(changed(EXAMPLE, MARKET, { ...inverse, allowNonPositive: false }), 'accounts/0/positions/0/entry', '0');
  expect(await linesOf(readWhole(write('book.json', JSON.stringify(zero))))).toEqual([
    'book.json: accounts[0].positions[0].entry: expected a price above zero, was "0"',
  ]);
});
