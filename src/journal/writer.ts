/** Owns lmdb: puts what has come together into one commit, and says when it is durable. One commit at a time, so that nothing overtakes what failed. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { PlimsollError } from '../model/errors.js';
import { PAGE_BYTES } from './page-file.js';

export type Database = RootDatabase<Buffer, Buffer>;

/** A value to put, or null: the key is removed. */
export interface Change {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Every commit is on the disk before it is told. */
export function openDatabase(path: string, readOnly = false): Database {
  try {
    return open<Buffer, Buffer>({
      path,
      noSubdir: true,
      readOnly,
      keyEncoding: 'binary',
      encoding: 'binary',
      overlappingSync: false,
      pageSize: PAGE_BYTES,
      maxDbs: 1,
    });
  } catch (cause) {
    throw new PlimsollError('unavailable', `${path}: could not be opened: ${(cause as Error).message}`, { cause });
  }
}

/** Pages that a commit writes beside its values: the way to the root, and what it notes of free pages. */
const COMMIT_PAGES = 64;
/** A value's page may be half full. */
const BYTES_PER_BYTE = 2;

/**
 * Throws `unavailable` when the disk has no room for a commit of so many bytes. Asked before, because lmdb's binding damages its own memory when a
 * write fails (seen with 3.5.6: glibc ends the process).
 */
export function checkRoom(path: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(path));
  const needed = bytes * BYTES_PER_BYTE + COMMIT_PAGES * PAGE_BYTES;
  if (bavail * bsize >= needed) return;
  const text = `${path}: expected ${needed} bytes free for the next commit, was ${bavail * bsize}. What was acknowledged is whole; nothing more is accepted. Make room and start again`;
  throw new PlimsollError('unavailable', text);
}

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (error: PlimsollError) => void;
}

/** Changes that one commit takes at most: what comes in meanwhile waits for it. */
const CHANGES_MAX = 16_384;

export class Writer {
  private readonly database: Database;
  private readonly path: string;
  /** Stands in the database once another writer has taken over. */
  private readonly takenOver: Buffer;
  private queue: Change[] = [];
  private readonly waiters: Waiter[] = [];
  private put = 0;
  private durable = 0;
  private isBusy = false;
  private broken: PlimsollError | null = null;
  /** After a write that failed in it, lmdb is left alone. */
  private isDatabaseWhole = true;

  constructor(database: Database, path: string, takenOver: Buffer) {
    this.database = database;
    this.path = path;
    this.takenOver = takenOver;
  }

  /** Why nothing is taken any more. */
  get failure(): PlimsollError | null {
    return this.broken;
  }

  /** Throws the failure when there was one. */
  add(changes: readonly Change[]): void {
    if (this.broken !== null) throw this.broken;
    this.queue.push(...changes);
    this.put += changes.length;
    if (this.isBusy) return;
    this.isBusy = true;
    // All that this turn adds goes together.
    queueMicrotask(() => void this.commitAll());
  }

  /** Resolves when everything that was added so far is durable; rejects when it will not be. */
  settled(): Promise<void> {
    if (this.broken !== null) return Promise.reject(this.broken);
    if (this.durable >= this.put) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiters.push({ count: this.put, resolve, reject }));
  }

  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    if (this.isDatabaseWhole) await this.database.close();
  }

  private async commitAll(): Promise<void> {
    try {
      while (this.queue.length > 0) {
        const batch = this.queue.length <= CHANGES_MAX ? this.queue : this.queue.slice(0, CHANGES_MAX);
        this.queue = this.queue.slice(batch.length);
        await this.commit(batch);
        this.durable += batch.length;
        this.tell();
      }
    } catch (error) {
      this.fail(error as PlimsollError);
    } finally {
      this.isBusy = false;
    }
  }

  private async commit(batch: readonly Change[]): Promise<void> {
    checkRoom(
      this.path,
      batch.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0),
    );
    let isOurs: boolean;
    try {
      isOurs = await this.database.ifNoExists(this.takenOver, () => {
        // Each has a promise of its own, which fails as the whole does.
        for (const { key, value } of batch)
          (value === null ? this.database.remove(key) : this.database.put(key, value)).catch(() => undefined);
      });
    } catch (error) {
      const cause = await Promise.resolve((error as { commitError?: unknown }).commitError).catch((inner: unknown) => inner);
      this.isDatabaseWhole = false;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PlimsollError(
        'unavailable',
        `${this.path}: could not be written: ${why}. What was acknowledged is whole; nothing more is accepted`,
        { cause },
      );
    }
    if (!isOurs) throw new PlimsollError('unavailable', `${this.path}: another process writes it now; this one has ended`);
  }

  private tell(): void {
    while (this.waiters.length > 0 && this.waiters[0].count <= this.durable) this.waiters.shift()?.resolve();
  }

  private fail(error: PlimsollError): void {
    this.broken = error;
    this.queue = [];
    for (const { reject } of this.waiters.splice(0)) reject(error);
  }
}
