/** Makes batch ids idempotent: each is applied once per principal and always answered alike. It must not know what a batch holds. */
import type { BatchMemory } from '../model/batch-memory.js';
import type { Problem } from '../model/errors.js';
import type { BatchKey } from '../model/records.js';

/** No problems: it was applied. */
type Answer = readonly Problem[];

export class BatchDesk {
  private readonly memory: BatchMemory;
  private readonly inFlight = new Map<string, Promise<Answer>>();

  constructor(memory: BatchMemory) {
    this.memory = memory;
  }

  /**
   * The answer given to this id before, also one still on its way; else that of `apply`. When `apply` throws, nothing is known to
   * have been applied and the id is free again.
   */
  submit(batch: BatchKey, apply: () => Promise<Answer>): Promise<Answer> {
    const key = JSON.stringify([batch.principal, batch.batchId]);
    const known = this.memory.problemsOf(batch);
    if (known !== undefined) return Promise.resolve(known);
    const onItsWay = this.inFlight.get(key);
    if (onItsWay !== undefined) return onItsWay;
    const answer = this.answer(batch, apply).finally(() => this.inFlight.delete(key));
    this.inFlight.set(key, answer);
    return answer;
  }

  private async answer(batch: BatchKey, apply: () => Promise<Answer>): Promise<Answer> {
    const problems = await apply();
    this.memory.remember({ batch, problems });
    return problems;
  }
}
