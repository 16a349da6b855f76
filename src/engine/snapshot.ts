/**
 * A snapshot of the engine: the buffers of its parts, and a head that says what they are and holds them against damage. Knows no part's content and no
 * file. The case half is a part as the scan half is: what implements `Saved` is added to the engine's parts.
 */
import { createHash } from 'node:crypto';
import { badInput, PlimsollError } from '../model/errors.js';
import { checksum } from '../model/hash.js';
import type { Instruments } from '../model/instruments.js';
import {
  BufferReader,
  isCount,
  isText,
  type NamedBuffer,
  plainBuffer,
  type ReadBytes,
  type Saved,
  under,
} from '../model/named-buffers.js';

/** Of what any part saves: raised whenever a snapshot of before cannot be restored. */
const SNAPSHOT_VERSION = 1;
const HEAD = 'head';
/** Before its plain data: the words `PLSN`, the version and the checksum. */
const HEAD_BYTES = 12;
const MAGIC = 0x4e534c50;

/** By name, in the order in which they are saved and restored. */
export type Parts = Readonly<Record<string, Saved>>;

/** One buffer as the head knows it. */
interface Entry {
  readonly bytes: number;
  readonly checksum: number;
}

/** The head first. Buffers are views of the live memory: written out or copied before the next record is applied. */
export function saveSnapshot(instruments: Instruments, parts: Parts): NamedBuffer[] {
  const buffers = Object.entries(parts).flatMap(([name, part]) => under(name, part.save()));
  const entries = buffers.map(({ name, bytes }) => [name, bytes.length, checksum(bytes)]);
  return [headBuffer({ instruments: fingerprintOf(instruments), entries: entries.flat() }), ...buffers];
}

/**
 * Restores fresh parts that were made for the same instruments. A snapshot of another version or of other instruments, and one of which a byte is missing
 * or another, is a `PlimsollError`; the parts are then good for nothing. Buffers are read one at a time.
 */
export function restoreSnapshot(instruments: Instruments, parts: Parts, read: ReadBytes): void {
  const { fingerprint, entries } = readHead(read);
  if (fingerprint !== fingerprintOf(instruments)) {
    throw badInput('snapshot', 'one of a book with these instruments and rules', 'one of another');
  }
  const reader = new BufferReader((name) => readWhole(read, name, entries.get(name)));
  for (const [name, part] of Object.entries(parts)) restorePart(name, part, reader.under(name));
}

/** Bytes that are whole and still make no sense can only have been written by somebody else: what they break is their error, not ours. */
function restorePart(name: string, part: Saved, from: BufferReader): void {
  try {
    part.restore(from);
  } catch (cause) {
    if (cause instanceof PlimsollError) throw cause;
    const expected = `expected a state that can be restored, was another: ${(cause as Error).message}`;
    throw new PlimsollError('bad-input', `snapshot buffers ${name}: ${expected}`, { cause });
  }
}

function headBuffer(content: unknown): NamedBuffer {
  const { bytes } = plainBuffer(HEAD, content);
  const head = new Uint8Array(HEAD_BYTES + bytes.length);
  head.set(bytes, HEAD_BYTES);
  const words = new DataView(head.buffer);
  words.setUint32(0, MAGIC, true);
  words.setUint32(4, SNAPSHOT_VERSION, true);
  words.setUint32(8, checksum(bytes), true);
  return { name: HEAD, bytes: head };
}

function readHead(read: ReadBytes): { readonly fingerprint: string; readonly entries: ReadonlyMap<string, Entry> } {
  const head = read(HEAD);
  if (head === undefined || head.length < HEAD_BYTES) throw badInput('snapshot', 'a head', 'none');
  const words = new DataView(head.buffer, head.byteOffset, head.length);
  if (words.getUint32(0, true) !== MAGIC) throw badInput('snapshot', 'the head of a snapshot', 'something else');
  const version = words.getUint32(4, true);
  if (version !== SNAPSHOT_VERSION) throw badInput('snapshot', `version ${SNAPSHOT_VERSION}`, String(version));
  const content = head.subarray(HEAD_BYTES);
  if (checksum(content) !== words.getUint32(8, true)) throw badInput('snapshot', 'an undamaged head', 'a damaged one');
  const members = new BufferReader(() => content).members(HEAD);
  const cells = members.list('entries', isTextOrCount);
  const entries = new Map<string, Entry>();
  for (let i = 0; i < cells.length; i += 3)
    entries.set(String(cells[i]), { bytes: Number(cells[i + 1]), checksum: Number(cells[i + 2]) });
  return { fingerprint: members.text('instruments'), entries };
}

/** A buffer that the head knows, exactly as it was saved. */
function readWhole(read: ReadBytes, name: string, entry: Entry | undefined): Uint8Array | undefined {
  const bytes = entry === undefined ? undefined : read(name);
  if (entry === undefined || bytes === undefined) return undefined;
  const where = `snapshot buffer ${name}`;
  if (bytes.length !== entry.bytes) throw badInput(where, `${entry.bytes} bytes`, String(bytes.length));
  if (checksum(bytes) !== entry.checksum) throw badInput(where, 'the bytes that were saved', 'others (it is damaged)');
  return bytes;
}

function isTextOrCount(value: unknown): value is string | number {
  return isText(value) || isCount(value);
}

/** SHA-256 over everything that lines and exact rules are made from, members by name. */
function fingerprintOf(instruments: Instruments): string {
  const byName = (_: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Map) return [...value];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return createHash('sha256').update(JSON.stringify(instruments, byName)).digest('hex');
}
