/** Book rows with what contracts of several assets need: leverage, funding indexes, open orders. */
import { expect, test } from 'vitest';
import { wireBook } from '../../src/client/rows.js';
import { batchRecord } from '../../src/gateway/batches.js';
import { LIMITS } from '../../src/gateway/limits.js';
import { parseDecimal } from '../../src/model/decimal.js';
import { PlimsollError } from '../../src/model/errors.js';
import type { Account } from '../../src/model/portfolio.js';
import { INSTRUMENTS } from './helpers.js';

const E18 = 10n ** 18n;

function accountsOf(...rows: unknown[]): Account[] {
  const record = batchRecord('book', rows, { instruments: INSTRUMENTS, auctionMarket: () => null }, 5);
  return record.type === 'book' ? record.rows.map(({ account }) => account) : [];
}

/** Where the problems of a batch are; a batch without any fails the test. */
function placesOf(...rows: unknown[]): string[] {
  try {
    accountsOf(...rows);
  } catch (error) {
    if (error instanceof PlimsollError) return error.problems.map(({ where }) => where);
    throw error;
  }
  throw new Error('expected problems, was a record');
}

test('leverage, funding and open orders; null is none', () => {
  const positions = [
    ['BTCUSDT', '0.5', '30000', 'cross', null, '12.5', '-3'],
    ['BTCUSDT', '1', '20000', 'isolated', null, '30'],
    ['ETHUSDT', '2', '200', 'cross', null, null, null],
  ];
  const orders = [
    ['BTCUSDT', 'sell', '0.001', '31000'],
    ['ETHUSDT', 'buy', '2', '0.5', true],
  ];
  const [alice, bob] = accountsOf(['alice', 1, { USDT: '1' }, positions, 'net', orders], ['bob', 1, {}, [], 'net', null]);
  expect(alice.cross).toEqual([
    { market: 0, lots: 500, cost: 500n * 30_000n * E18, leverage: parseDecimal('12.5'), funding: (-15n * E18) / 10n },
    { market: 1, lots: 2000, cost: 2000n * 200n * E18 },
  ]);
  // 20000 / 30, rounded up to 6 decimals.
  expect(alice.isolated.map(({ collateral }) => collateral)).toEqual([666_666_667n * 10n ** 12n]);
  expect(alice.orders).toEqual([
    { market: 0, lots: -1, cost: -31_000n * E18, reduceOnly: false },
    { market: 1, lots: 2000, cost: 1000n * E18, reduceOnly: true },
  ]);
  expect(bob).toEqual({ id: 'bob', positionMode: 'net', balance: 0n, cross: [], isolated: [] });
});

test('what the client sends says the same', () => {
  const position = { market: 'BTCUSDT', size: '0.5', entry: '30000' } as const;
  const order = { market: 'BTCUSDT', side: 'sell', size: '1', price: '31000' } as const;
  const [alice, bob] = accountsOf(
    wireBook({
      account: 'alice',
      version: 1,
      balances: {},
      positions: [{ ...position, leverage: '5', fundingIndex: '2' }],
      orders: [order, { ...order, reduceOnly: true }],
    }),
    wireBook({ account: 'bob', version: 1, balances: {}, positions: [position] }),
  );
  expect(alice.cross[0]).toMatchObject({ leverage: parseDecimal('5'), funding: E18 });
  expect(alice.orders?.map(({ lots, reduceOnly }) => [lots, reduceOnly])).toEqual([
    [-1000, false],
    [-1000, true],
  ]);
  expect(bob.cross).toEqual([{ market: 0, lots: 500, cost: 500n * 30_000n * E18 }]);
  expect(bob).not.toHaveProperty('orders');
});

test.each<[string, unknown[], unknown]>([
  ['positions[0].leverage', [['BTCUSDT', '1', '1', 'cross', null, '0']], null],
  ['positions[0].fundingIndex', [['BTCUSDT', '1', '1', 'cross', null, null, 5]], null],
  ['positions[0]', [['BTCUSDT', '1', '1', 'cross', null, null, null, null]], null],
  ['positions[0].collateral', [['BTCUSDT', '1', '1', 'isolated', null, null]], null],
  ['positions', Array.from({ length: LIMITS.accountPositionsMax + 1 }, () => ['BTCUSDT', '1', '1']), null],
  ['orders', [], {}],
  ['orders', [], Array.from({ length: LIMITS.accountOrdersMax + 1 }, () => ['BTCUSDT', 'buy', '1', '1'])],
  ['orders[0]', [], ['x']],
  ['orders[0]', [], [['BTCUSDT', 'buy', '1']]],
  ['orders[0].market', [], [['X', 'buy', '1', '1']]],
  ['orders[0].side', [], [['BTCUSDT', 'long', '1', '1']]],
  ['orders[0].size', [], [['BTCUSDT', 'buy', '-1', '1']]],
  ['orders[0].price', [], [['BTCUSDT', 'buy', '1', '0']]],
  ['orders[0].reduceOnly', [], [['BTCUSDT', 'buy', '1', '1', null]]],
])('a row with bad %s', (where, positions, orders) => {
  expect(placesOf(['alice', 1, {}, []], ['carol', 1, {}, positions, 'net', orders])).toEqual([`rows[1].${where}`]);
});
