/** The protocol from another language: Debian's own python3, msgpack and websockets follow, are killed, resume, and miss nothing. */
import { expect, test } from 'vitest';
import { fraction } from '../../src/model/fraction.js';
import { order, type Rig, signal, startRig, until } from '../gateway/helpers.js';
import { heard, killed, lastSeq, type PythonClient, requirePython, startPython } from './python.js';

/** A tick's worth of each topic; its number is in every row. */
function tick(rig: Rig, n: number): void {
  rig.link.signals(signal(`p${n}`, 'breached', n), signal(`q${n}`, 'breached', n - 0.5));
  rig.link.orders(order(`o${n}`, 'new'), order(`o${n - 1}`, 'ended'));
  const rest = { timeUs: 1, openedUs: 1, deficit: fraction(BigInt(n), 3n), badDebt: null, outcome: null };
  rig.link.emit({ type: 'cases', rows: [{ caseId: `p${n}@1.${n}`, portfolio: `p${n}`, event: 'opened', ...rest }] });
}

test('a python client is killed, resumes with fromSeq, and misses nothing', { timeout: 60_000 }, async (context) => {
  requirePython(context);
  const rig = await startRig();
  const clients: PythonClient[] = [];
  try {
    for (let n = 1; n <= 3; n += 1) tick(rig, n);
    const first = startPython(rig.url);
    clients.push(first);
    await until(() => first.lines.filter(({ type }) => type === 'snapshot').length === 3, `snapshots (${first.stderr()})`);
    const [signals, orders, cases] = first.lines.filter(({ type }) => type === 'snapshot');
    expect(signals).toMatchObject({ topic: 'signals', seq: 3 });
    expect(signals.rows.map(({ portfolio }) => portfolio)).toEqual(['p3', 'q3', 'p2', 'q2', 'p1', 'q1']);
    expect(signals.rows[0]).toEqual({
      portfolio: 'p3',
      state: 0,
      equity: -3,
      maintenance: 14,
      deficit: 3,
      badDebt: 3,
      marginRatio: -3.5,
    });
    expect(orders.rows.map(({ orderId, event }) => `${orderId} ${event}`)).toEqual(['o3 0', 'o0 2', 'o1 2', 'o2 2']);
    expect(orders.rows[0]).toMatchObject({ size: '1.5', limitPrice: '34999.5', expiryUs: 1_569_350_005_000_000 });

    expect(cases.rows.map(({ portfolio, event, deficit }) => `${portfolio} ${event} ${deficit}`)).toEqual([
      'p1 0 0.333333333333333334',
      'p2 0 0.666666666666666667',
      'p3 0 1',
    ]);

    for (let n = 4; n <= 60; n += 1) tick(rig, n);
    await until(() => lastSeq(first.lines, 'orders') > 20, `orders (${first.stderr()})`);
    await killed(first);
    // Nobody listens.
    for (let n = 61; n <= 80; n += 1) tick(rig, n);
    const epoch = first.lines[0].epoch;
    const place = (['signals', 'orders', 'cases'] as const).flatMap((topic) => [
      `--${topic}`,
      String(lastSeq(first.lines, topic)),
    ]);
    const second = startPython(rig.url, ['--epoch', epoch, ...place]);
    clients.push(second);
    await until(() => second.lines.length > 2, `lines (${second.stderr()})`);
    for (let n = 81; n <= 100; n += 1) tick(rig, n);
    const done = () =>
      lastSeq(second.lines, 'signals') === 100 &&
      lastSeq(second.lines, 'orders') === 100 &&
      lastSeq(second.lines, 'cases') === 100;
    await until(() => done() || second.process.exitCode !== null, 'the last messages');
    expect(second.stderr()).toBe('');

    expect(second.lines.some(({ type }) => type === 'snapshot')).toBe(false);
    const all = [...first.lines, ...second.lines];
    const numbers = Array.from({ length: 97 }, (_, i) => i + 4);
    expect(heard(all, 'signals').map(({ seq }) => seq)).toEqual(numbers);
    expect(heard(all, 'orders').map(({ seq }) => seq)).toEqual(numbers);
    expect(heard(all, 'cases').map(({ seq }) => seq)).toEqual(numbers);
    expect(heard(all, 'signals').flatMap(({ rows }) => rows.map(({ portfolio }) => portfolio))).toEqual(
      numbers.flatMap((n) => [`p${n}`, `q${n}`]),
    );
    expect(heard(all, 'orders').flatMap(({ rows }) => rows.map(({ orderId, event }) => `${orderId} ${event}`))).toEqual(
      numbers.flatMap((n) => [`o${n} 0`, `o${n - 1} 2`]),
    );
  } finally {
    for (const client of clients) await killed(client);
    await rig.gateway.close();
  }
});
