/** The alerts topic over real sockets: what is kept, who resumes, who does not read. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LIMITS } from '../../src/gateway/limits.js';
import { Peer, type Rig, startRig, until } from './helpers.js';

const TIME_US = 1_569_350_000_000_000;
const row = (text: string) => [TIME_US, 'backend', text];

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

const heard = (peer: Peer) => peer.received.filter(([type]) => type === 'alerts');
const textsOf = (peer: Peer) => heard(peer).flatMap((message) => (message[3] as unknown[][]).map(([, , text]) => text));

test('the snapshot has those of before, then each comes once, in order', async () => {
  rig.link.alert('a');
  const peer = await Peer.greeted(rig.url);
  expect((await peer.ask('subscribe', 1, { topic: 'alerts' })).with(3, 'epoch')).toEqual(['subscribed', 1, 'alerts', 'epoch', 1]);
  expect(await peer.next()).toEqual(['snapshot', 'alerts', 1, [row('a')]]);
  rig.link.alert('b');
  rig.link.alert('c');
  expect(await peer.next()).toEqual(['alerts', 2, 1, [row('b')]]);
  expect(await peer.next()).toEqual(['alerts', 3, 2, [row('c')]]);
  expect(await peer.ask('unsubscribe', 2, 'alerts')).toEqual(['unsubscribed', 2, 'alerts']);
  rig.link.alert('d');
  await peer.settled();
  expect(textsOf(peer)).toEqual(['b', 'c']);
});

test('before the first there is an empty snapshot, and a heartbeat', async () => {
  const peer = await Peer.greeted(rig.url);
  await peer.ask('subscribe', 1, { topic: 'alerts' });
  expect(await peer.next()).toEqual(['snapshot', 'alerts', 0, []]);
  rig.clock.nowUs += LIMITS.heartbeatIntervalUs;
  expect(await peer.next('heartbeat')).toEqual(['heartbeat', 'alerts', 0]);
});

test('after a loss of the connection: what was missed, and a snapshot when it is no longer kept', async () => {
  const first = await Peer.greeted(rig.url);
  const [, , , epoch] = await first.ask('subscribe', 1, { topic: 'alerts' });
  rig.link.alert('a');
  await first.next('alerts');
  first.socket.terminate();
  rig.link.alert('b');
  rig.link.alert('c');
  const second = await Peer.greeted(rig.url);
  await second.ask('subscribe', 1, { topic: 'alerts', epoch, fromSeq: 1 });
  expect(await second.next()).toEqual(['alerts', 2, 1, [row('b')]]);
  expect(await second.next()).toEqual(['alerts', 3, 2, [row('c')]]);

  for (let i = 0; i < LIMITS.alertsLogRowsMax; i += 1) rig.link.alert(`more ${i}`);
  const last = 3 + LIMITS.alertsLogRowsMax;
  for (const [fromSeq, kind] of [
    [2, 'snapshot'],
    [3, 'alerts'],
  ] as const) {
    const late = await Peer.greeted(rig.url);
    await late.ask('subscribe', 1, { topic: 'alerts', epoch, fromSeq });
    const message = await late.next();
    expect(message[0]).toBe(kind);
    if (kind === 'alerts') {
      expect(message).toEqual(['alerts', 4, 3, [row('more 0')]]);
      continue;
    }
    const rows = message[3] as unknown[][];
    expect(message[2]).toBe(last);
    expect(rows.length).toBe(LIMITS.alertsLogRowsMax);
    expect([rows[0], rows.at(-1)]).toEqual([row('more 0'), row(`more ${LIMITS.alertsLogRowsMax - 1}`)]);
  }
});

test('none is dropped: who does not read is closed with 4008, resumes, and has missed nothing', { timeout: 60_000 }, async () => {
  const slow = await Peer.greeted(rig.url);
  const [, , , epoch] = await slow.ask('subscribe', 1, { topic: 'alerts' });
  await slow.next('snapshot');
  slow.socket.pause();
  const sent: string[] = [];
  const emit = () => {
    // Long ones: what the two ends of a socket take up by themselves is not small.
    sent.push(`${sent.length} ${'x'.repeat(64 * 1024)}`);
    rig.link.alert(sent[sent.length - 1]);
  };
  const isCut = async () => /^plimsoll_gateway_slow_consumers_total 1$/m.test(await (await fetch(`${rig.http}/metrics`)).text());
  while (!(await isCut())) for (let i = 0; i < 20; i += 1) emit();
  expect(sent.length).toBeGreaterThan(LIMITS.alertsBehindRowsMax);
  expect(sent.length).toBeLessThan(LIMITS.alertsLogRowsMax);
  slow.socket.resume();
  expect((await slow.closing()).code).toBe(4008);
  expect(heard(slow).length).toBeLessThan(sent.length);
  const again = await Peer.greeted(rig.url);
  await again.ask('subscribe', 1, { topic: 'alerts', epoch, fromSeq: heard(slow).at(-1)?.[1] ?? 0 });
  emit();
  await until(() => heard(again).at(-1)?.[1] === sent.length, 'the last alert');
  expect(again.received.some(([type]) => type === 'snapshot')).toBe(false);
  expect([...textsOf(slow), ...textsOf(again)].map((text) => (text as string).split(' ')[0])).toEqual(
    sent.map((_, i) => String(i)),
  );
});

test('over HTTP they are those of the snapshot', async () => {
  rig.link.alert('a');
  const answer = (await (await fetch(`${rig.http}/v1/alerts`)).json()) as Record<string, unknown>;
  const [, , , epoch] = await (await Peer.greeted(rig.url)).ask('subscribe', 1, { topic: 'alerts' });
  expect(answer).toEqual({ version: 1, epoch, seq: 1, alerts: [{ timeUs: TIME_US, code: 'backend', text: 'a' }] });
});

test('a gateway that is closed listens to nothing any more', async () => {
  expect(rig.link.isHeard).toBe(true);
  await rig.gateway.close();
  expect(rig.link.isHeard).toBe(false);
  rig = await startRig();
});
