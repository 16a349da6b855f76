/** `explain` for people on a book with everything: its terms add up; the margin to add; what happened since. */
import { describe, expect, test } from 'vitest';
import type { Explanation } from '../../src/app/explain.js';
import { type BookInput, market } from './hand-books.js';
import { inProcess, write } from './plimsoll.js';

const COLUMNS_MAX = 130;

const BOOK: BookInput = {
  version: 1,
  valuation: 'USDT',
  rules: { liquidateWhen: 'equity<=maintenance', hedgeMargin: 'larger', orderMargin: 'maintenance' },
  assets: {
    USDT: { decimals: 6, haircut: '0' },
    USDC: { decimals: 6, haircut: '0.02' },
    ETH: {
      decimals: 8,
      haircut: '0.05',
      ...{ borrow: { method: 'bracket', tiers: [{ floor: '0', rate: '0.1' }] } },
    },
  },
  markets: {
    BTCUSDT: {
      ...market(),
      takerFee: '0.0005',
      initial: { method: 'bracket', tiers: [{ floor: '0', maxLeverage: '125' }] },
    },
    ETHUSD: {
      ...market({ tiers: [['0', '0.01']], closeFee: '0.0004', contractSize: '10', lot: '1' }),
      ...{ kind: 'inverse', settle: 'ETH' },
    },
  },
  accounts: [
    {
      id: 'alice',
      positionMode: 'hedge',
      balances: { USDT: '-5000', USDC: '10000', ETH: '1.5' },
      positions: [
        { market: 'BTCUSDT', size: '0.5', entry: '30000', leverage: '10' },
        { market: 'BTCUSDT', size: '-0.2', entry: '30000' },
        { market: 'ETHUSD', size: '800', entry: '2000', fundingIndex: '0.000001' },
      ],
      orders: [
        { market: 'BTCUSDT', side: 'buy', size: '0.1', price: '25000' },
        { market: 'ETHUSD', side: 'sell', size: '100', price: '2500', reduceOnly: true },
      ],
    },
  ],
};
const NOW = {
  marks: { BTCUSDT: '29000', ETHUSD: '1400' },
  indexes: { ETH: '1401', USDC: '0.9' },
  funding: { ETHUSD: '0.000003' },
};
async function explained(
  book: object,
  now: object,
  ...more: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const paths = [write('book.json', book), write('now.json', { version: 1, ...now })];
  return inProcess('explain', '--book', paths[0], '--marks', paths[1], '--account', 'alice', ...more);
}

test('every term of the sums, within a terminal', async () => {
  const { code, stdout } = await explained(BOOK, NOW, '--target', 'BTCUSDT=25000');
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.filter(({ length }) => length > COLUMNS_MAX)).toEqual([]);
  expect(lines.filter((line) => line !== '' && !/^-/.test(line)).map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
    'alice (cross): not liquidatable',
    'equity maintenance ratio deficit bad debt initial margin order margin free collateral',
    // Equity 8820 − 5300 + 1401·(1.5 − 8000·(1/1400 − 1/2000) − 8000·0.000002).
    '3197.369714 183.522458 17.422225 0.000000 0.000000 1565.522458 250.000000 1381.847257',
    'equity in USDT',
    'asset balance + PnL + funding = equity x index - haircut = counted',
    'USDT -5000.000000 -300.000000 0.000000 -5300.000000 1 0.000000 -5300.000000',
    'USDC 10000.000000 0.000000 0.000000 10000.000000 0.9 180.000000 8820.000000',
    'ETH 1.50000000 -1.71428572 -0.01600000 -0.23028572 1401 0.000000 -322.630286',
    'sum 3197.369714',
    'positions',
    'market side size entry mark notional PnL funding in leverage',
    'BTCUSDT long 0.5 30000 29000 14500.000000 -500.000000 0.000000 USDT 10',
    'BTCUSDT short -0.2 30000 29000 5800.000000 200.000000 0.000000 USDT -',
    'ETHUSD long 800 2000 1400 5.71428571 -1.71428572 -0.01600000 ETH -',
    'where they end',
    'market side liquidation other bankruptcy after fee margin to add',
    // Slack falls by 0.3 − 0.5·0.004 a dollar, and is 1821.847257 at 25,000.
    'BTCUSDT long 18886.41860019 - 26374.37075452 26387.56453679 -1821.847257',
    'BTCUSDT short 18886.41860019 - 29000.00000000 28985.50724638 -1821.847257',
    'ETHUSD long 1045.53078499 - 1133.23505887 1133.23505887 -',
    'open orders',
    'market side size price notional initial margin in closes only',
    'BTCUSDT buy 0.1 25000 2500.000000 250.000000 USDT no',
    'ETHUSD sell 100 2500 0.40000000 0.00000000 ETH yes',
    'maintenance in USDT',
    'for maintenance initial margin in x index',
    'BTCUSDT long 58.000000 1450.000000 USDT 1',
    'BTCUSDT short (waived) 0.000000 0.000000 USDT 1',
    'ETHUSD long 0.05942858 0.05942858 ETH 1401',
    'order: BTCUSDT buy 10.000000 - USDT 1',
    'owed: 0.23028572 ETH 32.263029 32.263029 USDT 1',
    'sum 183.522458 1565.522458 USDT',
  ]);
});

test('the margin to add makes the target the liquidation price', async () => {
  const asked = async (balance: string, ...more: string[]): Promise<Explanation['portfolios'][number]> => {
    const [alice] = BOOK.accounts as readonly { balances: object }[];
    const accounts = [{ ...alice, balances: { ...alice.balances, USDT: balance } }];
    return JSON.parse((await explained({ ...BOOK, accounts }, NOW, '--json', ...more)).stdout).portfolios[0];
  };
  const { positions } = await asked('-5000', '--target', 'ETHUSD=1000', '--target', 'BTCUSDT=25000');
  expect(positions.map(({ market: id, marginToAdd }) => [id, marginToAdd])).toEqual([
    ['BTCUSDT', '-1821.847257'],
    ['BTCUSDT', '-1821.847257'],
    // In coins: 1401·1.1·E + 3520 − 68 − 1401·8·0.0104 is zero where E is −2.1643221, and E is 1.5 − 4 − 0.016.
    ['ETHUSD', '0.35167790'],
  ]);
  expect((await asked('-6821.847257')).positions[0].liquidationPrice).toMatch(/^(25000\.0000|24999\.9999)/);
  expect('marginToAdd' in (await asked('-5000')).positions[0]).toBe(false);
});

test('of a portfolio that is liquidatable the price is told as the one at which it recovers', async () => {
  const headings = async (mark: string) => {
    const { stdout } = await explained(BOOK, { ...NOW, marks: { ...NOW.marks, BTCUSDT: mark } });
    return [stdout.split('\n')[0], stdout.split('\n').find((line) => / +other +bankruptcy/.test(line))];
  };
  expect(await headings('10000')).toEqual(['alice (cross): liquidatable', expect.stringMatching(/side +recovers at +other/)]);
  expect(await headings('29000')).toEqual(['alice (cross): not liquidatable', expect.stringMatching(/side +liquidation +other/)]);
});

test('targets that are none', async () => {
  const wrong = ['--target', 'BTCUSDT=0', '--target', 'SOL=1', '--target', 'ETHUSD=1', '--target', 'ETHUSD=2'];
  const { code, stderr } = await explained(BOOK, NOW, ...wrong);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n')).toEqual([
    '--target BTCUSDT: expected a price above zero as a decimal, was "0"',
    '--target SOL: expected a market in which alice has a position, was "SOL"',
    '--target ETHUSD: expected one price a market, was another',
  ]);
  const oil = { ...BOOK, markets: { ...BOOK.markets, BTCUSDT: { ...(BOOK.markets.BTCUSDT as object), allowNonPositive: true } } };
  expect((await explained(oil, NOW, '--target', 'BTCUSDT=x')).stderr).toBe(
    '--target BTCUSDT: expected a price as a decimal, was "x"\n',
  );
  expect((await explained(oil, NOW, '--target', 'BTCUSDT=-5')).code).toBe(0);
  expect((await explained(BOOK, NOW, '--target', 'BTCUSDT')).stderr).toContain('Expected MARKET=PRICE, was "BTCUSDT".');
});

describe('since earlier prices', () => {
  /** One sold at 100 with 100 coins of another asset, rate 0.1: at p and i slack is 100·i + 100 − p − 0.1·p. */
  const short: BookInput = {
    version: 1,
    valuation: 'USDT',
    assets: { USDT: { decimals: 2, haircut: '0' }, USDC: { decimals: 2, haircut: '0' } },
    markets: { X: market({ tiers: [['0', '0.1']], lot: '1' }) },
    accounts: [{ id: 'alice', balances: { USDC: '100' }, positions: [{ market: 'X', size: '-1', entry: '100' }] }],
  };
  const prices = (p: string, i: string) => ({ marks: { X: p }, indexes: { USDC: i } });
  const since = (now: object, then: object, ...more: string[]) =>
    explained(short, now, '--since', write('then.json', { version: 1, ...then }), ...more);

  test.each([
    [
      'collateral',
      '100',
      '0.05',
      'breached only because the collateral fell: at the earlier index prices its slack would be 90.00 USDT',
    ],
    ['marks', '190', '1', 'breached only because its markets moved: at the earlier marks its slack would be 90.00 USDT'],
    [
      'both',
      '140',
      '0.5',
      'breached by its markets and its collateral together: at the earlier marks its slack would be 40.00 USDT, ' +
        'at the earlier index prices its slack would be 46.00 USDT',
    ],
    [
      'either',
      '190',
      '0.05',
      'breached by its markets as by its collateral alone: at the earlier marks its slack would be -5.00 USDT, ' +
        'at the earlier index prices its slack would be -9.00 USDT',
    ],
  ])('what breached it: %s', async (cause, p, i, sentence) => {
    const now = prices(p, i);
    const { stdout } = await since(now, prices('100', '1'));
    expect(stdout.split('\n')).toContain(sentence);
    const [portfolio] = (JSON.parse((await since(now, prices('100', '1'), '--json')).stdout) as Explanation).portfolios;
    expect(portfolio.since).toMatchObject({ cause, equity: '100.00', maintenance: '10.00', liquidatable: false });
  });

  test('that were a breach too, are no breach now, or are not known', async () => {
    const already = await since(prices('190', '1'), prices('200', '1'));
    expect(already.stdout).toContain('\nit was liquidatable then already\n');
    const healthy = await since(prices('110', '0.9'), prices('100', '1'), '--json');
    expect((JSON.parse(healthy.stdout) as Explanation).portfolios[0].since).toEqual({
      equity: '100.00',
      maintenance: '10.00',
      liquidatable: false,
      change: { marks: '-11.00', funding: '0.00', indexes: '-10.00' },
      slackAtMarksThen: '80.00',
      slackAtIndexesThen: '79.00',
      cause: null,
    });
    expect((await since(prices('110', '0.9'), prices('100', '1'))).stdout).toContain(
      '\nsince then equity less maintenance changed by marks -11.00, funding 0.00, index prices -10.00 USDT\n',
    );
    const unknown = { marks: { X: '100' } };
    expect((await since(prices('190', '1'), unknown)).stdout).toContain('\nsince then: unknown, as a price is missing\n');
  });
});
