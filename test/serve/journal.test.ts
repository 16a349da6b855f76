/** A real `serve` with a journal, killed and ended: what was accepted is there, and it goes on. More kills with PLIMSOLL_KILLS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type BookRow, connect } from '../../src/client/client.js';
import { decodeRecord } from '../../src/journal/codec.js';
import { JournalReader } from '../../src/journal/reader.js';
import type { InputRecord } from '../../src/model/records.js';
import { Random } from '../../src/synthetic/random.js';
import { killAll, killed, plimsoll, type Served, startServe, statsWhen } from './process.js';

const KILLS = Number(process.env.PLIMSOLL_KILLS ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-serve-kept-'));
const kept = join(folder, 'kept');
const ARGS = ['--positions', '2000', '--markets', '4', '--tick-interval-ms', '5', '--backend', 'js', '--journal', kept];

afterEach(killAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function records(): InputRecord[] {
  const reader = new JournalReader(kept);
  const all = [...reader.records()].map(({ payload }) => decodeRecord(payload));
  reader.close();
  return all;
}

/** Sends account rows, each by itself, until the process is killed; returns the accounts that were accepted. */
async function loaded(served: Served, start: number, lifeMs: number): Promise<string[]> {
  const operator = connect({ url: served.url, token: served.operatorToken });
  const accepted: string[] = [];
  const sent: Promise<void>[] = [];
  let isOver = false;
  const life = sleep(lifeMs).then(async () => {
    isOver = true;
    await killed(served);
  });
  for (let i = 0; !isOver; i += 1) {
    const id = `kept-${start}-${i}`;
    const row: BookRow = { account: id, version: 1, positionMode: 'net', balances: { USDT: '5' }, positions: [] };
    sent.push(
      operator.book(id, [row]).then(
        () => void accepted.push(id),
        () => undefined,
      ),
    );
    await sleep(2);
  }
  await life;
  await operator.close();
  return accepted;
}

test(`killed ${KILLS} times under load: nothing accepted is lost, and the next start goes on`, {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  const random = new Random(7, 'kills of serve');
  const accepted: string[] = [];
  for (let i = 0; i < KILLS; i += 1) {
    const served = await startServe(ARGS);
    accepted.push(...(await loaded(served, i, 200 + random.integer(600))));
    const accounts = new Set(
      records().flatMap((record) => (record.type === 'book' ? record.rows.map(({ account }) => account.id) : [])),
    );
    expect(accepted.filter((id) => !accounts.has(id))).toEqual([]);
    expect(records().filter(({ type }) => type === 'restart')).toHaveLength(i);
  }
  expect(accepted.length).toBeGreaterThan(10);
  const verified = await plimsoll('journal', 'verify', kept);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  const before = records().length;
  const served = await startServe(ARGS);
  expect(served.stdout()).toContain(
    `journal    ${kept}, start ${KILLS + 1}: ${before.toLocaleString('en')} records; from the beginning`,
  );
  await statsWhen(served.http, ({ ticks }) => ticks > before, 'ticks after those of before');
  const second = await plimsoll('serve', '--port', '0', ...ARGS);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`in use: process ${served.process.pid} writes it`);
  for (let i = 0; i < 3; i += 1) {
    expect(await plimsoll('journal', 'verify', kept)).toMatchObject({ code: 0, stderr: '' });
    const dumped = await plimsoll('journal', 'dump', kept, '--from', String(before));
    expect(dumped).toMatchObject({ code: 0, stderr: '' });
    expect(dumped.stdout.split('\n').length).toBeGreaterThan(2);
  }
  served.process.kill('SIGINT');
  expect(await served.exited).toEqual({ code: 130, signal: null });
  expect(records().length).toBeGreaterThan(before);
  const last = await startServe(ARGS);
  expect(last.stdout()).toMatch(/records; from the snapshot after record \d+, 0 replayed/);
});
