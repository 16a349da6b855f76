/** The journal as its one writer has it: opened and checked, appended to, and cut behind its snapshots. Knows records as bytes. */
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { badInput, formatProblem, PlimsollError, type Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { NamedBuffer } from '../model/named-buffers.js';
import { describeInstruments, hashOf } from './instruments.js';
import {
  type Checkpoint,
  chainHash,
  damaged,
  type Epoch,
  FORMAT_VERSION,
  type Genesis,
  type Header,
  KEY,
  keyOf,
  recordValue,
  sealed,
} from './layout.js';
import { isAlive, thisProcess } from './owner.js';
import { type Extent, type Head, JournalReader, logPath } from './reader.js';
import { publish, removePartials, removeSnapshot, snapshotsIn, syncFolder, writePartial } from './snapshots.js';
import { checkRoom, openDatabase, Writer } from './writer.js';

/** Snapshots that are kept: the second is for when the first is damaged. */
export const SNAPSHOTS_KEPT = 2;
/** Records dropped in one commit, so that others do not wait long. */
const DROPPED_AT_ONCE = 4096;
const RECORDS_KEPT = 1_000_000;
const OPEN_TRIES = 3;
const EPOCH_BYTES_MAX = 4096;

export interface JournalOptions {
  readonly folder: string;
  readonly instruments: Instruments;
  readonly genesis: Genesis;
  /** Name and version of the program. */
  readonly by: string;
  readonly startUs: number;
  /** Records that stay although a snapshot has made them needless: for explanations. Left out: a million. */
  readonly recordsKept?: number;
}

export class Journal {
  readonly folder: string;
  readonly header: Header;
  readonly epoch: Epoch;
  private readonly writer: Writer;
  private readonly begun: Extent;
  private readonly recordsKept: number;
  private checkpointList: readonly Checkpoint[];
  private last: number;
  private lastHash: Buffer;
  private firstKept: number;

  constructor({ folder, recordsKept = RECORDS_KEPT }: JournalOptions, head: Head, extent: Extent, epoch: Epoch, writer: Writer) {
    this.folder = folder;
    this.recordsKept = recordsKept;
    this.header = head.header;
    this.checkpointList = head.checkpoints;
    this.begun = extent;
    this.epoch = epoch;
    this.writer = writer;
    this.last = extent.lastSeq;
    this.lastHash = extent.lastHash;
    this.firstKept = extent.firstSeq;
  }

  /** Of the last record, durable or not; 0 before the first. */
  get lastSeq(): number {
    return this.last;
  }

  /** Records that were there when it was opened. */
  get found(): Extent {
    return this.begun;
  }

  /** Why nothing is taken any more; null while it is. */
  get failure(): PlimsollError | null {
    return this.writer.failure;
  }

  /** The oldest first. */
  get checkpoints(): readonly Checkpoint[] {
    return this.checkpointList;
  }

  /**
   * Adds a record: bytes of `encodeRecord`, and what `effectsHash` says of its effects. Its number at once; `flushed` says when it is durable.
   * Throws `unavailable` once the journal could not be written: then nothing more may be accepted.
   */
  append(payload: Buffer, effects: Buffer): number {
    const seq = this.last + 1;
    const key = keyOf(KEY.record, seq);
    const record = { previousHash: this.lastHash, effects, payload };
    this.writer.add([{ key, value: recordValue(key, record) }]);
    this.last = seq;
    this.lastHash = chainHash(record);
    return seq;
  }

  /** Resolves when everything appended so far is durable; rejects when it will not be. */
  flushed(): Promise<void> {
    return this.writer.settled();
  }

  /**
   * Saves the state after the last record, and forgets what is older than the snapshot before, but for the last records that are kept anyway. The parts are taken before it returns.
   * Rejects with `unavailable` when it could not be written; the journal itself goes on then.
   */
  async putSnapshot(stateHash: string | null, parts: Iterable<NamedBuffer>): Promise<void> {
    const checkpoint: Checkpoint = { seq: this.last, stateHash, chainHash: this.lastHash.toString('hex') };
    if (checkpoint.seq === (this.checkpoints.at(-1)?.seq ?? 0)) return;
    try {
      writePartial(this.folder, checkpoint, parts);
    } catch (cause) {
      if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
      throw new PlimsollError('unavailable', `${this.folder}: a snapshot could not be written: ${cause.message}`, { cause });
    }
    await this.flushed();
    publish(this.folder, checkpoint.seq);
    const key = keyOf(KEY.checkpoint, checkpoint.seq);
    this.writer.add([{ key, value: sealed(key, checkpoint) }]);
    await this.flushed();
    const all = [...this.checkpoints, checkpoint];
    this.checkpointList = all.slice(-SNAPSHOTS_KEPT);
    await this.forget(all.slice(0, -SNAPSHOTS_KEPT));
  }

  /** Checkpoints first, durably: one that is told must have its file, whenever the process is killed. A file that nobody tells of is removed the next time. */
  private async forget(older: readonly Checkpoint[]): Promise<void> {
    const kept = new Set(this.checkpoints.map(({ seq }) => seq));
    this.writer.add(older.map(({ seq }) => ({ key: keyOf(KEY.checkpoint, seq), value: null })));
    await this.flushed();
    for (const seq of snapshotsIn(this.folder)) if (!kept.has(seq)) removeSnapshot(this.folder, seq);
    if (kept.size < SNAPSHOTS_KEPT) return;
    const end = Math.min(this.checkpoints[0].seq, this.last - this.recordsKept);
    while (this.firstKept <= end) {
      const count = Math.min(DROPPED_AT_ONCE, end + 1 - this.firstKept);
      const first = this.firstKept;
      this.firstKept += count;
      this.writer.add(Array.from({ length: count }, (_, i) => ({ key: keyOf(KEY.record, first + i), value: null })));
      await this.flushed();
    }
  }

  /** Everything durable, and nobody's any more. */
  async close(): Promise<void> {
    const key = keyOf(KEY.epoch, this.epoch.epoch);
    if (this.writer.failure === null) this.writer.add([{ key, value: sealed(key, { ...this.epoch, owner: null }) }]);
    await this.writer.close();
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw badInput(folder, 'a folder, or a place where one can be made', error.message);
  }
}

/**
 * Opens the journal in a folder, or makes one there, and checks all that it has. Throws `PlimsollError`: bad input for a journal that is
 * damaged, of another format or of another book (with everything that differs), `unavailable` while another process writes it.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { folder } = options;
  makeFolder(folder);
  if (!existsSync(logPath(folder))) await create(options);
  const { head, extent } = checked(folder);
  checkSame(head.header, options);
  const last = head.epochs.at(-1)?.epoch ?? 0;
  const epoch: Epoch = {
    epoch: last + 1,
    by: options.by,
    startUs: options.startUs,
    firstSeq: extent.lastSeq + 1,
    owner: thisProcess(),
  };
  const key = keyOf(KEY.epoch, epoch.epoch);
  checkRoom(logPath(folder), EPOCH_BYTES_MAX);
  const database = openDatabase(logPath(folder));
  // One process writes at a time: whoever began after the check has left its epoch here, or a record.
  const isOurs = database.transactionSync(() => {
    if (database.doesExist(key) || database.doesExist(keyOf(KEY.record, extent.lastSeq + 1))) return false;
    database.putSync(key, sealed(key, epoch));
    return true;
  });
  if (!isOurs) {
    await database.close();
    throw inUse(folder, 'another process has just begun to write it');
  }
  removePartials(folder);
  return new Journal(options, head, extent, epoch, new Writer(database, logPath(folder), keyOf(KEY.epoch, epoch.epoch + 1)));
}

function inUse(folder: string, why: string): PlimsollError {
  return new PlimsollError(
    'unavailable',
    `${folder}: the journal is in use: ${why}. Its records are whole; stop that process first`,
  );
}

/** Under another name first: a log that has its name has a header. */
async function create({ folder, instruments, genesis, by, startUs }: JournalOptions): Promise<void> {
  const orphans = readdirSync(folder).filter((name) => /^snapshot-.*\.bin$/.test(name));
  if (orphans.length > 0) throw damaged(folder, `expected log.mdb beside ${orphans[0]}, was nothing`, 'snapshots at most');
  const description = describeInstruments(instruments);
  const header: Header = {
    format: FORMAT_VERSION,
    createdBy: by,
    createdUs: startUs,
    genesis,
    instrumentsHash: hashOf(description),
    instruments: description,
  };
  const path = `${logPath(folder)}.${process.pid}.new`;
  const key = keyOf(KEY.header, 0);
  const value = sealed(key, header);
  checkRoom(path, value.length);
  const database = openDatabase(path);
  database.transactionSync(() => database.putSync(key, value));
  await database.close();
  try {
    linkSync(path, logPath(folder));
  } catch (error) {
    // Another process was faster, and its journal is as good.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(path);
    rmSync(`${path}-lock`, { force: true });
  }
  syncFolder(folder);
}

/** Read while nobody writes, or as often as it takes to read it between two commits. */
function checked(folder: string): { readonly head: Head; readonly extent: Extent } {
  for (let tries = 1; ; tries += 1) {
    const reader = new JournalReader(folder);
    try {
      const { head } = reader;
      const owner = head.epochs.at(-1)?.owner ?? null;
      if (owner !== null && isAlive(owner)) throw inUse(folder, `process ${owner.pid} writes it`);
      return { head, extent: reader.verify() };
    } catch (error) {
      if (tries === OPEN_TRIES || !reader.hasMoved()) throw error;
    } finally {
      reader.close();
    }
  }
}

/** All that differs, at once: what is replayed on another book gives other decisions. */
function checkSame(header: Header, { folder, instruments, genesis }: JournalOptions): void {
  const problems: Problem[] = [];
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  for (const name of new Set([...Object.keys(header.genesis), ...Object.keys(genesis)])) {
    if (header.genesis[name] === genesis[name]) continue;
    problems.push({
      where: `${folder}: ${name}`,
      expected: `${shown(header.genesis[name])}, as when it was begun`,
      found: shown(genesis[name]),
    });
  }
  const hash = hashOf(describeInstruments(instruments));
  if (hash !== header.instrumentsHash)
    problems.push({
      where: `${folder}: instruments`,
      expected: `those with the hash ${header.instrumentsHash}`,
      found: `others, with ${hash}`,
    });
  if (problems.length === 0) return;
  const text = problems.map(formatProblem).join('\n');
  throw new PlimsollError(
    'bad-input',
    `${text}\nThe journal belongs to another book; use another folder, or what it was begun with`,
    { problems },
  );
}
