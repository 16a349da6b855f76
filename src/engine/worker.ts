/** The thread that hosts the engine in `serve`: sockets never delay a scan, and a scan never delays sockets. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type BackendChoice, openBackend } from '../backends/open.js';
import { assert, type Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { Effect } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { Newcomers } from '../synthetic/newcomers.js';
import { PaperVenue } from '../venue/paper.js';
import { type Answer, applyWork, conflate, type Submission, type Work } from './conflate.js';
import type { Engine } from './engine.js';
import { inspect, WaitWatch } from './inspect.js';
import type { Inspections } from './inspections.js';
import type { BackendReport, BookStatistics, CaseWait, EngineAlert, EngineStats } from './link.js';
import { engineFromFile, engineFromSynthetic, type PolicySource, type SyntheticBook } from './load.js';
import { Session } from './session.js';

/** How the engine is to be set up. */
export interface WorkerSetup {
  readonly book: { readonly synthetic: SyntheticBook } | { readonly file: string };
  readonly backend: BackendChoice;
  readonly policy: PolicySource;
  /** `shadow`: decides and tells, sends and moves nothing. */
  readonly mode: 'shadow' | 'live';
  /** `paper`: the venue in here executes the orders; in a made-up book newcomers open as many positions as it closes. */
  readonly executor: 'paper' | 'external';
  readonly seed: number;
}

/** What is not a record: answered like one, after those that came before it. */
export interface Command {
  readonly id: number;
  readonly command: 'resume-backend';
}

/** Asks for something: answered after the records that came before it. */
export interface Question {
  readonly id: number;
  readonly question: keyof Inspections;
}

export type ToWorker = Submission | Command | Question | 'close';

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
      readonly alerts: readonly EngineAlert[];
      readonly waits: readonly CaseWait[];
      readonly told: readonly { readonly id: number; readonly answer: Inspections[keyof Inspections] }[];
      /** New ones; null when there are none. */
      readonly statistics: BookStatistics | null;
      readonly stats: EngineStats;
    }
  | { readonly type: 'failed'; readonly name: string; readonly message: string; readonly code: string | null };

async function load({ book, policy, mode }: WorkerSetup, backend: Backend, post: (message: FromWorker) => void): Promise<Engine> {
  const onLoaded = (positions: number): void => post({ type: 'loading', positions });
  const setup = { backend, policy, mode };
  return 'file' in book ? engineFromFile(book.file, setup, onLoaded) : engineFromSynthetic(book.synthetic, setup, onLoaded);
}

/** Milliseconds between statistics: they wait for a full scan that comes of itself, but not for longer. */
const STATISTICS_EVERY_MS = 1_000;
const STATISTICS_WAIT_MS = 10_000;

/** The engine on its thread: what goes in, turn by turn, and what comes out. */
class Desk {
  private readonly engine: Engine;
  private readonly session: Session;
  private readonly post: (message: FromWorker) => void;
  private effects: (readonly Effect[])[] = [];
  private alerts: EngineAlert[] = [];
  private readonly waits = new WaitWatch();
  private statistics: BookStatistics | null = null;
  private statisticsMs = 0;
  private conflated = 0;
  private tickMs = 0;
  private lagMs = 0;

  constructor(engine: Engine, { book, executor, seed }: WorkerSetup, post: (message: FromWorker) => void) {
    const { instruments } = engine;
    const paper = executor === 'paper';
    this.engine = engine;
    this.post = post;
    this.session = new Session({
      engine,
      venue: paper ? new PaperVenue({ instruments, seed }) : null,
      // A book of the user's own gets no made-up accounts.
      population: paper && 'synthetic' in book ? new Newcomers({ instruments, seed }) : null,
      onEffects: (batch) => {
        for (const effect of batch) if (effect.type === 'alerts') this.alerts.push(...effect.rows);
        // What crosses threads is copied: only what somebody out there listens to.
        const told = batch.filter(({ type }) => type !== 'execution' && type !== 'alerts');
        if (told.length > 0) this.effects.push(told);
      },
    });
  }

  stats(): EngineStats {
    const { conflated, tickMs, lagMs } = this;
    return { ...this.engine.counters(), conflated, tickMs, lagMs };
  }

  alert(text: string): void {
    this.alerts.push({ timeUs: Date.now() * 1000, code: 'backend', text });
  }

  turn(queue: readonly Submission[], answered: readonly Answer[], questions: readonly Question[]): void {
    const applied = conflate(queue, this.engine.tickTimeUs).flatMap((work) => this.apply(work));
    const { statistics } = this.engine.scanHalf.scanner;
    const isNew = statistics !== this.statistics;
    this.statistics = statistics;
    const { effects, alerts } = this;
    this.post({
      type: 'turn',
      effects,
      applied: [...applied, ...answered],
      alerts,
      waits: this.waits.news(this.engine),
      told: questions.map(({ id, question }) => ({ id, answer: inspect(this.engine, question) })),
      statistics: isNew ? statistics : null,
      stats: this.stats(),
    });
    this.effects = [];
    this.alerts = [];
    if (isNew) this.statisticsMs = performance.now();
  }

  private apply(work: Work): Answer[] {
    const start = performance.now();
    const isTick = work.record.type === 'tick';
    const age = start - this.statisticsMs;
    if (isTick && age >= STATISTICS_EVERY_MS) this.engine.scanHalf.scanner.wantStatistics(age >= STATISTICS_WAIT_MS);
    const answers = applyWork(work, (record) => this.session.apply(record));
    if (!isTick) return answers;
    this.tickMs = performance.now() - start;
    this.lagMs = Math.max(0, Date.now() - work.record.timeUs / 1000);
    for (const { ids } of answers) this.conflated += ids.length - 1;
    return answers;
  }
}

/** Problems of taking a backend back into use. */
function resumed(resume: (() => void) | null): readonly Problem[] {
  const expected = 'a backend that can be taken back into use';
  if (resume === null) return [{ where: 'backend', expected, found: 'one that does not hand over' }];
  try {
    resume();
    return [];
  } catch (error) {
    return [{ where: 'backend', expected, found: error instanceof Error ? error.message : String(error) }];
  }
}

async function run(): Promise<void> {
  assert(parentPort !== null, 'expected to run on a worker thread');
  const port = parentPort;
  const setup = workerData as WorkerSetup;
  const post = (message: FromWorker): void => port.postMessage(message);
  const alert = (text: string): void => desk.alert(text);
  const { backend, detail, refused, resume } = await openBackend(setup.backend, alert);
  const engine = await load(setup, backend, post);
  const desk = new Desk(engine, setup, post);
  port.on('message', (first: ToWorker) => {
    const queue: Submission[] = [];
    const answered: Answer[] = [];
    const questions: Question[] = [];
    let message: ToWorker | undefined = first;
    for (; message !== undefined && message !== 'close'; message = receiveMessageOnPort(port)?.message) {
      if ('record' in message) queue.push(message);
      else if ('question' in message) questions.push(message);
      else answered.push({ ids: [message.id], problems: resumed(resume) });
    }
    // What was submitted before the close is answered first.
    if (queue.length + answered.length + questions.length > 0) desk.turn(queue, answered, questions);
    if (message !== 'close') return;
    backend.close();
    port.close();
  });
  const funded = [...engine.scanHalf.book.funding.markets];
  post({ type: 'ready', instruments: engine.instruments, funded, backend: { detail, refused }, stats: desk.stats() });
}

run().catch((error: unknown) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : null;
  parentPort?.postMessage({ type: 'failed', name, message, code } satisfies FromWorker);
  parentPort?.close();
});
