/** Journals in folders of their own, with records whose effects are made up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { encodeRecord } from '../../src/journal/codec.js';
import { type Journal, type JournalOptions, openJournal } from '../../src/journal/journal.js';
import { JournalReader } from '../../src/journal/reader.js';
import type { InputRecord } from '../../src/model/records.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';

export const INSTRUMENTS = syntheticInstruments(defaultMarkets(1), 'USDT');
export const GENESIS = { book: 'made up', positions: 1000, seed: 1, policy: 'full-close' };

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-journal-'));
  folders.push(folder);
  return folder;
}

export function open(folder: string, others: Partial<JournalOptions> = {}): Promise<Journal> {
  return openJournal({
    folder,
    instruments: INSTRUMENTS,
    genesis: GENESIS,
    by: 'plimsoll test',
    startUs: 1,
    recordsKept: 0,
    ...others,
  });
}

export function tick(timeUs: number, marks = 3): InputRecord {
  const mark = (market: number) => ({ market: 0, price: { units: BigInt(timeUs * 31 + market), decimals: 2 } });
  return { type: 'tick', timeUs, marks: Array.from({ length: marks }, (_, i) => mark(i)) };
}

const EFFECTS = Buffer.from('0011223344556677', 'hex');

/** Ticks of the times that are their numbers; durable when it resolves. */
export async function fill(journal: Journal, count: number, marks?: number): Promise<void> {
  for (let i = 0; i < count; i += 1) journal.append(encodeRecord(tick(journal.lastSeq + 1, marks)), EFFECTS);
  await journal.flushed();
}

/** A journal that was closed, with so many records in batches of three. */
export async function closedJournal(count: number): Promise<string> {
  const folder = newFolder();
  const journal = await open(folder);
  for (let left = count; left > 0; left -= 3) await fill(journal, Math.min(3, left));
  await journal.close();
  return folder;
}

/** Numbers of the records that can be read, or why not. */
export function read(folder: string): { readonly seqs: number[]; readonly error: Error | null } {
  const seqs: number[] = [];
  let reader: JournalReader | null = null;
  try {
    reader = new JournalReader(folder);
    for (const { seq } of reader.records()) seqs.push(seq);
    return { seqs, error: null };
  } catch (error) {
    return { seqs, error: error as Error };
  } finally {
    reader?.close();
  }
}

export const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
