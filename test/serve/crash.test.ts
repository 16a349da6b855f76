/** The demo from outside: a made-up venue falls by a fifth, and subscribers here and in Python hear all of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderRow } from '../../src/client/client.js';
import { until } from '../gateway/helpers.js';
import { heard, killed, type Line, lastSeq, requirePython, startPython } from '../python/python.js';
import { killAll, type Served, startServe, statsOf, statsWhen } from './process.js';
import { Recorder } from './recorder.js';

const BOOK = ['--positions', '20000', '--markets', '40'];
/** The crash begins ten seconds after the start. */
const CRASH_SECONDS = 25;
/** A unit in the last place of what is printed, and a float's error on top. */
const PRINTED = 1.1e-6;

afterAll(killAll);

describe('with --crash', () => {
  let served: Served;
  let watcher: Recorder;

  beforeAll(async () => {
    served = await startServe([...BOOK, '--crash']);
    watcher = await Recorder.open(served.url);
    return () => watcher.client.close();
  });

  const endedOrders = () => watcher.orderRows.filter(({ event }) => event === 'ended');

  test('a python client is killed in it, resumes with fromSeq, and misses nothing', { timeout: 60_000 }, async (context) => {
    requirePython(context);
    const steady = startPython(served.url);
    const first = startPython(served.url);
    const clients = [steady, first];
    try {
      const events = (lines: readonly Line[]) => Math.min(heard(lines, 'signals').length, heard(lines, 'orders').length);
      await until(() => events(first.lines) >= 5, `events in python (${first.stderr()})`, CRASH_SECONDS);
      await killed(first);
      const heardSoFar = events(steady.lines);
      await until(() => events(steady.lines) >= heardSoFar + 5, 'events while nobody listens');
      const place = ['--signals', String(lastSeq(first.lines, 'signals')), '--orders', String(lastSeq(first.lines, 'orders'))];
      const second = startPython(served.url, ['--epoch', first.lines[0].epoch, ...place]);
      clients.push(second);
      await until(() => events(second.lines) >= 10, `events after the resume (${second.stderr()})`);
      const reached = { signals: lastSeq(second.lines, 'signals'), orders: lastSeq(second.lines, 'orders') };
      const isThere = () =>
        lastSeq(steady.lines, 'signals') >= reached.signals && lastSeq(steady.lines, 'orders') >= reached.orders;
      await until(isThere, 'the steady one to hear as much');

      expect(second.lines.filter(({ type }) => type === 'snapshot')).toEqual([]);
      expect([steady.stderr(), first.stderr(), second.stderr()]).toEqual(['', '', '']);
      for (const topic of ['signals', 'orders'] as const) {
        const pieces = [...heard(first.lines, topic), ...heard(second.lines, topic)];
        const whole = heard(steady.lines, topic).filter(({ seq }) => seq <= reached[topic]);
        const from = Math.max(pieces[0].seq, whole[0].seq);
        expect(pieces.filter(({ seq }) => seq >= from && seq <= reached[topic])).toEqual(whole.filter(({ seq }) => seq >= from));
        expect(pieces.length).toBeGreaterThan(10);
      }
    } finally {
      for (const client of clients) await killed(client);
    }
  });

  test('portfolios breach, change and recover, and every figure agrees with the others', { timeout: 60_000 }, async () => {
    const states = () => new Set(watcher.signalRows.map(({ state }) => state));
    await until(() => states().size === 3, 'three states', CRASH_SECONDS);
    expect([...states()].sort()).toEqual(['breached', 'changed', 'recovered']);
    const isIn = new Set<string>();
    for (const { portfolio, state, equity, maintenance, deficit, badDebt, marginRatio } of watcher.signalRows) {
      expect([portfolio, isIn.has(portfolio)]).toEqual([portfolio, state !== 'breached']);
      expect(badDebt).toBe(Math.max(0, -equity));
      if (state === 'recovered') {
        isIn.delete(portfolio);
        expect([portfolio, deficit]).toEqual([portfolio, 0]);
        expect(maintenance === 0 || equity >= maintenance - PRINTED).toBe(true);
        expect(marginRatio === null).toBe(maintenance === 0);
      } else {
        isIn.add(portfolio);
        expect(deficit).toBeGreaterThan(0);
        expect(Math.abs(deficit - (maintenance - equity))).toBeLessThan(PRINTED);
        expect(marginRatio).toBeLessThan(1);
        // The ratio has six decimals, and is as far off as what it is of.
        const ratio = Number(marginRatio);
        expect(Math.abs(ratio * maintenance - equity)).toBeLessThan(1e-6 * maintenance + PRINTED * (1 + Math.abs(ratio)));
      }
    }
  });

  test('messages follow each other without a gap, each ranked by deficit', { timeout: 60_000 }, async () => {
    await until(() => watcher.signals.length > 20, 'twenty messages', CRASH_SECONDS);
    for (const messages of [watcher.signals, watcher.orders]) {
      const { seq: first } = messages[0].info;
      expect(messages.map(({ info }) => info.seq)).toEqual(messages.map((_, i) => first + i));
      for (const [i, { info }] of messages.entries()) if (i > 0) expect(info.sinceSeq).toBe(info.seq - 1);
    }
    for (const { rows } of watcher.signals) {
      // Ranked by exact deficits, of which these are printed.
      for (const [i, { deficit }] of rows.entries())
        expect(i === 0 || deficit <= rows[i - 1].deficit + 2 * PRINTED, `row ${i}`).toBe(true);
    }
    const times = watcher.signals.map(({ info }) => [Number(info.priceEpoch), Number(info.tickTimeUs)]);
    for (const [i, [epoch, timeUs]] of times.entries()) {
      if (i === 0) continue;
      expect(epoch).toBeGreaterThanOrEqual(times[i - 1][0]);
      expect(timeUs).toBeGreaterThanOrEqual(times[i - 1][1]);
    }
  });

  test('every order is new, with a limit, before it ends, and the paper venue ends them all', { timeout: 60_000 }, async () => {
    await until(() => endedOrders().length >= 20, 'twenty orders to end', CRASH_SECONDS);
    const seen = watcher.orderRows;
    const byId = new Map<string, OrderRow[]>();
    for (const row of seen) byId.set(row.orderId, [...(byId.get(row.orderId) ?? []), row]);
    for (const [orderId, rows] of byId) {
      const events = rows.map(({ event }) => event);
      expect([orderId, events[0]]).toEqual([orderId, 'new']);
      expect([orderId, events.filter((event) => event === 'new').length]).toEqual([orderId, 1]);
      expect(events.indexOf('ended')).toBeLessThanOrEqual(events.length - 1);
      const [{ portfolio, size, side, limitPrice, stage, tickTimeUs, expiryUs }] = rows;
      expect(orderId.startsWith(`${portfolio}@`)).toBe(true);
      expect(size).toMatch(/^\d+(\.\d+)?$/);
      expect(['buy', 'sell']).toContain(side);
      expect(['partial', 'full', 'fund']).toContain(stage);
      expect(expiryUs - tickTimeUs).toBe(stage === 'partial' ? 1_000_000 : 5_000_000);
      if (limitPrice !== null) expect(limitPrice).toMatch(/^\d+(\.\d+)?$/);
    }
    const placed = [...byId.values()].map(([row]) => row);
    expect(placed.some(({ limitPrice }) => limitPrice !== null)).toBe(true);
    const last = new Map(seen.map((row) => [row.orderId, row.event]));
    const isEnded = (orderId: string) => last.get(orderId) === 'ended' || endedOrders().some((row) => row.orderId === orderId);
    await until(() => placed.every(({ orderId }) => isEnded(orderId)), 'every order so far to end', 15);
  });

  test('stats come once a second and count what the topics say', { timeout: 60_000 }, async () => {
    await until(() => watcher.stats.length >= 4, 'four stats', CRASH_SECONDS);
    const rows = watcher.stats.slice(1);
    for (const [i, row] of rows.entries()) {
      expect(['cuda', 'cpu', 'js']).toContain(row.backend);
      if (i === 0) continue;
      expect(row.timeUs - rows[i - 1].timeUs).toBeGreaterThanOrEqual(1_000_000);
      expect(row.ticks).toBeGreaterThan(rows[i - 1].ticks);
    }
    const { positions, portfolios, accounts, unpriced } = rows[rows.length - 1];
    expect(portfolios).toBeGreaterThanOrEqual(accounts);
    expect(Math.abs(positions - 20_000)).toBeLessThan(2_000);
    expect(unpriced).toBe(0);
    const { ticks } = await statsOf(served.http);
    await statsWhen(served.http, (stats) => stats.ticks >= ticks + 10, 'ten more ticks');
    expect(watcher.trouble).toEqual([]);
  });
});

test('without --crash the market is calm: an empty snapshot, and ticks go on', async () => {
  const served = await startServe([...BOOK, '--tick-interval-ms', '20']);
  const watcher = await Recorder.open(served.url);
  expect([watcher.signalsSnapshot, watcher.ordersSnapshot]).toEqual([[], []]);
  const { ticks, conflated, positions } = await statsOf(served.http);
  expect(positions).toBe(20_000);
  await statsWhen(served.http, (now) => now.ticks + now.conflated >= ticks + conflated + 50, 'fifty more ticks');
  await until(() => watcher.stats.length >= 2, 'stats');
  expect(watcher.trouble).toEqual([]);
  await watcher.client.close();
});
