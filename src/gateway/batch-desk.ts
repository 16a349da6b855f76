/** Makes batch ids idempotent: each is applied once per principal and always answered alike. It must not know what a batch holds. */
import type { Problem } from '../model/errors.js';
import type { RequestId } from './messages.js';

export type Answer = { readonly accepted: true } | Rejection;
type Rejection = { readonly accepted: false; readonly problems: readonly Problem[] };

/** What is remembered of each principal. */
export interface DeskLimits {
  /** An older id that comes again is a new batch. */
  readonly idsMax: number;
  /** Of all rejections together; above it the oldest keep only their first problem. */
  readonly problemsMax: number;
}

export class BatchDesk {
  private readonly limits: DeskLimits;
  private readonly memories = new Map<string, Memory>();

  constructor(limits: DeskLimits) {
    this.limits = limits;
  }

  /**
   * The answer given to this id before, also one still on its way; else that of `apply`. When `apply` throws, nothing is known to
   * have been applied and the id is free again.
   */
  submit(principal: string, batchId: RequestId, apply: () => Promise<Answer>): Promise<Answer> {
    const memory = this.memoryOf(principal);
    const key = JSON.stringify(batchId);
    const known = memory.get(key);
    if (known !== undefined) return known;
    const answer = apply();
    memory.add(key, answer);
    return answer;
  }

  private memoryOf(principal: string): Memory {
    const known = this.memories.get(principal);
    if (known !== undefined) return known;
    const memory = new Memory(this.limits);
    this.memories.set(principal, memory);
    return memory;
  }
}

/** The answers of one principal, oldest first. */
class Memory {
  private readonly limits: DeskLimits;
  private readonly answers = new Map<string, Promise<Answer>>();
  /** Rejections that still have all their problems. */
  private readonly rejections = new Map<string, Rejection>();
  private problems = 0;

  constructor(limits: DeskLimits) {
    this.limits = limits;
  }

  get(key: string): Promise<Answer> | undefined {
    return this.answers.get(key);
  }

  add(key: string, answer: Promise<Answer>): void {
    this.answers.set(key, answer);
    // The id may have been forgotten since, and come again: then it is another's.
    const isMine = () => this.answers.get(key) === answer;
    answer.then(
      (settled) => {
        if (!settled.accepted && isMine()) this.keep(key, settled);
      },
      () => {
        if (isMine()) this.answers.delete(key);
      },
    );
    for (const oldest of this.answers.keys()) {
      if (this.answers.size <= this.limits.idsMax) break;
      this.answers.delete(oldest);
      this.release(oldest);
    }
  }

  private keep(key: string, rejection: Rejection): void {
    this.rejections.set(key, rejection);
    this.problems += rejection.problems.length;
    for (const [oldest, { problems }] of this.rejections) {
      if (this.problems <= this.limits.problemsMax) break;
      this.release(oldest);
      this.answers.set(oldest, Promise.resolve({ accepted: false, problems: problems.slice(0, 1) }));
    }
  }

  private release(key: string): void {
    this.problems -= this.rejections.get(key)?.problems.length ?? 0;
    this.rejections.delete(key);
  }
}
