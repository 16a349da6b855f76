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
import { type Checkpoint, FORMAT_VERSION } from './layout.js';

/** A part of what was saved. Parts of one name may follow each other: what is large is saved in pieces. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MAGIC = Buffer.from('PLIMSNAP');
const HASH_BYTES = 32;
/** Bytes of the name, bytes of the part. */
const PART_HEADER_BYTES = 16;
/** In place of a name's length, at the end. */
const END = 0xffff_ffff;
const READ_BYTES = 1 << 20;
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
    this.hash.update(bytes);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
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
export function writePartial(folder: string, checkpoint: Checkpoint, parts: Iterable<NamedBytes>): void {
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
  private at = 0;
  readonly bytes: number;

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
    this.bytes = fstatSync(this.descriptor).size;
  }

  take(length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    for (let got = 0; got < length; ) {
      const more = readSync(this.descriptor, buffer, got, length - got, this.at + got);
      if (more === 0) throw badInput('snapshot', `${length} bytes`, `${got} until the end`);
      got += more;
    }
    this.at += length;
    return buffer;
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
    for (; left > 0; left -= READ_BYTES) hash.update(source.take(Math.min(left, READ_BYTES)));
    if (!hash.digest().equals(source.take(HASH_BYTES)))
      return `${path} is damaged: its bytes are not those that its checksum is of`;
  } finally {
    source.close();
  }
  for (const { bytes } of partsOf(path)) {
    const { format, seq, stateHash, chainHash } = JSON.parse(Buffer.from(bytes).toString()) as Checkpoint & { format: number };
    if (format !== FORMAT_VERSION) return `${path} is of format ${format}, not ${FORMAT_VERSION}`;
    const isIts = seq === checkpoint.seq && stateHash === checkpoint.stateHash && chainHash === checkpoint.chainHash;
    return isIts ? null : `${path} is of another journal`;
  }
  return `${path} has no head`;
}

/** What was saved, part by part, of a snapshot that `snapshotFault` has found whole. */
export function* snapshotParts(folder: string, seq: number): Generator<NamedBytes> {
  let isHead = true;
  for (const part of partsOf(snapshotPath(folder, seq))) {
    if (!isHead) yield part;
    isHead = false;
  }
}

function* partsOf(path: string): Generator<NamedBytes> {
  const source = new Source(path);
  try {
    source.take(MAGIC.length);
    for (;;) {
      const header = source.take(PART_HEADER_BYTES);
      const nameBytes = header.readUInt32LE(0);
      if (nameBytes === END) return;
      const name = source.take(nameBytes).toString();
      yield { name, bytes: source.take(Number(header.readBigUInt64LE(8))) };
    }
  } finally {
    source.close();
  }
}
