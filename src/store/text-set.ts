/** A set of texts off the JavaScript heap that are only ever added: their bytes one behind the other, and slots that say where. Knows not what they mean. */
import { assert } from '../model/errors.js';
import { scramble32 } from '../model/hash.js';
import { type BufferReader, columnsBuffers, countsBuffer, type NamedBuffer, under } from '../model/named-buffers.js';

const CHUNK_BYTES = 1 << 20;
const CHUNKS_MAX = 2 ** 32 / CHUNK_BYTES - 1;
const EMPTY = 0;
/** Slots are doubled above this share of use. */
const LOAD_MAX = 0.7;
/** A text's length in bytes stands before it. */
const LENGTH_BYTES = 4;

/** Of `CHUNK_BYTES`, or as large as one long text. */
interface TextChunk {
  readonly bytes: Buffer;
  end: number;
}

export class TextSet {
  /** Where a text's length stands, plus 1; or EMPTY. */
  private slots = new Uint32Array(1024);
  /** Of the text, by slot. */
  private hashes = new Uint32Array(1024);
  private readonly chunks: TextChunk[] = [];
  private count = 0;
  /** The text that is asked for. */
  private scratch = Buffer.alloc(256);

  get size(): number {
    return this.count;
  }

  has(text: string): boolean {
    const length = this.encode(text);
    return this.slots[this.slotOf(length, hashBytes(this.scratch, 0, length))] !== EMPTY;
  }

  /** A text that is there already stays there once. */
  add(text: string): void {
    const length = this.encode(text);
    const hash = hashBytes(this.scratch, 0, length);
    if (this.slots[this.slotOf(length, hash)] !== EMPTY) return;
    const chunk = this.chunkFor(length + LENGTH_BYTES);
    const place = (this.chunks.length - 1) * CHUNK_BYTES + chunk.end;
    chunk.bytes.writeUInt32LE(length, chunk.end);
    this.scratch.copy(chunk.bytes, chunk.end + LENGTH_BYTES, 0, length);
    chunk.end += LENGTH_BYTES + length;
    this.insert(place, hash);
  }

  /** Slots follow from the texts. */
  save(): NamedBuffer[] {
    const { chunks } = this;
    const columns = chunks.map(({ bytes, end }, c) => columnsBuffers({ [c]: bytes.subarray(0, end) }));
    return [countsBuffer('counts', [chunks.length, this.count]), ...under('text', columns.flat())];
  }

  restore(from: BufferReader): void {
    assert(this.count === 0, 'expected a fresh set');
    const [chunks, count] = from.counts('counts', 2);
    for (let c = 0; c < chunks; c++) {
      const saved = from.bytes(`text/${c}`);
      const bytes = Buffer.alloc(Math.max(CHUNK_BYTES, saved.length));
      bytes.set(saved);
      this.chunks.push({ bytes, end: saved.length });
      this.restoreChunk(c, from);
    }
    if (this.count !== count) throw from.damaged('counts', `${this.count} texts`, String(count));
  }

  private restoreChunk(c: number, from: BufferReader): void {
    const { bytes, end } = this.chunks[c];
    for (let at = 0; at < end; ) {
      const length = at + LENGTH_BYTES <= end ? bytes.readUInt32LE(at) : end;
      const next = at + LENGTH_BYTES + length;
      if (next > end || at >= CHUNK_BYTES)
        throw from.damaged(`text/${c}`, 'whole texts', `one that ends ${next - end} bytes further`);
      this.insert(c * CHUNK_BYTES + at, hashBytes(bytes, at + LENGTH_BYTES, next));
      at = next;
    }
  }

  /** Writes a text into the scratch and returns its bytes: one a character, those beyond 255 escaped as in JSON, and with them what escapes. */
  private encode(text: string): number {
    const latin = text.replace(/[\\\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    if (latin.length > this.scratch.length) this.scratch = Buffer.alloc(2 * latin.length);
    return this.scratch.write(latin, 0, 'latin1');
  }

  private chunkFor(bytes: number): TextChunk {
    const last = this.chunks.at(-1);
    if (last !== undefined && last.end + bytes <= last.bytes.length) return last;
    assert(this.chunks.length < CHUNKS_MAX, `expected at most ${CHUNKS_MAX} MiB of texts`);
    const chunk = { bytes: Buffer.alloc(Math.max(CHUNK_BYTES, bytes)), end: 0 };
    this.chunks.push(chunk);
    return chunk;
  }

  /** The slot of the text in the scratch, or the empty one where it belongs. */
  private slotOf(length: number, hash: number): number {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== EMPTY && !(this.hashes[slot] === hash && this.isAt(this.slots[slot] - 1, length)))
      slot = (slot + 1) & mask;
    return slot;
  }

  private isAt(place: number, length: number): boolean {
    const { bytes } = this.chunks[Math.floor(place / CHUNK_BYTES)];
    const at = place % CHUNK_BYTES;
    const start = at + LENGTH_BYTES;
    return bytes.readUInt32LE(at) === length && this.scratch.compare(bytes, start, start + length, 0, length) === 0;
  }

  /** Takes a new text into the slots. */
  private insert(place: number, hash: number): void {
    if (this.count + 1 > this.slots.length * LOAD_MAX) this.grow();
    this.count += 1;
    this.put(place + 1, hash);
  }

  private put(entry: number, hash: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.slots[slot] = entry;
    this.hashes[slot] = hash;
  }

  private grow(): void {
    const { slots, hashes } = this;
    this.slots = new Uint32Array(slots.length * 2);
    this.hashes = new Uint32Array(slots.length * 2);
    for (let slot = 0; slot < slots.length; slot++) if (slots[slot] !== EMPTY) this.put(slots[slot], hashes[slot]);
  }
}

/** FNV-1a, then a mix so that the low bits are good. */
function hashBytes(bytes: Buffer, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return scramble32(h);
}
