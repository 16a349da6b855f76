/** Owns what stands in the log: its keys, a record's header, the hash chain, sealed notes. Knows no file. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { badInput, PlimsollError } from '../model/errors.js';

/** Of everything in a journal's folder but the records' own bytes. */
export const FORMAT_VERSION = 1;

/** The first byte of a key: what stands under it, in the order in which it is read. */
export const KEY = { header: 0, epoch: 1, checkpoint: 2, record: 3 } as const;

const KEY_BYTES = 9;
const HASH_BYTES = 32;
export const EFFECTS_HASH_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** Version, previous hash, effects' hash, checksum. */
const RECORD_HEADER_BYTES = 1 + HASH_BYTES + EFFECTS_HASH_BYTES + CHECKSUM_BYTES;

/** A kind and a number: of an epoch or of a record. Keys of one kind are in the numbers' order. */
export function keyOf(kind: number, number: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key[0] = kind;
  key.writeBigUInt64BE(BigInt(number), 1);
  return key;
}

export function parseKey(key: Buffer): { readonly kind: number; readonly number: number } {
  const number = key.length === KEY_BYTES ? Number(key.readBigUInt64BE(1)) : Number.NaN;
  if (!Number.isSafeInteger(number) || key[0] > KEY.record) throw badInput('key', 'one of a journal', key.toString('hex'));
  return { kind: key[0], number };
}

/** A record as it stands in the log. */
export interface LoggedRecord {
  readonly seq: number;
  /** Bytes of `encodeRecord`. */
  readonly payload: Buffer;
  /** The first bytes of SHA-256 over the effects that it had: a replay has the same. */
  readonly effects: Buffer;
  readonly previousHash: Buffer;
}

/** SHA-256 over previous hash ‖ effects' hash ‖ payload: what the next record names as its previous one. */
export function chainHash({ previousHash, effects, payload }: Omit<LoggedRecord, 'seq'>): Buffer {
  return createHash('sha256').update(previousHash).update(effects).update(payload).digest();
}

function checksumOf(key: Buffer, head: Uint8Array, rest: Uint8Array): number {
  return crc32(rest, crc32(head, crc32(key)));
}

export function recordValue(key: Buffer, { previousHash, effects, payload }: Omit<LoggedRecord, 'seq'>): Buffer {
  const value = Buffer.allocUnsafe(RECORD_HEADER_BYTES + payload.length);
  value[0] = FORMAT_VERSION;
  previousHash.copy(value, 1);
  effects.copy(value, 1 + HASH_BYTES);
  payload.copy(value, RECORD_HEADER_BYTES);
  const head = RECORD_HEADER_BYTES - CHECKSUM_BYTES;
  value.writeUInt32LE(checksumOf(key, value.subarray(0, head), payload), head);
  return value;
}

export function parseRecord(key: Buffer, value: Buffer): LoggedRecord {
  const { kind, number: seq } = parseKey(key);
  if (kind !== KEY.record) throw badInput('key', "a record's", key.toString('hex'));
  const head = RECORD_HEADER_BYTES - CHECKSUM_BYTES;
  if (value.length < RECORD_HEADER_BYTES) throw badInput(`record ${seq}`, 'a whole header', `${value.length} bytes`);
  const payload = value.subarray(RECORD_HEADER_BYTES);
  if (value.readUInt32LE(head) !== checksumOf(key, value.subarray(0, head), payload))
    throw badInput(`record ${seq}`, 'bytes that its checksum is of', 'others');
  if (value[0] !== FORMAT_VERSION) throw badInput(`record ${seq}`, `format ${FORMAT_VERSION}`, `format ${value[0]}`);
  return { seq, payload, previousHash: value.subarray(1, 1 + HASH_BYTES), effects: value.subarray(1 + HASH_BYTES, head) };
}

/** A note as JSON, behind a checksum over it and its key. */
export function sealed(key: Buffer, note: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(note));
  const checksum = Buffer.allocUnsafe(CHECKSUM_BYTES);
  checksum.writeUInt32LE(checksumOf(key, json, Buffer.alloc(0)));
  return Buffer.concat([checksum, json]);
}

export function unsealed(key: Buffer, value: Buffer, what: string): unknown {
  const json = value.subarray(CHECKSUM_BYTES);
  if (value.length < CHECKSUM_BYTES || value.readUInt32LE(0) !== checksumOf(key, json, Buffer.alloc(0)))
    throw badInput(what, 'bytes that their checksum is of', 'others');
  return JSON.parse(json.toString('utf8'));
}

/** What makes a journal this book's and no other's: by name, so that a difference can be told. */
export type Genesis = Readonly<Record<string, string | number | boolean | null>>;

/** Written once, when the journal is made. */
export interface Header {
  readonly format: number;
  /** Name and version of the program. */
  readonly createdBy: string;
  readonly createdUs: number;
  readonly genesis: Genesis;
  /** SHA-256 over `instruments`. */
  readonly instrumentsHash: string;
  /** As `describeInstruments` writes them. */
  readonly instruments: string;
}

/** A process, such that one with the same number after it is another. */
export interface Owner {
  readonly pid: number;
  /** Clock ticks from boot to its start; null where the system does not say. */
  readonly started: string | null;
  readonly boot: string | null;
}

/** A start of the writer. */
export interface Epoch {
  readonly epoch: number;
  readonly by: string;
  readonly startUs: number;
  /** The first record that it may have written. */
  readonly firstSeq: number;
  /** Null: it has closed the journal. */
  readonly owner: Owner | null;
}

/** A snapshot that is whole, and what it must fit to. */
export interface Checkpoint {
  readonly seq: number;
  /** Null: it was not asked for, as it takes long over a large book. */
  readonly stateHash: string | null;
  /** Of record `seq`, hex. */
  readonly chainHash: string;
}

/** What the first record names as its previous hash. */
export function genesisHash(header: Header): Buffer {
  return createHash('sha256').update(JSON.stringify(header)).digest();
}

/** Whole as far as can be said, but not of this program's format. */
export class OtherFormat extends PlimsollError {
  constructor(folder: string, { format, createdBy }: Header) {
    super(
      'bad-input',
      `${folder}: expected a journal of format ${FORMAT_VERSION}, was one of format ${format}, made by ${createdBy}: read it with that program`,
    );
    this.name = 'OtherFormat';
  }
}

/** Bad input with advice: what is damaged, what is whole, what can be done. */
export function damaged(folder: string, what: string, whole: string, cause?: unknown): PlimsollError {
  const advice = `Keep a copy of ${folder}; "plimsoll journal export" and "dump" read what is intact; go on from a backup or with an empty folder`;
  return new PlimsollError('bad-input', `${folder}: the journal is damaged: ${what}. Intact: ${whole}. ${advice}`, { cause });
}
