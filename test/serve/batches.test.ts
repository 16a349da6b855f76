/** A real `serve` with a journal that is killed before or after it has answered a batch: the same batch again is answered alike, and was applied once. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type AdminRow, connect, PlimsollError } from '../../src/client/client.js';
import { decodeRecord } from '../../src/journal/codec.js';
import { heldReader } from '../../src/journal/live-reader.js';
import { until } from '../gateway/helpers.js';
import { long, writeBook } from './book.js';
import { killAll, killed, type Served, startServe } from './process.js';

const files = writeBook([long('calm', '1', '500')]);
afterEach(killAll);
afterAll(() => rmSync(files.folder, { recursive: true, force: true }));

async function start(kept: string): Promise<Served> {
  const args = ['--book', files.book, '--marks', files.marks, '--executor', 'external', '--backend', 'js', '--fund', '100'];
  return startServe([...args, '--tick-interval-ms', '20', '--journal', join(files.folder, kept)]);
}

const operatorOf = ({ url, operatorToken: token }: Served) => connect({ url, token });

function fund(amount: string): AdminRow[] {
  return [{ command: 'fund', asset: 'USDT', market: null, amount }];
}

async function balanceOf({ http }: Served): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^plimsoll_fund_balance\{asset="USDT"\} (\S+)$/m.exec(text)?.[1]);
}

/** `accepted`, or the problems that it was rejected with. */
async function answerOf(sent: Promise<void>): Promise<unknown> {
  try {
    await sent;
    return 'accepted';
  } catch (error) {
    if (!(error instanceof PlimsollError) || error.problems.length === 0) throw error;
    return error.problems;
  }
}

/** How often the journal has a batch; also while it is written. */
function recordsOf(kept: string, batchId: string): number {
  const { reader, close } = heldReader(join(files.folder, kept));
  try {
    const records = [...reader.records()].map(({ payload }) => decodeRecord(payload));
    return records.filter((record) => 'batch' in record && record.batch?.batchId === batchId).length;
  } finally {
    close();
  }
}

test('killed after the answer, then ended: each is answered as it was, from records and from a snapshot', {
  timeout: 60_000,
}, async () => {
  let served = await start('after');
  let operator = operatorOf(served);
  const row = { account: 'joins', version: 1, balances: { USDT: '7' }, positions: [] };
  const send = async () => [
    await answerOf(operator.admin('in', fund('50'))),
    await answerOf(operator.admin('out', fund('-1000'))),
    await answerOf(operator.book('row', [row])),
    await answerOf(operator.admin('in', fund('3000'))),
  ];
  const expected = 'at most the 150 USDT that are not reserved';
  const first = ['accepted', [{ where: 'rows[0].amount', expected, found: '1000' }], 'accepted', 'accepted'];
  expect(await send()).toEqual(first);
  // Now there would be enough to take out.
  expect(await answerOf(operator.admin('more', fund('2000')))).toBe('accepted');
  expect(await balanceOf(served)).toBe(2150);
  await killed(served);
  await operator.close();

  served = await start('after');
  operator = operatorOf(served);
  expect(await send()).toEqual(first);
  expect(await balanceOf(served)).toBe(2150);
  served.process.kill('SIGINT');
  await served.exited;
  await operator.close();

  served = await start('after');
  expect(served.stdout()).toMatch(/from the snapshot after record \d+, 0 replayed/);
  operator = operatorOf(served);
  expect(await send()).toEqual(first);
  expect(await balanceOf(served)).toBe(2150);
  await operator.close();
  expect(['in', 'out', 'row', 'more'].map((id) => recordsOf('after', id))).toEqual([1, 1, 1, 1]);
});

test('killed before the answer, durable or not: sent again it is accepted, and was applied once', {
  timeout: 120_000,
}, async () => {
  let served = await start('before');
  for (const [round, waitMs] of [0, 1, 3, 6, 10, null].entries()) {
    const batchId = `round-${round}`;
    const before = await balanceOf(served);
    const operator = operatorOf(served);
    // That the connection is open is known when something is answered.
    expect(await answerOf(operator.admin(`first-${round}`, [{ command: 'kill', state: 'on' }]))).toBe('accepted');
    const lost = operator.admin(batchId, fund('1')).catch(() => undefined);
    if (waitMs === null) await until(() => recordsOf('before', batchId) === 1, 'the batch to be durable');
    else await sleep(waitMs);
    await killed(served);
    await operator.close();
    await lost;

    served = await start('before');
    const again = operatorOf(served);
    for (let times = 0; times < 2; times += 1) expect(await answerOf(again.admin(batchId, fund('1')))).toBe('accepted');
    expect(await balanceOf(served)).toBe(before + 1);
    await again.close();
    expect(recordsOf('before', batchId)).toBe(1);
  }
});
