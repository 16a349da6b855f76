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
  'dydx-bankruptcy-1': { ...dydx('-0.1', '499'), answer: bankruptcy(-0.1 * 1e6) },
};

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

if (published.length === 0) {
  test('published numbers', (context) => {
    const reason = `published numbers are not checked: no ${FILE}`;
    process.stderr.write(`${reason}\n`);
    context.skip(reason);
  });
} else {
  test.each(Object.entries(CASES))('published: %s', async (id, { book: input, marks, answer }) => {
    const { expected, tolerance } = published.find((each) => each.id === id) as Published;
    const paths = [write('golden.json', input), write('golden-marks.json', { version: 1, marks })];
    const { stdout } = await inProcess('explain', '--book', paths[0], '--marks', paths[1], '--account', 'a', '--json');
    expectClose(answer(JSON.parse(stdout)), expected, Number(tolerance));
  });
}
