/** The journal with one writer: what it takes, when it is durable, what it is begun with, what it drops. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/journal/codec.js';
import { JournalReader } from '../../src/journal/reader.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { closedJournal, fill, GENESIS, newFolder, open, read, tick, upTo } from './support.js';

describe('records', () => {
  test('have a number at once, and are there when they are flushed', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    expect(journal.append(encodeRecord(tick(1)), Buffer.alloc(8))).toBe(1);
    expect(journal.append(encodeRecord(tick(2)), Buffer.alloc(8))).toBe(2);
    await journal.flushed();
    expect(read(folder)).toEqual({ seqs: [1, 2], error: null });
    await journal.close();
    const reader = new JournalReader(folder);
    expect([...reader.records()].map(({ payload }) => decodeRecord(payload))).toEqual([tick(1), tick(2)]);
    reader.close();
  });

  test('that come while others are written go together after them', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    const flushes: Promise<void>[] = [];
    const order: number[] = [];
    for (let turn = 1; turn <= 20; turn += 1) {
      for (let i = 0; i < 5; i += 1) journal.append(encodeRecord(tick(turn)), Buffer.alloc(8));
      flushes.push(journal.flushed().then(() => void order.push(turn)));
      await Promise.resolve();
    }
    await Promise.all(flushes);
    expect(order).toEqual(upTo(20));
    await journal.close();
    expect(read(folder).seqs).toEqual(upTo(100));
  });

  test('of any size are taken', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    for (const marks of [0, 1, 100, 400, 5000, 0]) journal.append(encodeRecord(tick(1, marks)), Buffer.alloc(8));
    await journal.close();
    expect(read(folder)).toEqual({ seqs: upTo(6), error: null });
  });

  test('go on where the last writer ended, in the next epoch', async () => {
    const folder = await closedJournal(4);
    const journal = await open(folder, { startUs: 9 });
    expect(journal.epoch).toMatchObject({ epoch: 2, firstSeq: 5, startUs: 9 });
    expect(journal.found).toMatchObject({ firstSeq: 1, lastSeq: 4 });
    await fill(journal, 3);
    await journal.close();
    expect(read(folder)).toEqual({ seqs: upTo(7), error: null });
    const { head } = new JournalReader(folder);
    expect(head.epochs.map(({ epoch, owner }) => [epoch, owner])).toEqual([
      [1, null],
      [2, null],
    ]);
  });
});

test('a journal of another book is refused, with all that differs', async () => {
  const folder = await closedJournal(2);
  const others = { instruments: syntheticInstruments(defaultMarkets(4), 'USDT'), genesis: { ...GENESIS, seed: 2, fund: 1 } };
  const error = await open(folder, others).catch((thrown: Error) => thrown);
  expect(String(error)).toContain(`${folder}: seed: expected 1, as when it was begun, was 2`);
  expect(String(error)).toContain(`${folder}: fund: expected nothing, as when it was begun, was 1`);
  expect(String(error)).toMatch(/instruments: expected those with the hash [0-9a-f]{64}, was others, with [0-9a-f]{64}/);
  expect(read(folder)).toEqual({ seqs: [1, 2], error: null });
});

test('a second writer is refused while the first lives', async () => {
  const folder = newFolder();
  const journal = await open(folder);
  await fill(journal, 3);
  await expect(open(folder)).rejects.toThrow(`in use: process ${process.pid} writes it`);
  await fill(journal, 3);
  await journal.close();
  expect(read(folder)).toEqual({ seqs: upTo(6), error: null });
});

describe('snapshots', () => {
  const part = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });

  test('drop what is older than the one before', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    for (const hash of ['a', 'b', 'c']) {
      await fill(journal, 5);
      await journal.putSnapshot(hash, [part('book', hash)]);
    }
    await fill(journal, 2);
    await journal.close();
    expect(read(folder)).toEqual({ seqs: upTo(17, 11), error: null });
    expect(readdirSync(folder).sort()).toEqual(['log.mdb', 'log.mdb-lock', 'snapshot-10.bin', 'snapshot-15.bin']);
    const again = await open(folder);
    expect(again.checkpoints.map(({ seq, stateHash }) => [seq, stateHash])).toEqual([
      [10, 'b'],
      [15, 'c'],
    ]);
    expect(again.lastSeq).toBe(17);
    await again.close();
  });

  test('drop nothing of the last records that are kept anyway', async () => {
    const folder = newFolder();
    const journal = await open(folder, { recordsKept: 8 });
    for (const hash of ['a', 'b', 'c']) {
      await fill(journal, 5);
      await journal.putSnapshot(hash, []);
    }
    await journal.close();
    expect(read(folder)).toEqual({ seqs: upTo(15, 8), error: null });
    const again = await open(folder);
    expect(again.found).toMatchObject({ firstSeq: 8, lastSeq: 15 });
    await again.close();
  });

  test('of a state that has one already are not made twice', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    await journal.putSnapshot('zero', []);
    await fill(journal, 1);
    await journal.putSnapshot('one', []);
    await journal.putSnapshot('one', []);
    expect(journal.checkpoints.map(({ seq }) => seq)).toEqual([1]);
    await journal.close();
  });

  test('that cannot be taken leave no file and no harm', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    await fill(journal, 2);
    const broken = function* () {
      yield part('a', 'x');
      throw new Error('no more');
    };
    await expect(journal.putSnapshot('h', broken())).rejects.toThrow('no more');
    expect(readdirSync(folder).sort()).toEqual(['log.mdb', 'log.mdb-lock']);
    await fill(journal, 2);
    await journal.close();
    expect(read(folder)).toEqual({ seqs: upTo(4), error: null });
  });

  test('thousands of records are dropped behind them', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    for (const hash of ['a', 'b']) {
      await fill(journal, 9000, 1);
      await journal.putSnapshot(hash, []);
    }
    await journal.close();
    expect(read(folder)).toEqual({ seqs: upTo(18_000, 9001), error: null });
  });
});
