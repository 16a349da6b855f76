/** kill -9 at any moment: what was acknowledged is there, in order; the next writer goes on. 200 times with PLIMSOLL_KILLS=200. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { decodeRecord } from '../../src/journal/codec.js';
import { JournalReader } from '../../src/journal/reader.js';
import { snapshotFault, snapshotsIn } from '../../src/journal/snapshots.js';
import { Random } from '../../src/synthetic/random.js';
import { newFolder, open, upTo } from './support.js';

const KILLS = Number(process.env.PLIMSOLL_KILLS ?? 20);
/** Of a writer's life, from its first acknowledgement. */
const LIFE_MS_MAX = 150;

/** Starts a writer, lets it live so long, kills it, and returns what it has acknowledged last. */
async function killed(folder: string, lifeMs: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writing.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  await sleep(lifeMs);
  child.kill('SIGKILL');
  await closed;
  expect(errors).toBe('');
  // A last line that was cut off says nothing.
  return Number(out.slice(0, out.lastIndexOf('\n')).split('\n').at(-1));
}

test(`a writer killed ${KILLS} times`, { timeout: KILLS * 15_000 }, async () => {
  const folder = newFolder();
  const random = new Random(20, 'kills');
  let before = 0;
  for (let i = 0; i < KILLS; i += 1) {
    const acknowledged = await killed(folder, random.integer(LIFE_MS_MAX));
    expect(acknowledged).toBeGreaterThan(before);
    const reader = new JournalReader(folder);
    const records = [...reader.records()];
    reader.close();
    const first = records[0].seq;
    const last = records[records.length - 1].seq;
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    expect(records.map(({ seq }) => seq)).toEqual(upTo(last, first));
    // Each tick's time is its number.
    expect(records.every(({ seq, payload }) => decodeRecord(payload).timeUs === seq)).toBe(true);
    const { checkpoints, epochs } = reader.head;
    expect(checkpoints.map((checkpoint) => snapshotFault(folder, checkpoint))).toEqual(checkpoints.map(() => null));
    expect(first === 1 || first <= checkpoints[0].seq + 1).toBe(true);
    expect(checkpoints.every(({ seq }) => snapshotsIn(folder).includes(seq))).toBe(true);
    expect(epochs).toHaveLength(i + 1);
    before = last;
  }
  const journal = await open(folder);
  expect(journal.lastSeq).toBe(before);
  await journal.close();
});
