/** The thread that hosts the engine in `serve`: sockets never delay a scan, and a scan never delays sockets. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type BackendChoice, openBackend } from '../backends/open.js';
import { assert } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { Effect } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { Newcomers } from '../synthetic/newcomers.js';
import { PaperVenue } from '../venue/paper.js';
import { type Answer, applyWork, conflate, type Submission } from './conflate.js';
import type { Engine } from './engine.js';
import type { BackendReport, EngineStats } from './link.js';
import { engineFromFile, engineFromSynthetic, type SyntheticBook } from './load.js';
import { Session } from './session.js';

/** How the engine is to be set up. */
export interface WorkerSetup {
  readonly book: { readonly synthetic: SyntheticBook } | { readonly file: string };
  readonly backend: BackendChoice;
  readonly orderTtlUs: number;
  /** `paper`: the venue in here executes the orders; in a made-up book newcomers open as many positions as it closes. */
  readonly executor: 'paper' | 'external';
  readonly seed: number;
}

export type ToWorker = Submission | 'close';

export type FromWorker =
  | { readonly type: 'loading'; readonly positions: number }
  | {
      readonly type: 'ready';
      readonly instruments: Instruments;
      /** Markets in which positions of the book say up to which funding index theirs is in the balance. */
      readonly funded: readonly number[];
      readonly backend: BackendReport;
      readonly stats: EngineStats;
    }
  /** Put together for one turn of the worker, in order. */
  | {
      readonly type: 'turn';
      readonly effects: readonly (readonly Effect[])[];
      readonly applied: readonly Answer[];
      readonly stats: EngineStats;
    }
  | { readonly type: 'failed'; readonly name: string; readonly message: string; readonly code: string | null };

async function load({ book, orderTtlUs }: WorkerSetup, backend: Backend, post: (message: FromWorker) => void): Promise<Engine> {
  const onLoaded = (positions: number): void => post({ type: 'loading', positions });
  const setup = { backend, orderTtlUs };
  return 'file' in book ? engineFromFile(book.file, setup, onLoaded) : engineFromSynthetic(book.synthetic, setup, onLoaded);
}

async function run(): Promise<void> {
  assert(parentPort !== null, 'expected to run on a worker thread');
  const port = parentPort;
  const setup = workerData as WorkerSetup;
  const post = (message: FromWorker): void => port.postMessage(message);
  const { backend, detail, refused } = await openBackend(setup.backend);
  const engine = await load(setup, backend, post);
  const { instruments } = engine;
  const { seed } = setup;
  const paper = setup.executor === 'paper';
  let effects: (readonly Effect[])[] = [];
  let conflated = 0;
  let tickMs = 0;
  let lagMs = 0;
  const session = new Session({
    engine,
    venue: paper ? new PaperVenue({ instruments, seed }) : null,
    // A book of the user's own gets no made-up accounts.
    population: paper && 'synthetic' in setup.book ? new Newcomers({ instruments, seed }) : null,
    onEffects: (batch) => {
      // What crosses threads is copied: only what somebody out there listens to.
      const told = batch.filter(({ type }) => type === 'signals' || type === 'orders');
      if (told.length > 0) effects.push(told);
    },
  });
  const stats = (): EngineStats => ({ ...engine.counters(), conflated, tickMs, lagMs });
  const turn = (queue: readonly Submission[]): void => {
    const applied = conflate(queue, engine.tickTimeUs).flatMap((work) => {
      const start = performance.now();
      const answers = applyWork(work, (record) => session.apply(record));
      if (work.record.type === 'tick') {
        tickMs = performance.now() - start;
        lagMs = Math.max(0, Date.now() - work.record.timeUs / 1000);
        for (const { ids } of answers) conflated += ids.length - 1;
      }
      return answers;
    });
    post({ type: 'turn', effects, applied, stats: stats() });
    effects = [];
  };
  port.on('message', (first: ToWorker) => {
    const queue: Submission[] = [];
    let message: ToWorker | undefined = first;
    for (; message !== undefined && message !== 'close'; message = receiveMessageOnPort(port)?.message) queue.push(message);
    // What was submitted before the close is answered first.
    if (queue.length > 0) turn(queue);
    if (message !== 'close') return;
    backend.close();
    port.close();
  });
  post({
    type: 'ready',
    instruments,
    funded: [...engine.scanHalf.book.funding.markets],
    backend: { detail, refused },
    stats: stats(),
  });
}

run().catch((error: unknown) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : null;
  parentPort?.postMessage({ type: 'failed', name, message, code } satisfies FromWorker);
  parentPort?.close();
});
