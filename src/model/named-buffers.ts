/** State as named bytes: how parts of the engine give theirs to a snapshot and take it back. Knows neither what is in them nor where they are kept. */
import { badInput, type PlimsollError } from './errors.js';
import { decodePlain, encodePlain } from './plain.js';

export interface NamedBuffer {
  /** Of one snapshot, each once: `scan/store/shelf/2/0/lots`. */
  readonly name: string;
  /** Mostly a view of the live memory: good until the next record is applied. */
  readonly bytes: Uint8Array;
}

/** A part of the state that can be saved, and restored into a fresh one made from the same instruments. */
export interface Saved {
  save(): NamedBuffer[];
  /** Damaged bytes are a `PlimsollError`; what they were to be restored into is then good for nothing. */
  restore(from: BufferReader): void;
}

/** Typed arrays by name: the same list is saved and restored. */
export type Columns = Readonly<Record<string, ArrayBufferView>>;

export function columnsBuffers(columns: Columns): NamedBuffer[] {
  return Object.entries(columns).map(([name, column]) => ({ name, bytes: bytesOf(column) }));
}

/** Safe integers from 0. */
export function countsBuffer(name: string, counts: readonly number[]): NamedBuffer {
  return { name, bytes: bytesOf(Float64Array.from(counts)) };
}

export function wordsBuffer(name: string, words: Iterable<number>): NamedBuffer {
  return { name, bytes: bytesOf(Uint32Array.from(words)) };
}

export function plainBuffer(name: string, value: unknown): NamedBuffer {
  return { name, bytes: encodePlain(value) };
}

export function under(prefix: string | number, buffers: readonly NamedBuffer[]): NamedBuffer[] {
  return buffers.map(({ name, bytes }) => ({ name: `${prefix}/${name}`, bytes }));
}

function bytesOf(column: ArrayBufferView): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** The bytes of a name, undefined where there are none. Read one by one, each is done with when the next is asked for. */
export type ReadBytes = (name: string) => Uint8Array | undefined;

export function readFrom(buffers: readonly NamedBuffer[]): ReadBytes {
  const byName = new Map(buffers.map(({ name, bytes }) => [name, bytes]));
  return (name) => byName.get(name);
}

/** Members of plain data, each held against what it should be. */
export class Members {
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly damaged: (expected: string) => PlimsollError;

  constructor(values: Readonly<Record<string, unknown>>, damaged: (expected: string) => PlimsollError) {
    this.values = values;
    this.damaged = damaged;
  }

  /** A safe integer from 0. */
  count(key: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.values[key];
    if (!isCount(value) || value > most) throw this.damaged(`${key}: a whole number up to ${most}`);
    return value;
  }

  text(key: string): string {
    const value = this.values[key];
    if (!isText(value)) throw this.damaged(`${key}: a text`);
    return value;
  }

  /** Items of an array or of a set. */
  list<Item>(key: string, accepts: (item: unknown) => item is Item): Item[] {
    const value = this.values[key];
    const items: readonly unknown[] | null = Array.isArray(value) || value instanceof Set ? [...value] : null;
    if (items === null || !items.every(accepts)) throw this.damaged(`${key}: a list of what belongs there`);
    return items as Item[];
  }
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Reads what a part has saved: what is not there, or of another length, is an error that names the buffer. */
export class BufferReader {
  private readonly read: ReadBytes;
  private readonly prefix: string;

  constructor(read: ReadBytes, prefix = '') {
    this.read = read;
    this.prefix = prefix;
  }

  /** For a part whose buffers are all under one prefix. */
  under(prefix: string | number): BufferReader {
    return new BufferReader(this.read, `${this.prefix}${prefix}/`);
  }

  has(name: string): boolean {
    return this.read(this.prefix + name) !== undefined;
  }

  bytes(name: string): Uint8Array {
    const bytes = this.read(this.prefix + name);
    if (bytes === undefined) throw this.damaged(name, 'the buffer', 'nothing');
    return bytes;
  }

  /** Fills the columns, whose lengths are what must have been saved. */
  columns(columns: Columns): void {
    for (const [name, column] of Object.entries(columns)) {
      const bytes = this.bytes(name);
      const { byteLength } = column;
      if (bytes.length !== byteLength) throw this.damaged(name, `${byteLength} bytes`, `${bytes.length}`);
      bytesOf(column).set(bytes);
    }
  }

  counts(name: string, length: number): number[] {
    const column = new Float64Array(length);
    this.columns({ [name]: column });
    const wrong = column.find((count) => !isCount(count));
    if (wrong !== undefined) throw this.damaged(name, 'safe integers from 0', String(wrong));
    return [...column];
  }

  /** As many as there are. */
  words(name: string): Uint32Array {
    const words = new Uint32Array(Math.ceil(this.bytes(name).length / 4));
    this.columns({ [name]: words });
    return words;
  }

  plain(name: string): unknown {
    return decodePlain(this.bytes(name), this.where(name));
  }

  /** Members of a plain object. */
  members(name: string): Members {
    const value = this.plain(name);
    if (typeof value !== 'object' || value === null) throw this.damaged(name, 'an object', typeof value);
    return new Members(value as Record<string, unknown>, (expected) => this.damaged(name, expected, 'something else'));
  }

  /** The error to throw when what a buffer says cannot be. */
  damaged(name: string, expected: string, found: string): PlimsollError {
    return badInput(this.where(name), expected, found);
  }

  private where(name: string): string {
    return `snapshot buffer ${this.prefix}${name}`;
  }
}
