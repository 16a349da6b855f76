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
 * One tick that says what ticks of rising times said together: the last price of each market, at the time of the last tick. That is a
 * state which did exist, not a mix of extremes that never did.
 */
function mergeTicks(ticks: readonly TickRecord[]): TickRecord {
  const last = new Map<number, Mark>();
  for (const { marks } of ticks) for (const mark of marks) last.set(mark.market, mark);
  return { type: 'tick', timeUs: ticks[ticks.length - 1].timeUs, marks: [...last.values()] };
}

/**
 * Everything in its order, but for the ticks: they become one, in the place of the last. A tick that is older than one before it, or than
 * `tickTimeUs` of the engine, stays out of the mix and comes at the end: there the engine refuses it, as it would have in its place.
 */
export function conflate(queue: readonly Submission[], tickTimeUs: number): Work[] {
  const ticks: TickRecord[] = [];
  const ids: number[] = [];
  const late: Work[] = [];
  let timeUs = tickTimeUs;
  for (const { id, record } of queue) {
    if (record.type !== 'tick') continue;
    if (record.timeUs < timeUs) {
      late.push({ ids: [id], record });
      continue;
    }
    timeUs = record.timeUs;
    ticks.push(record);
    ids.push(id);
  }
  const works = queue.flatMap(({ id, record }): Work[] => {
    if (record.type !== 'tick') return [{ ids: [id], record }];
    return id === ids[ids.length - 1] ? [{ ids, record: mergeTicks(ticks) }] : [];
  });
  return [...works, ...late];
}
