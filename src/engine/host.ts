/** The other end of the engine's thread: starts it, passes records in and effects out. */
import { Worker } from 'node:worker_threads';
import type { JournalReport } from '../journal/keeper.js';
import type { AnsweredBatch } from '../model/batch-memory.js';
import type { Effect } from '../model/effects.js';
import { assert, ERROR_CODES, type ErrorCode, PlimsollError, type Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { InputRecord } from '../model/records.js';
import type { BackendReport, BookStatistics, CaseWait, EngineAlert, EngineLink, EngineStats, Inspections } from './link.js';
import type { FromWorker, ToWorker, WorkerSetup } from './worker.js';

export interface HostedEngine extends EngineLink {
  /** Resolves after `close`; rejects when the engine has halted on a bug: nothing more is decided. */
  readonly ended: Promise<void>;
  /** Markets in which positions of the book say up to which funding index theirs is in the balance. */
  readonly funded: readonly number[];
  readonly backend: BackendReport;
  /** Null: nothing is kept. */
  readonly journal: JournalReport | null;
  /** Batches that were answered before this start; none where nothing is kept. */
  readonly answered: readonly AnsweredBatch[];
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

class Host implements HostedEngine {
  readonly instruments: Instruments;
  readonly funded: readonly number[];
  readonly backend: BackendReport;
  readonly journal: JournalReport | null;
  readonly answered: readonly AnsweredBatch[];
  readonly ended: Promise<void>;
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(effects: readonly Effect[]) => void>();
  private readonly waitListeners = new Set<(waits: readonly CaseWait[]) => void>();
  private readonly alertListeners = new Set<(alert: EngineAlert) => void>();
  private latest: EngineStats;
  private latestStatistics: BookStatistics | null = null;
  private nextId = 0;
  private isClosing = false;
  /** Why nothing is answered any more. */
  private gone: Error | null = null;

  constructor(
    worker: Worker,
    { instruments, funded, backend, stats, journal, answered }: Extract<FromWorker, { type: 'ready' }>,
  ) {
    this.worker = worker;
    this.instruments = instruments;
    this.funded = funded;
    this.backend = backend;
    this.journal = journal;
    this.answered = answered;
    this.latest = stats;
    worker.on('message', (message: FromWorker) => this.receive(message));
    this.ended = new Promise((resolve, reject) => {
      worker.on('error', (error) => reject(this.abandon(error)));
      worker.on('exit', (code) => {
        const isFailed = this.gone !== null;
        const gone = this.abandon(new PlimsollError('internal', `the engine's thread ended with code ${code}`));
        if (this.isClosing && !isFailed) resolve();
        else reject(gone);
      });
    });
    // Whoever started the engine listens; a rejection that nobody listens to must still not end the process by itself.
    this.ended.catch(() => undefined);
  }

  submit(record: InputRecord): Promise<readonly Problem[]> {
    return this.ask((id) => ({ id, record }));
  }

  resumeBackend(): Promise<readonly Problem[]> {
    return this.ask((id) => ({ id, command: 'resume-backend' }));
  }

  inspect<Question extends keyof Inspections>(question: Question): Promise<Inspections[Question]> {
    return this.ask((id) => ({ id, question }));
  }

  private ask<Answered>(message: (id: number) => ToWorker): Promise<Answered> {
    if (this.isClosing) return Promise.reject(new PlimsollError('unavailable', 'the engine is closed'));
    if (this.gone !== null) return Promise.reject(this.gone);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: (answer) => resolve(answer as Answered), reject });
      this.worker.postMessage(message(id));
    });
  }

  subscribe(listener: (effects: readonly Effect[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onWaits(listener: (waits: readonly CaseWait[]) => void): () => void {
    this.waitListeners.add(listener);
    return () => this.waitListeners.delete(listener);
  }

  onAlert(listener: (alert: EngineAlert) => void): () => void {
    this.alertListeners.add(listener);
    return () => this.alertListeners.delete(listener);
  }

  stats(): EngineStats {
    return this.latest;
  }

  statistics(): BookStatistics | null {
    return this.latestStatistics;
  }

  async close(): Promise<void> {
    if (!this.isClosing) {
      this.isClosing = true;
      this.worker.postMessage('close' satisfies ToWorker);
    }
    await this.ended;
  }

  private receive(message: FromWorker): void {
    // The reason for the exit that follows.
    if (message.type === 'failed') this.abandon(errorOf(message));
    if (message.type !== 'turn') return;
    this.latest = message.stats;
    this.latestStatistics = message.statistics ?? this.latestStatistics;
    for (const alert of message.alerts) for (const listener of this.alertListeners) listener(alert);
    for (const effects of message.effects) for (const listener of this.listeners) listener(effects);
    if (message.waits.length > 0) for (const listener of this.waitListeners) listener(message.waits);
    for (const { ids, problems } of message.applied) for (const id of ids) this.settle(id, problems);
    for (const { id, answer } of message.told) this.settle(id, answer);
  }

  private settle(id: number, answer: unknown): void {
    this.pending.get(id)?.resolve(answer);
    this.pending.delete(id);
  }

  private abandon(error: Error): Error {
    this.gone ??= error;
    for (const { reject } of this.pending.values()) reject(this.gone);
    this.pending.clear();
    return this.gone;
  }
}

function errorOf({ message, code }: Extract<FromWorker, { type: 'failed' }>): Error {
  const known = code !== null && code in ERROR_CODES ? (code as ErrorCode) : 'internal';
  return new PlimsollError(known, message);
}

/** Starts an engine on a thread of its own; resolves when its book is loaded. Problems of a book file are thrown together. */
export function startEngine(setup: WorkerSetup, onLoaded: (positions: number) => void = () => undefined): Promise<HostedEngine> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: setup });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', function starting(message: FromWorker) {
      if (message.type === 'loading') return onLoaded(message.positions);
      worker.off('message', starting);
      worker.off('error', reject);
      assert(message.type !== 'turn', 'expected the engine to be ready before its first turn');
      if (message.type === 'failed') return reject(errorOf(message));
      return resolve(new Host(worker, message));
    });
  });
}
