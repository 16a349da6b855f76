/** The wire codec: standard MessagePack, nothing else. It knows bytes and plain values; it must not know messages or sockets. */
import { Packr, Unpackr } from 'msgpackr';
import { badInput, type PlimsollError } from '../model/errors.js';

const packr = new Packr({ useRecords: false, variableMapSize: true });
// 'auto' (a number where it is exact, else a BigInt) is missing from msgpackr's types.
const unpackr = new Unpackr({ int64AsType: 'auto' as 'number', mapsAsObjects: true });

/** Arrays and maps inside each other; the messages need six. */
const NESTING_MAX = 16;

/** An integer as the wire has it: a MessagePack integer of up to 64 bits. */
export type WireInteger = number | bigint;

/** The safe integer in the form that leaves as a MessagePack integer: msgpackr writes larger numbers as float64. */
export function wireInteger(value: number): WireInteger {
  return value > 0xffffffff || value < -0x80000000 ? BigInt(value) : value;
}

/** Standard MessagePack of arrays, plain objects, texts, numbers, BigInts of 64 bits, booleans, null and bytes. */
export function encode(message: readonly unknown[]): Uint8Array {
  return packr.pack(message);
}

/**
 * The value that the bytes hold. 64-bit integers are numbers where that is exact, else BigInts. Any other bytes (extension types, the
 * unused code 0xc1, nesting beyond 16, more than 4,096 keys in a map, keys that are no text or come twice, lengths beyond the frame, bytes left over, more
 * bytes than `bytesMax`) are a `PlimsollError`, found before msgpackr sees them.
 */
export function decode(bytes: Uint8Array, bytesMax: number): unknown {
  if (bytes.length > bytesMax) throw badInput('frame', `at most ${bytesMax} bytes`, `${bytes.length} bytes`, 'too-large');
  checkStructure(bytes);
  return unpackr.unpack(bytes);
}

const SCALAR = 0;
const TEXT = 1;
const ARRAY = 2;
const MAP = 3;
type Kind = typeof SCALAR | typeof TEXT | typeof ARRAY | typeof MAP;

/** Formats 0xc0 to 0xdf: the kind, how many bytes its length takes, or how many bytes the value takes. Null: refused. */
const FORMATS: readonly ({ kind: Kind; lengthBytes: number; valueBytes: number } | null)[] = [
  { kind: SCALAR, lengthBytes: 0, valueBytes: 0 }, // nil
  null, // never used
  { kind: SCALAR, lengthBytes: 0, valueBytes: 0 }, // false
  { kind: SCALAR, lengthBytes: 0, valueBytes: 0 }, // true
  ...[1, 2, 4].map((lengthBytes) => ({ kind: SCALAR, lengthBytes, valueBytes: 0 }) as const), // bin
  ...[null, null, null], // ext
  ...[4, 8].map((valueBytes) => ({ kind: SCALAR, lengthBytes: 0, valueBytes }) as const), // float
  ...[1, 2, 4, 8].map((valueBytes) => ({ kind: SCALAR, lengthBytes: 0, valueBytes }) as const), // unsigned
  ...[1, 2, 4, 8].map((valueBytes) => ({ kind: SCALAR, lengthBytes: 0, valueBytes }) as const), // signed
  ...[null, null, null, null, null], // fixext
  ...[1, 2, 4].map((lengthBytes) => ({ kind: TEXT, lengthBytes, valueBytes: 0 }) as const),
  ...[2, 4].map((lengthBytes) => ({ kind: ARRAY, lengthBytes, valueBytes: 0 }) as const),
  ...[2, 4].map((lengthBytes) => ({ kind: MAP, lengthBytes, valueBytes: 0 }) as const),
];

interface Head {
  kind: Kind;
  /** Bytes of a text or scalar after the head; elements of an array; pairs of a map. */
  count: number;
  /** Where the head ends. */
  end: number;
}

/** An array or a map that is still open. */
interface Level {
  /** Values yet to come; of a map, keys and values. */
  remaining: number;
  /** Keys of a map so far; null for an array. */
  readonly keys: Set<string> | null;
}

/** Walks the bytes once, without recursion, and throws unless they are one value that `decode` allows. */
function checkStructure(bytes: Uint8Array): void {
  const open: Level[] = [];
  let at = 0;
  do {
    const head = readHead(bytes, at);
    const level = open.at(-1);
    if (level !== undefined) {
      if (level.keys !== null && level.remaining % 2 === 0) addKey(level.keys, bytes, head, at);
      level.remaining -= 1;
    }
    const isOpening = head.kind === ARRAY || head.kind === MAP;
    // Each element takes at least a byte: a length that cannot be true is refused before anything of that size is made.
    const bytesAtLeast = head.kind === MAP ? 2 * head.count : head.count;
    if (head.end + bytesAtLeast > bytes.length) throw malformed(at, `${bytesAtLeast} more bytes`, `${bytes.length - head.end}`);
    at = isOpening ? head.end : head.end + head.count;
    if (isOpening) {
      if (open.length === NESTING_MAX) throw malformed(at, `at most ${NESTING_MAX} levels of arrays and maps`, 'one more');
      open.push({ remaining: bytesAtLeast, keys: head.kind === MAP ? new Set() : null });
    }
    while (open.length > 0 && open[open.length - 1].remaining === 0) open.pop();
  } while (open.length > 0);
  if (at !== bytes.length) throw malformed(at, 'the end of the frame', `${bytes.length - at} more bytes`);
}

function readHead(bytes: Uint8Array, at: number): Head {
  if (at >= bytes.length) throw malformed(at, 'a value', 'the end of the frame');
  const code = bytes[at];
  if (code <= 0x7f || code >= 0xe0) return { kind: SCALAR, count: 0, end: at + 1 };
  if (code <= 0x8f) return { kind: MAP, count: code & 0x0f, end: at + 1 };
  if (code <= 0x9f) return { kind: ARRAY, count: code & 0x0f, end: at + 1 };
  if (code <= 0xbf) return { kind: TEXT, count: code & 0x1f, end: at + 1 };
  const format = FORMATS[code - 0xc0];
  if (format === null) throw malformed(at, 'standard MessagePack without extension types', `0x${code.toString(16)}`);
  const { kind, lengthBytes, valueBytes } = format;
  const end = at + 1 + lengthBytes;
  if (end > bytes.length) throw malformed(at, 'a length', 'the end of the frame');
  let count = valueBytes;
  for (let i = at + 1; i < end; i += 1) count = count * 256 + bytes[i];
  return { kind, count, end };
}

function addKey(keys: Set<string>, bytes: Uint8Array, head: Head, at: number): void {
  if (head.kind !== TEXT) throw malformed(at, 'a text as key', 'another type');
  if (keys.size === MAP_KEYS_MAX) throw malformed(at, `a map of at most ${MAP_KEYS_MAX} keys`, 'one more');
  // Equal bytes are equal keys, whatever they encode.
  const key = String.fromCharCode(...bytes.subarray(head.end, head.end + Math.min(head.count, KEY_BYTES_MAX + 1)));
  if (key.length > KEY_BYTES_MAX) throw malformed(at, `a key of at most ${KEY_BYTES_MAX} bytes`, 'a longer one');
  if (keys.has(key)) throw malformed(at, 'each key once', JSON.stringify(key));
  keys.add(key);
}

const KEY_BYTES_MAX = 256;
const MAP_KEYS_MAX = 4_096;

function malformed(at: number, expected: string, found: string): PlimsollError {
  return badInput(`frame at byte ${at}`, expected, found);
}
