/**
 * Reads an lmdb file page by page and trusts none of it: lmdb itself follows whatever a damaged page says, out of its memory if need be, and
 * takes an older root without a word when the newest is unreadable. Knows keys and values, nothing of what they mean.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PlimsollError } from '../model/errors.js';

/** What the writer makes its pages of, whatever the machine's are. */
export const PAGE_BYTES = 4096;
const HEADER_BYTES = 24;
const NODE_BYTES = 8;
const META = { magic: 24, version: 28, mapBytes: 40, freeTree: 48, mainTree: 96, lastPage: 144, transaction: 152 } as const;
const TREE = { pageBytes: 0, flags: 4, depth: 6, entries: 32, root: 40 } as const;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** An integer-keyed tree of free pages, in a file without a folder of its own. */
const FREE_FLAGS = 0x4008;
const KIND = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;
const BIG_DATA = 1;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;
const MAP_BYTES_MAX = 2 ** 46;
const DEPTH_MAX = 32;

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

interface Tree {
  readonly depth: number;
  readonly entries: number;
  readonly root: bigint;
}

/** The root of one commit. */
interface Meta {
  readonly transaction: number;
  readonly lastPage: number;
  readonly free: Tree;
  readonly main: Tree;
}

/** A page is not what the one that leads to it says. */
export class PageDamage extends PlimsollError {
  constructor(what: string) {
    super('bad-input', what);
    this.name = 'PageDamage';
  }
}

export class PageFile {
  private readonly path: string;
  private readonly descriptor: number;
  private readonly bytes: number;
  private readonly meta: Meta;
  /** A byte a page of the file: whether a tree leads to it. What is free may lie behind the file's end. */
  private readonly reached: Uint8Array;

  /** Throws `PageDamage` when no root can be trusted to be the last. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, 'r');
    try {
      this.bytes = fstatSync(this.descriptor).size;
      this.meta = this.newest();
      this.reached = new Uint8Array(Math.ceil(this.bytes / PAGE_BYTES));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Of the last commit; grows by one with each. */
  get transaction(): number {
    return this.meta.transaction;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Every entry of the last commit by key, and then what lmdb notes of free pages. Throws `PageDamage` where it is met. */
  *entries(): Generator<Entry> {
    this.reached.fill(0);
    this.reached[0] = 1;
    this.reached[1] = 1;
    yield* this.walkTree(this.meta.main);
    this.checkFree();
  }

  /** Whether a commit has been made since the file was opened. */
  hasMoved(): boolean {
    try {
      return this.newest().transaction !== this.meta.transaction;
    } catch (error) {
      // It was whole when it was opened: somebody is writing it.
      if (error instanceof PageDamage) return true;
      throw error;
    }
  }

  private damage(what: string): never {
    throw new PageDamage(`${this.path}: ${what}`);
  }

  private read(page: number, count: number): Buffer {
    if ((page + count) * PAGE_BYTES > this.bytes)
      this.damage(`expected page ${page + count - 1}, was cut off at byte ${this.bytes}`);
    const buffer = Buffer.allocUnsafe(count * PAGE_BYTES);
    const got = readSync(this.descriptor, buffer, 0, buffer.length, page * PAGE_BYTES);
    if (got < buffer.length) this.damage(`expected page ${page}, was cut off`);
    return buffer;
  }

  /** Commits write the two meta pages by turns, so that the two are of consecutive transactions, and of their roots: else one is not what was written. */
  private newest(): Meta {
    const [even, odd] = [this.metaOf(0), this.metaOf(1)];
    const areTogether = Math.abs(even.transaction - odd.transaction) === 1 && even.transaction % 2 === 0;
    if (!areTogether || !this.isOf(even) || !this.isOf(odd))
      this.damage(
        `expected the meta pages of two consecutive commits, was transactions ${even.transaction} and ${odd.transaction}`,
      );
    return even.transaction > odd.transaction ? even : odd;
  }

  /** Each commit writes its root anew, and the last but one is not written over before the next: so each says whose it is. */
  private isOf({ transaction, main: { root } }: Meta): boolean {
    return root === NO_ROOT ? transaction === 0 : Number(this.read(Number(root), 1).readBigUInt64LE(8)) === transaction;
  }

  private metaOf(page: 0 | 1): Meta {
    const raw = this.read(page, 1);
    const number = (at: number): number => Number(raw.readBigUInt64LE(at));
    const tree = (at: number): Tree => ({
      depth: raw.readUInt16LE(at + TREE.depth),
      entries: number(at + TREE.entries),
      root: raw.readBigUInt64LE(at + TREE.root),
    });
    const isMeta =
      number(0) === page &&
      raw.readUInt16LE(18) === KIND.meta &&
      raw.readUInt32LE(META.magic) === MAGIC &&
      raw.readUInt32LE(META.version) === DATA_VERSION &&
      raw.readUInt32LE(META.freeTree + TREE.pageBytes) === PAGE_BYTES &&
      raw.readUInt16LE(META.freeTree + TREE.flags) === FREE_FLAGS &&
      raw.readUInt32LE(META.mainTree + TREE.pageBytes) === 0 &&
      raw.readUInt16LE(META.mainTree + TREE.flags) === 0 &&
      number(META.mapBytes) <= MAP_BYTES_MAX &&
      number(META.lastPage) * PAGE_BYTES <= MAP_BYTES_MAX;
    if (!isMeta) this.damage(`expected a meta page of an lmdb file of ${PAGE_BYTES}-byte pages as page ${page}, was another`);
    return {
      transaction: number(META.transaction),
      lastPage: number(META.lastPage),
      free: tree(META.freeTree),
      main: tree(META.mainTree),
    };
  }

  private *walkTree(tree: Tree): Generator<Entry> {
    let entries = 0;
    if (tree.root === NO_ROOT ? tree.depth > 0 : tree.depth < 1 || tree.depth > DEPTH_MAX)
      this.damage(`expected a tree, was one of depth ${tree.depth}`);
    if (tree.root !== NO_ROOT) {
      for (const entry of this.walkPage(Number(tree.root), tree.depth)) {
        entries += 1;
        yield entry;
      }
    }
    if (entries !== tree.entries) this.damage(`expected ${tree.entries} entries, was ${entries}`);
  }

  private *walkPage(page: number, height: number): Generator<Entry> {
    const kind = height === 1 ? KIND.leaf : KIND.branch;
    const raw = this.claim(page, 1, kind);
    for (const node of this.nodesOf(raw, page)) {
      if (kind === KIND.branch) {
        const child = raw.readUInt32LE(node) + raw.readUInt16LE(node + 4) * 2 ** 32;
        yield* this.walkPage(child, height - 1);
      } else yield this.entryAt(raw, node, page);
    }
  }

  /** Where the page's nodes begin, each whole within it. */
  private *nodesOf(raw: Buffer, page: number): Generator<number> {
    const lower = raw.readUInt16LE(20);
    const upper = raw.readUInt16LE(22);
    const isWhole = lower % 2 === 0 && lower > 0 && lower <= upper && upper <= PAGE_BYTES - HEADER_BYTES;
    if (!isWhole) this.damage(`expected a list of nodes in page ${page}, was ${lower} to ${upper}`);
    for (let i = 0; i < lower; i += 2) {
      const node = HEADER_BYTES + raw.readUInt16LE(HEADER_BYTES + i);
      if (node < HEADER_BYTES + upper || node + NODE_BYTES > PAGE_BYTES || node % 2 !== 0)
        this.damage(`expected a node in page ${page}, was one at byte ${node}`);
      if (node + NODE_BYTES + raw.readUInt16LE(node + 6) > PAGE_BYTES)
        this.damage(`expected a key in page ${page}, was a longer one`);
      yield node;
    }
  }

  private entryAt(raw: Buffer, node: number, page: number): Entry {
    const size = raw.readUInt32LE(node);
    const flags = raw.readUInt16LE(node + 4);
    const data = node + NODE_BYTES + raw.readUInt16LE(node + 6);
    const key = raw.subarray(node + NODE_BYTES, data);
    const held = flags === BIG_DATA ? HEADER_BYTES : size;
    if (flags > BIG_DATA || data + held > PAGE_BYTES) this.damage(`expected a value in page ${page}, was a longer one`);
    if (flags !== BIG_DATA) return { key, value: raw.subarray(data, data + size) };
    const first = Number(raw.readBigUInt64LE(data));
    const pages = Math.ceil((HEADER_BYTES + size) / PAGE_BYTES);
    if (Number(raw.readBigUInt64LE(data + 16)) !== pages)
      this.damage(`expected a value of ${pages} pages from page ${page}, was another`);
    const value = this.claim(first, pages, KIND.overflow);
    return { key, value: value.subarray(HEADER_BYTES, HEADER_BYTES + size) };
  }

  /** Pages that belong to nobody else. */
  private claim(page: number, count: number, kind: number): Buffer {
    const { lastPage, transaction } = this.meta;
    if (!(page >= 2 && page + count - 1 <= lastPage)) this.damage(`expected a page from 2 to ${lastPage}, was ${page}`);
    for (let i = page; i < page + count; i += 1) {
      if (this.reached[i] !== 0) this.damage(`expected page ${i} to be led to once, was twice`);
      this.reached[i] = 1;
    }
    const raw = this.read(page, count);
    const isIt =
      Number(raw.readBigUInt64LE(0)) === page &&
      Number(raw.readBigUInt64LE(8)) <= transaction &&
      raw.readUInt16LE(18) === kind &&
      (kind !== KIND.overflow || raw.readUInt32LE(20) === count);
    if (!isIt) this.damage(`expected page ${page} to say that it is that page, and of which kind, was another`);
    return raw;
  }

  /** A page that is in use and listed as free would be written over. The list is a count, then page numbers, a run of them behind its length, negative. */
  private checkFree(): void {
    const free = [...this.walkTree(this.meta.free)].map(({ value }) => value);
    for (const value of free) {
      const count = value.length < 8 ? Number.POSITIVE_INFINITY : Number(value.readBigInt64LE(0));
      if (!(count >= 0 && 8 + 8 * count <= value.length)) this.damage(`expected a list of free pages, was ${count} of them`);
      for (let i = 1; i <= count; i += 1) {
        const number = Number(value.readBigInt64LE(8 * i));
        const isRun = number < 0 && i < count;
        const first = isRun ? Number(value.readBigInt64LE(8 * (i + 1))) : number;
        if (isRun) i += 1;
        if (number !== 0) this.checkFreeRun(first, isRun ? -number : 1);
      }
    }
  }

  private checkFreeRun(first: number, count: number): void {
    const { lastPage } = this.meta;
    if (!(first >= 2 && first + count - 1 <= lastPage)) this.damage(`expected free pages from 2 to ${lastPage}, was ${first}`);
    for (let page = first; page < first + count; page += 1) {
      if (this.reached[page] !== 0) this.damage(`expected page ${page} to be free, was in use`);
      this.reached[page] = 1;
    }
  }
}
