/** A set of account ids outside the JS heap: a JS Set holds at most 2^24 of them, and costs three times the memory. */
import { assert } from '../model/errors.js';
import { ID_LENGTH_MAX } from '../model/limits.js';

const CHUNK_BYTES = 1 << 20;
/** Ids start at multiples of 4, so that 32 bits reach 16 GiB of them. */
const ALIGNMENT = 4;

/** Holds ids of 1 to 64 characters below 128. Exact: a hash only tells where to look. */
export class IdSet {
  /** Each id as its length and its characters, never across two chunks. */
  private readonly chunks: Uint8Array[] = [];
  private used = CHUNK_BYTES;
  /** Open addressing: an id's place in the chunks plus one (0 is free), and its hash. */
  private places = new Uint32Array(1024);
  private hashes = new Uint32Array(1024);
  private count = 0;

  has(id: string): boolean {
    return this.places[this.slotOf(id, hashOf(id))] !== 0;
  }

  /** Whether the id was new. */
  add(id: string): boolean {
    const hash = hashOf(id);
    const slot = this.slotOf(id, hash);
    if (this.places[slot] !== 0) return false;
    this.places[slot] = this.append(id);
    this.hashes[slot] = hash;
    this.count += 1;
    if (this.count * 3 > this.places.length * 2) this.grow();
    return true;
  }

  private slotOf(id: string, hash: number): number {
    const mask = this.places.length - 1;
    let slot = hash & mask;
    while (this.places[slot] !== 0 && (this.hashes[slot] !== hash || !this.equals(this.places[slot], id))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private append(id: string): number {
    assert(id.length > 0 && id.length <= ID_LENGTH_MAX, 'expected an id of 1 to 64 characters');
    const bytes = Math.ceil((id.length + 1) / ALIGNMENT) * ALIGNMENT;
    if (this.used + bytes > CHUNK_BYTES) {
      this.chunks.push(new Uint8Array(CHUNK_BYTES));
      this.used = 0;
    }
    const chunk = this.chunks[this.chunks.length - 1];
    chunk[this.used] = id.length;
    for (let i = 0; i < id.length; i += 1) chunk[this.used + 1 + i] = id.charCodeAt(i);
    const place = ((this.chunks.length - 1) * CHUNK_BYTES + this.used) / ALIGNMENT + 1;
    assert(place < 2 ** 32, 'expected less than 16 GiB of ids');
    this.used += bytes;
    return place;
  }

  private equals(place: number, id: string): boolean {
    const at = (place - 1) * ALIGNMENT;
    const chunk = this.chunks[Math.floor(at / CHUNK_BYTES)];
    const start = at % CHUNK_BYTES;
    if (chunk[start] !== id.length) return false;
    for (let i = 0; i < id.length; i += 1) if (chunk[start + 1 + i] !== id.charCodeAt(i)) return false;
    return true;
  }

  private grow(): void {
    const { places, hashes } = this;
    this.places = new Uint32Array(places.length * 2);
    this.hashes = new Uint32Array(places.length * 2);
    const mask = this.places.length - 1;
    for (let old = 0; old < places.length; old += 1) {
      if (places[old] === 0) continue;
      let slot = hashes[old] & mask;
      while (this.places[slot] !== 0) slot = (slot + 1) & mask;
      this.places[slot] = places[old];
      this.hashes[slot] = hashes[old];
    }
  }
}

/** FNV-1a with a final mix: an unsigned 32-bit integer. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
