/** Owns how single values lie in bytes: whole numbers, integers of any size, texts. One form each, so that equal values have equal bytes. */
import { badInput } from '../model/errors.js';

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const BYTE = 256;
const CONTINUED = 128;
/** 7 bits a byte: the most that a safe integer needs. */
const VARINT_BYTES_MAX = 8;
const UTF16_UNIT_BYTES = 2;
const FLOAT_BYTES = 8;
const FIRST_CAPACITY = 4096;
/** Characters below which a text is taken one by one, which is faster than a call. Twice as many fit the byte that says how many. */
const SHORT_TEXT = 64;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A text that UTF-8 cannot write: half of a surrogate pair by itself. */
function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Puts values behind each other. What is not a value of its kind is a `PlimsollError` that names `where`. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  private length = 0;

  /** What was written since the last time, in a buffer of its own. */
  take(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.length));
    this.length = 0;
    return bytes;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** From 0 to 2^53 − 1, the lowest 7 bits first. */
  whole(value: number, where: string): void {
    if (!Number.isSafeInteger(value) || value < 0) throw badInput(where, 'a whole number from 0 to 2^53 − 1', String(value));
    this.reserve(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= CONTINUED) {
      const low = rest % CONTINUED;
      this.buffer[this.length++] = low + CONTINUED;
      rest = (rest - low) / CONTINUED;
    }
    this.buffer[this.length++] = rest;
  }

  /** Any safe integer: its sign in a byte that also says how many bytes its magnitude has. */
  integer(value: number, where: string): void {
    if (!Number.isSafeInteger(value)) throw badInput(where, 'a whole number within ±(2^53 − 1)', String(value));
    this.magnitude(Math.abs(value), value < 0);
  }

  /** A whole number of any size. */
  big(value: bigint): void {
    if (value <= SAFE && value >= -SAFE) {
      const small = Number(value);
      this.magnitude(Math.abs(small), small < 0);
      return;
    }
    const digits = (value < 0n ? -value : value).toString(16);
    const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').reverse();
    this.whole(bytes.length * 2 + (value < 0n ? 1 : 0), 'length');
    this.bytes(bytes);
  }

  text(value: string): void {
    if (value.length < SHORT_TEXT && this.asciiText(value)) return;
    const isUtf16 = hasLoneSurrogate(value);
    const bytes = Buffer.from(value, isUtf16 ? 'utf16le' : 'utf8');
    this.whole(bytes.length * 2 + (isUtf16 ? 1 : 0), 'length');
    this.bytes(bytes);
  }

  /** A number with all its bits. */
  float(value: number): void {
    this.reserve(FLOAT_BYTES);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  private bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  private asciiText(value: string): boolean {
    const start = this.length;
    this.reserve(VARINT_BYTES_MAX + value.length);
    this.buffer[this.length++] = value.length * 2;
    for (let i = 0; i < value.length; i += 1) {
      const code = value.charCodeAt(i);
      if (code >= CONTINUED) {
        this.length = start;
        return false;
      }
      this.buffer[this.length++] = code;
    }
    return true;
  }

  /** How many bytes, twice, and the sign; then the bytes, the lowest first. */
  private magnitude(value: number, isNegative: boolean): void {
    this.reserve(VARINT_BYTES_MAX + 1);
    const head = this.length++;
    for (let rest = value; rest > 0; ) {
      const low = rest % BYTE;
      this.buffer[this.length++] = low;
      rest = (rest - low) / BYTE;
    }
    this.buffer[head] = (this.length - head - 1) * 2 + (isNegative ? 1 : 0);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Takes the same values from bytes, and trusts none of them: whatever is not what the writer writes is one `PlimsollError`. */
export class ByteReader {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that have not been read. */
  get left(): number {
    return this.buffer.length - this.at;
  }

  fail(expected: string, found: string): never {
    throw badInput(`byte ${this.at}`, expected, found);
  }

  end(): void {
    if (this.left > 0) this.fail('the end', `${this.left} more bytes`);
  }

  byte(): number {
    if (this.left < 1) this.fail('a byte', 'the end');
    return this.buffer[this.at++];
  }

  whole(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i += 1) {
      const byte = this.byte();
      value += (byte % CONTINUED) * scale;
      if (byte < CONTINUED) {
        if (value > Number.MAX_SAFE_INTEGER || (byte === 0 && i > 0)) this.fail('a whole number in its shortest form', 'another');
        return value;
      }
      scale *= CONTINUED;
    }
    return this.fail('a whole number of at most 53 bits', 'a longer one');
  }

  /** How many of something follow, of which each takes a byte at least. */
  count(): number {
    const count = this.whole();
    if (count > this.left) this.fail(`at most ${this.left} of them`, String(count));
    return count;
  }

  integer(): number {
    const value = this.big();
    if (value > SAFE || value < -SAFE) this.fail('a whole number within ±(2^53 − 1)', 'a larger one');
    return Number(value);
  }

  big(): bigint {
    const head = this.whole();
    const length = Math.floor(head / 2);
    const isNegative = head % 2 === 1;
    const bytes = this.take(length);
    if (length === 0 ? isNegative : bytes[length - 1] === 0) this.fail('an integer in its shortest form', 'another');
    const magnitude = length <= 6 ? BigInt(length === 0 ? 0 : bytes.readUIntLE(0, length)) : bigOf(bytes);
    return isNegative ? -magnitude : magnitude;
  }

  text(): string {
    const head = this.whole();
    const length = Math.floor(head / 2);
    const bytes = this.take(length);
    if (head % 2 === 0) return this.utf8(bytes);
    const text = length % UTF16_UNIT_BYTES === 0 ? bytes.toString('utf16le') : '';
    return hasLoneSurrogate(text) ? text : this.fail('a text in its shortest form', 'another');
  }

  private utf8(bytes: Buffer): string {
    let isAscii = true;
    for (const byte of bytes) if (byte >= CONTINUED) isAscii = false;
    if (isAscii) return bytes.toString('latin1');
    try {
      return strictUtf8.decode(bytes);
    } catch {
      return this.fail('a text in UTF-8', 'other bytes');
    }
  }

  private take(length: number): Buffer {
    if (length > this.left) this.fail(`${length} bytes`, `${this.left} until the end`);
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }
}

function bigOf(littleEndian: Buffer): bigint {
  return BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`);
}
