/** The thread that hosts the engine in `serve`: sockets never delay a scan, and a scan never delays sockets. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type BackendChoice, openBackend } from '../backends/open.js';
import type { FreshnessRule } from '../dispatch/gates.js';
import { type JournalReport, Keeper, type Kept } from '../journal/keeper.js';
import { findStart, type Start } from '../journal/recover.js';
import { type AnsweredBatch, BatchMemory } from '../model/batch-memory.js';
import type { Effect } from '../model/effects.js';
import { assert, PlimsollError, type Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { BATCHES_REMEMBERED } from '../model/limits.js';
import { BufferReader, under } from '../model/named-buffers.js';
import type { InputRecord } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { Newcomers } from '../synthetic/newcomers.js';
import { PaperVenue } from '../venue/paper.js';
import { type Answer, applyWork, conflate, type Submission, type Work } from './conflate.js';
import type { Engine } from './engine.js';
import { genesisOf } from './genesis.js';
import { inspect, WaitWatch } from './inspect.js';
import type { Inspections } from './inspections.js';
import type { BackendReport, BookStatistics, CaseWait, EngineAlert, EngineStats } from './link.js';
import { engineFromFile, engineFromSynthetic, type PolicySource, type SyntheticBook } from './load.js';
import { Session } from './session.js';
import { stateHash } from './state-hash.js';

/** How the engine is to be set up. */
export interface WorkerSetup {
  readonly book: { readonly synthetic: SyntheticBook } | { readonly file: string };
  readonly backend: BackendChoice;
  readonly policy: PolicySource;
  /** `shadow`: decides and tells, sends and moves nothing. */
  readonly mode: 'shadow' | 'live';
  /** `paper`: the venue in here executes the orders; in a made-up book newcomers open as many positions as it closes. */
  readonly executor: 'paper' | 'external';
  /** When marks are good enough to liquidate on. */
  readonly freshness: FreshnessRule;
  readonly seed: number;
  /** Left out: nothing is kept. */
  readonly journal?: { readonly folder: string; readonly by: string };
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
      /** Null: nothing is kept. */
      readonly journal: JournalReport | null;
      /** Batches that were answered before this start. */
      readonly answered: readonly AnsweredBatch[];
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

type Post = (message: FromWorker) => void;

/** Made for where its recovery starts: with the mode that the journal was begun with, and empty where a snapshot is restored. */
async function load({ book, policy, mode, freshness }: WorkerSetup, backend: Backend, start: Start, post: Post): Promise<Engine> {
  const onLoaded = (positions: number): void => post({ type: 'loading', positions });
  const begun = start.genesis?.mode === 'shadow' || start.genesis?.mode === 'live' ? start.genesis.mode : mode;
  const setup = { backend, policy, freshness, mode: begun, isEmpty: start.checkpoint !== null };
  return 'file' in book ? engineFromFile(book.file, setup, onLoaded) : engineFromSynthetic(book.synthetic, setup, onLoaded);
}

/** Who sent what is no matter of the engine's: batches are remembered beside it, from the same records and in the same snapshots. */
async function openKeeper(setup: WorkerSetup, engine: Engine, batches: BatchMemory, start: Start): Promise<Keeper | null> {
  if (setup.journal === undefined) return null;
  const kept: Kept = {
    apply: (record) => {
      const applied = engine.apply(record);
      if ('batch' in record && record.batch !== undefined) batches.remember({ batch: record.batch, problems: applied.problems });
      return applied;
    },
    stateHash: () => stateHash(engine),
    save: () => [...engine.save(), ...under(BATCHES, batches.save())],
    restore: (read) => {
      engine.restore(read);
      batches.restore(new BufferReader(read).under(BATCHES));
    },
  };
  const genesis = await genesisOf(setup, engine, start.genesis);
  return Keeper.open({ ...setup.journal, instruments: engine.instruments, genesis, startUs: Date.now() * 1000 }, kept, start);
}

/** Its buffers in a snapshot. */
const BATCHES = 'batches';

/** Turns whose effects wait until they are durable: while the last is written the next is computed, and no more than that. */
const TURNS_WAITING_MAX = 2;

/** Milliseconds between statistics: they wait for a full scan that comes of itself, but not for longer. */
const STATISTICS_EVERY_MS = 1_000;
const STATISTICS_WAIT_MS = 10_000;

/** The engine on its thread: what goes in, turn by turn, and what comes out. */
class Desk {
  private readonly engine: Engine;
  private readonly session: Session;
  private readonly post: Post;
  private readonly keeper: Keeper | null;
  private effects: (readonly Effect[])[] = [];
  private alerts: EngineAlert[] = [];
  private readonly waits = new WaitWatch();
  private statistics: BookStatistics | null = null;
  private statisticsMs = 0;
  private conflated = 0;
  private tickMs = 0;
  private lagMs = 0;

  constructor(engine: Engine, { book, executor, seed }: WorkerSetup, keeper: Keeper | null, post: Post) {
    const { instruments } = engine;
    const paper = executor === 'paper';
    const { store } = engine.scanHalf.book;
    const isTaken = (account: string): boolean => store.find(account) >= 0;
    this.engine = engine;
    this.post = post;
    this.keeper = keeper;
    this.session = new Session({
      engine,
      ...(keeper === null ? {} : { apply: (record) => keeper.apply(record) }),
      venue: paper ? new PaperVenue({ instruments, seed }) : null,
      // A book of the user's own gets no made-up accounts.
      population: paper && 'synthetic' in book ? new Newcomers({ instruments, seed, isTaken }) : null,
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

  alert(code: EngineAlert['code'], text: string): void {
    this.alerts.push({ timeUs: Date.now() * 1000, code, text });
  }

  /** Resolves when what it has led to is told; rejects, with nothing told, when it cannot be made durable. */
  async turn(queue: readonly Submission[], answered: readonly Answer[], questions: readonly Question[]): Promise<void> {
    const message = this.computed(queue, answered, questions);
    const { keeper } = this;
    if (keeper === null) return this.post(message);
    keeper.saveIfDue().catch((error: Error) => this.alert('journal', error.message));
    await keeper.durable();
    this.post(message);
  }

  private computed(queue: readonly Submission[], answered: readonly Answer[], questions: readonly Question[]): FromWorker {
    const applied = conflate(queue, this.engine.tickTimeUs).flatMap((work) => this.apply(work));
    const { statistics } = this.engine.scanHalf.scanner;
    const isNew = statistics !== this.statistics;
    this.statistics = statistics;
    const { effects, alerts } = this;
    this.effects = [];
    this.alerts = [];
    if (isNew) this.statisticsMs = performance.now();
    return {
      type: 'turn',
      effects,
      applied: [...applied, ...answered],
      alerts,
      waits: this.waits.news(this.engine),
      told: questions.map(({ id, question }) => ({ id, answer: inspect(this.engine, question) })),
      statistics: isNew ? statistics : null,
      stats: this.stats(),
    };
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

/** What is to enter first: that the writer is another, and the mode where it is to be another than it is. */
function firstRecords({ mode }: WorkerSetup, { caseHalf, tickTimeUs }: Engine, isRestart: boolean): InputRecord[] {
  const timeUs = Math.max(Date.now() * 1000, tickTimeUs);
  const restart: InputRecord[] = isRestart ? [{ type: 'restart', timeUs }] : [];
  if (caseHalf.desk.mode === mode) return restart;
  return [...restart, { type: 'admin', timeUs, commands: [{ command: 'mode', mode }] }];
}

/** The id of what nobody has submitted. */
const NOBODY = -1;
const NO_START: Start = { genesis: null, checkpoint: null, passedOver: [] };

async function run(port: MessagePort, post: Post): Promise<void> {
  const setup = workerData as WorkerSetup;
  const alert = (text: string): void => desk.alert('backend', text);
  const start = setup.journal === undefined ? NO_START : findStart(setup.journal.folder);
  const { backend, detail, refused, resume } = await openBackend(setup.backend, alert);
  const engine = await load(setup, backend, start, post);
  const batches = new BatchMemory(BATCHES_REMEMBERED);
  const keeper = await openKeeper(setup, engine, batches, start);
  const desk = new Desk(engine, setup, keeper, post);
  const waiting: ToWorker[] = [];
  let turns = 0;
  const end = async (): Promise<void> => {
    await keeper?.close();
    backend.close();
    port.close();
  };
  const fail = (error: unknown): void => {
    if (error instanceof PlimsollError) {
      post(failure(error));
      port.close();
      return;
    }
    // A bug of ours ends the thread, with its stack.
    queueMicrotask(() => {
      throw error;
    });
  };
  const pump = (): void => {
    if (turns >= TURNS_WAITING_MAX) return;
    const queue: Submission[] = [];
    const answered: Answer[] = [];
    const questions: Question[] = [];
    const next = (): ToWorker | undefined => waiting.shift() ?? receiveMessageOnPort(port)?.message;
    let message = next();
    for (; message !== undefined && message !== 'close'; message = next()) {
      if ('record' in message) queue.push(message);
      else if ('question' in message) questions.push(message);
      else answered.push({ ids: [message.id], problems: resumed(resume) });
    }
    // What was submitted before the close is answered first.
    const isAsked = queue.length + answered.length + questions.length > 0;
    const told = isAsked ? desk.turn(queue, answered, questions) : Promise.resolve();
    turns += 1;
    told
      .then(() => {
        turns -= 1;
        if (message === 'close') return end();
        if (waiting.length > 0) pump();
        return undefined;
      })
      .catch(fail);
  };
  port.on('message', (message: ToWorker) => {
    waiting.push(message);
    pump();
  });
  const funded = [...engine.scanHalf.book.funding.markets];
  const report = keeper?.report ?? null;
  post({
    type: 'ready',
    instruments: engine.instruments,
    funded,
    backend: { detail, refused },
    stats: desk.stats(),
    journal: report,
    answered: batches.answered(),
  });
  const first = firstRecords(setup, engine, keeper?.isRestart === true);
  if (first.length === 0) return;
  waiting.push(...first.map((record) => ({ id: NOBODY, record })));
  pump();
}

function failure(error: unknown): FromWorker {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : null;
  return { type: 'failed', name, message, code };
}

assert(parentPort !== null, 'expected to run on a worker thread');
const parent = parentPort;
run(parent, (message) => parent.postMessage(message)).catch((error: unknown) => {
  parent.postMessage(failure(error));
  parent.close();
});
