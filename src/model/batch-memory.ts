/** Which batches were answered, and how, so that one that is sent again is answered alike and applied once. It must not know what a batch holds. */
import type { Problem } from './errors.js';
import { type BufferReader, isText, type NamedBuffer, plainBuffer, type Saved } from './named-buffers.js';
import type { BatchKey } from './records.js';

/** No problems: it was accepted. */
export interface AnsweredBatch {
  readonly batch: BatchKey;
  readonly problems: readonly Problem[];
}

/** What is remembered of each principal. */
export interface BatchLimits {
  /** An older id that comes again is a new batch. */
  readonly idsMax: number;
  /** Of all rejections together; above it the oldest keep only their first problem. */
  readonly problemsMax: number;
}

/** On the heap, unlike trades: there are few, and each has an answer. */
export class BatchMemory implements Saved {
  private readonly limits: BatchLimits;
  private readonly principals = new Map<string, Answers>();

  constructor(limits: BatchLimits) {
    this.limits = limits;
  }

  /** Undefined: it was never answered, or is forgotten. */
  problemsOf({ principal, batchId }: BatchKey): readonly Problem[] | undefined {
    return this.principals.get(principal)?.get(keyOf(batchId))?.problems;
  }

  remember(answered: AnsweredBatch): void {
    const { principal, batchId } = answered.batch;
    const answers = this.principals.get(principal) ?? new Answers(this.limits);
    this.principals.set(principal, answers);
    answers.add(keyOf(batchId), answered);
  }

  /** Of each principal the oldest first: remembered in this order, they are the same memory. */
  answered(): AnsweredBatch[] {
    return [...this.principals.values()].flatMap((answers) => answers.all());
  }

  save(): NamedBuffer[] {
    return [plainBuffer('answered', { answered: this.answered() })];
  }

  restore(from: BufferReader): void {
    // A snapshot of before they were kept has none.
    if (!from.has('answered')) return;
    for (const answered of from.members('answered').list('answered', isAnswered)) this.remember(answered);
  }
}

/** A text and a number are different ids. */
function keyOf(batchId: BatchKey['batchId']): string {
  return JSON.stringify(batchId);
}

function isAnswered(value: unknown): value is AnsweredBatch {
  const { batch, problems } = Object(value) as { batch?: Partial<BatchKey>; problems?: unknown };
  const isId = isText(batch?.batchId) || Number.isSafeInteger(batch?.batchId);
  return isText(batch?.principal) && isId && Array.isArray(problems) && problems.every(isProblem);
}

function isProblem(value: unknown): value is Problem {
  const { where, expected, found } = Object(value) as Partial<Problem>;
  return isText(where) && isText(expected) && isText(found);
}

/** Those of one principal, oldest first. */
class Answers {
  private readonly limits: BatchLimits;
  private readonly byId = new Map<string, AnsweredBatch>();
  /** Rejections that still have all their problems. */
  private readonly whole = new Set<string>();
  private problems = 0;

  constructor(limits: BatchLimits) {
    this.limits = limits;
  }

  get(key: string): AnsweredBatch | undefined {
    return this.byId.get(key);
  }

  all(): AnsweredBatch[] {
    return [...this.byId.values()];
  }

  add(key: string, answered: AnsweredBatch): void {
    this.forget(key);
    this.byId.set(key, answered);
    this.keep(key, answered);
    for (const oldest of this.byId.keys()) {
      if (this.byId.size <= this.limits.idsMax) break;
      this.forget(oldest);
    }
  }

  private keep(key: string, { problems }: AnsweredBatch): void {
    if (problems.length === 0) return;
    this.whole.add(key);
    this.problems += problems.length;
    for (const oldest of this.whole) {
      if (this.problems <= this.limits.problemsMax) break;
      const cut = this.release(oldest);
      if (cut !== undefined) this.byId.set(oldest, { ...cut, problems: cut.problems.slice(0, 1) });
    }
  }

  private forget(key: string): void {
    this.release(key);
    this.byId.delete(key);
  }

  /** Its problems count no more. */
  private release(key: string): AnsweredBatch | undefined {
    const answered = this.byId.get(key);
    if (this.whole.delete(key)) this.problems -= answered?.problems.length ?? 0;
    return answered;
  }
}
