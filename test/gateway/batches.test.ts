/** Batches: who may send them, what they become, whole or none, once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BatchDesk } from '../../src/gateway/batch-desk.js';
import { batchRecord } from '../../src/gateway/batches.js';
import { LIMITS } from '../../src/gateway/limits.js';
import { BatchMemory } from '../../src/model/batch-memory.js';
import { parseDecimal } from '../../src/model/decimal.js';
import { PlimsollError } from '../../src/model/errors.js';
import { PORTFOLIO_ID_LENGTH_MAX, PROBLEMS_LISTED_MAX } from '../../src/model/limits.js';
import { cut, INSTRUMENTS, Peer, type Rig, startRig, TOKENS } from './helpers.js';

const expectLike = (actual: unknown, expected: unknown) => expect(cut(actual, expected)).toEqual(expected);
const ALICE = ['alice', 1, { USDT: '1000' }, [['BTCUSDT', '0.5', '30000', 'cross', null]]];
const FILL: readonly unknown[] = [
  't1',
  'o1',
  'alice',
  'BTCUSDT',
  'isolated',
  'sell',
  '0.25',
  '34000.5',
  '-0.000001',
  1_569_350_000_000_000n,
];

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

async function peerAs(role: 'viewer' | 'operator' | 'executor'): Promise<Peer> {
  const peer = await Peer.open(rig.url);
  await peer.next('hello');
  if (role !== 'viewer') await peer.ask('auth', 1, TOKENS[role]);
  return peer;
}

async function executorWithLease(): Promise<Peer> {
  const peer = await peerAs('executor');
  expect(await peer.ask('lease', 2)).toEqual(['leased', 2]);
  return peer;
}

describe('what batches become', () => {
  test('book', async () => {
    const operator = await peerAs('operator');
    const isolated = ['bob', 2n, { USDT: '0' }, [['ETHUSDT', '-2', '200', 'isolated', '350']], 'hedge'];
    const shortest = ['carol', 3, { USDT: '1' }, [['ETHUSDT', '1', '200']]];
    expect(await operator.ask('book', 'b1', [ALICE, isolated, shortest])).toEqual(['accepted', 'b1']);
    const e18 = 10n ** 18n;
    expect(rig.link.submitted).toEqual([
      {
        type: 'book',
        timeUs: rig.clock.nowUs,
        batch: { principal: 'operator', batchId: 'b1' },
        rows: [
          {
            version: 1,
            account: {
              id: 'alice',
              positionMode: 'net',
              balance: 1000n * e18,
              cross: [{ market: 0, lots: 500, cost: 500n * 30_000n * e18 }],
              isolated: [],
            },
          },
          {
            version: 2,
            account: {
              id: 'bob',
              positionMode: 'hedge',
              balance: 0n,
              cross: [],
              isolated: [{ market: 1, lots: -2000, cost: -2000n * 200n * e18, collateral: 350n * e18 }],
            },
          },
          {
            version: 3,
            account: {
              id: 'carol',
              positionMode: 'net',
              balance: e18,
              cross: [{ market: 1, lots: 1000, cost: 1000n * 200n * e18 }],
              isolated: [],
            },
          },
        ],
      },
    ]);
  });

  test('fills of the operator and of the executor', async () => {
    const operator = await peerAs('operator');
    const executor = await executorWithLease();
    expect(await operator.ask('fills', 'f1', [FILL.with(1, null)])).toEqual(['accepted', 'f1']);
    expect(await executor.ask('fill', 'f1', [FILL])).toEqual(['accepted', 'f1']);
    const fill = {
      tradeId: 't1',
      account: 'alice',
      market: 0,
      margin: 'isolated',
      side: 'sell',
      lots: 250,
      price: parseDecimal('34000.5'),
      fee: -(10n ** 12n),
      timeUs: 1_569_350_000_000_000,
    };
    expect(rig.link.submitted).toEqual([
      {
        type: 'fills',
        timeUs: rig.clock.nowUs,
        batch: { principal: 'operator', batchId: 'f1' },
        fills: [{ ...fill, orderId: null }],
      },
      {
        type: 'fills',
        timeUs: rig.clock.nowUs,
        batch: { principal: 'executor', batchId: 'f1' },
        fills: [{ ...fill, orderId: 'o1' }],
      },
    ]);
  });

  test('acks and rejects', async () => {
    const executor = await executorWithLease();
    const acks = [
      ['o1', 0, 5],
      ['o2', 1, 6],
      ['o3', 2, 7],
    ];
    expect(await executor.ask('ack', 'a1', acks)).toEqual(['accepted', 'a1']);
    expect(await executor.ask('reject', 'a2', [['o4', 'no such market', 8]])).toEqual(['accepted', 'a2']);
    expect(rig.link.submitted.map((record) => record.type === 'acks' && record.acks)).toEqual([
      [
        { orderId: 'o1', state: 'working' },
        { orderId: 'o2', state: 'cancelled' },
        { orderId: 'o3', state: 'unfilled' },
      ],
      [{ orderId: 'o4', state: 'rejected', reason: 'no such market' }],
    ]);
  });
});

test('the longest order id that the engine makes can be acknowledged and filled', async () => {
  const portfolio = `${'a'.repeat(64)}/${'M'.repeat(64)}:short`;
  const orderId = `${portfolio}@${Number.MAX_SAFE_INTEGER}.${Number.MAX_SAFE_INTEGER}#${Number.MAX_SAFE_INTEGER}`;
  expect([portfolio.length, orderId.length]).toEqual([PORTFOLIO_ID_LENGTH_MAX, 186]);
  const executor = await executorWithLease();
  expect(await executor.ask('ack', 'a1', [[orderId, 0, 5]])).toEqual(['accepted', 'a1']);
  expect(await executor.ask('reject', 'r1', [[orderId, 'why', 5]])).toEqual(['accepted', 'r1']);
  expect(await executor.ask('fill', 'f1', [FILL.with(0, `${orderId}.1`).with(1, orderId)])).toEqual(['accepted', 'f1']);
});

describe('whole batch or none', () => {
  test('every problem is named by its place, and nothing is submitted', async () => {
    const operator = await peerAs('operator');
    const rows = [
      ALICE,
      ['b b', -1, { USDT: 'x' }, [['BTCUSDT', '0.0005', '0', 'cross', null]]],
      ['carol', 1, [], [['X', '1', '1'], 'y']],
      'alice',
    ];
    const [type, batchId, problems] = await operator.ask('book', 'b1', rows);
    expect([type, batchId]).toEqual(['rejected', 'b1']);
    expect((problems as string[][]).map(([where]) => where)).toEqual([
      'rows[1].id',
      'rows[1].balances.USDT',
      'rows[1].positions[0].size',
      'rows[1].version',
      'rows[2].positions[1]',
      'rows[2].balances',
      'rows[2].positions[0].market',
      'rows[3]',
    ]);
    expect(rig.link.submitted).toEqual([]);
  });

  test.each([
    ['tradeId', 0, ''],
    ['tradeId', 0, 'x'.repeat(LIMITS.tradeIdLengthMax + 1)],
    ['orderId', 1, 'x'.repeat(LIMITS.orderIdLengthMax + 1)],
    ['orderId', 1, 7],
    ['orderId', 1, null],
    ['account', 2, 'a/b'],
    ['market', 3, 'X'],
    ['market', 3, 0],
    ['margin', 4, 'both'],
    ['side', 5, 'long'],
    ['size', 6, '-0.25'],
    ['size', 6, '0'],
    ['size', 6, '0.0001'],
    ['size', 6, 0.25],
    ['size', 6, '9007199254740.992'],
    ['size', 6, `1.${'0'.repeat(LIMITS.decimalLengthMax)}`],
    ['price', 7, '0'],
    ['price', 7, '1e5'],
    ['price', 7, '0.0000000000000000001'],
    ['price', 7, `1${'0'.repeat(30)}`],
    ['fee', 8, '0.0000001'],
    ['fee', 8, `1${'0'.repeat(40)}`],
    ['timeUs', 9, -1],
    ['timeUs', 9, 1.5],
    ['timeUs', 9, 2n ** 60n],
  ])('a fill with a bad %s (column %i: %s)', async (name, column, value) => {
    const executor = await executorWithLease();
    const [type, , problems] = await executor.ask('fill', 'f1', [FILL, FILL.with(column, value)]);
    expect(type).toBe('rejected');
    expect((problems as string[][]).map(([where]) => where)).toEqual([`rows[1].${name}`]);
    expect(rig.link.submitted).toEqual([]);
  });

  test.each([
    ['ack', [['o1', 5, 5]], 'rows[0].state'],
    ['ack', [['o1', 'working', 5]], 'rows[0].state'],
    ['ack', [['', 0, 5]], 'rows[0].orderId'],
    ['ack', [['o1', 0]], 'rows[0]'],
    ['reject', [['o1', 'x'.repeat(257), 5]], 'rows[0].reason'],
    ['reject', [['o1', 'why', 'now']], 'rows[0].timeUs'],
    ['ack', [], 'rows'],
    ['ack', { o1: 0 }, 'rows'],
    ['ack', Array.from({ length: LIMITS.batchRowsMax + 1 }, () => ['o1', 0, 5]), 'rows'],
  ])('%s %j', async (type, rows, where) => {
    const executor = await executorWithLease();
    const [answer, , problems] = await executor.ask(type, 'a1', rows);
    expect([answer, (problems as string[][]).map(([place]) => place)]).toEqual(['rejected', [where]]);
  });

  const POSITION = ['BTCUSDT', '1', '1', 'isolated', '1'];
  const LONG = `1.${'0'.repeat(LIMITS.decimalLengthMax)}`;
  test.each<[what: string, row: unknown[], where: string, found: string]>([
    ['bytes for balances', ['a', 1, new Uint8Array(9), []], 'rows[0].balances', '9 bytes'],
    ['bytes for positions', ['a', 1, {}, new Uint8Array(9)], 'rows[0].positions', '9 bytes'],
    ['bytes for a position', ['a', 1, {}, [new Uint8Array(9)]], 'rows[0].positions[0]', '9 bytes'],
    ['bytes for a size', ['a', 1, {}, [POSITION.with(1, new Uint8Array(9) as never)]], 'rows[0].positions[0].size', '9 bytes'],
    ['a long balance', ['a', 1, { USDT: LONG }, []], 'rows[0].balances.USDT', `"${LONG.slice(0, 76)}...`],
    ['a long size', ['a', 1, {}, [POSITION.with(1, LONG)]], 'rows[0].positions[0].size', `"${LONG.slice(0, 76)}...`],
    ['a long entry', ['a', 1, {}, [POSITION.with(2, LONG)]], 'rows[0].positions[0].entry', `"${LONG.slice(0, 76)}...`],
    ['a long collateral', ['a', 1, {}, [POSITION.with(4, LONG)]], 'rows[0].positions[0].collateral', `"${LONG.slice(0, 76)}...`],
  ])('a book row with %s', async (_, row, where, found) => {
    const [type, , problems] = await (await peerAs('operator')).ask('book', 'b1', [row]);
    expect([type, (problems as string[][]).map(([place, , was]) => [place, was])]).toEqual(['rejected', [[where, found]]]);
  });

  test('reading ends with the last problem that is listed', () => {
    const rows: unknown[] = Array.from({ length: PROBLEMS_LISTED_MAX }, () => 'no row');
    Object.defineProperty(rows, PROBLEMS_LISTED_MAX, {
      get: () => {
        throw new Error('one more row was read');
      },
    });
    expect(() => batchRecord('book', rows, { instruments: INSTRUMENTS, auctionMarket: () => null }, 1)).toThrow(PlimsollError);
  });

  test('what the engine refuses is rejected with its problems', async () => {
    rig.link.answer = () => Promise.resolve([{ where: 'rows[0].version', expected: 'above 7', found: '1' }]);
    const operator = await peerAs('operator');
    expect(await operator.ask('book', 'b1', [ALICE])).toEqual(['rejected', 'b1', [['rows[0].version', 'above 7', '1']]]);
  });

  test('an engine that is gone is an error, and the batch may come again', async () => {
    const operator = await peerAs('operator');
    rig.link.answer = () => Promise.reject(new Error('the worker died'));
    expectLike(await operator.ask('book', 'b1', [ALICE]), ['error', 'b1', 'internal']);
    rig.link.answer = () => Promise.resolve([]);
    expect(await operator.ask('book', 'b1', [ALICE])).toEqual(['accepted', 'b1']);
  });
});

describe('idempotence', () => {
  test('the same id again is answered alike and applied once, also from another connection or while in flight', async () => {
    let apply: () => void = () => undefined;
    rig.link.answer = () => new Promise((resolve) => (apply = () => resolve([])));
    const operator = await peerAs('operator');
    operator.send('book', 'b1', [ALICE]);
    operator.send('book', 'b1', [ALICE]);
    expect(await operator.ask('ping', 1)).toEqual(['pong', 1]);
    apply();
    expect(await operator.next()).toEqual(['accepted', 'b1']);
    expect(await operator.next()).toEqual(['accepted', 'b1']);
    expect(await (await peerAs('operator')).ask('book', 'b1', [ALICE])).toEqual(['accepted', 'b1']);
    expect(rig.link.submitted.length).toBe(1);
  });

  test('a rejected id stays rejected', async () => {
    const operator = await peerAs('operator');
    const rejected = await operator.ask('book', 'b1', [['x']]);
    expect(await operator.ask('book', 'b1', [ALICE])).toEqual(rejected);
    expect(rig.link.submitted).toEqual([]);
  });

  test('a text and a number are different ids; principals have their own', async () => {
    const operator = await peerAs('operator');
    const executor = await executorWithLease();
    expect(await operator.ask('book', 1, [ALICE])).toEqual(['accepted', 1]);
    expect(await operator.ask('book', '1', [ALICE])).toEqual(['accepted', '1']);
    expect(await executor.ask('ack', 1, [['o1', 0, 5]])).toEqual(['accepted', 1]);
    expect(rig.link.submitted.length).toBe(3);
  });

  test('an id on its way is answered once, and is free again when its batch fails', async () => {
    const desk = new BatchDesk(new BatchMemory({ idsMax: 1, problemsMax: 10 }));
    const batch = (batchId: string) => ({ principal: 'operator', batchId });
    const twice = () => Promise.reject(new Error('applied twice'));
    let fail: (reason: Error) => void = () => undefined;
    const first = desk.submit(batch('a'), () => new Promise((_, reject) => (fail = reject)));
    const second = desk.submit(batch('a'), twice);
    await desk.submit(batch('b'), async () => []);
    fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await expect(second).rejects.toThrow('gone');
    expect(await desk.submit(batch('a'), async () => [])).toEqual([]);
    expect(await desk.submit(batch('a'), twice)).toEqual([]);
  });

  test('what was answered before the start is answered alike, whatever its rows are now', async () => {
    const problem = { where: 'commands[0].amount', expected: 'at most 5', found: '7' };
    const answered = [
      { batch: { principal: 'operator', batchId: 'b1' }, problems: [] },
      { batch: { principal: 'operator', batchId: 2 }, problems: [problem] },
    ];
    await rig.gateway.close();
    rig = await startRig({ answered });
    const operator = await peerAs('operator');
    expect(await operator.ask('book', 'b1', [['x']])).toEqual(['accepted', 'b1']);
    expect(await operator.ask('admin', 2, [['kill', 'on']])).toEqual(['rejected', 2, [['rows[0].amount', 'at most 5', '7']]]);
    expect(rig.link.submitted).toEqual([]);
    expect(await (await executorWithLease()).ask('ack', 'b1', [['o1', 0, 5]])).toEqual(['accepted', 'b1']);
    expect(rig.link.submitted.length).toBe(1);
  });

  test('too many without an answer', async () => {
    rig.link.answer = () => new Promise(() => undefined);
    const operator = await peerAs('operator');
    for (let i = 0; i < LIMITS.batchesInFlightMax; i += 1) operator.send('book', `b${i}`, [ALICE]);
    expectLike(await operator.ask('book', 'more', [ALICE]), ['error', 'more', 'too-many']);
    expect(rig.link.submitted.length).toBe(LIMITS.batchesInFlightMax);
  });
});

describe('roles and the lease', () => {
  test.each(['book', 'fills'])('%s needs an operator', async (type) => {
    for (const role of ['viewer', 'executor'] as const) {
      expectLike(await (await peerAs(role)).ask(type, 'b1', [ALICE]), ['error', 'b1', 'unauthorized']);
    }
    expect(rig.link.submitted).toEqual([]);
  });

  test.each(['lease', 'ack', 'reject', 'fill'])('%s needs an executor', async (type) => {
    for (const role of ['viewer', 'operator'] as const) {
      expectLike(await (await peerAs(role)).ask(type, 'b1', []), ['error', 'b1', 'unauthorized']);
    }
  });

  test('one holder: a second is refused, and gets it once the first has gone', async () => {
    const first = await executorWithLease();
    const second = await peerAs('executor');
    expectLike(await second.ask('lease', 3), ['error', 3, 'not-the-executor']);
    for (const type of ['ack', 'reject', 'fill']) {
      expectLike(await second.ask(type, 'a1', [['o1', 0, 5]]), ['error', 'a1', 'not-the-executor']);
    }
    expect(await first.ask('lease', 4)).toEqual(['leased', 4]);
    first.socket.terminate();
    let answer = await second.ask('lease', 5);
    while (answer[0] === 'error') answer = await second.ask('lease', 5);
    expect(answer).toEqual(['leased', 5]);
    expect(await second.ask('ack', 'a1', [['o1', 0, 5]])).toEqual(['accepted', 'a1']);
  });

  test('the paper venue holds it for good', async () => {
    const paper = await startRig({ executor: 'paper' });
    const peer = await Peer.open(paper.url);
    await peer.next('hello');
    await peer.ask('auth', 1, TOKENS.executor);
    expectLike(await peer.ask('lease', 2), ['error', 2, 'not-the-executor']);
    await paper.gateway.close();
  });
});
