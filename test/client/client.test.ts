/** The client against a real gateway, through losses of the connection. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ClientStatus, connect, type MessageInfo, type PlimsollClient, PlimsollError } from '../../src/client/client.js';
import { decode, encode } from '../../src/gateway/codec.js';
import { FIELDS, SUBPROTOCOL } from '../../src/gateway/messages.js';
import { order, type Rig, signal, startRig, TOKENS, until } from '../gateway/helpers.js';
import { startProxy as proxyTo, type TestProxy } from './proxy.js';

let rig: Rig;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await rig.gateway.close();
});

interface Heard {
  readonly client: PlimsollClient;
  readonly statuses: ClientStatus[];
  /** `snapshot seq ids` and `rows sinceSeq>seq ids` */
  readonly log: string[];
  readonly infos: MessageInfo[];
}

function listen(options: { url?: string; token?: string } = {}): Heard {
  const statuses: ClientStatus[] = [];
  const { url = rig.url, ...rest } = options;
  const client = connect({ url, ...rest, onStatus: (status) => statuses.push(status) });
  cleanups.push(() => client.close());
  return { client, statuses, log: [], infos: [] };
}

function followSignals({ client, log, infos }: Heard, options = {}) {
  return client.subscribe('signals', {
    ...options,
    onSnapshot: (rows, seq) => log.push(`snapshot ${seq} ${rows.map(({ portfolio }) => portfolio)}`),
    onRows: (rows, info) => {
      infos.push(info);
      log.push(`rows ${info.sinceSeq}>${info.seq} ${rows.map(({ portfolio, state }) => `${portfolio} ${state}`)}`);
    },
  });
}

const has = (heard: Heard, type: ClientStatus['type']) =>
  until(() => heard.statuses.some((status) => status.type === type), type);
const said = (heard: Heard, line: string) => until(() => heard.log.includes(line), line);

async function startProxy(): Promise<TestProxy> {
  const proxy = await proxyTo(() => rig.gateway.port);
  cleanups.push(() => proxy.close());
  return proxy;
}

describe('subscriptions', () => {
  test('typed rows of every topic, by the names of the columns', async () => {
    const stats = { timeUs: rig.clock.nowUs, ...rig.link.stats() };
    rig.link.signals(signal('alice', 'breached', 9));
    rig.link.orders(order('o1', 'new'));
    const heard = listen();
    const seen: unknown[] = [];
    const all = { onSnapshot: (rows: unknown[]) => seen.push(...rows), onRows: (rows: unknown[]) => seen.push(...rows) };
    heard.client.subscribe('signals', all);
    await until(() => seen.length === 1, 'signals');
    heard.client.subscribe('orders', all);
    await until(() => seen.length === 2, 'orders');
    heard.client.subscribe('stats', all);
    await until(() => seen.length === 3, 'stats');
    rig.link.alert('cuda: gone');
    heard.client.subscribe('alerts', all);
    await until(() => seen.length === 4, 'alerts');
    expect(seen).toEqual([
      {
        portfolio: 'alice',
        state: 'breached',
        equity: -9,
        maintenance: 14,
        deficit: 9,
        badDebt: 9,
        marginRatio: -3.5,
      },
      {
        orderId: 'o1',
        case: 'case-o1',
        event: 'new',
        portfolio: 'alice',
        market: 'BTCUSDT',
        side: 'sell',
        size: '1.5',
        limitPrice: '34999.5',
        stage: 'full',
        expiryUs: 1_569_350_005_000_000,
        version: 3,
        priceEpoch: 9,
        tickTimeUs: 1_569_350_000_000_000,
      },
      stats,
      { timeUs: 1_569_350_000_000_000, code: 'backend', text: 'cuda: gone' },
    ]);
    expect(heard.statuses.map(({ type }) => type)).toEqual(['connected']);
  });

  test('a lost connection resumes in the middle and misses nothing', async () => {
    const proxy = await startProxy();
    const heard = listen({ url: proxy.url });
    followSignals(heard);
    await said(heard, 'snapshot 0 ');
    rig.link.signals(signal('a', 'breached', 1));
    await said(heard, 'rows 0>1 a breached');
    proxy.cut();
    rig.link.signals(signal('b', 'breached', 2));
    rig.link.signals(signal('a', 'recovered', 0));
    await said(heard, 'rows 2>3 a recovered');
    rig.link.signals(signal('c', 'breached', 3));
    await said(heard, 'rows 3>4 c breached');
    expect(heard.log).toEqual([
      'snapshot 0 ',
      'rows 0>1 a breached',
      'rows 1>2 b breached',
      'rows 2>3 a recovered',
      'rows 3>4 c breached',
    ]);
    expect(heard.infos.at(-1)).toEqual({ seq: 4, sinceSeq: 3, tickTimeUs: 1_569_350_000_000_004, priceEpoch: 4 });
    expect(heard.statuses.map(({ type }) => type)).toEqual(['connected', 'disconnected', 'connected']);
  });

  test('a position goes on in another client; a server that started anew gives a snapshot', async () => {
    const first = listen();
    const subscription = followSignals(first);
    await said(first, 'snapshot 0 ');
    rig.link.signals(signal('a', 'breached', 1));
    await said(first, 'rows 0>1 a breached');
    const { position } = subscription;
    await first.client.close();
    rig.link.signals(signal('b', 'breached', 2));
    const second = listen();
    followSignals(second, { from: position });
    await said(second, 'rows 1>2 b breached');
    expect(second.log).toEqual(['rows 1>2 b breached']);

    const { port } = rig.gateway;
    await rig.gateway.close();
    rig = await startRig({ port });
    await said(second, 'snapshot 0 ');
    rig.link.signals(signal('c', 'breached', 2));
    await said(second, 'rows 0>1 c breached');
  });

  test('a filter is sent again after a loss; a heartbeat moves the position', async () => {
    const proxy = await startProxy();
    const heard = listen({ url: proxy.url });
    const subscription = followSignals(heard, { filter: { minDeficit: 10, markets: ['BTCUSDT'] } });
    await said(heard, 'snapshot 0 ');
    rig.link.signals(signal('small', 'breached', 1));
    rig.clock.nowUs += 5_000_000;
    await until(() => subscription.position?.seq === 1, 'the heartbeat');
    proxy.cut();
    rig.link.signals(signal('big', 'breached', 20), signal('other', 'breached', 30, [1]));
    await said(heard, 'rows 1>2 big breached');
    expect(heard.log).toEqual(['snapshot 0 ', 'rows 1>2 big breached']);
  });

  test('unsubscribe ends it; what the server refuses is a status', async () => {
    const heard = listen();
    followSignals(heard);
    await said(heard, 'snapshot 0 ');
    heard.client.unsubscribe('signals');
    heard.client.subscribe('orders', { filter: { minDeficit: 1 }, onSnapshot: () => undefined, onRows: () => undefined });
    await has(heard, 'error');
    rig.link.signals(signal('a', 'breached', 1));
    heard.client.subscribe('stats', { onSnapshot: () => heard.log.push('stats'), onRows: () => undefined });
    await said(heard, 'stats');
    expect(heard.log).toEqual(['snapshot 0 ', 'stats']);
  });
});

describe('a server that misbehaves', () => {
  /** Says hello and then what the script says; hears what comes. */
  async function startFake(script: (socket: WebSocket, heard: readonly unknown[]) => void): Promise<string> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => SUBPROTOCOL });
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    server.on('connection', (socket) => {
      socket.send(encode(['hello', 1, 'fake', 'e1', FIELDS]));
      socket.on('message', (data: Buffer) => script(socket, decode(data, 1_000_000) as unknown[]));
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  test('a message that is missing is seen by sinceSeq and asked for again', async () => {
    const asked: unknown[] = [];
    const row = (portfolio: string) => [portfolio, 0, -1, 1, 1, 1, null];
    const url = await startFake((socket, [type, id, options]) => {
      if (type !== 'subscribe') return;
      asked.push(options);
      socket.send(encode(['subscribed', id, 'signals', 'e1', 2]));
      if (asked.length === 1) {
        socket.send(encode(['snapshot', 'signals', 0, []]));
        socket.send(encode(['signals', 1, 0, 5, 1, [row('a')]]));
        // 2 is lost.
        socket.send(encode(['signals', 3, 2, 7, 3, [row('c')]]));
        socket.send(encode(['signals', 4, 3, 7, 3, [row('d')]]));
        return;
      }
      socket.send(encode(['signals', 2, 1, 6, 2, [row('b')]]));
      socket.send(encode(['signals', 4, 2, 7, 3, [row('c'), row('d')]]));
    });
    const heard = listen({ url });
    followSignals(heard);
    await said(heard, 'rows 2>4 c breached,d breached');
    expect(heard.log).toEqual(['snapshot 0 ', 'rows 0>1 a breached', 'rows 1>2 b breached', 'rows 2>4 c breached,d breached']);
    expect(asked).toEqual([{ topic: 'signals' }, { topic: 'signals', epoch: 'e1', fromSeq: 1 }]);
    expect(heard.statuses.filter(({ type }) => type === 'missed').length).toBe(1);
  });

  test('columns in another order and of a later version are read by name; garbage makes it reconnect', async () => {
    let connections = 0;
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => SUBPROTOCOL });
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    server.on('connection', (socket) => {
      connections += 1;
      const signals = ['later', 'state', 'portfolio'];
      socket.send(encode(['hello', 1, 'fake', 'e1', { ...FIELDS, signals }]));
      socket.on('message', (data: Buffer) => {
        const [type, id] = decode(data, 1_000_000) as unknown[];
        if (type !== 'subscribe') return;
        socket.send(encode(['subscribed', id, 'signals', 'e1', 0]));
        socket.send(connections === 1 ? Buffer.from([0xc1]) : encode(['snapshot', 'signals', 0, [['x', 0, 'a']]]));
      });
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const heard = listen({ url: `ws://127.0.0.1:${(server.address() as { port: number }).port}` });
    followSignals(heard);
    await said(heard, 'snapshot 0 a');
    expect(connections).toBe(2);
  });
});

describe('operator and executor', () => {
  const BOOK = {
    account: 'alice',
    version: 1,
    balances: { USDT: '1000' },
    positions: [{ market: 'BTCUSDT', size: '1', entry: '9' }],
  };
  const FILL = {
    tradeId: 't1',
    orderId: 'o1',
    account: 'alice',
    market: 'BTCUSDT',
    margin: 'cross',
    side: 'sell',
    size: '1',
    price: '9',
    fee: '0',
    timeUs: 1_569_350_000_000_000,
  } as const;

  test('batches of the operator: applied, or rejected with the problems', async () => {
    const { client, statuses } = listen({ token: TOKENS.operator });
    await client.book('b1', [BOOK]);
    await client.fills('f1', [{ ...FILL, orderId: null }]);
    expect(rig.link.submitted.map(({ type }) => type)).toEqual(['book', 'fills']);
    const error = await client.book('b2', [{ ...BOOK, account: 'a/b' }]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PlimsollError);
    expect((error as PlimsollError).problems.map(({ where }) => where)).toEqual(['rows[0].id']);
    await expect(client.lease()).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(client.ack('a1', [])).rejects.toMatchObject({ code: 'unauthorized' });
    expect(statuses).toContainEqual({ type: 'authorized', role: 'operator' });
  });

  test('the executor: lease, ack, reject, fill; a second one is refused', async () => {
    const { client } = listen({ token: TOKENS.executor });
    await client.lease();
    await client.ack('a1', [{ orderId: 'o1', state: 'unfilled', timeUs: 5 }]);
    await client.reject('r1', [{ orderId: 'o2', reason: 'halted', timeUs: 5 }]);
    await client.fill('f1', [FILL]);
    expect(rig.link.submitted).toMatchObject([
      { type: 'acks', acks: [{ orderId: 'o1', state: 'unfilled' }] },
      { type: 'acks', acks: [{ orderId: 'o2', state: 'rejected', reason: 'halted' }] },
      { type: 'fills', fills: [{ tradeId: 't1', orderId: 'o1', lots: 1000 }] },
    ]);
    const other = listen({ token: TOKENS.executor });
    await expect(other.client.lease()).rejects.toMatchObject({ code: 'not-the-executor' });
    await client.close();
    await other.client.lease();
  });

  test('a batch whose answer was lost is sent again under its id and applied once; the lease is taken again', async () => {
    const proxy = await startProxy();
    const { client, statuses } = listen({ url: proxy.url, token: TOKENS.executor });
    await client.lease();
    let apply: () => void = () => undefined;
    rig.link.answer = () =>
      new Promise((resolve) => {
        apply = () => resolve([]);
      });
    const filled = client.fill('f1', [FILL]);
    await until(() => rig.link.submitted.length === 1, 'the fill');
    await expect(client.fill('f1', [FILL])).rejects.toMatchObject({ code: 'bad-usage' });
    proxy.cut();
    await until(() => statuses.filter(({ type }) => type === 'connected').length === 2, 'the second connection');
    apply();
    await filled;
    expect(rig.link.submitted.length).toBe(1);
    rig.link.answer = () => Promise.resolve([]);
    await client.ack('a1', [{ orderId: 'o1', state: 'working', timeUs: 5 }]);
  });

  test('a lease that another has taken meanwhile is reported', async () => {
    const proxy = await startProxy();
    const first = listen({ url: proxy.url, token: TOKENS.executor });
    await first.client.lease();
    const second = listen({ token: TOKENS.executor });
    await has(second, 'authorized');
    proxy.cut();
    let taken = false;
    while (!taken)
      taken = await second.client.lease().then(
        () => true,
        () => false,
      );
    await has(first, 'lease-lost');
  });

  test('a wrong token ends the client', async () => {
    const heard = listen({ token: 'wrong' });
    const batch = heard.client.book('b1', [BOOK]);
    await expect(batch).rejects.toMatchObject({ code: 'unauthorized' });
    await has(heard, 'failed');
    expect(rig.link.submitted).toEqual([]);
  });

  test('closing rejects what has no answer', async () => {
    rig.link.answer = () => new Promise(() => undefined);
    const { client } = listen({ token: TOKENS.operator });
    const batch = client.book('b1', [BOOK]);
    await until(() => rig.link.submitted.length === 1, 'the batch');
    const closed = expect(batch).rejects.toMatchObject({ code: 'unavailable' });
    await client.close();
    await closed;
  });
});

test('a server that is not there yet is waited for', async () => {
  const { port } = rig.gateway;
  await rig.gateway.close();
  const heard = listen({ url: `ws://127.0.0.1:${port}/v1/stream` });
  followSignals(heard);
  await has(heard, 'disconnected');
  rig = await startRig({ port });
  await said(heard, 'snapshot 0 ');
});
