/** Numbers that venues publish, from book files through the command line. Skipped, and said so, where ../shared is absent. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Explanation } from '../../src/app/explain.js';
import { account, type BookInput, book, market, type Tiers } from './hand-books.js';
import { inProcess, write } from './plimsoll.js';

const FILE = fileURLToPath(new URL('../../../shared/golden/published.json', import.meta.url));

interface Published {
  readonly id: string;
  /** A truth value, a number as a text, or several by name. */
  readonly expected: unknown;
  readonly tolerance: string;
}

interface Case {
  readonly book: BookInput;
  readonly marks: Readonly<Record<string, string>>;
  readonly indexes?: Readonly<Record<string, string>>;
  /** What to compare with the published value. */
  readonly answer: (explanation: Explanation) => unknown;
}

type Position = Explanation['portfolios'][number]['positions'][number];

const first = (pick: (position: Position) => string | null) => (explanation: Explanation) =>
  Number(pick(explanation.portfolios[0].positions[0]));
const liquidation = first(({ liquidationPrice }) => liquidationPrice);
const bankruptcy = (factor: number) => first(({ bankruptcyPrice }) => String(Number(bankruptcyPrice) * factor));

/** One isolated position of account `a`. */
function isolated(size: string, entry: string, collateral: string, mark: string, rate: string, basis: 'mark' | 'entry') {
  const markets = { X: market({ tiers: [['0', rate]], basis, tick: '0.0001' }) };
  return { book: book(markets, [account('a', null, [['X', size, entry, collateral]])]), marks: { X: mark } };
}

/** dYdX: 0.1 BTC at 50,000, maintenance 10 % of it; what it owes or has in USDC is the balance less the entry cost. */
function dydx(size: string, balance: string): Omit<Case, 'answer'> {
  const markets = { BTC: market({ tiers: [['0', '0.1']] }) };
  return { book: book(markets, [account('a', balance, [['BTC', size, '50000']])]), marks: { BTC: '50000' } };
}

const ETH_TIERS: Tiers = [
  ['0', '0.005'],
  ['10000', '0.0065'],
  ['100000', '0.01'],
  ['500000', '0.02'],
  ['1000000', '0.05'],
  ['2000000', '0.1'],
];
const BTC_TIERS: Tiers = [
  ['0', '0.004'],
  ['50000', '0.005'],
  ['250000', '0.01'],
  ['1000000', '0.025'],
];
const BINANCE = { ETH: market({ tiers: ETH_TIERS }), BTC: market({ tiers: BTC_TIERS }) };
const BINANCE_MARKS = { ETH: '1335.18', BTC: '31967.27' };

const liquidatable = ({ portfolios }: Explanation): boolean => portfolios[0].liquidatable;

/** A position worth `notional` at a price of 1, in a table's tier from `floor`; the deduction is what its requirement is below rate · notional. */
function deduction(tiers: Tiers, notional: string, rate: string): Case {
  const markets = { X: market({ tiers }) };
  return {
    book: book(markets, [account('a', '0', [['X', notional, '1']])]),
    marks: { X: '1' },
    answer: first(({ maintenance }) => String(Number(rate) * Number(notional) - Number(maintenance))),
  };
}

const HYPERLIQUID: Tiers = [
  ['0', '0.0125'],
  ['150000000', '0.025'],
];

const CASES: Readonly<Record<string, Case>> = {
  'bybit-usdt-iso-page': { ...isolated('1', '20000', '400', '20000', '0.005', 'entry'), answer: liquidation },
  'bybit-usdt-iso-0-5': { ...isolated('1', '10', '2', '10', '0.01', 'entry'), answer: liquidation },
  'bybit-usdt-iso-1-5': { ...isolated('-1', '10', '2', '10', '0.01', 'entry'), answer: liquidation },
  'bybit-usdt-bankruptcy-iso': { ...isolated('1', '10000', '200', '10100', '0.005', 'entry'), answer: bankruptcy(1) },
  'binance-iso-1-5-10-1': { ...isolated('-1', '10', '2.01', '10', '0.01', 'mark'), answer: liquidation },
  'binance-iso-0-5-10-1': { ...isolated('1', '10', '2.01', '10', '0.01', 'mark'), answer: liquidation },
  'binance-eth-iso': {
    book: book(BINANCE, [account('a', null, [['ETH', '3683.979', '1456.84', '1535443.01']])]),
    marks: BINANCE_MARKS,
    answer: liquidation,
  },
  'binance-eth-cross': {
    book: book(BINANCE, [
      account('a', '1535443.01', [
        ['ETH', '3683.979', '1456.84'],
        ['BTC', '109.488', '32481.98'],
      ]),
    ]),
    marks: BINANCE_MARKS,
    answer: ({ portfolios }) => Number(portfolios[0].positions[1].liquidationPrice),
  },
  // 211.144417 is the collateral and what the sale brought.
  'hyperliquid-isolated-short': {
    ...isolated('-4', '47.9932', '19.171617', '48.145', '0.05', 'mark'),
    answer: ({ portfolios: [{ equity, positions }] }) => ({ ...positions[0], equity }),
  },
  'dydx-isliq-4500': { ...dydx('0.1', '500'), answer: liquidatable },
  'dydx-isliq-4501': { ...dydx('0.1', '499'), answer: liquidatable },
  // In quote quantums of what the size brings: negative when it is bought.
  'dydx-bankruptcy-0': { ...dydx('0.1', '499'), answer: bankruptcy(0.1 * 1e6) },
  'binance-cum-50000': deduction(BTC_TIERS, '50000', '0.005'),
  'binance-cum-250000': deduction(BTC_TIERS, '300000', '0.01'),
  'binance-cum-1000000': deduction(BTC_TIERS, '2500000.5', '0.025'),
  'hl-deduction-btc': deduction(HYPERLIQUID, '150000000', '0.025'),
  'okx-collateral-haircut': {
    book: {
      ...book({}, [{ id: 'a', balances: { ETH: '10' }, positions: [] }]),
      assets: { USDT: { decimals: 6, haircut: '0' }, ETH: { decimals: 8, haircut: '0.02' } },
    },
    marks: {},
    indexes: { ETH: '1496.525' },
    answer: ({ portfolios: [{ equity }] }) => Number(equity),
  },
  'dydx-bankruptcy-1': { ...dydx('-0.1', '499'), answer: bankruptcy(-0.1 * 1e6) },
};

/** One position of an inverse contract that settles in coins, of an account with so many of them. */
function coinM(tiers: Tiers, coins: string, contracts: string, entry: string, more: object = {}): Omit<Case, 'answer'> {
  const X = { ...market({ tiers, contractSize: '100', lot: '1', tick: '0.1' }), kind: 'inverse', settle: 'BTC', ...more };
  const alice = { id: 'a', balances: { BTC: coins }, positions: [{ market: 'X', size: contracts, entry }] };
  const assets = { BTC: { decimals: 8, haircut: '0' } };
  return { book: { version: 1, valuation: 'BTC', assets, markets: { X }, accounts: [alice] }, marks: { X: entry } };
}

/** Bybit: 10,000 dollars bought at 8,000 with 0.5 coins; requirement 0.5 % at entry, taker fee 0.075 %. */
function bybit(coins: string): Omit<Case, 'answer'> {
  const { maintenance } = market({ tiers: [['0', '0.005']], basis: 'entry' }) as { maintenance: object };
  return coinM([['0', '0']], coins, '10000', '8000', { contractSize: '1', takerFee: '0.00075', maintenance });
}

/** Numbers of public pages that are not in the list, for contracts that settle in coins. */
const INVERSE: readonly (Published & Case)[] = [
  {
    // help.bybit.com 360039261334 "How to calculate Liquidation Price (Inverse Contract)", the cross margin example: with the fee.
    id: 'bybit-inverse-bankruptcy',
    ...bybit('0.5'),
    answer: first(({ bankruptcyPriceAfterFee }) => bankruptcyPriceAfterFee),
    expected: '5718.57',
    tolerance: '0.005',
  },
  {
    // The same. It has the fee of closing at the bankruptcy price, 10,000·0.00075/5,718.57, in the requirement: here less in the balance. It rounds
    // up to the tick of 0.5.
    id: 'bybit-inverse-liquidation',
    ...bybit('0.49868849'),
    answer: liquidation,
    expected: '5739.50',
    tolerance: '0.5',
  },
  {
    // binance.com FAQ ceccfcfb4e3a45e3b48b0b1bb1a8ae46 "How to Calculate Liquidation Price of COIN-M Futures Contracts".
    id: 'binance-coinm-maintenance',
    ...coinM([['0', '0.004']], '1', '100', '25000'),
    answer: ({ portfolios: [{ positions }] }) => positions[0],
    expected: { notional: '0.4', maintenance: '0.0016' },
    tolerance: '0',
  },
  {
    // dev.binance.vision 6292: what the venue's calculator says. At 300 BTC the FAQ has a rate of 12.5 % and an amount of 11.605 BTC.
    id: 'binance-coinm-calculator',
    ...coinM(
      [
        ['0', '0'],
        ['92.84', '0.125'],
      ],
      '101',
      '100000',
      '45000',
    ),
    answer: liquidation,
    expected: '33599.40',
    tolerance: '0.05',
  },
];

const published: readonly Published[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];

/** Numbers and texts of numbers within the tolerance; whatever else, equal. */
function expectClose(found: unknown, expected: unknown, tolerance: number): void {
  if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected)) expectClose((found as Record<string, unknown>)[key], value, tolerance);
  } else if (typeof expected === 'boolean') {
    expect(found).toBe(expected);
  } else {
    const difference = Math.abs(Number(found) - Number(expected));
    expect(difference).toBeLessThanOrEqual(Math.max(tolerance, 1e-12 * Math.abs(Number(expected))));
  }
}

async function expectPublished({ book: input, answer, ...prices }: Case, { expected, tolerance }: Published): Promise<void> {
  const { marks, indexes = {} } = prices;
  const paths = [write('golden.json', input), write('golden-marks.json', { version: 1, marks, indexes })];
  const { stdout } = await inProcess('explain', '--book', paths[0], '--marks', paths[1], '--account', 'a', '--json');
  expectClose(answer(JSON.parse(stdout)), expected, Number(tolerance));
}

if (published.length === 0) {
  test('published numbers', (context) => {
    const reason = `published numbers are not checked: no ${FILE}`;
    process.stderr.write(`${reason}\n`);
    context.skip(reason);
  });
} else {
  test.each(Object.entries(CASES))('published: %s', async (id, each) => {
    await expectPublished(each, published.find((known) => known.id === id) as Published);
  });

  test('published deductions are what a book file may say, and no others', async () => {
    const deductions = ['50000', '250000', '1000000'].map((floor) => {
      return published.find(({ id }) => id === `binance-cum-${floor}`)?.expected as string;
    });
    const read = (given: readonly string[]) => {
      const tiers = BTC_TIERS.map(([floor, rate], i) => ({ floor, rate, deduction: given[i] }));
      const maintenance = { method: 'bracket', basis: 'mark', closeFee: '0', tiers };
      const input = book({ X: { ...market(), maintenance } }, [account('a', '1', [])]);
      const paths = [write('cum.json', input), write('cum-marks.json', { version: 1, marks: {} })];
      return inProcess('explain', '--book', paths[0], '--marks', paths[1], '--account', 'a');
    };
    expect(await read(['0', ...deductions])).toMatchObject({ code: 0, stderr: '' });
    const wrong = await read(['0', ...deductions.slice(0, 2), `${deductions[2]}.01`]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('markets.X.maintenance.tiers[3].deduction: expected ');
  });
}

test.each(INVERSE.map((each) => [each.id, each] as const))('published elsewhere: %s', async (_, each) => {
  await expectPublished(each, each);
});
