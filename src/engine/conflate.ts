/** What a busy engine does with ticks that have queued up: it applies the latest state of the market, once. Knows no threads. */
import type { InputRecord, Mark, TickRecord } from '../model/records.js';

/** A record with the number by which its sender knows it. */
export interface Submission {
  readonly id: number;
  readonly record: InputRecord;
}

/** A record to apply, and all the submissions that it answers. */
export interface Work {
  readonly ids: readonly number[];
  readonly record: InputRecord;
}

/**
 * One tick that says what the ticks said together: the last price of each market, at the time of the last tick. That is a state which
 * did exist, not a mix of extremes that never did.
 */
export function mergeTicks(ticks: readonly TickRecord[]): TickRecord {
  const last = new Map<number, Mark>();
  for (const { marks } of ticks) for (const mark of marks) last.set(mark.market, mark);
  return { type: 'tick', timeUs: Math.max(...ticks.map(({ timeUs }) => timeUs)), marks: [...last.values()] };
}

/** Everything in its order, but for the ticks: they become one, in the place of the last. */
export function conflate(queue: readonly Submission[]): Work[] {
  const ticks = queue.flatMap(({ record }) => (record.type === 'tick' ? [record] : []));
  if (ticks.length < 2) return queue.map(({ id, record }) => ({ ids: [id], record }));
  const lastTick = queue.findLast(({ record }) => record.type === 'tick');
  const ids = queue.filter(({ record }) => record.type === 'tick').map(({ id }) => id);
  return queue.flatMap((submission): Work[] => {
    if (submission.record.type !== 'tick') return [{ ids: [submission.id], record: submission.record }];
    return submission === lastTick ? [{ ids, record: mergeTicks(ticks) }] : [];
  });
}
