/** Makes batch ids idempotent: each is applied once per principal and always answered alike. It must not know what a batch holds. */
import type { Problem } from '../model/errors.js';
import type { RequestId } from './messages.js';

export type Answer = { readonly accepted: true } | { readonly accepted: false; readonly problems: readonly Problem[] };

/** Remembers the last `rememberedMax` batch ids of each principal; an older one that comes again is a new batch. */
export class BatchDesk {
  private readonly rememberedMax: number;
  private readonly answers = new Map<string, Map<string, Promise<Answer>>>();

  constructor(rememberedMax: number) {
    this.rememberedMax = rememberedMax;
  }

  /**
   * The answer given to this id before, also one still on its way; else that of `apply`. When `apply` throws, nothing is known to
   * have been applied and the id is free again.
   */
  submit(principal: string, batchId: RequestId, apply: () => Promise<Answer>): Promise<Answer> {
    const answers = this.answersOf(principal);
    const key = JSON.stringify(batchId);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = apply();
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
    for (const oldest of answers.keys()) {
      if (answers.size <= this.rememberedMax) break;
      answers.delete(oldest);
    }
    return answer;
  }

  private answersOf(principal: string): Map<string, Promise<Answer>> {
    const known = this.answers.get(principal);
    if (known !== undefined) return known;
    const answers = new Map<string, Promise<Answer>>();
    this.answers.set(principal, answers);
    return answers;
  }
}
