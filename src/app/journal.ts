/** Journals for people: what is whole in one, its records as plain data, and as a table. Reads only, and prints nothing. */
import { RecordTable } from '../files/record-table.js';
import { decodeRecord } from '../journal/codec.js';
import { type InstrumentNames, namesOf } from '../journal/instruments.js';
import type { Checkpoint, Epoch, Genesis } from '../journal/layout.js';
import { heldReader } from '../journal/live-reader.js';
import type { JournalReader, ReadRecord } from '../journal/reader.js';
import { snapshotFault } from '../journal/snapshots.js';
import { type Decimal, formatDecimal } from '../model/decimal.js';
import { badInput, PlimsollError } from '../model/errors.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import type { InputRecord } from '../model/records.js';

/** What `journal verify` has found. */
export interface JournalState {
  readonly folder: string;
  readonly format: number;
  readonly createdBy: string;
  readonly createdUs: number;
  readonly genesis: Genesis;
  readonly epochs: readonly Pick<Epoch, 'epoch' | 'by' | 'startUs' | 'firstSeq'>[];
  /** Whole ones, from the first that is kept; null: none. */
  readonly records: { readonly first: number; readonly last: number } | null;
  readonly snapshots: readonly (Checkpoint & { readonly fault: string | null })[];
  /** What is damaged; none: it is whole. */
  readonly damage: readonly string[];
}

/**
 * Walks over everything: pages, checksums, sequence, chain, every record's bytes, snapshots. Damage is told in the answer; a folder without a
 * journal, or one whose head cannot be read, is a `PlimsollError`. While a writer goes on, it is what its last commit was at the beginning.
 */
export function verifyJournal(folder: string): JournalState {
  const { reader, close } = heldReader(folder);
  try {
    return stateOf(reader);
  } finally {
    close();
  }
}

function stateOf(reader: JournalReader): JournalState {
  const { folder, head } = reader;
  const { format, createdBy, createdUs, genesis } = head.header;
  const damage: string[] = [];
  const whole: { first: number; last: number }[] = [];
  try {
    for (const record of reader.records()) {
      decoded(folder, record);
      if (whole.length === 0) whole.push({ first: record.seq, last: record.seq });
      whole[0].last = record.seq;
    }
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    damage.push(error.message);
  }
  const snapshots = head.checkpoints.map((checkpoint) => ({ ...checkpoint, fault: snapshotFault(folder, checkpoint) }));
  for (const { fault } of snapshots) if (fault !== null) damage.push(fault);
  const epochs = head.epochs.map(({ epoch, by, startUs, firstSeq }) => ({ epoch, by, startUs, firstSeq }));
  return { folder, format, createdBy, createdUs, genesis, epochs, records: whole[0] ?? null, snapshots, damage };
}

function decoded(folder: string, { seq, payload }: ReadRecord): InputRecord {
  try {
    return decodeRecord(payload);
  } catch (error) {
    throw badInput(`${folder}: record ${seq}`, 'a record that this version can read', (error as Error).message);
  }
}

/** Sequence numbers, inclusive. */
export interface JournalRange {
  readonly from: number;
  readonly to: number;
}

/** A record as plain data: markets and assets by id, amounts and prices as decimal strings, sizes in lots. */
export interface DumpedRecord {
  readonly seq: number;
  readonly epoch: number;
  readonly hash: string;
  readonly record: { readonly type: InputRecord['type']; readonly timeUs: number };
}

/** Records of a range, in sequence, up to where the journal is whole; then it throws what is not. */
export function* dumpJournal(folder: string, { from, to }: JournalRange): Generator<DumpedRecord> {
  if (from > to) return;
  const { reader, close } = heldReader(folder);
  try {
    const names = namesOf(reader.head.header.instruments);
    const { epochs } = reader.head;
    for (const each of reader.records()) {
      if (each.seq < from) continue;
      const epoch = epochs.findLast(({ firstSeq }) => firstSeq <= each.seq)?.epoch ?? 0;
      const record = plain(decoded(folder, each), names) as DumpedRecord['record'];
      yield { seq: each.seq, epoch, hash: each.hash.toString('hex'), record };
      // What lies behind the range may be damaged.
      if (each.seq >= to) return;
    }
  } finally {
    close();
  }
}

/** Writes a range as a Parquet file, and returns how many records it has. */
export async function exportJournal(folder: string, path: string, range: JournalRange): Promise<number> {
  let table: RecordTable | null = null;
  let count = 0;
  for (const { seq, epoch, hash, record } of dumpJournal(folder, range)) {
    const { type, timeUs } = record;
    table ??= new RecordTable(path);
    await table.add({ seq, epoch, timeUs, type, items: itemsOf(record), hash, payload: JSON.stringify(record) });
    count += 1;
  }
  if (table === null) throw badInput(folder, `records from ${range.from} to ${range.to}`, 'none', 'nothing-to-do');
  await table.finish();
  return count;
}

/** Each type has one list that is its content; a tick's is its marks. */
function itemsOf(record: DumpedRecord['record']): number {
  return Object.values<unknown>(record).find(Array.isArray)?.length ?? 0;
}

function plain(value: unknown, names: InstrumentNames): unknown {
  if (typeof value === 'bigint') return formatDecimal({ units: value, decimals: EXACT_DECIMALS });
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => plain(each, names));
  if (isDecimal(value)) return formatDecimal(value);
  const entries = Object.entries(value).map(([name, each]) => {
    if (name === 'market' && typeof each === 'number') return [name, names.markets[each] ?? each];
    if (name === 'asset' && typeof each === 'number') return [name, names.assets[each] ?? each];
    return [name, plain(each, names)];
  });
  return Object.fromEntries(entries);
}

function isDecimal(value: object): value is Decimal {
  return 'units' in value && 'decimals' in value;
}
