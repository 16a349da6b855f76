/** What a disk can do to a journal: every fault is told, with what is intact, or changes nothing. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { FORMAT_VERSION, type Header, KEY, keyOf, sealed, unsealed } from '../../src/journal/layout.js';
import { JournalReader } from '../../src/journal/reader.js';
import { openDatabase } from '../../src/journal/writer.js';
import { PlimsollError } from '../../src/model/errors.js';
import { closedJournal, fill, newFolder, open, read, upTo } from './support.js';

const PAGE = 4096;

/** A hash of all that can be read. */
function contents(folder: string): string {
  const reader = new JournalReader(folder);
  try {
    const records = [...reader.records()].map(
      ({ seq, payload, hash }) => `${seq} ${payload.toString('hex')} ${hash.toString('hex')}`,
    );
    return createHash('sha256')
      .update(JSON.stringify([reader.head, records]))
      .digest('hex');
  } finally {
    reader.close();
  }
}

/** Null when everything reads as it did; else the error, which must be one of ours and say what is intact. */
function faultOf(folder: string, before: string): PlimsollError | null {
  try {
    expect(contents(folder)).toBe(before);
    return null;
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    expect(error.message).toMatch(/: the journal is damaged: .* Intact: (unknown|no record|records \d+ to \d+).*Keep a copy of/s);
    return error;
  }
}

test('a bit flipped at any byte is told, or changes nothing that is read', { timeout: 600_000 }, async () => {
  const folder = await closedJournal(12);
  const path = join(folder, 'log.mdb');
  const whole = readFileSync(path);
  const before = contents(folder);
  expect(whole.length).toBeLessThan(40 * PAGE);
  const file = openSync(path, 'r+');
  let told = 0;
  for (let at = 0; at < whole.length; at += 1) {
    // Every bit, where somebody has the time.
    for (const bit of process.env.PLIMSOLL_EVERY_BIT === undefined ? [at % 8] : upTo(7, 0)) {
      writeSync(file, Buffer.of(whole[at] ^ (1 << bit)), 0, 1, at);
      if (faultOf(folder, before) !== null) told += 1;
    }
    writeSync(file, whole, at, 1, at);
  }
  closeSync(file);
  expect(readFileSync(path).equals(whole)).toBe(true);
  // Payloads alone are more than that.
  expect(told).toBeGreaterThan(1000);
});

test('a bit flipped in a record says how far the records are intact', async () => {
  const folder = await closedJournal(40);
  const path = join(folder, 'log.mdb');
  const whole = readFileSync(path);
  const reader = new JournalReader(folder);
  const payload = [...reader.records()][24].payload;
  reader.close();
  for (let at = whole.indexOf(payload); at >= 0; at = whole.indexOf(payload, at + 1)) whole[at + 5] ^= 4;
  writeFileSync(path, whole);
  const { seqs, error } = read(folder);
  expect(seqs).toEqual(upTo(24));
  expect(error?.message).toContain('record 25: expected bytes that its checksum is of, was others. Intact: records 1 to 24.');
  await expect(open(folder)).rejects.toThrow('Intact: records 1 to 24.');
  expect(readFileSync(path).equals(whole)).toBe(true);
});

test('a file cut off anywhere is told, or lacks nothing', async () => {
  const folder = await closedJournal(30);
  const path = join(folder, 'log.mdb');
  const whole = readFileSync(path);
  const before = contents(folder);
  for (let size = whole.length - 1; size >= 0; size -= 511) {
    truncateSync(path, size);
    const fault = faultOf(folder, before);
    if (size < 4 * PAGE) expect(fault).not.toBeNull();
    if (fault !== null && size === 0) await expect(open(folder)).rejects.toThrow('the journal is damaged');
  }
});

test('a commit that was torn was never acknowledged, and is not there', async () => {
  const folder = await closedJournal(9);
  const path = join(folder, 'log.mdb');
  const before = readFileSync(path);
  const journal = await open(folder);
  await fill(journal, 3);
  const after = readFileSync(path);
  await journal.close();
  // Data pages of the commit are on the disk, the meta pages that lead to them are not.
  writeFileSync(path, Buffer.concat([before.subarray(0, 2 * PAGE), after.subarray(2 * PAGE)]));
  const { seqs, error } = read(folder);
  // Opening was a commit of its own, and its pages may be used again by the next: then it is told.
  if (error === null) expect(seqs).toEqual(upTo(9));
  else expect(error.message).toContain('the journal is damaged');
});

test('a meta page that is older than it should be is told: lmdb would take the root before it without a word', async () => {
  const folder = await closedJournal(9);
  const path = join(folder, 'log.mdb');
  const whole = readFileSync(path);
  const transactions = [0, 1].map((page) => Number(whole.readBigUInt64LE(page * PAGE + 152)));
  const newest = transactions[0] > transactions[1] ? 0 : 1;
  whole.writeBigUInt64LE(BigInt(transactions[newest] - 2), newest * PAGE + 152);
  writeFileSync(path, whole);
  expect(read(folder).error?.message).toMatch(/expected the meta pages of two consecutive commits, was transactions \d+ and \d+/);
});

test('a folder that is a file, or lies in one, is bad input', async () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  for (const folder of [file, join(file, 'kept')]) {
    const expected = {
      code: 'bad-input',
      message: expect.stringContaining('expected a folder, or a place where one can be made'),
    };
    await expect(open(folder)).rejects.toMatchObject(expected);
  }
});

describe('what lmdb holds whole and is wrong all the same', () => {
  async function changed(change: (database: ReturnType<typeof openDatabase>) => void): Promise<string> {
    const folder = await closedJournal(9);
    const database = openDatabase(join(folder, 'log.mdb'));
    change(database);
    await database.committed;
    await database.close();
    return folder;
  }

  test('a record that is missing', async () => {
    const folder = await changed((database) => database.removeSync(keyOf(KEY.record, 5)));
    expect(read(folder).error?.message).toMatch(/expected record 5, was record 6. Intact: records 1 to 4/);
  });

  test('the first records missing', async () => {
    const folder = await changed((database) => database.removeSync(keyOf(KEY.record, 1)));
    expect(read(folder).error?.message).toMatch(/expected record 1, was record 2. Intact: no record/);
  });

  test('the last records missing, as far as the start of a writer tells', async () => {
    const folder = await closedJournal(9);
    await (await open(folder)).close();
    const database = openDatabase(join(folder, 'log.mdb'));
    for (const seq of [8, 9]) database.removeSync(keyOf(KEY.record, seq));
    await database.close();
    expect(read(folder).error?.message).toMatch(/expected records up to 9 at least, was up to 7. Intact: records 1 to 7/);
  });

  test('a record under another number', async () => {
    const folder = await changed((database) => {
      const value = database.get(keyOf(KEY.record, 9));
      database.putSync(keyOf(KEY.record, 10), value as Buffer);
    });
    expect(read(folder).error?.message).toMatch(/record 10: expected bytes that its checksum is of/);
  });

  test('another format', async () => {
    const folder = await changed((database) => {
      const key = keyOf(KEY.header, 0);
      const header = unsealed(key, database.get(key) as Buffer, 'header') as Header;
      database.putSync(key, sealed(key, { ...header, format: FORMAT_VERSION + 1, createdBy: 'plimsoll 9' }));
    });
    const text = `${folder}: expected a journal of format 1, was one of format 2, made by plimsoll 9: read it with that program`;
    expect(read(folder).error?.message).toBe(text);
    await expect(open(folder)).rejects.toThrow(text);
  });
});

test('a folder with snapshots and no log is told', async () => {
  const folder = await closedJournal(3);
  rmSync(join(folder, 'log.mdb'));
  await (await open(folder)).close();
  rmSync(join(folder, 'log.mdb'));
  writeFileSync(join(folder, 'snapshot-3.bin'), '');
  await expect(open(folder)).rejects.toThrow('expected log.mdb beside snapshot-3.bin, was nothing');
});

test('what a killed process left unfinished is cleared away', async () => {
  const folder = await closedJournal(3);
  writeFileSync(join(folder, 'snapshot-3.bin.partial'), 'half');
  await (await open(folder)).close();
  expect(readdirSync(folder).sort()).toEqual(['log.mdb', 'log.mdb-lock']);
});

/** As if the process that wrote it were no more. */
function abandon(folder: string): void {
  const database = openDatabase(join(folder, 'log.mdb'));
  const key = keyOf(KEY.epoch, 1);
  database.putSync(key, sealed(key, { ...(unsealed(key, database.get(key) as Buffer, '') as object), owner: null }));
  void database.close();
}

describe('a full disk', () => {
  const mount = newFolder();
  let isMounted = false;
  beforeAll(() => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' });
      isMounted = true;
    } catch {
      // Not permitted here.
    }
    return () => {
      if (isMounted) execFileSync('umount', [mount]);
    };
  });

  test('nothing more is taken, what was acknowledged can be read, and it goes on where there is room', async (context) => {
    if (!isMounted) return context.skip('a file system of a megabyte cannot be mounted here');
    const folder = join(mount, 'journal');
    mkdirSync(folder);
    const journal = await open(folder);
    let acknowledged = 0;
    let failure: Error | null = null;
    while (failure === null) {
      try {
        await fill(journal, 20);
        acknowledged = journal.lastSeq;
      } catch (error) {
        failure = error as Error;
      }
    }
    expect(failure).toBeInstanceOf(PlimsollError);
    expect(failure.message).toMatch(
      /expected \d+ bytes free for the next commit, was \d+. What was acknowledged is whole; nothing more is accepted/,
    );
    await expect(fill(journal, 1)).rejects.toBe(failure);
    await expect(journal.flushed()).rejects.toBe(failure);
    await journal.close();
    expect(acknowledged).toBeGreaterThan(100);
    expect(read(folder)).toEqual({ seqs: upTo(acknowledged), error: null });

    await expect(open(folder)).rejects.toThrow('in use');
    const larger = newFolder();
    copyFileSync(join(folder, 'log.mdb'), join(larger, 'log.mdb'));
    abandon(larger);
    const again = await open(larger);
    await fill(again, 5);
    await again.close();
    expect(read(larger)).toEqual({ seqs: upTo(acknowledged + 5), error: null });
  });
});
