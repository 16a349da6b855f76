/** Resident memory of a loaded book, ids and exact columns included, in a process of its own. */
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LiveBook } from '../src/scan/live-book.js';
import { type StandardBook, standardBook } from './book.js';
import type { BenchResult } from './measure.js';

interface Loaded {
  readonly positions: number;
  readonly portfolios: number;
  readonly bytes: number;
  readonly ms: number;
}

/** After the garbage of loading is gone and its pages are given back, which V8 does some time after a collection. */
async function resident(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return process.memoryUsage().rss;
}

/** Runs in the child: what the process grew by, and how long loading took (making the accounts included). */
async function load(book: StandardBook, positions: number): Promise<Loaded> {
  const live = new LiveBook(book.instruments);
  const before = await resident();
  const start = performance.now();
  for (const account of book.accounts(positions)) live.setAccount(account, 0);
  const ms = performance.now() - start;
  return { positions: live.store.rowCount, portfolios: live.store.portfolioCount, bytes: (await resident()) - before, ms };
}

export function benchMemory(positions: number): BenchResult {
  const output = execFileSync(process.execPath, [new URL(import.meta.url).pathname, String(positions)], { encoding: 'utf8' });
  const loaded = JSON.parse(output) as Loaded;
  return {
    name: 'memory',
    backend: 'store',
    positions: loaded.positions,
    portfolios: loaded.portfolios,
    threads: 1,
    medianMs: loaded.ms,
    p10Ms: loaded.ms,
    p90Ms: loaded.ms,
    positionsPerSecond: (loaded.positions / loaded.ms) * 1000,
    bytesPerSecond: null,
    shareOfReadBandwidth: null,
    verified: loaded.positions === positions,
    figures: { bytesPerPosition: loaded.bytes / loaded.positions },
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  process.stdout.write(JSON.stringify(await load(standardBook(), Number(process.argv[2]))));
}
