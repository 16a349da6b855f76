/** Bad company: a peer that never reads, one that talks nonsense, a hundred at once, one that is killed. The scan goes on unmoved. */
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { BookRow } from '../../src/client/client.js';
import { encode } from '../../src/gateway/codec.js';
import { SUBPROTOCOL } from '../../src/gateway/messages.js';
import { Peer, until } from '../gateway/helpers.js';
import {
  killAll,
  killed,
  metricOf,
  residentBytes,
  type Served,
  startPlimsoll,
  startServe,
  statsOf,
  statsWhen,
} from './process.js';
import { Recorder } from './recorder.js';

const TICK_INTERVAL_MS = 50;
const SUBSCRIBERS = 100;
const MEGABYTE = 1e6;

let served: Served;
let operator: Recorder;
let executor: Recorder;

beforeAll(async () => {
  const flags = [
    '--executor',
    'external',
    '--mode',
    'live',
    '--policy',
    'full-close',
    '--tick-interval-ms',
    String(TICK_INTERVAL_MS),
  ];
  served = await startServe(['--positions', '20000', '--markets', '40', ...flags]);
  operator = await Recorder.open(served.url, served.operatorToken);
  executor = await Recorder.open(served.url, served.executorToken);
  await executor.client.lease();
});

afterAll(async () => {
  await Promise.all([executor, operator].map((recorder) => recorder?.client.close()));
  await killAll();
});

const pid = (): number => served.process.pid ?? 0;

/** Ticks that have come, merged ones included. */
async function ticksSoFar(): Promise<number> {
  const { ticks, conflated } = await statsOf(served.http);
  return ticks + conflated;
}

/** The scan keeps its pace while something happens: no fewer than half of the ticks that are due come. */
async function whileScanning(what: () => Promise<void>): Promise<void> {
  const before = await ticksSoFar();
  const startMs = performance.now();
  await what();
  const due = (performance.now() - startMs) / TICK_INTERVAL_MS;
  expect(await ticksSoFar()).toBeGreaterThan(before + due / 2 - 2);
}

let version = 0;

/** So many accounts breach at a tick and recover after it, with the orders that belong to that. */
async function wave(accounts: number): Promise<void> {
  const rows = (balance: string): BookRow[] => {
    version += 1;
    const positions = [{ market: 'BTCUSDT', size: '1', entry: '20000' }];
    return Array.from({ length: accounts }, (_, i) => ({
      account: `wave-${i}`,
      version,
      balances: { USDT: balance },
      positions,
    }));
  };
  const batch = version;
  await operator.client.book(`down-${batch}`, rows('-1000000000'));
  await statsWhen(served.http, ({ liquidatable }) => liquidatable >= accounts, 'the breaches');
  await operator.client.book(`up-${batch}`, rows('1000000000'));
  const acks = () => executor.orders.flatMap(({ rows }) => rows).filter(({ event }) => event === 'cancel');
  await until(() => acks().length >= accounts, 'the cancels');
  const cancelled = acks().map(({ orderId, tickTimeUs }) => ({ orderId, state: 'cancelled' as const, timeUs: tickTimeUs }));
  executor.orders.length = 0;
  operator.orders.length = 0;
  operator.signals.length = 0;
  executor.signals.length = 0;
  await executor.client.ack(`ack-${batch}`, cancelled);
}

/** A subscriber of signals and orders that keeps no more than a hash of each topic's messages. */
class Listener {
  readonly socket: WebSocket;
  readonly hashes: { readonly signals: Hash; readonly orders: Hash } = {
    signals: createHash('sha256'),
    orders: createHash('sha256'),
  };
  counts = { signals: 0, orders: 0, snapshots: 0 };

  constructor(url: string) {
    this.socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => this.hear(data));
    this.socket.on('open', () => {
      for (const topic of ['signals', 'orders']) this.socket.send(encode(['subscribe', topic, { topic }]));
    });
  }

  /** The type is read from the bytes: an array of few, then a short text. */
  private hear(data: Buffer): void {
    const type = data.toString('latin1', 2, 2 + (data[1] & 31));
    if (type === 'snapshot') this.counts.snapshots += 1;
    if (type !== 'signals' && type !== 'orders') return;
    this.counts[type] += 1;
    this.hashes[type].update(data);
  }
}

test('a hundred subscribers hear the same, and the scan keeps its pace', { timeout: 60_000 }, async () => {
  const listeners = Array.from({ length: SUBSCRIBERS }, () => new Listener(served.url));
  await until(() => listeners.every(({ counts }) => counts.snapshots === 2), 'everyone to have both snapshots');
  const reference = await Recorder.open(served.url);
  await whileScanning(async () => {
    for (let i = 0; i < 5; i += 1) await wave(100);
  });
  const isDone = () =>
    listeners.every(({ counts }) => counts.signals === reference.signals.length && counts.orders === reference.orders.length);
  await until(isDone, 'everyone to have heard everything');
  expect(reference.signals.length).toBeGreaterThanOrEqual(10);
  expect(reference.orders.flatMap(({ rows }) => rows).length).toBe(5 * 3 * 100);
  expect(reference.trouble).toEqual([]);
  for (const topic of ['signals', 'orders'] as const) {
    expect(new Set(listeners.map(({ hashes }) => hashes[topic].digest('hex'))).size).toBe(1);
  }
  for (const { socket } of listeners) socket.close();
  await reference.client.close();
});

describe('bad company', () => {
  test('a peer that never reads is cut off, costs little, and nobody else notices', { timeout: 60_000 }, async () => {
    const before = residentBytes(pid());
    const stalled = await Peer.open(served.url);
    for (const topic of ['signals', 'orders']) stalled.send('subscribe', topic, { topic });
    await stalled.next('subscribed');
    stalled.socket.pause();
    const healthy = await Recorder.open(served.url);
    const slowConsumers = () => metricOf(served.http, 'gateway_slow_consumers_total');
    expect(await slowConsumers()).toBe(0);
    await whileScanning(async () => {
      for (let i = 0; i < 60 && (await slowConsumers()) === 0; i += 1) await wave(2_000);
    });
    expect(await slowConsumers()).toBe(1);
    expect(healthy.trouble).toEqual([]);
    expect(healthy.orders.flatMap(({ rows }) => rows).length).toBeGreaterThan(50_000);
    expect(residentBytes(pid()) - before).toBeLessThan(400 * MEGABYTE);
    stalled.socket.terminate();
    await healthy.client.close();
  });

  test('nonsense is answered with an error and at last with a close', async () => {
    const frames = [
      Buffer.from('hello'),
      Buffer.alloc(1000, 0xc1),
      Buffer.from([0x93]),
      Buffer.alloc(50_000, 0x91),
      Buffer.alloc(0),
    ];
    await whileScanning(async () => {
      for (let i = 0; i < 20; i += 1) {
        const peer = await Peer.open(served.url);
        for (const frame of frames) peer.socket.send(frame);
        expect((await peer.next('error'))[2]).toBe('bad-input');
        expect(await peer.closing()).toMatchObject({ code: 4000 });
      }
      const text = await Peer.open(served.url);
      for (let i = 0; i < 5; i += 1) text.socket.send('["ping",1]');
      expect(await text.closing()).toMatchObject({ code: 4000 });
      const large = await Peer.open(served.url);
      large.socket.send(Buffer.alloc(5 * MEGABYTE));
      expect(await large.closing()).toMatchObject({ code: 1009 });
    });
    const polite = await Peer.open(served.url);
    expect((await polite.next('hello'))[1]).toBe(1);
    expect(await polite.ask('ping', 7)).toEqual(['pong', 7]);
    polite.socket.close();
  });

  test('a client that is killed leaves nothing behind', async () => {
    const tail = startPlimsoll(['tail', served.url, '--json']);
    await until(
      () => tail.stderr().includes('connected') || tail.process.exitCode !== null,
      `tail to connect (${tail.stderr()})`,
    );
    const connections = () => metricOf(served.http, 'gateway_connections');
    const before = await connections();
    await killed(tail);
    for (let i = 0; i < 200 && (await connections()) >= before; i += 1) await sleep(10);
    expect(await connections()).toBe(before - 1);
    await whileScanning(() => wave(50));
    for (const path of ['/livez', '/readyz', '/', '/v1/signals', '/v1/orders']) {
      expect([path, (await fetch(served.http + path)).status]).toEqual([path, 200]);
    }
    const peer = new WebSocket(served.url, SUBPROTOCOL);
    await once(peer, 'open');
    peer.close();
  });
});
