/** Recovery: the newest whole snapshot, then every record behind it, held to what it did the first time. Knows no engine, only what one offers. */
import { PlimsollError } from '../model/errors.js';
import type { Effect, InputRecord } from '../model/records.js';
import { decodeRecord } from './codec.js';
import { effectsHash } from './effects-hash.js';
import type { Journal } from './journal.js';
import { type Checkpoint, damaged } from './layout.js';
import { JournalReader } from './reader.js';
import { type NamedBytes, snapshotFault, snapshotParts } from './snapshots.js';

/** What saves its state and takes it back. */
export interface SnapshotSource {
  save(): Iterable<NamedBytes>;
  restore(parts: Iterable<NamedBytes>): void;
}

/** As it was when the journal was begun: what `Genesis` says. */
export interface Replayed {
  apply(record: InputRecord): { readonly effects: readonly Effect[]; readonly problems: readonly unknown[] };
  stateHash(): string;
  /** Null: it starts from the beginning always. */
  readonly snapshots: SnapshotSource | null;
}

export interface Recovery {
  /** The snapshot that it started from; null: from the beginning. */
  readonly snapshotSeq: number | null;
  readonly replayed: number;
  readonly lastSeq: number;
  /** Time of the last record; null when there is none behind the snapshot. */
  readonly lastTimeUs: number | null;
  /** Why newer snapshots were passed over. */
  readonly passedOver: readonly string[];
}

/**
 * Brings an engine to where the journal ends. Throws `PlimsollError`: bad input when too much is damaged, `internal` when the engine decides
 * otherwise than it did: then this is another program than the one that wrote it, or a bug.
 */
export function recover(journal: Journal, target: Replayed, onReplayed: (seq: number) => void = () => undefined): Recovery {
  const { folder, checkpoints, found } = journal;
  const passedOver: string[] = [];
  const start = target.snapshots === null ? null : newestWhole(journal, passedOver);
  if (start === null && found.firstSeq > 1) {
    const why = passedOver.length > 0 ? passedOver.join('; ') : 'this engine takes no snapshot back';
    throw damaged(
      folder,
      `no snapshot can be used, and the records before ${found.firstSeq} are dropped: ${why}`,
      extentText(journal),
    );
  }
  if (start !== null) {
    target.snapshots?.restore(snapshotParts(folder, start.seq));
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

function newestWhole({ folder, checkpoints, found }: Journal, passedOver: string[]): Checkpoint | null {
  for (const checkpoint of checkpoints.toReversed()) {
    const fault = snapshotFault(folder, checkpoint);
    // Behind it everything must be there.
    if (fault === null && checkpoint.seq + 1 >= found.firstSeq) return checkpoint;
    passedOver.push(fault ?? `records ${checkpoint.seq + 1} to ${found.firstSeq - 1} are dropped`);
  }
  return null;
}

function checkState(journal: Journal, { seq, stateHash }: Checkpoint, target: Replayed): void {
  if (target.stateHash() !== stateHash) throw otherwise(journal, seq, 'leads to another state');
}

function otherwise({ folder, header }: Journal, seq: number, what: string): PlimsollError {
  const text = `${folder}: record ${seq} ${what} than when it was written: the journal was begun by ${header.createdBy}; recover it with the version that wrote it`;
  return new PlimsollError('internal', text);
}
