/** Recovery: the newest whole snapshot, then every record behind it, held to what it did the first time. Knows no engine, only what one offers. */
import { existsSync } from 'node:fs';
import type { Effect } from '../model/effects.js';
import { PlimsollError } from '../model/errors.js';
import type { ReadBytes } from '../model/named-buffers.js';
import type { InputRecord } from '../model/records.js';
import { decodeRecord } from './codec.js';
import { effectsHash } from './effects-hash.js';
import type { Journal } from './journal.js';
import { type Checkpoint, damaged, type Genesis } from './layout.js';
import { JournalReader, logPath } from './reader.js';
import { snapshotFault, withSnapshot } from './snapshots.js';

/** An engine, as much of it as recovery needs. */
export interface Replayed {
  apply(record: InputRecord): { readonly effects: readonly Effect[]; readonly problems: readonly unknown[] };
  stateHash(): string;
  restore(read: ReadBytes): void;
}

/** Where recovery is to start. */
export interface Start {
  /** What the journal was begun with; null: there is none yet. */
  readonly genesis: Genesis | null;
  /** Null: at the beginning. */
  readonly checkpoint: Checkpoint | null;
  /** Why newer snapshots were passed over. */
  readonly passedOver: readonly string[];
}

/**
 * The newest whole snapshot of the journal in a folder. An engine that is to start there is a fresh one; one that is to start at the beginning has the
 * book. Throws as `JournalReader`; a folder without a journal has the beginning.
 */
export function findStart(folder: string): Start {
  if (!existsSync(logPath(folder))) return { genesis: null, checkpoint: null, passedOver: [] };
  const reader = new JournalReader(folder);
  reader.close();
  const { genesis } = reader.head.header;
  const passedOver: string[] = [];
  for (const checkpoint of reader.head.checkpoints.toReversed()) {
    const fault = snapshotFault(folder, checkpoint);
    if (fault === null) return { genesis, checkpoint, passedOver };
    passedOver.push(fault);
  }
  return { genesis, checkpoint: null, passedOver };
}

export interface Recovery {
  /** The snapshot that it started from; null: from the beginning. */
  readonly snapshotSeq: number | null;
  readonly replayed: number;
  readonly lastSeq: number;
  /** Time of the last record; null when there is none behind the snapshot. */
  readonly lastTimeUs: number | null;
  readonly passedOver: readonly string[];
}

/**
 * Brings an engine to where the journal ends. Throws `PlimsollError`: bad input when too much is damaged, `internal` when the engine decides
 * otherwise than it did: then this is another program than the one that wrote it, or a bug.
 */
export function recover(
  journal: Journal,
  target: Replayed,
  { checkpoint: start, passedOver }: Omit<Start, 'genesis'>,
  onReplayed: (seq: number) => void = () => undefined,
): Recovery {
  const { folder, checkpoints, found } = journal;
  if (start === null && found.firstSeq > 1) {
    const what = `no snapshot can be used, and the records before ${found.firstSeq} are dropped: ${passedOver.join('; ')}`;
    throw damaged(folder, what, extentText(journal));
  }
  if (start !== null) {
    withSnapshot(folder, start.seq, (read) => target.restore(read));
    checkState(journal, start, target);
  }
  const later = new Map(checkpoints.map((checkpoint) => [checkpoint.seq, checkpoint]));
  let replayed = 0;
  let lastTimeUs: number | null = null;
  const reader = new JournalReader(folder);
  try {
    for (const { seq, payload, effects } of reader.records()) {
      if (seq <= (start?.seq ?? 0)) continue;
      const record = decodeRecord(payload);
      const applied = target.apply(record);
      if (!effectsHash(applied.effects, applied.problems.length).equals(effects))
        throw otherwise(journal, seq, 'has other effects');
      const checkpoint = later.get(seq);
      if (checkpoint !== undefined) checkState(journal, checkpoint, target);
      replayed += 1;
      lastTimeUs = record.timeUs;
      onReplayed(seq);
    }
  } finally {
    reader.close();
  }
  return { snapshotSeq: start?.seq ?? null, replayed, lastSeq: found.lastSeq, lastTimeUs, passedOver };
}

function extentText({ found: { firstSeq, lastSeq } }: Journal): string {
  return lastSeq < firstSeq ? 'no record' : `records ${firstSeq} to ${lastSeq}`;
}

function checkState(journal: Journal, { seq, stateHash }: Checkpoint, target: Replayed): void {
  if (stateHash !== null && target.stateHash() !== stateHash) throw otherwise(journal, seq, 'leads to another state');
}

function otherwise({ folder, header }: Journal, seq: number, what: string): PlimsollError {
  const text = `${folder}: record ${seq} ${what} than when it was written: the journal was begun by ${header.createdBy}; recover it with the version that wrote it`;
  return new PlimsollError('internal', text);
}
