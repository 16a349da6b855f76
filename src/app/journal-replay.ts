/** A journal's records applied again by the real engine, from the last snapshot before a time: whoever looks on sees each with its effects. Prints nothing. */
import type { Applied, Engine } from '../engine/engine.js';
import { stateHash } from '../engine/state-hash.js';
import { decodeRecord } from '../journal/codec.js';
import { effectsHash } from '../journal/effects-hash.js';
import type { Checkpoint } from '../journal/layout.js';
import type { JournalReader } from '../journal/reader.js';
import { snapshotFault, withSnapshot } from '../journal/snapshots.js';
import { badInput, PlimsollError } from '../model/errors.js';
import type { InputRecord } from '../model/records.js';

/** A record in its place. */
export interface Placed {
  readonly seq: number;
  readonly record: InputRecord;
}

/**
 * The newest whole snapshot all of whose records are of before a time; null: the beginning. Where the beginning is dropped and no snapshot is old enough, the oldest
 * whole one. Throws bad input when there is none of these.
 */
export function startBefore(reader: JournalReader, timeUs: number): Checkpoint | null {
  const { head, folder } = reader;
  const whole = head.checkpoints.filter((checkpoint) => snapshotFault(folder, checkpoint) === null);
  let lastBefore = 0;
  let first: number | null = null;
  for (const { seq, record } of decodedRecords(reader)) {
    first ??= seq;
    if (record.timeUs >= timeUs) break;
    lastBefore = seq;
  }
  const start = whole.findLast(({ seq }) => seq <= lastBefore) ?? null;
  if (start !== null || first === null || first === 1) return start;
  if (whole.length > 0) return whole[0];
  throw badInput(folder, `record 1 or a whole snapshot`, `none, and records from ${first}`);
}

/** In sequence, up to where the journal is whole; then it throws what is not. */
export function* decodedRecords(reader: JournalReader): Generator<Placed & { readonly effects: Buffer }> {
  for (const { seq, payload, effects } of reader.records()) yield { seq, record: decodeRecord(payload), effects };
}

/** Who looks on. */
export interface Onlooker {
  /** A record that is not applied: the snapshot has what it led to. */
  onSkipped(placed: Placed): void;
  /** Just before a record is applied, and just after; after the latter true: it has seen enough. */
  before(placed: Placed): void;
  after(placed: Placed, applied: Applied): boolean;
}

/**
 * Applies records to an engine made for where `start` is, each held to its effects, and to the state of each snapshot that has one. Throws bad input where
 * the journal is no longer whole, and `internal` for an engine that decides otherwise than it did.
 */
export function replayJournal(reader: JournalReader, engine: Engine, start: Checkpoint | null, onlooker: Onlooker): void {
  const { folder, head } = reader;
  if (start !== null) withSnapshot(folder, start.seq, (read) => engine.restore(read));
  const states = new Map(head.checkpoints.map((checkpoint) => [checkpoint.seq, checkpoint.stateHash]));
  const otherwise = (seq: number, what: string): PlimsollError => {
    const text = `${folder}: record ${seq} ${what} than when it was written: the journal was begun by ${head.header.createdBy}; read it with the version that wrote it`;
    return new PlimsollError('internal', text);
  };
  for (const { effects, ...placed } of decodedRecords(reader)) {
    const { seq, record } = placed;
    if (seq <= (start?.seq ?? 0)) {
      onlooker.onSkipped(placed);
      continue;
    }
    onlooker.before(placed);
    const applied = engine.apply(record);
    if (!effectsHash(applied.effects, applied.problems.length).equals(effects)) throw otherwise(seq, 'has other effects');
    const state = states.get(seq) ?? null;
    if (state !== null && stateHash(engine) !== state) throw otherwise(seq, 'leads to another state');
    if (onlooker.after(placed, applied)) return;
  }
}
