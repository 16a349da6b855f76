/** The contract, message by message, over real sockets. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { FIELDS, SUBPROTOCOL, TOPICS } from '../../src/gateway/messages.js';
import { startGateway } from '../../src/gateway/server.js';
import { cut, order, Peer, type Rig, signal, startRig, TOKENS } from './helpers.js';

const expectLike = (actual: unknown, expected: unknown) => expect(cut(actual, expected)).toEqual(expected);

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

/** Greeted and, with a token, authenticated. */
async function peerAs(role: 'viewer' | 'operator' | 'executor'): Promise<Peer> {
  const peer = await Peer.open(rig.url);
  await peer.next('hello');
  if (role !== 'viewer') expect(await peer.ask('auth', 1, TOKENS[role])).toEqual(['authorized', 1, role]);
  return peer;
}

async function epochOf(peer: Peer): Promise<string> {
  const [, , , epoch] = await peer.ask('subscribe', 'epoch', { topic: 'stats' });
  await peer.next('snapshot');
  return epoch as string;
}

describe('opening', () => {
  test('hello names protocol, version, epoch and columns; the epoch is new at each start', async () => {
    const hello = await (await Peer.open(rig.url)).next();
    expect(hello).toEqual(['hello', 1, '0.1.0-test', expect.stringMatching(/^[0-9a-f]{16}$/), FIELDS]);
    const other = await startRig();
    expect((await (await Peer.open(other.url)).next())[3]).not.toBe(hello[3]);
    await other.gateway.close();
  });

  async function refused(url: string, protocols: string[], options = {}): Promise<number> {
    const socket = new WebSocket(url, protocols, options);
    socket.on('error', () => undefined);
    const [, response] = await once(socket, 'unexpected-response');
    socket.terminate();
    return response.statusCode;
  }

  test('the subprotocol is required', async () => {
    expect(await refused(rig.url, [])).toBe(400);
    expect(await refused(rig.url, ['plimsoll.v2.msgpack'])).toBe(400);
    const peer = new WebSocket(rig.url, ['other', SUBPROTOCOL]);
    await once(peer, 'open');
    expect(peer.protocol).toBe(SUBPROTOCOL);
    peer.terminate();
  });

  test('a page of another site is refused, our own and none are not', async () => {
    expect(await refused(rig.url, [SUBPROTOCOL], { origin: 'https://evil.example' })).toBe(403);
    expect(await refused(rig.url, [SUBPROTOCOL], { origin: 'null' })).toBe(403);
    // A name that was made to resolve to this machine.
    const host = `evil.example:${rig.gateway.port}`;
    expect(await refused(rig.url, [SUBPROTOCOL], { origin: `http://${host}`, headers: { host } })).toBe(403);
    await Peer.open(rig.url, { origin: rig.http });
  });

  test('another path is refused', async () => {
    expect(await refused(rig.url.replace('stream', 'streams'), [SUBPROTOCOL])).toBe(404);
  });

  test('only loopback addresses are bound, and a port in use is one clear error', async () => {
    await expect(startRig({ host: '0.0.0.0' })).rejects.toThrow(/^host: expected 127\.0\.0\.1 or ::1/);
    await expect(startRig({ port: rig.gateway.port })).rejects.toThrow(
      /^port: expected \d+ to be free on 127\.0\.0\.1, was in use$/,
    );
    await expect(startRig({ tokens: { operator: 'x'.repeat(20), executor: 'x'.repeat(20) } })).rejects.toThrow(/^tokens: /);
    await expect(startRig({ tokens: { operator: '', executor: 'x'.repeat(20) } })).rejects.toThrow(/^tokens: /);
  });
});

describe('subscriptions', () => {
  test('signals: subscribed, the snapshot, then each message', async () => {
    rig.link.signals(signal('bob', 'breached', 5), signal('alice', 'breached', 9));
    rig.link.signals(signal('bob', 'recovered', 0));
    const peer = await peerAs('viewer');
    const epoch = await epochOf(peer);
    expect(await peer.ask('subscribe', 7, { topic: 'signals' })).toEqual(['subscribed', 7, 'signals', epoch, 2]);
    expect(await peer.next()).toEqual(['snapshot', 'signals', 2, [['alice', 0, -9, 14, 9, 9, -3.5]]]);
    rig.link.signals(signal('carol', 'breached', 11), signal('alice', 'changed', 10));
    expect(await peer.next()).toEqual([
      'signals',
      3,
      2,
      1_569_350_000_000_003,
      3,
      [
        ['carol', 0, -11, 14, 11, 11, -3.5],
        ['alice', 1, -10, 14, 10, 10, -3.5],
      ],
    ]);
  });

  test('orders: the snapshot, then new, cancel and ended', async () => {
    rig.link.orders(order('o1', 'new'));
    const peer = await peerAs('viewer');
    await peer.ask('subscribe', 1, { topic: 'orders' });
    const row = ['o1', 'case-o1', 0, 'alice', 'BTCUSDT', 'sell', '1.5', '34999.5', 'full', 1_569_350_005_000_000, 3, 9];
    expect(await peer.next()).toEqual(['snapshot', 'orders', 1, [[...row, 1_569_350_000_000_000]]]);
    rig.link.orders(order('o1', 'cancel'));
    rig.link.orders(order('o1', 'ended'), { ...order('o2', 'new'), limitPrice: null });
    expectLike(await peer.next(), ['orders', 2, 1, [['o1', 'case-o1', 1]]]);
    const [, seq, sinceSeq, rows] = await peer.next();
    expect([seq, sinceSeq]).toEqual([3, 2]);
    expect((rows as unknown[][]).map((columns) => [columns[0], columns[2], columns[7]])).toEqual([
      ['o1', 2, '34999.5'],
      ['o2', 0, null],
    ]);
  });

  test('stats once a second of the clock', async () => {
    const peer = await peerAs('viewer');
    await peer.ask('subscribe', 1, { topic: 'stats' });
    const snapshot = await peer.next('snapshot');
    expect(snapshot.slice(0, 3)).toEqual(['snapshot', 'stats', 0]);
    const columns = Object.fromEntries(FIELDS.stats.map((field, i) => [field, (snapshot[3] as unknown[][])[0][i]]));
    expect(columns).toEqual({ timeUs: rig.clock.nowUs, ...rig.link.stats() });
    rig.clock.nowUs += 1_000_000;
    expect((await peer.next('stats')).slice(0, 3)).toEqual(['stats', 1, 0]);
    rig.clock.nowUs += 1_000_000;
    expectLike(await peer.next('stats'), ['stats', 2, 1, [[rig.clock.nowUs, 'js']]]);
  });

  test('resume: the messages after fromSeq; a snapshot without it, of another epoch, or beyond what there is', async () => {
    const first = await peerAs('viewer');
    const epoch = await epochOf(first);
    rig.link.signals(signal('a', 'breached', 1));
    rig.link.signals(signal('b', 'breached', 2));
    rig.link.signals(signal('a', 'recovered', 0));
    expect(await first.ask('subscribe', 1, { topic: 'signals', epoch, fromSeq: 1 })).toEqual([
      'subscribed',
      1,
      'signals',
      epoch,
      3,
    ]);
    expectLike(await first.next(), ['signals', 2, 1, 1_569_350_000_000_002, 2, [['b', 0]]]);
    expectLike(await first.next(), ['signals', 3, 2, 1_569_350_000_000_003, 3, [['a', 2]]]);
    for (const options of [{ epoch: 'another', fromSeq: 1 }, { fromSeq: 1 }, { epoch }, { epoch, fromSeq: 4 }]) {
      await first.ask('subscribe', 2, { topic: 'signals', ...options });
      expectLike(await first.next(), ['snapshot', 'signals', 3, [['b', 0]]]);
    }
    await first.ask('subscribe', 3, { topic: 'signals', epoch, fromSeq: 3 });
    rig.link.signals(signal('c', 'breached', 3));
    expectLike(await first.next(), ['signals', 4, 3]);
  });

  test('a filter crossed on the way; a heartbeat says what the filter kept away', async () => {
    const peer = await peerAs('viewer');
    await peer.ask('subscribe', 1, { topic: 'signals', filter: { minDeficit: 10, markets: ['ETHUSDT'] } });
    expect(await peer.next()).toEqual(['snapshot', 'signals', 0, []]);
    rig.link.signals(signal('a', 'breached', 50, [0]), signal('b', 'breached', 5, [1]));
    rig.link.signals(signal('b', 'changed', 15, [0, 1]));
    expectLike(await peer.next(), ['signals', 2, 0, expect.anything(), 2, [['b', 0, -15]]]);
    rig.link.signals(signal('b', 'changed', 6, [0, 1]));
    expectLike(await peer.next(), ['signals', 3, 2, expect.anything(), 3, [['b', 3, -6]]]);
    rig.link.signals(signal('a', 'changed', 60, [0]));
    rig.clock.nowUs += 5_000_000;
    expect(await peer.next('heartbeat')).toEqual(['heartbeat', 'signals', 4]);
    rig.link.signals(signal('a', 'changed', 70, [1]));
    expectLike(await peer.next(), ['signals', 5, 4, expect.anything(), 5, [['a', 0, -70]]]);
  });

  test('unsubscribe ends it; a second subscribe replaces the first', async () => {
    const peer = await peerAs('viewer');
    await peer.ask('subscribe', 1, { topic: 'signals' });
    await peer.next('snapshot');
    await peer.ask('subscribe', 2, { topic: 'signals', filter: { minDeficit: 10 } });
    await peer.next('snapshot');
    rig.link.signals(signal('a', 'breached', 5));
    expect(await peer.ask('unsubscribe', 3, 'signals')).toEqual(['unsubscribed', 3, 'signals']);
    rig.link.signals(signal('b', 'breached', 50));
    await peer.settled();
    expect(peer.received.filter(([type]) => type === 'signals')).toEqual([]);
    expectLike(await peer.ask('unsubscribe', 4, 'signals'), ['error', 4, 'bad-input']);
  });

  test.each([
    [['subscribe', 9, { topic: 'trades' }], 'unknown-topic', `topic: expected ${TOPICS.join(', ')}, was "trades"`],
    [['subscribe', 9, { topic: 'toString' }], 'unknown-topic', 'topic: '],
    [['subscribe', 9, 'signals'], 'bad-input', 'subscribe: '],
    [
      ['subscribe', 9, { topic: 'signals', since: 4 }],
      'bad-input',
      'subscribe: expected topic, epoch, fromSeq, filter, was "since"',
    ],
    [['subscribe', 9, { topic: 'signals', fromSeq: -1 }], 'bad-input', 'fromSeq: '],
    [['subscribe', 9, { topic: 'orders', filter: {} }], 'bad-input', 'filter: '],
    [['subscribe', 9, { topic: 'signals', filter: { minDeficit: Number.NaN } }], 'bad-input', 'filter.minDeficit: '],
    [['subscribe', 9, { topic: 'signals', filter: { markets: ['BTCUSDT', 'X'] } }], 'bad-input', 'filter.markets[1]: '],
    [['subscribe', 9, { topic: 'signals', filter: { markets: [] } }], 'bad-input', 'filter.markets: '],
    [['subscribe', 9, { topic: 'signals', filter: { ratio: 1 } }], 'bad-input', 'filter: '],
  ])('refuses %j', async (message, code, text) => {
    const [type, id, found, explained] = await (await peerAs('viewer')).ask(...message);
    expect([type, id, found]).toEqual(['error', 9, code]);
    expect(explained).toContain(text);
    expect((explained as string).startsWith(text)).toBe(true);
  });
});

describe('plain messages', () => {
  test('ping', async () => {
    const peer = await peerAs('viewer');
    expect(await peer.ask('ping', 2n ** 60n)).toEqual(['pong', 2n ** 60n]);
    expectLike(await peer.ask('ping', 'x'), ['error', 'x', 'bad-input']);
  });

  test.each([2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -(2 ** 31) - 1, Number.MIN_SAFE_INTEGER])(
    'the integer %i comes back as a MessagePack integer',
    async (id) => {
      const viewer = await peerAs('viewer');
      const executor = await peerAs('executor');
      const sent = BigInt(id);
      const asked: [Peer, ...unknown[]][] = [
        [viewer, 'ping', sent],
        [viewer, 'subscribe', sent, { topic: 'orders' }],
        [viewer, 'unsubscribe', sent, 'orders'],
        [viewer, 'bid', sent],
        [viewer, 'auth', sent, 'wrong'],
        [viewer, 'auth', sent, TOKENS.operator],
        [viewer, 'book', sent, []],
        [viewer, 'fills', sent, []],
        [executor, 'lease', sent],
        [executor, 'ack', sent, [['o1', 0, 5]]],
      ];
      for (const [peer, ...message] of asked) {
        const frame = new Promise<Buffer>((resolve) => peer.socket.once('message', resolve));
        const [type, ...rest] = await peer.ask(...message);
        expect([type, rest[0]]).toEqual([type, id]);
        // The types of the wire's 64-bit and 32-bit integers; 0xcb would be a float.
        expect([0xce, 0xcf, 0xd3]).toContain((await frame)[2 + (type as string).length]);
        if (type === 'subscribed') await peer.next('snapshot');
      }
    },
  );

  test('an unknown type and a bad id are errors', async () => {
    const peer = await peerAs('viewer');
    expectLike(await peer.ask('bids', 5, []), ['error', 5, 'bad-input']);
    expectLike(await peer.ask('constructor', 5), ['error', 5, 'bad-input']);
    expectLike(await peer.ask('lease', 'x'.repeat(65)), ['error', null, 'bad-input', expect.stringMatching(/^id: /)]);
  });

  test('auth: a role for a token; three wrong ones close with 4001; one role a connection', async () => {
    const operator = await peerAs('operator');
    expectLike(await operator.ask('auth', 2, TOKENS.executor), ['error', 2, 'bad-input']);
    const peer = await peerAs('viewer');
    expectLike(await peer.ask('auth', 3, 'wrong'), ['error', 3, 'unauthorized']);
    expectLike(await peer.ask('auth', 4, ''), ['error', 4, 'unauthorized']);
    expectLike(await peer.ask('auth', 5, `${TOKENS.operator} `), ['error', 5, 'unauthorized']);
    expect((await peer.closing()).code).toBe(4001);
  });
});

describe('http', () => {
  const get = async (path: string) => await fetch(rig.http + path);
  const json = async (path: string) => (await (await get(path)).json()) as Record<string, unknown>;

  test('livez, readyz, and what else there is', async () => {
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(503);
    rig.link.signals(signal('a', 'breached', 1));
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/nothing')).status).toBe(404);
    expect((await fetch(`${rig.http}/livez`, { method: 'POST', body: 'x' })).status).toBe(405);
    const page = await get('/');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('/v1/stats');
  });

  test('a Host that is not this machine is refused', async () => {
    const asked = request(`${rig.http}/v1/stats`, { headers: { host: 'evil.example' } }).end();
    const [response] = await once(asked, 'response');
    response.resume();
    expect(response.statusCode).toBe(403);
  });

  test('snapshots as JSON', async () => {
    rig.link.signals(signal('bob', 'breached', 5), signal('alice', 'breached', 9));
    rig.link.orders(order('o1', 'new'));
    const signals = await json('/v1/signals?x=1');
    expect(signals).toMatchObject({ version: 1, seq: 1, signals: [{ portfolio: 'alice', deficit: 9 }, { portfolio: 'bob' }] });
    const orders = await json('/v1/orders');
    expect(orders.orders).toEqual([
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
    ]);
    const stats = await json('/v1/stats');
    expect(stats.stats).toEqual({ timeUs: rig.clock.nowUs, ...rig.link.stats() });
    expect(stats.epoch).toBe(signals.epoch);
  });

  test('metrics are Prometheus text, the same at every scrape, without accounts', async () => {
    rig.link.signals(signal('alice', 'breached', 9));
    await peerAs('viewer');
    await get('/metrics');
    const text = await (await get('/metrics')).text();
    expect(text).toContain('\nplimsoll_ticks_total 1\n');
    expect(text).toContain('\nplimsoll_tick_duration_seconds 0.0015\n');
    expect(text).toContain('\nplimsoll_gateway_connections 1\n');
    expect(text).toContain('plimsoll_info{version="0.1.0-test",backend="js"} 1\n');
    expect(text).not.toContain('alice');
  });
});

test('closing says 1001, frees the port and lets the link go', async () => {
  const peer = await peerAs('viewer');
  const { port } = rig.gateway;
  await rig.gateway.close();
  expect((await peer.closing()).code).toBe(1001);
  rig.link.signals(signal('a', 'breached', 1));
  const again = await startGateway({
    link: rig.link,
    port,
    tokens: TOKENS,
    clock: rig.clock.read,
    version: 'x',
    executor: 'paper',
  });
  expect(again.port).toBe(port);
  await again.close();
  rig = await startRig();
});
