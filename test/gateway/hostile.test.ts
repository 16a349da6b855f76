/** Clients that never read, send garbage, flood or say nothing; and a hundred that behave. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { encode } from '../../src/gateway/codec.js';
import { LIMITS } from '../../src/gateway/limits.js';
import { SIGNAL_STATES, SUBPROTOCOL } from '../../src/gateway/messages.js';
import type { OrderEvent } from '../../src/model/effects.js';
import { order, Peer, type Rig, signal, startRig, TOKENS, until } from './helpers.js';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${rig.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

/** Subscribed to a topic, its snapshot read. */
async function subscriber(topic: string, options = {}): Promise<Peer> {
  const peer = await Peer.open(rig.url);
  await peer.next('hello');
  peer.send('subscribe', 1, { topic, ...options });
  await peer.next('snapshot');
  return peer;
}

const isAlive = async () => {
  const peer = await subscriber('signals');
  peer.socket.terminate();
};

test('a hundred subscribers all get every signal, in order', { timeout: 60_000 }, async () => {
  const peers = await Promise.all(Array.from({ length: 100 }, () => subscriber('signals')));
  for (let message = 0; message < 100; message += 1) {
    rig.link.signals(...Array.from({ length: 10 }, (_, i) => signal(`p${message}-${i}`, 'breached', 10 - i)));
    await sleep(0);
  }
  for (const peer of peers) {
    await peer.settled();
    const heard = peer.received.filter(([type]) => type === 'signals');
    expect(heard.map(([, seq, sinceSeq]) => [seq, sinceSeq])).toEqual(Array.from({ length: 100 }, (_, i) => [i + 1, i]));
    expect(heard.flatMap((message) => message[5]).length).toBe(1_000);
  }
});

test('a client that stops reading hears its signals conflated, ends with the same set, and disturbs nobody', async () => {
  const slow = await subscriber('signals');
  const fast = await subscriber('signals');
  slow.socket.pause();
  for (let message = 0; message < 380; message += 1) {
    const rows = Array.from({ length: 500 }, (_, i) =>
      signal(`p${i}`, message === 0 ? 'breached' : 'changed', message + i / 1_000),
    );
    rig.link.signals(...rows, ...(message === 350 ? [signal('late', 'breached', 1)] : []));
    // Else it may be congested as well, on a busy machine.
    if (message % 5 === 4) await fast.settled();
  }
  rig.link.signals(signal('p0', 'recovered', 0));
  await fast.settled();
  expect(fast.received.filter(([type]) => type === 'signals').length).toBe(381);
  slow.socket.resume();
  await until(() => slow.received.some((message) => message[0] === 'signals' && message[1] === 381), 'the last signals');
  const heard = slow.received.filter(([type]) => type === 'signals');
  expect(heard.length).toBeLessThan(381);
  expect(heard.map(([, , sinceSeq]) => sinceSeq)).toEqual([0, ...heard.slice(0, -1).map(([, seq]) => seq)]);
  const finalSet = (peer: Peer) => {
    const set = new Map<unknown, unknown>();
    for (const message of peer.received.filter(([type]) => type === 'signals')) {
      for (const [portfolio, state, , , deficit] of message[5] as unknown[][]) {
        if (['breached', 'changed'].includes(SIGNAL_STATES[state as number])) set.set(portfolio, deficit);
        else set.delete(portfolio);
      }
    }
    return set;
  };
  expect(finalSet(fast).size).toBe(500);
  expect(new Map([...finalSet(slow)].sort())).toEqual(new Map([...finalSet(fast)].sort()));
  expect(slow.closed).toBeNull();
});

test('a client that never reads is closed with 4008 when its time is up', async () => {
  const slow = await subscriber('signals');
  slow.socket.pause();
  for (let message = 0; message < 600; message += 1) {
    rig.link.signals(
      ...Array.from({ length: 500 }, (_, i) => signal(`p${i}`, message === 0 ? 'breached' : 'changed', message + i)),
    );
    if (message % 10 === 9) await sleep(1);
  }
  rig.clock.nowUs += LIMITS.congestedUsMax;
  await sleep(3 * LIMITS.sweepMs);
  expect(await metric('plimsoll_gateway_slow_consumers_total')).toBe(0);
  rig.clock.nowUs += 1;
  while ((await metric('plimsoll_gateway_slow_consumers_total')) === 0) await sleep(10);
  slow.socket.resume();
  expect((await slow.closing()).code).toBe(4008);
  await isAlive();
});

test('orders are not dropped: who falls behind is closed with 4008, resumes, and has missed nothing', {
  timeout: 60_000,
}, async () => {
  const slow = await subscriber('orders');
  const epoch = slow.received.find(([type]) => type === 'subscribed')?.[3];
  slow.socket.pause();
  const sent: string[] = [];
  const emit = (): void => {
    const rows: OrderEvent[] = Array.from({ length: 500 }, (_, i) => order(`o${sent.length + i}`, 'new'));
    sent.push(...rows.map(({ orderId }) => orderId));
    rig.link.orders(...rows);
  };
  while ((await metric('plimsoll_gateway_slow_consumers_total')) === 0) emit();
  slow.socket.resume();
  expect((await slow.closing()).code).toBe(4008);
  const idsOf = (peer: Peer) =>
    peer.received
      .filter(([type]) => type === 'orders')
      .flatMap((message) => (message[3] as unknown[][]).map(([orderId]) => orderId));
  const heard = slow.received.filter(([type]) => type === 'orders');
  expect(idsOf(slow).length).toBeLessThan(sent.length);
  const again = await Peer.open(rig.url);
  again.send('subscribe', 2, { topic: 'orders', epoch, fromSeq: heard.at(-1)?.[1] });
  emit();
  await until(
    () => again.received.some((message) => message[0] === 'orders' && message[1] === sent.length / 500),
    'the last orders',
  );
  expect(again.received.some(([type]) => type === 'snapshot')).toBe(false);
  expect([...idsOf(slow), ...idsOf(again)]).toEqual(sent);
});

test('malformed frames get an error each and, on repetition, a close', async () => {
  const peer = await Peer.open(rig.url);
  await peer.next('hello');
  peer.socket.send('text');
  expect(await peer.next()).toEqual(['error', null, 'bad-input', 'frame: expected binary MessagePack, was a text frame']);
  for (const frame of [[0xc1], [0x01], [0x90], [0xc7, 1, 5, 0]]) {
    peer.socket.send(Uint8Array.from(frame));
    expect((await peer.next()).slice(0, 3)).toEqual(['error', null, 'bad-input']);
  }
  expect((await peer.closing()).code).toBe(4000);
});

test('a frame too large for a viewer is an error; too large for anyone, a close', async () => {
  const peer = await Peer.open(rig.url);
  await peer.next('hello');
  peer.send('ping', 'x'.repeat(LIMITS.viewerFrameBytesMax));
  expect((await peer.next()).slice(0, 3)).toEqual(['error', null, 'too-large']);
  await peer.ask('auth', 1, TOKENS.operator);
  peer.send('ping', 'x'.repeat(LIMITS.viewerFrameBytesMax));
  expect((await peer.next())[2]).toBe('bad-input');
  peer.send('ping', 'x'.repeat(LIMITS.frameBytesMax));
  expect((await peer.closing()).code).toBe(1009);
  await isAlive();
});

test('whatever is sent, the gateway answers the next client', async () => {
  const part = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.constantFrom('signals', 'orders', 'alerts', 'resume-backend', TOKENS.operator),
    fc.double(),
  );
  const nested = fc.oneof(part, fc.array(part, { maxLength: 5 }), fc.array(fc.array(part, { maxLength: 11 }), { maxLength: 3 }));
  const map = fc.dictionary(fc.constantFrom('topic', 'filter', 'epoch', 'fromSeq', 'markets'), nested);
  const type = fc.constantFrom(
    'ping',
    'auth',
    'subscribe',
    'unsubscribe',
    'lease',
    'book',
    'fills',
    'fill',
    'ack',
    'reject',
    'admin',
    'x',
  );
  const message = fc.tuple(type, nested, fc.oneof(nested, map)).map((parts) => encode(parts));
  const garbage = fc.oneof(message, fc.uint8Array({ maxLength: 100 }));
  for (const token of [null, TOKENS.operator, TOKENS.executor]) {
    for (const frames of fc.sample(fc.array(garbage, { maxLength: 30 }), 60)) {
      const peer = await Peer.open(rig.url);
      if (token !== null) peer.send('auth', 1, token);
      peer.send('lease', 1);
      for (const frame of frames) peer.socket.send(frame);
      peer.socket.close();
      await peer.closing();
    }
  }
  expect(await metric('plimsoll_gateway_internal_errors_total')).toBe(0);
  expect(await metric('plimsoll_gateway_connections')).toBe(0);
  await isAlive();
});

test('bytes that are no websocket at all', async () => {
  const handshake = `GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`;
  for (const opening of ['', 'GET / HTTP/1.1\r\n', handshake]) {
    for (let i = 0; i < 20; i += 1) {
      const socket = connect(rig.gateway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(opening);
      socket.write(randomBytes(2_000));
      await sleep(2);
      if (i % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
  }
  await isAlive();
});

test('a flood of messages is closed with 4003', async () => {
  const peer = await Peer.open(rig.url);
  for (let i = 0; i <= LIMITS.messagesPerSecondMax; i += 1) peer.send('ping', i);
  expect((await peer.closing()).code).toBe(4003);
  expect(peer.received.filter(([type]) => type === 'pong').length).toBe(LIMITS.messagesPerSecondMax);
  expect(peer.received.at(-1)?.slice(0, 3)).toEqual(['error', null, 'too-many']);
});

test('who says nothing is closed with 4002, who has spoken is not', async () => {
  const silent = await Peer.open(rig.url);
  const quiet = await subscriber('orders');
  rig.clock.nowUs += LIMITS.firstMessageUsMax + 1;
  expect((await silent.closing()).code).toBe(4002);
  expect(quiet.closed).toBeNull();
});

test('the lease of a client that is closed for being slow is free at once', async () => {
  const slow = await subscriber('orders');
  await slow.ask('auth', 1, TOKENS.executor);
  await slow.ask('lease', 2);
  slow.socket.pause();
  while ((await metric('plimsoll_gateway_slow_consumers_total')) === 0) {
    rig.link.orders(...Array.from({ length: 500 }, (_, i) => order(`o${i}`, 'new')));
  }
  const next = await Peer.open(rig.url);
  await next.next('hello');
  await next.ask('auth', 1, TOKENS.executor);
  expect(await next.ask('lease', 2)).toEqual(['leased', 2]);
  slow.socket.terminate();
});

test('connections are limited', { timeout: 60_000 }, async () => {
  const peers: Peer[] = [];
  for (let i = 0; i < LIMITS.connectionsMax; i += 64) {
    peers.push(...(await Promise.all(Array.from({ length: 64 }, () => Peer.open(rig.url)))));
  }
  const refused = new WebSocket(rig.url, SUBPROTOCOL);
  const status = await new Promise((resolve) => {
    refused.on('error', () => undefined);
    refused.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    refused.on('open', () => resolve('open'));
  });
  refused.terminate();
  expect(status).toBe(503);
  for (const peer of peers) peer.socket.terminate();
});
