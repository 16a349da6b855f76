/** The waterfall on a running `serve`, from outside: shadow until an operator says otherwise, the kill switch, queries, cancels, an auction, the fund, figures. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type PlimsollClient, type Rows, type TopicName } from '../../src/client/client.js';
import { until } from '../gateway/helpers.js';
import { type BookFiles, long, writeBook } from './book.js';
import { killAll, type Served, startServe, statsOf, statsWhen } from './process.js';

const TTL_MS = 300;

const POLICY = {
  version: 1,
  name: 'test',
  title: 'Cancel, auction, close',
  sources: [],
  watch: { below: '2', everyMs: 20 },
  stages: [
    { stage: 'margin-call', thresholds: ['1.5'] },
    { stage: 'cancel', waitMs: 600_000 },
    {
      stage: 'auction',
      of: 'position',
      curve: { kind: 'linear', durationMs: 3_600_000 },
      start: '1',
      reserve: '0.5',
      biddersMin: 1,
      resetAgeMs: 3_600_000,
      resetDrop: '0.5',
    },
    { stage: 'full', price: { kind: 'market' }, ttlMs: TTL_MS, retries: 1_000_000 },
    { stage: 'fund', reserve: '0.1', price: { kind: 'market' }, ttlMs: TTL_MS },
  ],
};

let files: BookFiles;
let served: Served;
let executor: PlimsollClient;
let operator: PlimsollClient;
const heard = new Map<TopicName, Rows[TopicName][]>();

function follow<Topic extends TopicName>(client: PlimsollClient, topic: Topic): void {
  const rows: Rows[TopicName][] = [];
  heard.set(topic, rows);
  client.subscribe(topic, { onSnapshot: (all) => rows.push(...all), onRows: (more) => rows.push(...more) });
}

const rowsOf = <Topic extends TopicName>(topic: Topic) => (heard.get(topic) ?? []) as Rows[Topic][];
const ordersOf = (portfolio: string) => rowsOf('orders').filter((row) => row.portfolio === portfolio);
const casesOf = (portfolio: string) => rowsOf('cases').filter((row) => row.portfolio === portfolio);
const waits = (portfolio: string) => casesOf(portfolio).at(-1)?.reason;

async function json<Body>(path: string): Promise<Body> {
  return (await (await fetch(`${served.http}${path}`)).json()) as Body;
}

/** Ticks that come after this moment have been scanned. */
async function someTicks(): Promise<void> {
  const { ticks } = await statsOf(served.http);
  await statsWhen(served.http, (stats) => stats.ticks >= ticks + 5, 'five ticks');
}

let batches = 0;
function id(): string {
  batches += 1;
  return `batch-${batches}`;
}

beforeAll(async () => {
  const restingOrder = { market: 'BTCUSDT', side: 'buy', size: '1', price: '50' };
  files = writeBook([
    long('deep', '10', '10'),
    long('called', '10', '70'),
    { ...long('resting', '10', '20'), orders: [restingOrder] },
    { id: 'maker', balances: { USDT: '100000' }, positions: [] },
  ]);
  const policy = join(files.folder, 'policy.json');
  writeFileSync(policy, JSON.stringify(POLICY));
  const flags = ['--executor', 'external', '--policy', policy, '--tick-interval-ms', '20', '--fund', '500'];
  served = await startServe(['--book', files.book, '--marks', files.marks, ...flags]);
  executor = connect({ url: served.url, token: served.executorToken });
  operator = connect({ url: served.url, token: served.operatorToken });
  await executor.lease();
  const topics = [
    'orders',
    'shadow',
    'cases',
    'alerts',
    'cancels',
    'auctions',
    'margincalls',
    'freezes',
    'transfers',
    'reconciliation',
  ] as const;
  for (const topic of topics) follow(operator, topic);
});

afterAll(async () => {
  await Promise.all([executor, operator].map((client) => client?.close()));
  await killAll();
  rmSync(files.folder, { recursive: true });
});

test('with an external executor it starts in shadow mode: orders are told and not sent', async () => {
  await until(() => rowsOf('shadow').some(({ portfolio }) => portfolio === 'deep'), 'an order that is not sent');
  await someTicks();
  expect(rowsOf('shadow').find(({ portfolio }) => portfolio === 'deep')).toMatchObject({
    event: 'new',
    side: 'sell',
    size: '10',
    stage: 'full',
  });
  expect(rowsOf('orders')).toEqual([]);
  expect(rowsOf('cancels')).toEqual([]);
  expect(rowsOf('freezes')).toContainEqual(expect.objectContaining({ account: 'deep', event: 'frozen', freeCollateral: '0' }));
  expect(await json('/v1/mode')).toMatchObject({ mode: 'shadow', kill: false, policy: 'test' });
});

test('who is near the line is called', async () => {
  await until(() => rowsOf('margincalls').length > 0, 'a margin call');
  expect(rowsOf('margincalls')).toContainEqual(
    expect.objectContaining({ portfolio: 'called', event: 'called', threshold: '1.5' }),
  );
  const { watch } = await json<{ watch: { portfolio: string }[] }>('/v1/watch');
  expect(watch.map(({ portfolio }) => portfolio)).toContain('called');
});

test('live by an operator: what was shown is sent, and open orders are cancelled first', async () => {
  await operator.admin(id(), [{ command: 'mode', mode: 'live' }]);
  await until(() => ordersOf('deep').length > 0, 'an order');
  expect(ordersOf('deep')[0]).toMatchObject({ event: 'new', side: 'sell', size: '10', stage: 'full' });
  await until(() => rowsOf('alerts').some(({ code }) => code === 'mode'), 'an alert');
  await until(() => rowsOf('cancels').length > 0, 'a wish to cancel');
  expect(rowsOf('cancels').map(({ account }) => account)).toEqual(['resting']);
  await until(() => waits('resting') === 'cancelling', 'its case to wait');
  expect(ordersOf('resting')).toEqual([]);
  await executor.ordersGone(id(), ['resting']);
  await until(() => ordersOf('resting').length > 0, 'an order');
  expect(rowsOf('cancels')).toHaveLength(1);
});

test('an order that nobody answers is asked for by its id, and sent again only when it never was', async () => {
  await until(() => ordersOf('deep').some(({ event }) => event === 'query'), 'the question');
  const [{ orderId }] = ordersOf('deep');
  expect(new Set(ordersOf('deep').map((order) => order.orderId))).toEqual(new Set([orderId]));
  await executor.ack(id(), [{ orderId, state: 'unknown', timeUs: 0 }]);
  await someTicks();
  expect(ordersOf('deep').filter(({ event }) => event === 'new')).toHaveLength(1);
  await executor.ack(id(), [{ orderId, state: 'absent', timeUs: 0 }]);
  await until(() => ordersOf('deep').filter(({ event }) => event === 'new').length === 2, 'the next order');
  expect(ordersOf('deep').find(({ event }) => event === 'ended')).toMatchObject({ orderId });
});

test('the kill switch: what is out is cancelled and nothing new goes out, until it is lifted', async () => {
  await operator.admin(id(), [{ command: 'kill', state: 'on' }]);
  const { orderId } = ordersOf('deep').filter(({ event }) => event === 'new')[1];
  await until(() => ordersOf('deep').some((order) => order.orderId === orderId && order.event === 'cancel'), 'the cancel');
  await executor.ack(id(), [{ orderId, state: 'cancelled', timeUs: 0 }]);
  await until(() => waits('deep') === 'kill', 'the case to wait');
  await someTicks();
  expect(ordersOf('deep').filter(({ event }) => event === 'new')).toHaveLength(2);
  expect(await json('/v1/mode')).toMatchObject({ kill: true });
  const { cases } = await json<{ cases: { portfolio: string; waiting: string; orders: string[] }[] }>('/v1/cases');
  expect(cases.find(({ portfolio }) => portfolio === 'deep')).toMatchObject({ stage: 'full', waiting: 'kill', orders: [] });
  await operator.admin(id(), [{ command: 'kill', state: 'off' }]);
  await until(() => ordersOf('deep').filter(({ event }) => event === 'new').length === 3, 'the next order');
  expect(rowsOf('alerts').filter(({ code }) => code === 'kill')).toHaveLength(2);
});

test('a market that is paused: cases wait', async () => {
  await operator.admin(id(), [{ command: 'pause', scope: 'market', name: 'BTCUSDT' }]);
  const { orderId } = ordersOf('deep').filter(({ event }) => event === 'new')[2];
  await executor.ack(id(), [{ orderId, state: 'unfilled', timeUs: 0 }]);
  await until(() => waits('deep') === 'paused-market', 'the case to wait');
  await operator.admin(id(), [{ command: 'resume', scope: 'market', name: 'BTCUSDT' }]);
  await until(() => ordersOf('deep').filter(({ event }) => event === 'new').length === 4, 'the next order');
});

test('an auction: a registered bidder takes the position, and the case ends', async () => {
  await operator.admin(id(), [{ command: 'bidder', account: 'maker' }]);
  const row = {
    account: 'late',
    version: 1,
    balances: { USDT: '30' },
    positions: [{ market: 'BTCUSDT', size: '10', entry: '100' }],
  };
  await operator.book(id(), [row]);
  await until(() => rowsOf('auctions').some(({ portfolio }) => portfolio === 'late'), 'an auction');
  const opened = rowsOf('auctions').find(({ portfolio }) => portfolio === 'late');
  expect(opened).toMatchObject({ event: 'opened', market: 'BTCUSDT', side: 'sell', size: '10', bidder: null });
  const auctionId = opened?.auctionId ?? '';
  const { auctions } = await json<{ auctions: object[] }>('/v1/auctions');
  expect(auctions).toContainEqual(expect.objectContaining({ auctionId, event: 'opened' }));
  await expect(
    operator.bid(id(), [{ bidId: 'b', auctionId, bidder: 'maker', size: '0.0005', limitPrice: null }]),
  ).rejects.toMatchObject({ problems: [{ where: 'rows[0].size', found: '"0.0005"' }] });
  await executor.bid(id(), [{ bidId: 'b', auctionId, bidder: 'maker', size: null, limitPrice: '200' }]);
  await until(() => casesOf('late').at(-1)?.event === 'ended', 'the case to end');
  expect(rowsOf('auctions').find(({ event }) => event === 'taken')).toMatchObject({ auctionId, bidder: 'maker', size: '10' });
  expect(casesOf('late').at(-1)).toMatchObject({ reason: 'closed', badDebt: '0' });
  expect(
    rowsOf('freezes')
      .filter(({ account }) => account === 'late')
      .map(({ event }) => event),
  ).toEqual(['frozen', 'released']);
});

test('the fund grows by what an operator puts in, and what cases have reserved cannot be taken out', async () => {
  const balance = async () => (await json<{ funds: { balance: string }[] }>('/v1/fund')).funds[0].balance;
  const before = Number(await balance());
  await operator.admin(id(), [{ command: 'fund', asset: 'USDT', market: null, amount: '0.5' }]);
  expect(Number(await balance())).toBe(before + 0.5);
  await until(() => rowsOf('transfers').filter(({ reason }) => reason === 'fund-change').length > 0, 'the transfer');
  expect(
    rowsOf('transfers')
      .filter(({ reason }) => reason === 'fund-change')
      .at(-1),
  ).toMatchObject({ debit: 'outside', credit: 'fund', amount: '0.5' });
  await expect(
    operator.admin(id(), [{ command: 'fund', asset: 'USDT', market: null, amount: '-1000000' }]),
  ).rejects.toMatchObject({ problems: [{ where: 'rows[0].amount', found: '1000000' }] });
});

test('two takings of one batch may not have together what neither may', async () => {
  const { funds } = await json<{ funds: { balance: string; reserved: string }[] }>('/v1/fund');
  const free = Math.floor(Number(funds[0].balance) - Number(funds[0].reserved)) - 1;
  const take = (amount: number) => ({ command: 'fund', asset: 'USDT', market: null, amount: String(-amount) }) as const;
  expect(free).toBeGreaterThan(10);
  await expect(operator.admin(id(), [take(free), take(10)])).rejects.toMatchObject({
    problems: [{ where: 'rows[1].amount', found: '10' }],
  });
  expect(await json('/v1/fund')).toMatchObject({ funds: [{ balance: funds[0].balance }] });
});

test("the venue's figures are compared with ours", async () => {
  await operator.figures(id(), [
    { portfolio: 'maker', equity: '1', maintenance: '0' },
    { portfolio: 'nobody', equity: '1', maintenance: '0' },
  ]);
  await until(() => rowsOf('reconciliation').length === 2, 'the comparison');
  expect(rowsOf('reconciliation')).toMatchObject([
    { portfolio: 'maker', venueEquity: '1', isEqual: false },
    { portfolio: 'nobody', equity: null, maintenance: null, isEqual: false },
  ]);
  await until(() => rowsOf('alerts').some(({ code }) => code === 'reconciliation'), 'an alert');
  expect(served.stderr()).toContain('alert  reconciliation');
});
