/** The benchmarks: each verifies its answer before it is timed. What is to be reached stands in docs and is compared here with nothing. */
import type { BackendChoice } from '../src/backends/open.js';
import { benchAdl } from './adl.js';
import { type StandardBook, standardBook } from './book.js';
import { benchBurst } from './burst.js';
import { type Note, openContenders } from './contenders.js';
import { benchFullScan } from './full-scan.js';
import { benchHotSet } from './hot-set.js';
import { benchJournal } from './journal.js';
import { benchFanOut, benchLatency } from './latency.js';
import { describeMachine, type Machine } from './machine.js';
import type { BenchResult } from './measure.js';
import { benchMemory } from './memory.js';
import { benchMultiAsset } from './multi-asset.js';
import { benchNearLine } from './near-line.js';
import { benchPeers } from './peers.js';
import { benchServe } from './serve.js';
import { benchSnapshot } from './snapshot.js';
import { benchStatistics } from './statistics.js';
import { Subject } from './subject.js';
import { benchTicks } from './ticks.js';
import { benchUpdates } from './updates.js';
import { benchUploads } from './uploads.js';

/** On a loaded book, which those of one size share. */
const ON_SUBJECT = {
  'full-scan': (subject, { machine }) => benchFullScan(subject, machine),
  peers: (subject, { machine, note }) => benchPeers(subject, machine, note),
  statistics: (subject, { machine }) => benchStatistics(subject, machine),
  uploads: (subject, { note }) => benchUploads(subject, note),
  'marks-to-nominees': (subject, { machine }) => benchTicks(subject, machine),
  'hot-set': (subject) => benchHotSet(subject),
  adl: (subject) => benchAdl(subject),
  'near-line': (subject) => benchNearLine(subject),
} as const satisfies Readonly<Record<string, (subject: Subject, context: Context) => BenchResult[] | Promise<BenchResult[]>>>;

const ALONE = {
  updates: ({ book }, size) => benchUpdates(book, size),
  memory: (_, size) => [benchMemory(size)],
  /** On the disk under the system's folder for temporary files; it has no positions. */
  journal: ({ book }) => benchJournal(book),
  snapshot: ({ book }, size) => benchSnapshot(book, size),
  latency: async ({ book, backend }, size) => [await benchLatency(book, size, backend)],
  'fan-out': async ({ book, backend }, size) => [await benchFanOut(book, size, backend)],
  burst: async ({ book, backend }, size) => [await benchBurst(book, size, backend)],
  /** Late: what a book of several assets leaves in V8's caches of types slows the updates of one that has none. */
  'multi-asset': ({ machine, backend }, size) => benchMultiAsset(size, backend, machine),
  'serve-10m': async ({ book, backend }, size) => [await benchServe(book, size, backend)],
} as const satisfies Readonly<Record<string, (context: Context, size: number) => BenchResult[] | Promise<BenchResult[]>>>;

type OnSubject = keyof typeof ON_SUBJECT;
type Alone = keyof typeof ALONE;
export type BenchmarkName = OnSubject | Alone;

const ON_SUBJECT_NAMES = Object.keys(ON_SUBJECT) as OnSubject[];
const ALONE_NAMES = Object.keys(ALONE) as Alone[];
export const BENCHMARKS: readonly BenchmarkName[] = [...ON_SUBJECT_NAMES, ...ALONE_NAMES];

/** Those take minutes: only when asked for by name. */
const ON_REQUEST: readonly BenchmarkName[] = ['serve-10m'];
/** Asked for one backend, others beside it only when they are asked for, too. */
const OF_OTHERS: readonly BenchmarkName[] = ['peers'];

interface Context {
  readonly machine: Machine;
  readonly book: StandardBook;
  readonly backend: BackendChoice;
  readonly note: Note;
}

export interface BenchOptions {
  /** Null: the sizes of each benchmark's budget. */
  readonly positions: number | null;
  /** Null: all but those that are made on request. */
  readonly only: readonly BenchmarkName[] | null;
  /** `auto`: all that this machine has. */
  readonly backend: BackendChoice;
  /** Before each benchmark. */
  readonly onStart: (what: string) => void;
  /** What is not measured here, and why. */
  readonly onSkip: (what: string) => void;
}

/** What `bench --json` prints. */
export interface BenchReport {
  readonly version: 1;
  readonly machine: Machine;
  /** What each backend runs on, by name. */
  readonly backends: Readonly<Record<string, string>>;
  /** Which tier tables the book is under. */
  readonly tiers: string;
  readonly results: readonly BenchResult[];
  /** What was not measured, and why. */
  readonly notMeasured: readonly string[];
}

const SIZES: Readonly<Record<BenchmarkName, readonly number[]>> = {
  'full-scan': [100_000, 1_000_000, 10_000_000],
  peers: [1_000_000, 10_000_000],
  statistics: [10_000_000],
  uploads: [10_000_000],
  'marks-to-nominees': [1_000_000, 10_000_000],
  'hot-set': [1_000_000, 10_000_000],
  adl: [1_000_000, 10_000_000],
  'near-line': [1_000_000, 10_000_000],
  updates: [1_000_000],
  memory: [10_000_000],
  journal: [0],
  snapshot: [1_000_000, 10_000_000],
  latency: [1_000_000],
  'fan-out': [1_000_000],
  burst: [1_000_000],
  'multi-asset': [1_000_000],
  'serve-10m': [10_000_000],
};
/** Where a device scans them. */
const SIZES_ON_DEVICE: Partial<Record<BenchmarkName, readonly number[]>> = {
  'full-scan': [100_000, 1_000_000, 10_000_000, 100_000_000],
  'marks-to-nominees': [10_000_000, 100_000_000],
};

export async function runBenchmarks(options: BenchOptions): Promise<BenchReport> {
  const { positions, only, backend, onStart, onSkip } = options;
  const notMeasured: string[] = [];
  const note: Note = (text) => {
    notMeasured.push(text);
    onSkip(text);
  };
  const machine = describeMachine();
  // Opened once to be named, and to say once what cannot be had.
  const contenders = await openContenders(backend, 0, note);
  const backends = Object.fromEntries(contenders.map((contender) => [contender.backend.name, contender.detail]));
  for (const contender of contenders) contender.backend.close();
  const context: Context = { machine, book: standardBook(), backend, note };
  const isWanted = (name: BenchmarkName): boolean =>
    only === null ? !ON_REQUEST.includes(name) && (backend === 'auto' || !OF_OTHERS.includes(name)) : only.includes(name);
  const sizesOf = (name: BenchmarkName): readonly number[] => {
    if (positions !== null) return [positions];
    return (backend === 'cuda' ? SIZES_ON_DEVICE[name] : undefined) ?? SIZES[name];
  };
  const results: BenchResult[] = [];
  const shared = ON_SUBJECT_NAMES.filter(isWanted);
  for (const size of new Set(shared.flatMap(sizesOf).toSorted((a, b) => a - b))) {
    const subject = await Subject.load(context.book, size, backend);
    for (const name of shared.filter((each) => sizesOf(each).includes(size))) {
      onStart(`${name}, ${size} positions`);
      results.push(...(await ON_SUBJECT[name](subject, context)));
    }
    subject.close();
  }
  // By benchmark, not by size: as they are read.
  const order = (name: string): number => BENCHMARKS.indexOf(name as BenchmarkName);
  results.sort((a, b) => order(a.name) - order(b.name));
  for (const name of ALONE_NAMES.filter(isWanted)) {
    for (const size of sizesOf(name)) {
      onStart(`${name}, ${size} positions`);
      results.push(...(await ALONE[name](context, size)));
    }
  }
  return { version: 1, machine, backends, tiers: context.book.tiers, results, notMeasured };
}
