/** The benchmarks: each verifies its answer before it is timed. What is to be reached stands in docs and is compared here with nothing. */
import { standardBook } from './book.js';
import { benchBurst } from './burst.js';
import { benchFullScan } from './full-scan.js';
import { benchFanOut, benchLatency } from './latency.js';
import { describeMachine, type Machine } from './machine.js';
import type { BenchResult } from './measure.js';
import { benchMemory } from './memory.js';
import { benchMultiAsset } from './multi-asset.js';
import { benchUpdates } from './updates.js';

/** In this order: what a book of several assets leaves in V8's caches of types slows the updates of one that has none. */
export const BENCHMARKS = ['full-scan', 'updates', 'memory', 'latency', 'fan-out', 'burst', 'multi-asset'] as const;
export type BenchmarkName = (typeof BENCHMARKS)[number];

export interface BenchOptions {
  /** Null: the sizes of each benchmark's budget. */
  readonly positions: number | null;
  readonly only: BenchmarkName | null;
  /** Before each benchmark. */
  readonly onStart: (what: string) => void;
}

/** What `bench --json` prints. */
export interface BenchReport {
  readonly version: 1;
  readonly machine: Machine;
  /** Which tier tables the book is under. */
  readonly tiers: string;
  readonly results: readonly BenchResult[];
}

const SIZES: Readonly<Record<BenchmarkName, readonly number[]>> = {
  'full-scan': [100_000, 1_000_000, 10_000_000],
  'multi-asset': [1_000_000],
  updates: [1_000_000],
  memory: [10_000_000],
  latency: [1_000_000],
  'fan-out': [1_000_000],
  burst: [1_000_000],
};

export async function runBenchmarks({ positions, only, onStart }: BenchOptions): Promise<BenchReport> {
  const machine = describeMachine();
  const book = standardBook();
  const results: BenchResult[] = [];
  for (const name of BENCHMARKS) {
    if (only !== null && name !== only) continue;
    for (const size of positions === null ? SIZES[name] : [positions]) {
      onStart(`${name}, ${size} positions`);
      if (name === 'full-scan') results.push(...benchFullScan(book, size, machine));
      else if (name === 'multi-asset') results.push(...benchMultiAsset(size, machine));
      else if (name === 'updates') results.push(...benchUpdates(book, size));
      else if (name === 'memory') results.push(benchMemory(size));
      else if (name === 'latency') results.push(await benchLatency(book, size));
      else if (name === 'fan-out') results.push(await benchFanOut(book, size));
      else results.push(await benchBurst(book, size));
    }
  }
  return { version: 1, machine, tiers: book.tiers, results };
}
