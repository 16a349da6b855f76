/** Recovery against an engine of one number: from a snapshot, from the beginning, and held to what was. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/journal/codec.js';
import { effectsHash } from '../../src/journal/effects-hash.js';
import type { Journal } from '../../src/journal/journal.js';
import type { Checkpoint } from '../../src/journal/layout.js';
import { findStart, type Recovery, recover } from '../../src/journal/recover.js';
import { snapshotFault } from '../../src/journal/snapshots.js';
import type { Effect } from '../../src/model/effects.js';
import type { NamedBuffer, ReadBytes } from '../../src/model/named-buffers.js';
import type { InputRecord } from '../../src/model/records.js';
import { newFolder, open, tick } from './support.js';

/** Its state is a sum; each record's effect says it. */
class Counter {
  sum = 0;
  restored: string[] = [];
  readonly step: number;
  constructor(step = 1) {
    this.step = step;
  }

  apply(record: InputRecord): { effects: Effect[]; problems: string[] } {
    if (record.timeUs % 7 === 0) return { effects: [], problems: ['refused'] };
    this.sum += record.timeUs * this.step;
    return { effects: [{ type: 'cancel-orders', timeUs: record.timeUs, accounts: [String(this.sum)] }], problems: [] };
  }

  save(): NamedBuffer[] {
    return ['rest', 'sum'].map((name) => ({ name, bytes: Buffer.from(String(this.sum)) }));
  }

  restore(read: ReadBytes): void {
    for (const name of ['sum', 'nothing', 'rest']) {
      const bytes = read(name);
      this.restored.push(`${name} ${bytes?.length}`);
      if (bytes !== undefined) this.sum = Number(Buffer.from(bytes).toString());
    }
  }

  stateHash(): string {
    return `sum ${this.sum}`;
  }
}

function run(journal: Journal, counter: Counter, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const record = tick(journal.lastSeq + 1);
    const { effects, problems } = counter.apply(record);
    journal.append(encodeRecord(record), effectsHash(effects, problems.length));
  }
}

/** Records 1 to 25, snapshots at 10 and 20. */
async function written(): Promise<{ folder: string; sum: number }> {
  const folder = newFolder();
  const journal = await open(folder);
  const counter = new Counter();
  for (let i = 0; i < 2; i += 1) {
    run(journal, counter, 10);
    await journal.putSnapshot(counter.stateHash(), counter.save());
  }
  run(journal, counter, 5);
  await journal.close();
  return { folder, sum: counter.sum };
}

async function recovered(folder: string, counter: Counter): Promise<Recovery> {
  const journal = await open(folder);
  try {
    return recover(journal, counter, findStart(folder));
  } finally {
    await journal.close();
  }
}

test('the newest snapshot and the records behind it give the state again', async () => {
  const { folder, sum } = await written();
  const counter = new Counter();
  expect(await recovered(folder, counter)).toEqual({
    snapshotSeq: 20,
    replayed: 5,
    lastSeq: 25,
    lastTimeUs: 25,
    passedOver: [],
  });
  expect([counter.sum, counter.restored]).toEqual([sum, ['sum 3', 'nothing undefined', 'rest 3']]);
});

async function checkpointOf(folder: string): Promise<Checkpoint> {
  const journal = await open(folder);
  await journal.close();
  return journal.checkpoints[1];
}

test('a damaged snapshot is passed over, and it is told why', async () => {
  const { folder, sum } = await written();
  const path = join(folder, 'snapshot-20.bin');
  const whole = readFileSync(path);
  const checkpoint = await checkpointOf(folder);
  expect(snapshotFault(folder, checkpoint)).toBeNull();
  for (let at = 0; at < whole.length; at += 1) {
    const flipped = Buffer.from(whole);
    flipped[at] ^= 1 << (at % 8);
    writeFileSync(path, flipped);
    expect(snapshotFault(folder, checkpoint)).toBe(`${path} is damaged: its bytes are not those that its checksum is of`);
  }
  const counter = new Counter();
  expect(await recovered(folder, counter)).toMatchObject({ snapshotSeq: 10, replayed: 15 });
  expect(counter.sum).toBe(sum);
  for (const [bytes, why] of [
    [whole.subarray(0, whole.length - 1), 'is damaged'],
    [whole.subarray(0, 20), 'is cut off at byte 20'],
    [readFileSync(join(folder, 'snapshot-10.bin')), 'is of another journal'],
  ] as const) {
    writeFileSync(path, bytes);
    expect((await recovered(folder, new Counter())).passedOver[0]).toContain(why);
  }
  rmSync(path);
  expect(await recovered(folder, new Counter())).toMatchObject({ snapshotSeq: 10, passedOver: [`${path} is missing`] });
});

test('without a snapshot that can be used and without the records before, it says what is missing', async () => {
  const { folder } = await written();
  for (const seq of [10, 20]) rmSync(join(folder, `snapshot-${seq}.bin`));
  const journal = await open(folder);
  expect(() => recover(journal, new Counter(), findStart(folder))).toThrow(
    /no snapshot can be used, and the records before 11 are dropped: .*snapshot-20.bin is missing; .*snapshot-10.bin is missing. Intact: records 11 to 25/,
  );
  await journal.close();
});

test('an engine that decides otherwise is told at the first record that is not refused', async () => {
  const { folder } = await written();
  await expect(recovered(folder, new Counter(2))).rejects.toThrow(
    /record 22 has other effects than when it was written.*begun by plimsoll test/,
  );
});

test('an engine that comes to another state is told at the snapshot', async () => {
  const { folder } = await written();
  const counter = new Counter();
  counter.stateHash = () => 'another';
  await expect(recovered(folder, counter)).rejects.toThrow('record 20 leads to another state');
});

test('from the beginning, refused records included', async () => {
  const folder = newFolder();
  const journal = await open(folder);
  const first = new Counter();
  run(journal, first, 30);
  await journal.close();
  const counter = new Counter();
  expect(await recovered(folder, counter)).toMatchObject({ snapshotSeq: null, replayed: 30, lastTimeUs: 30 });
  expect(counter.sum).toBe(first.sum);
  expect(decodeRecord(encodeRecord(tick(7)))).toEqual(tick(7));
});
