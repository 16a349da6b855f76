/** Describes the machine that a benchmark ran on, and measures how fast it reads memory. */
import os from 'node:os';
import { native } from '../src/backends/native.js';

export interface Machine {
  readonly cpu: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  /** Of one thread, over memory larger than any cache. */
  readonly readBytesPerSecond: number;
  /** Of all of them together; null where there is no native library to measure it with. */
  readonly readBytesPerSecondAllThreads: number | null;
}

const PROBE_BYTES = 1 << 29;
const PROBE_RUNS = 9;

/** Best of several runs of libc's vectorised byte search over 512 MiB: nothing in Node reads memory faster. */
function measureRead(): number {
  const memory = Buffer.alloc(PROBE_BYTES, 1);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < PROBE_RUNS; run++) {
    const start = performance.now();
    if (memory.indexOf(2) !== -1) throw new Error('the probe found a byte that is not there');
    best = Math.min(best, performance.now() - start);
  }
  return (PROBE_BYTES / best) * 1000;
}

/** What the threads of a scan can read at best; null where that is not known. */
export function readBandwidthOf(machine: Machine, threads: number): number | null {
  if (threads === 1) return machine.readBytesPerSecond;
  return threads === machine.threads ? machine.readBytesPerSecondAllThreads : null;
}

export function describeMachine(): Machine {
  const { addon } = native();
  const threads = os.availableParallelism();
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    threads,
    memoryBytes: os.totalmem(),
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    readBytesPerSecond: addon?.readBandwidth(1) ?? measureRead(),
    readBytesPerSecondAllThreads: addon?.readBandwidth(threads) ?? null,
  };
}
