/** `--executor external`: someone outside takes the lease and answers the orders, and an operator moves accounts. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BookRow, FillRow, OrderRow } from '../../src/client/client.js';
import { until } from '../gateway/helpers.js';
import { type BookFiles, long, writeBook } from './book.js';
import { killAll, type Served, startServe, statsOf, statsWhen } from './process.js';
import { Recorder } from './recorder.js';

const TTL_MS = 300;

/** Of an order, or of a part of it. */
function fillOf(order: OrderRow, tradeId: string, size: string, price: string): FillRow {
  const { orderId, portfolio, market, side } = order;
  return {
    tradeId,
    orderId,
    account: portfolio,
    market,
    margin: 'cross',
    side,
    size,
    price,
    fee: '0',
    timeUs: order.tickTimeUs,
  };
}

const bookRow = (account: string, version: number, size: string, balance: string): BookRow => ({
  account,
  version,
  balances: { USDT: balance },
  positions: [{ market: 'BTCUSDT', size, entry: '100' }],
});

let files: BookFiles;
let served: Served;
let executor: Recorder;
let operator: Recorder;

beforeAll(async () => {
  // Under water by 40 and more, or safe by far: the little that the market moves decides nothing.
  files = writeBook([
    long('filled', '10', '10'),
    long('pieces', '10', '5'),
    long('silent', '10', '4'),
    long('refused', '10', '3'),
    long('safe', '10', '500'),
    long('other', '10', '500'),
  ]);
  const flags = [
    '--executor',
    'external',
    '--mode',
    'live',
    '--policy',
    'full-close',
    '--tick-interval-ms',
    '20',
    '--order-ttl-ms',
    String(TTL_MS),
  ];
  served = await startServe(['--book', files.book, '--marks', files.marks, ...flags]);
  executor = await Recorder.open(served.url, served.executorToken);
  operator = await Recorder.open(served.url, served.operatorToken);
  await executor.client.lease();
});

afterAll(async () => {
  await Promise.all([executor, operator].map((recorder) => recorder?.client.close()));
  await killAll();
  rmSync(files.folder, { recursive: true });
});

/** What was told of its orders, but for the questions what became of them, which come when a machine is slow. */
const toldOf = (recorder: Recorder, portfolio: string): OrderRow[] =>
  recorder.ordersOf(portfolio).filter(({ event }) => event !== 'query');
const lastOrder = (portfolio: string): OrderRow | undefined => toldOf(executor, portfolio).at(-1);
const statesOf = (portfolio: string) => executor.signalsOf(portfolio).map(({ state }) => state);

async function newOrder(portfolio: string, count = 1): Promise<OrderRow> {
  const news = () => executor.ordersOf(portfolio).filter(({ event }) => event === 'new');
  await until(() => news().length >= count, `order ${count} of ${portfolio}`);
  return news()[count - 1];
}

/** Ticks that come after this moment have been scanned. */
async function someTicks(): Promise<void> {
  const { ticks } = await statsOf(served.http);
  await statsWhen(served.http, (stats) => stats.ticks >= ticks + 5, 'five ticks');
}

describe('an executor', () => {
  test('fills an order, and the case and the position are gone', async () => {
    const order = await newOrder('filled');
    // The bankruptcy price: 10 held against a position of 10 from 100.
    expect(order).toMatchObject({ market: 'BTCUSDT', side: 'sell', size: '10', limitPrice: '99', stage: 'full' });
    const before = await statsOf(served.http);
    await executor.client.ack('ack-filled', [{ orderId: order.orderId, state: 'working', timeUs: order.tickTimeUs }]);
    await executor.client.fill('fill-filled', [fillOf(order, 'trade-1', '10', '99.5')]);
    await until(() => lastOrder('filled')?.event === 'ended', 'the order to end');
    await until(() => statesOf('filled').at(-1) === 'recovered', 'the portfolio to recover');
    // 10 + 10 · (99.5 − 100), exactly.
    expect(executor.signalsOf('filled').at(-1)).toMatchObject({ equity: 5, maintenance: 0, badDebt: 0, marginRatio: null });
    const after = await statsOf(served.http);
    expect([after.positions, after.openCases, after.liquidations]).toEqual([
      before.positions - 1,
      before.openCases - 1,
      before.liquidations + 1,
    ]);
    // The same trade again, under another batch id, changes nothing.
    await executor.client.fill('fill-filled-again', [fillOf(order, 'trade-1', '10', '99.5')]);
    await someTicks();
    expect((await statsOf(served.http)).liquidations).toBe(after.liquidations);
    expect(executor.ordersOf('filled').filter(({ event }) => event === 'new')).toHaveLength(1);
  });

  test('fills an order in pieces', async () => {
    const order = await newOrder('pieces');
    await executor.client.fill('piece-1', [fillOf(order, 'piece-1', '4', '99.9')]);
    await someTicks();
    expect(toldOf(executor, 'pieces').map(({ event }) => event)).toEqual(['new']);
    await executor.client.fill('piece-2', [fillOf(order, 'piece-2', '6', '99.9')]);
    await until(() => lastOrder('pieces')?.event === 'ended', 'the order to end');
    expect(lastOrder('pieces')).toMatchObject({ orderId: order.orderId, size: '0' });
    await until(() => statesOf('pieces').at(-1) === 'recovered', 'the portfolio to recover');
    expect(executor.signalsOf('pieces').at(-1)).toMatchObject({ equity: 4, maintenance: 0 });
  });

  test('is silent: the order blocks its position until it is answered, and the next one has no limit', async () => {
    const order = await newOrder('silent');
    expect(order.limitPrice).toBe('99.6');
    await until(() => Date.now() * 1000 > order.expiryUs, 'the expiry');
    const { unknownOrders } = await statsWhen(served.http, (stats) => stats.unknownOrders > 0, 'an unknown order');
    expect(unknownOrders).toBeGreaterThan(0);
    await someTicks();
    expect(toldOf(executor, 'silent')).toHaveLength(1);
    await executor.client.ack('unfilled', [{ orderId: order.orderId, state: 'unfilled', timeUs: order.tickTimeUs }]);
    const next = await newOrder('silent', 2);
    expect(next).toMatchObject({ portfolio: 'silent', side: 'sell', size: '10', limitPrice: null, case: order.case });
    expect(next.orderId).not.toBe(order.orderId);
    expect(toldOf(executor, 'silent').map(({ orderId, event }) => [orderId, event])).toEqual([
      [order.orderId, 'new'],
      [order.orderId, 'ended'],
      [next.orderId, 'new'],
    ]);
    // What comes of an order that has ended is a trade all the same, but a late word on it is nothing.
    await executor.client.ack('unfilled-again', [{ orderId: order.orderId, state: 'unfilled', timeUs: order.tickTimeUs }]);
    await someTicks();
    expect(toldOf(executor, 'silent')).toHaveLength(3);
  });

  test('rejects an order, and gets the next one at the next tick', async () => {
    const order = await newOrder('refused');
    await executor.client.reject('reject', [{ orderId: order.orderId, reason: 'not today', timeUs: order.tickTimeUs }]);
    const next = await newOrder('refused', 2);
    expect(next.priceEpoch).toBeGreaterThan(order.priceEpoch);
    expect(next.limitPrice).toBe(order.limitPrice);
  });

  test('sells below nothing: what is missing the venue bears, where nobody else does', async () => {
    const order = await newOrder('refused', 2);
    await executor.client.fill('deep', [fillOf(order, 'deep', '10', '99')]);
    await until(() => statesOf('refused').at(-1) === 'recovered', 'the case to end');
    expect(executor.signalsOf('refused').at(-1)).toMatchObject({ equity: 0, maintenance: 0, badDebt: 0 });
    const { ledger } = (await (await fetch(`${served.http}/v1/fund`)).json()) as { ledger: object[] };
    expect(ledger).toContainEqual({ account: 'venue', asset: 'USDT', amount: '-7' });
    expect((await statsOf(served.http)).insolvent).toBe(0);
  });

  test('has the lease for itself, and leaves it when it goes', async () => {
    const second = await Recorder.open(served.url, served.executorToken);
    await expect(second.client.lease()).rejects.toMatchObject({ code: 'not-the-executor' });
    await executor.client.close();
    // The server hears of the end a moment later.
    let error: unknown = 'not asked yet';
    for (let i = 0; i < 100 && error !== null; i += 1) {
      await sleep(10);
      error = await second.client.lease().then(
        () => null,
        (refusal: unknown) => refusal,
      );
    }
    expect(error).toBeNull();
    executor = second;
  });
});

describe('an operator', () => {
  /** Grows with each use: versions of an account only do. */
  let version = 0;
  beforeEach(() => {
    version += 10;
  });

  const eventsOf = (portfolio: string) => operator.signalsOf(portfolio).map(({ state }) => state);

  test('moves an account into breach and out of it', async () => {
    await operator.client.book('into', [bookRow('safe', version, '10', '20')]);
    await until(() => eventsOf('safe').includes('breached'), 'the breach');
    const [breach] = operator.signalsOf('safe');
    expect(breach.deficit).toBeGreaterThan(25);
    expect(breach.deficit).toBeLessThan(35);
    await newOrder('safe');
    await operator.client.book('out-of', [bookRow('safe', version + 1, '10', '600')]);
    await until(() => eventsOf('safe').at(-1) === 'recovered', 'the recovery');
    await until(() => lastOrder('safe')?.event === 'cancel', 'the cancel');
    const order = await newOrder('safe');
    await executor.client.ack('cancelled', [{ orderId: order.orderId, state: 'cancelled', timeUs: order.tickTimeUs }]);
    await until(() => lastOrder('safe')?.event === 'ended', 'the end of the order');
    await someTicks();
    expect(toldOf(operator, 'safe').map(({ event }) => event)).toEqual(['new', 'cancel', 'ended']);
  });

  test('is refused a whole batch for one row in it', async () => {
    const before = await statsOf(served.http);
    const rows = [
      bookRow('newcomer', 1, '10', '1'),
      bookRow('other', version, '10', '1'),
      bookRow('other', version, '0.0001', '1'),
    ];
    await expect(operator.client.book('half-bad', rows)).rejects.toMatchObject({
      code: 'bad-input',
      problems: [expect.objectContaining({ where: expect.stringContaining('rows[2]') })],
    });
    await expect(
      operator.client.book('old', [bookRow('newcomer', 1, '10', '1'), bookRow('safe', 1, '10', '1')]),
    ).rejects.toMatchObject({
      problems: [{ where: 'rows[1].version', found: '1' }],
    });
    await someTicks();
    const { accounts, positions, liquidatable } = await statsOf(served.http);
    expect([accounts, positions, liquidatable]).toEqual([before.accounts, before.positions, before.liquidatable]);
    expect([eventsOf('newcomer'), eventsOf('other')]).toEqual([[], []]);
  });

  test('repeats a batch id: it is answered alike and applied once', async () => {
    await operator.client.book('once', [bookRow('other', version, '10', '700')]);
    await operator.client.book('once', [bookRow('other', version + 1, '10', '1')]);
    await someTicks();
    expect(eventsOf('other')).toEqual([]);
    // Had the repetition been applied, its version would be taken.
    await operator.client.book('twice', [bookRow('other', version + 1, '11', '700')]);
    const { positions } = await statsOf(served.http);
    await operator.client.fills('trade', [
      { ...fillOf(await newOrder('safe'), 'close', '11', '101'), orderId: null, account: 'other' },
    ]);
    expect((await statsOf(served.http)).positions).toBe(positions - 1);
  });

  test('is refused a rejected batch again under its id, though it be right now', async () => {
    const wrong = operator.client.book('wrong', [bookRow('nobody', 1, '10', 'much')]);
    await expect(wrong).rejects.toMatchObject({ code: 'bad-input' });
    await expect(operator.client.book('wrong', [bookRow('nobody', 1, '10', '900')])).rejects.toMatchObject({ code: 'bad-input' });
  });
});
