/**
 * Owns snapshot files: written under another name, made durable, then renamed, so that one that has its name is whole. Knows no lmdb, and
 * of what is in it only names and bytes.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { badInput } from '../model/errors.js';
import type { NamedBuffer, ReadBytes } from '../model/named-buffers.js';
import { type Checkpoint, FORMAT_VERSION } from './layout.js';

const MAGIC = Buffer.from('PLIMSNAP');
const HASH_BYTES = 32;
/** Bytes of the name, bytes of the part. */
const PART_HEADER_BYTES = 16;
/** In place of a name's length, at the end. */
const END = 0xffff_ffff;
/** Read and written at once: what Node takes in one go has a limit, and so has a hash. */
const PIECE_BYTES = 1 << 20;
const NAME = /^snapshot-([0-9]+)\.bin$/;

export function snapshotPath(folder: string, seq: number): string {
  return join(folder, `snapshot-${seq}.bin`);
}

function partialPath(folder: string, seq: number): string {
  return `${snapshotPath(folder, seq)}.partial`;
}

/** Sequence numbers of the snapshots that have their name, the oldest first. */
export function snapshotsIn(folder: string): number[] {
  const found = readdirSync(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  return found.map(Number).sort((a, b) => a - b);
}

/** What a process that was killed has left unfinished. */
export function removePartials(folder: string): void {
  for (const name of readdirSync(folder)) if (/^snapshot-.*\.partial$/.test(name)) rmSync(join(folder, name));
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

class HashedFile {
  readonly descriptor: number;
  private readonly hash = createHash('sha256');

  constructor(path: string) {
    this.descriptor = openSync(path, 'w');
  }

  put(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = bytes.subarray(start, start + PIECE_BYTES);
      this.hash.update(piece);
      for (let at = 0; at < piece.length; ) at += writeSync(this.descriptor, piece, at);
    }
  }

  finish(): void {
    writeSync(this.descriptor, this.hash.digest());
    fsyncSync(this.descriptor);
  }
}

function partHeader(nameBytes: number, bytes: number): Buffer {
  const header = Buffer.alloc(PART_HEADER_BYTES);
  header.writeUInt32LE(nameBytes, 0);
  header.writeBigUInt64LE(BigInt(bytes), 8);
  return header;
}

/** Durable, but under a name that nobody reads. Synchronous: what is saved must not change meanwhile. Leaves nothing behind when it fails. */
export function writePartial(folder: string, checkpoint: Checkpoint, parts: Iterable<NamedBuffer>): void {
  const path = partialPath(folder, checkpoint.seq);
  const file = new HashedFile(path);
  try {
    file.put(MAGIC);
    const head = Buffer.from(JSON.stringify({ format: FORMAT_VERSION, ...checkpoint }));
    putPart(file, 'head', head);
    for (const { name, bytes } of parts) putPart(file, name, bytes);
    file.put(partHeader(END, 0));
    file.finish();
    closeSync(file.descriptor);
  } catch (error) {
    closeSync(file.descriptor);
    rmSync(path, { force: true });
    throw error;
  }
}

function putPart(file: HashedFile, name: string, bytes: Uint8Array): void {
  const nameBytes = Buffer.from(name);
  file.put(partHeader(nameBytes.length, bytes.length));
  file.put(nameBytes);
  file.put(bytes);
}

export function publish(folder: string, seq: number): void {
  renameSync(partialPath(folder, seq), snapshotPath(folder, seq));
  syncFolder(folder);
}

export function removeSnapshot(folder: string, seq: number): void {
  rmSync(snapshotPath(folder, seq), { force: true });
}

class Source {
  private readonly descriptor: number;
  at = 0;
  readonly bytes: number;

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
    this.bytes = fstatSync(this.descriptor).size;
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes) throw badInput('snapshot', `${length} bytes`, `${this.bytes - this.at} until the end`);
    const buffer = Buffer.allocUnsafe(length);
    for (let got = 0; got < length; ) {
      const more = readSync(this.descriptor, buffer, got, Math.min(PIECE_BYTES, length - got), this.at + got);
      if (more === 0) throw badInput('snapshot', `${length} bytes`, `${got} until the end`);
      got += more;
    }
    this.at += length;
    return buffer;
  }

  skip(length: number): void {
    this.at += length;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Why the snapshot of a checkpoint cannot be used; null when it is whole and that checkpoint's. Reads all of it. */
export function snapshotFault(folder: string, checkpoint: Checkpoint): string | null {
  const path = snapshotPath(folder, checkpoint.seq);
  if (!existsSync(path)) return `${path} is missing`;
  const source = new Source(path);
  try {
    const hash = createHash('sha256');
    let left = source.bytes - HASH_BYTES;
    if (left < MAGIC.length) return `${path} is cut off at byte ${source.bytes}`;
    for (; left > 0; left -= PIECE_BYTES) hash.update(source.take(Math.min(left, PIECE_BYTES)));
    if (!hash.digest().equals(source.take(HASH_BYTES)))
      return `${path} is damaged: its bytes are not those that its checksum is of`;
  } finally {
    source.close();
  }
  const whole = new Snapshot(path);
  try {
    const { format, seq, stateHash, chainHash } = whole.head;
    if (format !== FORMAT_VERSION) return `${path} is of format ${format}, not ${FORMAT_VERSION}`;
    const isIts = seq === checkpoint.seq && stateHash === checkpoint.stateHash && chainHash === checkpoint.chainHash;
    return isIts ? null : `${path} is of another journal`;
  } finally {
    whole.close();
  }
}

/** A snapshot that has been found whole, part by part and in any order. */
class Snapshot {
  readonly head: Checkpoint & { readonly format: number };
  private readonly source: Source;
  private readonly places = new Map<string, { readonly at: number; readonly bytes: number }>();

  constructor(path: string) {
    this.source = new Source(path);
    this.source.take(MAGIC.length);
    const [nameBytes, bytes] = this.partHeader();
    this.source.skip(nameBytes);
    this.head = JSON.parse(this.source.take(bytes).toString());
    for (let [length, size] = this.partHeader(); length !== END; [length, size] = this.partHeader()) {
      const name = this.source.take(length).toString();
      this.places.set(name, { at: this.source.at, bytes: size });
      this.source.skip(size);
    }
  }

  read(name: string): Buffer | undefined {
    const place = this.places.get(name);
    if (place === undefined) return undefined;
    this.source.at = place.at;
    return this.source.take(place.bytes);
  }

  close(): void {
    this.source.close();
  }

  private partHeader(): [number, number] {
    const header = this.source.take(PART_HEADER_BYTES);
    return [header.readUInt32LE(0), Number(header.readBigUInt64LE(8))];
  }
}

/** Hands what was saved to whoever takes it back; of a snapshot that `snapshotFault` has found whole. */
export function withSnapshot(folder: string, seq: number, restore: (read: ReadBytes) => void): void {
  const snapshot = new Snapshot(snapshotPath(folder, seq));
  try {
    restore((name) => snapshot.read(name));
  } finally {
    snapshot.close();
  }
}
