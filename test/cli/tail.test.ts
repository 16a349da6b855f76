/** `tail` against a real gateway: a line a row, through a loss of the connection, until it is interrupted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import { startGateway } from '../../src/gateway/server.js';
import { parseDecimal } from '../../src/model/decimal.js';
import type { Effect } from '../../src/model/effects.js';
import { fraction } from '../../src/model/fraction.js';
import { cash, lots } from '../../src/model/portfolio.js';
import { order, Peer, type Rig, signal, startRig, TOKENS, until } from '../gateway/helpers.js';
import { inProcess, MAIN } from './plimsoll.js';
import { type RecordingIo, recordingIo } from './streams.js';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.gateway.close());

const TICK = '2019-09-24T18:33:20.000Z';

function tail(...args: string[]): { io: RecordingIo; ended: Promise<number> } {
  const io = recordingIo();
  return { io, ended: runCli(['tail', rig.url, ...args], io) };
}

async function linesOf(io: RecordingIo, count: number): Promise<string[]> {
  await until(() => io.stdout.text.split('\n').length > count, `${count} lines of output`);
  return io.stdout.text.trimEnd().split('\n');
}

async function interrupted(io: RecordingIo, ended: Promise<number>): Promise<void> {
  io.interrupts.interrupt();
  expect(await ended).toBe(130);
}

describe('a line a row', () => {
  test('signals: those that stand, then what happens', async () => {
    rig.link.signals(signal('alice/BTCUSDT', 'breached', 64));
    const { io, ended } = tail();
    await linesOf(io, 1);
    rig.link.signals(signal('bob', 'breached', 70.5), signal('alice/BTCUSDT', 'recovered', 0));
    const figures = (deficit: number) =>
      `deficit ${deficit}  equity ${-deficit}  maintenance 14  bad debt ${deficit}  ratio -3.5`;
    expect(await linesOf(io, 3)).toEqual([
      `snapshot                  breached   alice/BTCUSDT  ${figures(64)}`,
      `${TICK}  breached   bob  ${figures(70.5)}`,
      `${TICK}  recovered  alice/BTCUSDT  deficit 0  equity 0  maintenance 14  bad debt 0  ratio -3.5`,
    ]);
    expect(io.stderr.text).toMatch(/^connected to plimsoll 0\.1\.0-test, epoch \S+\n$/);
    await interrupted(io, ended);
  });

  test('signals as JSON', async () => {
    rig.link.signals(signal('alice', 'breached', 64));
    const { io, ended } = tail('--json');
    await linesOf(io, 1);
    rig.link.signals(signal('bob', 'breached', 70.5));
    const [before, line] = (await linesOf(io, 2)).map((text) => JSON.parse(text));
    expect(before).toMatchObject({ seq: 1, tickTimeUs: null, portfolio: 'alice', state: 'breached' });
    expect(line).toMatchObject({ seq: 2, tickTimeUs: 1_569_350_000_000_002, portfolio: 'bob', state: 'breached', equity: -70.5 });
    expect(Object.keys(line)).toEqual([
      'seq',
      'tickTimeUs',
      'portfolio',
      'state',
      'equity',
      'maintenance',
      'deficit',
      'badDebt',
      'marginRatio',
    ]);
    await interrupted(io, ended);
  });

  test('orders', async () => {
    rig.link.orders(order('o0', 'cancel'));
    const { io, ended } = tail('--topic', 'orders');
    await linesOf(io, 1);
    rig.link.orders(order('o1', 'new'), { ...order('o1', 'ended'), limitPrice: null });
    expect(await linesOf(io, 3)).toEqual([
      `${TICK}  cancel  sell 1.5 BTCUSDT at 34999.5  alice  until 2019-09-24T18:33:25.000Z  o0`,
      `${TICK}  new     sell 1.5 BTCUSDT at 34999.5  alice  until 2019-09-24T18:33:25.000Z  o1`,
      `${TICK}  ended   sell 1.5 BTCUSDT at market  alice  until 2019-09-24T18:33:25.000Z  o1`,
    ]);
    await interrupted(io, ended);
  });

  test('orders as JSON carry exact texts', async () => {
    rig.link.orders(order('o1', 'new'));
    const { io, ended } = tail('--topic', 'orders', '--json');
    const [line] = await linesOf(io, 1);
    expect(JSON.parse(line)).toMatchObject({ seq: 1, orderId: 'o1', event: 'new', size: '1.5', limitPrice: '34999.5' });
    await interrupted(io, ended);
  });

  test('alerts', async () => {
    rig.link.alert('cuda: gone\ncpu scans');
    const { io, ended } = tail('--topic', 'alerts');
    await linesOf(io, 1);
    rig.link.alert('again');
    expect(await linesOf(io, 2)).toEqual([`${TICK}  alert  backend  cuda: gone cpu scans`, `${TICK}  alert  backend  again`]);
    await interrupted(io, ended);
  });

  test('alerts as JSON carry the text as it is', async () => {
    rig.link.alert('cuda: gone\ncpu scans');
    const { io, ended } = tail('--topic', 'alerts', '--json');
    const [line] = await linesOf(io, 1);
    expect(JSON.parse(line)).toEqual({ seq: 1, timeUs: 1_569_350_000_000_000, code: 'backend', text: 'cuda: gone\ncpu scans' });
    await interrupted(io, ended);
  });

  const CASE = 'alice@1569350000000000.1';
  const TIME_US = 1_569_350_000_000_000;
  const EVENTS: readonly (readonly [topic: string, effect: Effect, line: string])[] = [
    [
      'cases',
      {
        type: 'cases',
        rows: [
          {
            caseId: CASE,
            portfolio: 'alice',
            event: 'ended',
            timeUs: TIME_US,
            openedUs: TIME_US,
            deficit: fraction(64n),
            badDebt: fraction(1n, 2n),
            outcome: 'closed',
          },
        ],
      },
      `ended    alice  closed  deficit 64  bad debt 0.5  ${CASE}`,
    ],
    [
      'margincalls',
      {
        type: 'margin-calls',
        rows: [
          {
            portfolio: 'alice',
            event: 'called',
            threshold: fraction(5n, 4n),
            equity: fraction(12n),
            maintenance: fraction(10n),
            timeUs: TIME_US,
          },
        ],
      },
      'called   alice  below 1.25  equity 12  maintenance 10',
    ],
    [
      'freezes',
      {
        type: 'freezes',
        rows: [{ account: 'alice', portfolio: 'alice', event: 'frozen', freeCollateral: fraction(0n), timeUs: TIME_US }],
      },
      'frozen    alice  for alice  free 0',
    ],
    [
      'auctions',
      {
        type: 'auctions',
        rows: [
          {
            auctionId: `${CASE}!1`,
            caseId: CASE,
            portfolio: 'alice',
            event: 'taken',
            market: 0,
            side: 'sell',
            lots: lots(500),
            price: parseDecimal('34000'),
            bidder: 'maker',
            timeUs: TIME_US,
          },
        ],
      },
      `taken   sell 0.5 BTCUSDT at 34000  alice  by maker  ${CASE}!1`,
    ],
    [
      'adl',
      {
        type: 'adl',
        rows: [
          {
            caseId: CASE,
            portfolio: 'alice',
            counterparty: 'bob',
            market: 0,
            side: 'long',
            lots: lots(500),
            needed: lots(400),
            price: parseDecimal('34000'),
            forgone: cash(10n ** 18n),
            timeUs: TIME_US,
          },
        ],
      },
      'adl  long 0.5 BTCUSDT at 34000 (needed 0.4)  of alice  against bob, who forgoes 1',
    ],
    [
      'transfers',
      {
        type: 'transfers',
        timeUs: TIME_US,
        rows: [
          {
            debit: { kind: 'fund', market: null },
            credit: { kind: 'portfolio', portfolio: 'alice' },
            asset: 0,
            amount: cash(10n ** 18n),
            reason: 'fund',
            caseId: CASE,
          },
        ],
      },
      `fund             1 USDT  fund -> alice  ${CASE}`,
    ],
    ['cancels', { type: 'cancel-orders', timeUs: TIME_US, accounts: ['alice'] }, 'cancel the open orders of alice'],
    [
      'shadow',
      { type: 'shadow-orders', rows: [order('o1', 'new')] },
      'new     sell 1.5 BTCUSDT at 34999.5  alice  until 2019-09-24T18:33:25.000Z  o1',
    ],
    [
      'reconciliation',
      {
        type: 'reconciliation',
        rows: [
          {
            portfolio: 'alice',
            equity: null,
            maintenance: null,
            venueEquity: parseDecimal('1'),
            venueMaintenance: parseDecimal('2'),
            isEqual: false,
            timeUs: TIME_US,
          },
        ],
      },
      'differs  alice  equity - (venue 1)  maintenance - (venue 2)',
    ],
  ];
  test.each(EVENTS)('%s', async (topic, effect, line) => {
    const { io, ended } = tail('--topic', topic);
    await until(() => io.stderr.text !== '', 'a connection');
    const settled = await Peer.greeted(rig.url);
    await settled.settled();
    rig.link.emit(effect);
    expect(await linesOf(io, 1)).toEqual([`${TICK}  ${line}`]);
    await interrupted(io, ended);
    settled.socket.terminate();
  });

  test('stats', async () => {
    const { io, ended } = tail('--topic', 'stats');
    const [line] = await linesOf(io, 1);
    expect(line).toContain('positions 4  nominees 5  liquidatable 1  unpriced 0  insolvent 0  deficit 64  cases 1  orders 1');
    await interrupted(io, ended);
  });
});

test('goes on after a loss of the connection, and misses nothing', async () => {
  const { io, ended } = tail('--json');
  await until(() => io.stderr.text !== '', 'a connection');
  rig.link.signals(signal('bob', 'breached', 1));
  await linesOf(io, 1);
  const { port } = rig.gateway;
  await rig.gateway.close();
  await until(() => io.stderr.text.includes('connection lost'), 'news of the loss');
  const { link, clock } = rig;
  rig = {
    ...rig,
    gateway: await startGateway({ link, port, tokens: TOKENS, clock: clock.read, version: '0.1.1-test', executor: 'external' }),
  };
  await until(() => io.stderr.text.includes('0.1.1-test'), 'the next connection');
  link.signals(signal('carol', 'breached', 2));
  await until(() => io.stdout.text.includes('carol'), 'what came after');
  await interrupted(io, ended);
});

test('a url where nobody answers exits 2 and says so', async () => {
  const { port } = rig.gateway;
  await rig.gateway.close();
  const url = `ws://127.0.0.1:${port}/v1/stream`;
  expect(await inProcess('tail', url)).toEqual({
    code: 2,
    stdout: '',
    stderr: `${url}: expected a gateway that answers, was connect ECONNREFUSED 127.0.0.1:${port}\n`,
  });
});

test('a url that is another service exits 2 and says so', async () => {
  const { code, stderr } = await inProcess('tail', rig.url.replace('/v1/stream', '/elsewhere'));
  expect(code).toBe(2);
  expect(stderr).toMatch(/\/elsewhere: expected a gateway that answers, was Unexpected server response: \d+\n$/);
});

test('Ctrl-C ends the process with 130', async () => {
  rig.link.signals(signal('alice', 'breached', 64));
  const child = spawn(process.execPath, [MAIN, 'tail', rig.url], { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
});
