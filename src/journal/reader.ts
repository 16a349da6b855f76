/** Reads a journal without lmdb and without trust: head, then records in sequence, each checked against the chain. Changes nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { badInput, PlimsollError } from '../model/errors.js';
import {
  type Checkpoint,
  chainHash,
  damaged,
  type Epoch,
  FORMAT_VERSION,
  genesisHash,
  type Header,
  KEY,
  type LoggedRecord,
  OtherFormat,
  parseKey,
  parseRecord,
  unsealed,
} from './layout.js';
import { PageFile } from './page-file.js';

export function logPath(folder: string): string {
  return join(folder, 'log.mdb');
}

const OPEN_TRIES = 3;

export interface Head {
  readonly header: Header;
  /** At least one. */
  readonly epochs: readonly Epoch[];
  /** The oldest first. */
  readonly checkpoints: readonly Checkpoint[];
}

/** What a walk over everything has found. */
export interface Extent {
  /** The first record that is kept, and the last; first is last + 1 when there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** What the next record is to name. */
  readonly lastHash: Buffer;
}

/** A record with its hash. */
export interface ReadRecord extends LoggedRecord {
  readonly hash: Buffer;
}

/** Reads what the last commit before its making had. While a writer goes on, pages are written over: see `hasMoved`. */
export class JournalReader {
  readonly folder: string;
  readonly head: Head;
  private readonly file: PageFile;
  private reached: Extent;

  /** Throws `PlimsollError`: there is no journal, it is of another format, or its head is damaged. */
  constructor(folder: string) {
    this.folder = folder;
    const path = logPath(folder);
    if (!existsSync(path)) throw badInput(folder, 'the folder of a journal', 'one without log.mdb');
    for (let tries = 1; ; tries += 1) {
      try {
        [this.file, this.head] = this.opened(path);
        break;
      } catch (error) {
        // A writer may have been faster than the reading of its two roots.
        if (tries === OPEN_TRIES) throw this.told(error, 'unknown: the head cannot be read');
      }
    }
    this.reached = this.beginning();
  }

  /** Whether a writer has committed since: then damage may be pages that it has used again. */
  hasMoved(): boolean {
    return this.file.hasMoved();
  }

  close(): void {
    this.file.close();
  }

  /** Every record in sequence, each checked; after the last, everything else. Throws `PlimsollError` where it is no longer whole, saying up to where it is. */
  *records(): Generator<ReadRecord> {
    this.reached = this.beginning();
    const expected = new Map(this.head.checkpoints.map(({ seq, chainHash: hash }) => [seq, hash]));
    let count = 0;
    try {
      for (const { key, value } of this.file.entries()) {
        // The head comes first: behind it a key that is no record's has been one.
        if (count === 0 && key[0] !== KEY.record) continue;
        const record = this.checked(parseRecord(key, value), count === 0);
        const hash = chainHash(record);
        const { seq } = record;
        if ((expected.get(seq) ?? hash.toString('hex')) !== hash.toString('hex'))
          throw badInput(`record ${seq}`, `the hash of its checkpoint, ${expected.get(seq)}`, hash.toString('hex'));
        count += 1;
        this.reached = { firstSeq: count === 1 ? seq : this.reached.firstSeq, lastSeq: seq, lastHash: hash };
        yield { ...record, hash };
      }
      this.checkEnd(count);
    } catch (error) {
      const { firstSeq, lastSeq } = this.reached;
      throw this.told(error, count === 0 ? 'no record' : `records ${firstSeq} to ${lastSeq}`);
    }
  }

  /** Walks over everything. */
  verify(): Extent {
    for (const _ of this.records());
    return this.reached;
  }

  private opened(path: string): [PageFile, Head] {
    const file = new PageFile(path);
    try {
      return [file, this.readHead(file)];
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private beginning(): Extent {
    return { firstSeq: 1, lastSeq: 0, lastHash: genesisHash(this.head.header) };
  }

  private readHead(file: PageFile): Head {
    let header: Header | null = null;
    const epochs: Epoch[] = [];
    const checkpoints: Checkpoint[] = [];
    for (const { key, value } of file.entries()) {
      const { kind, number } = parseKey(key);
      if (kind === KEY.record) break;
      if (kind === KEY.header) {
        header = unsealed(key, value, 'the header') as Header;
        if (header.format !== FORMAT_VERSION) throw new OtherFormat(this.folder, header);
      } else if (kind === KEY.epoch) epochs.push(unsealed(key, value, `epoch ${number}`) as Epoch);
      else checkpoints.push(unsealed(key, value, `checkpoint ${number}`) as Checkpoint);
    }
    if (header === null) throw badInput('log.mdb', 'a header', 'nothing');
    return { header, epochs, checkpoints };
  }

  /** What compaction has begun to drop may begin anywhere: it is what the oldest checkpoint says that it was, or that checkpoint's hash fails. */
  private checked(record: LoggedRecord, isFirst: boolean): LoggedRecord {
    const { seq, previousHash } = record;
    const { lastSeq, lastHash } = this.reached;
    if (!isFirst || seq === 1) {
      if (seq !== lastSeq + 1) throw badInput('log.mdb', `record ${lastSeq + 1}`, `record ${seq}`);
      if (!previousHash.equals(lastHash)) throw badInput(`record ${seq}`, 'the hash of the one before it', 'another');
      return record;
    }
    const [oldest] = this.head.checkpoints;
    if (oldest === undefined || oldest.seq + 1 < seq)
      throw badInput('log.mdb', `record ${(oldest?.seq ?? 0) + 1}`, `record ${seq}`);
    if (oldest.seq + 1 === seq && previousHash.toString('hex') !== oldest.chainHash)
      throw badInput(`record ${seq}`, 'the hash of the checkpoint before it', 'another');
    return record;
  }

  private checkEnd(count: number): void {
    const newest = this.head.checkpoints.at(-1)?.seq ?? 0;
    const said = Math.max(newest, (this.head.epochs.at(-1)?.firstSeq ?? 1) - 1);
    if (this.reached.lastSeq < said)
      throw badInput('log.mdb', `records up to ${said} at least`, count === 0 ? 'none' : `up to ${this.reached.lastSeq}`);
  }

  private told(error: unknown, whole: string): unknown {
    return error instanceof PlimsollError && !(error instanceof OtherFormat)
      ? damaged(this.folder, error.message, whole, error)
      : error;
  }
}
