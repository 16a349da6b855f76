/** A host's journal: what enters its engine is recorded, and what comes out waits until that is durable. Knows no threads and no engine. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Effect } from '../model/effects.js';
import { PlimsollError, type Problem } from '../model/errors.js';
import type { NamedBuffer } from '../model/named-buffers.js';
import type { InputRecord } from '../model/records.js';
import { encodeRecord } from './codec.js';
import { effectsHash } from './effects-hash.js';
import { type Journal, type JournalOptions, openJournal } from './journal.js';
import { type Recovery, type Replayed, recover, type Start } from './recover.js';

/** Records after which the next recovery should not have to replay more. */
const SNAPSHOT_EVERY_RECORDS = 100_000;

export interface Kept extends Replayed {
  apply(record: InputRecord): { readonly effects: readonly Effect[]; readonly problems: readonly Problem[] };
  save(): Iterable<NamedBuffer>;
}

/** How a journal was found, for people. */
export interface JournalReport {
  readonly folder: string;
  readonly epoch: number;
  readonly recovery: Recovery;
}

export class Keeper {
  readonly report: JournalReport;
  private readonly journal: Journal;
  private readonly engine: Kept;
  private isSaving = false;

  private constructor(journal: Journal, engine: Kept, recovery: Recovery) {
    this.journal = journal;
    this.engine = engine;
    this.report = { folder: journal.folder, epoch: journal.epoch.epoch, recovery };
  }

  /** Opens the journal and brings the engine, made for where `start` is, to its end. Throws as `openJournal` and `recover`. */
  static async open(
    options: JournalOptions,
    engine: Kept,
    start: Start,
    onReplayed: (seq: number) => void = () => undefined,
  ): Promise<Keeper> {
    const journal = await openJournal(options);
    try {
      return new Keeper(journal, engine, recover(journal, engine, start, onReplayed));
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Whether the journal was there before: then every order that was out is unknown. */
  get isRestart(): boolean {
    return this.report.recovery.lastSeq > 0;
  }

  /** Applies a record and records it, refused or not: what refuses it may have moved the time. One that has no bytes is refused before. */
  apply(record: InputRecord): ReturnType<Kept['apply']> {
    let payload: Buffer;
    try {
      payload = encodeRecord(record);
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      return { effects: [], problems: error.problems };
    }
    const applied = this.engine.apply(record);
    this.journal.append(payload, effectsHash(applied.effects, applied.problems.length));
    return applied;
  }

  /** Resolves when everything applied so far is durable: then its effects may leave. Rejects when it will not be: then nothing may. */
  durable(): Promise<void> {
    return this.journal.flushed();
  }

  /** Saves the engine when enough has come since the last time. Rejects with what stood in the way; the journal goes on. */
  async saveIfDue(): Promise<void> {
    const { journal } = this;
    if (this.isSaving || journal.lastSeq - (journal.checkpoints.at(-1)?.seq ?? 0) < SNAPSHOT_EVERY_RECORDS) return;
    this.isSaving = true;
    try {
      // Without the state's hash: over a large book it would hold up everybody.
      await journal.putSnapshot(null, this.engine.save());
    } finally {
      this.isSaving = false;
    }
  }

  /** Saves the engine, so that the next start need not replay, and closes the journal. */
  async close(): Promise<void> {
    try {
      if (this.journal.failure === null) await this.journal.putSnapshot(this.engine.stateHash(), this.engine.save());
    } finally {
      await this.journal.close();
    }
  }
}

/** SHA-256, hex, over a file, or over the files of a folder by name. */
export async function pathHash(path: string): Promise<string> {
  const isFolder = (await stat(path)).isDirectory();
  const hash = createHash('sha256');
  for (const name of isFolder ? (await readdir(path)).sort() : ['']) {
    hash.update(`${name}\n`);
    for await (const chunk of createReadStream(join(path, name))) hash.update(chunk);
  }
  return hash.digest('hex');
}
