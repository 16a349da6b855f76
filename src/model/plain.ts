/** Plain data to bytes and back, exactly. Knows no state and no file; the format is the snapshots' own. */
import { AssertionError, assert, badInput, type PlimsollError } from './errors.js';

const TAG = {
  null: 0,
  false: 1,
  true: 2,
  float: 3,
  count: 4,
  bigint: 5,
  negative: 6,
  latin: 7,
  wide: 8,
  array: 9,
  object: 10,
  map: 11,
  set: 12,
} as const;

/** Arrays, objects, maps and sets inside each other. */
const NESTING_MAX = 64;
/** Of one text or BigInt: far below what V8 holds. */
const ITEM_BYTES_MAX = 2 ** 26;
/** Characters up to here take one byte each. */
const LATIN_MAX = 0xff;

/**
 * Null, booleans, numbers (−0 and NaN included), BigInts, texts (whatever their code units), arrays, plain objects, maps and sets, the last three in
 * the order in which they were filled. Anything else is our bug.
 */
export function encodePlain(value: unknown): Uint8Array {
  const writer = new PlainWriter();
  writer.value(value, 0);
  // Not a Buffer: what those call a slice is no copy.
  return new Uint8Array(writer.bytes.buffer, writer.bytes.byteOffset, writer.length);
}

/** What `encodePlain` was given. Any other bytes are a `PlimsollError` that names `where`. */
export function decodePlain(bytes: Uint8Array, where = 'plain data'): unknown {
  const reader = new PlainReader(bytes, where);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw reader.malformed('its end', `${bytes.length - reader.at} more bytes`);
  return value;
}

class PlainWriter {
  bytes = Buffer.alloc(256);
  length = 0;

  value(value: unknown, depth: number): void {
    assert(depth <= NESTING_MAX, `expected plain data of at most ${NESTING_MAX} levels`);
    if (value === null) this.byte(TAG.null);
    else if (value === false) this.byte(TAG.false);
    else if (value === true) this.byte(TAG.true);
    else if (typeof value === 'number') this.number(value);
    else if (typeof value === 'bigint') this.bigint(value);
    else if (typeof value === 'string') this.text(value);
    else if (Array.isArray(value)) this.values(TAG.array, value.length, value, depth);
    else if (value instanceof Set) this.values(TAG.set, value.size, value, depth);
    else if (value instanceof Map) this.values(TAG.map, value.size, flat(value), depth);
    else if (isPlainObject(value)) this.values(TAG.object, Object.keys(value).length, flat(Object.entries(value)), depth);
    else throw new AssertionError(`expected plain data, was ${typeof value}`);
  }

  /** Counts are most numbers. −0 is none. */
  private number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
      this.byte(TAG.count);
      this.count(value);
      return;
    }
    this.byte(TAG.float);
    this.ensure(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  private bigint(value: bigint): void {
    this.byte(value < 0n ? TAG.negative : TAG.bigint);
    const digits = (value < 0n ? -value : value).toString(16);
    const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
    this.item(hex.length / 2, 1);
    this.length += this.bytes.write(hex, this.length, 'hex');
  }

  private text(value: string): void {
    const isWide = hasWide(value);
    this.byte(isWide ? TAG.wide : TAG.latin);
    this.item(value.length, isWide ? 2 : 1);
    this.length += this.bytes.write(value, this.length, isWide ? 'utf16le' : 'latin1');
  }

  /** Head of a text or BigInt, and room for it. */
  private item(count: number, each: number): void {
    assert(count * each <= ITEM_BYTES_MAX, `expected an item of at most ${ITEM_BYTES_MAX} bytes`);
    this.count(count);
    this.ensure(count * each);
  }

  private values(tag: number, count: number, values: Iterable<unknown>, depth: number): void {
    this.byte(tag);
    this.count(count);
    for (const each of values) this.value(each, depth + 1);
  }

  private byte(byte: number): void {
    this.ensure(1);
    this.bytes[this.length++] = byte;
  }

  /** Seven bits a byte, the lowest first. */
  private count(count: number): void {
    let rest = count;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80);
    this.byte(rest);
  }

  private ensure(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.max(2 * this.bytes.length, this.length + more));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

class PlainReader {
  at = 0;
  private readonly bytes: Buffer;
  private readonly where: string;

  constructor(bytes: Uint8Array, where: string) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.where = where;
  }

  value(depth: number): unknown {
    if (depth > NESTING_MAX) throw this.malformed(`at most ${NESTING_MAX} levels`, 'one more');
    const tag = this.byte();
    if (tag === TAG.null) return null;
    if (tag === TAG.false) return false;
    if (tag === TAG.true) return true;
    if (tag === TAG.float) return this.bytes.readDoubleLE(this.skip(8));
    if (tag === TAG.count) return this.count();
    if (tag === TAG.bigint) return this.bigint();
    if (tag === TAG.negative) return -this.bigint();
    if (tag === TAG.latin || tag === TAG.wide) return this.text(tag);
    if (tag === TAG.array) return this.values(depth, 1);
    if (tag === TAG.set) return this.set(depth);
    if (tag === TAG.map) return this.map(depth);
    if (tag === TAG.object) return this.object(depth);
    throw this.malformed('a known tag', String(tag));
  }

  malformed(expected: string, found: string): PlimsollError {
    return badInput(`${this.where} at byte ${this.at}`, expected, found);
  }

  private values(depth: number, each: number): unknown[] {
    const count = this.count() * each;
    // Each takes at least a byte: a count that cannot be true is refused before anything of that size is made.
    if (count > this.bytes.length - this.at) throw this.malformed(`${count} more bytes`, `${this.bytes.length - this.at}`);
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(this.value(depth + 1));
    return values;
  }

  private pairs(depth: number): [unknown, unknown][] {
    const values = this.values(depth, 2);
    return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
  }

  private set(depth: number): Set<unknown> {
    const values = this.values(depth, 1);
    const set = new Set(values);
    this.checkDistinct(set.size, values.length);
    return set;
  }

  private map(depth: number): Map<unknown, unknown> {
    const pairs = this.pairs(depth);
    const map = new Map(pairs);
    this.checkDistinct(map.size, pairs.length);
    return map;
  }

  private object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const pairs = this.pairs(depth);
    for (const [key, value] of pairs) {
      if (typeof key !== 'string') throw this.malformed('a text as key', typeof key);
      // Not by assignment: `__proto__` is a key as any other.
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    this.checkDistinct(Object.keys(object).length, pairs.length);
    return object;
  }

  private checkDistinct(size: number, count: number): void {
    if (size !== count) throw this.malformed(`${count} distinct items`, String(size));
  }

  private bigint(): bigint {
    const start = this.skip(this.itemBytes(1));
    return BigInt(`0x0${this.bytes.toString('hex', start, this.at)}`);
  }

  private text(tag: number): string {
    const start = this.skip(this.itemBytes(tag === TAG.wide ? 2 : 1));
    return this.bytes.toString(tag === TAG.wide ? 'utf16le' : 'latin1', start, this.at);
  }

  private itemBytes(each: number): number {
    const bytes = each * this.count();
    if (bytes > ITEM_BYTES_MAX) throw this.malformed(`an item of at most ${ITEM_BYTES_MAX} bytes`, `${bytes}`);
    return bytes;
  }

  private byte(): number {
    return this.bytes[this.skip(1)];
  }

  private count(): number {
    let count = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte();
      count += (byte & 0x7f) * unit;
      if (!Number.isSafeInteger(count)) throw this.malformed('a safe integer', 'more');
      if (byte <= 0x7f) return count;
    }
  }

  /** Where the next `count` bytes begin. */
  private skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw this.malformed(`${count} more bytes`, `${this.bytes.length - start}`);
    this.at += count;
    return start;
  }
}

function* flat(pairs: Iterable<readonly [unknown, unknown]>): Iterable<unknown> {
  for (const [key, value] of pairs) {
    yield key;
    yield value;
  }
}

function hasWide(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > LATIN_MAX) return true;
  return false;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
