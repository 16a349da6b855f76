/** What a busy engine does with ticks that have queued up: it applies the latest state of the market, once. Knows no threads. */
import type { Problem } from '../model/errors.js';
import type { FundingIndex, IndexPrice, InputRecord, Mark, TickRecord } from '../model/records.js';

/** A record with the number by which its sender knows it. */
export interface Submission {
  readonly id: number;
  readonly record: InputRecord;
}

/** A record to apply, and the submissions that it stands for: one, or the ticks that were merged. */
export interface Work {
  readonly record: InputRecord;
  readonly submissions: readonly Submission[];
}

/**
 * One tick that says what ticks of rising times said together: the last mark and funding index of each market and the last index price of
 * each asset, at the time of the last tick. That is a state which did exist, not a mix of extremes that never did.
 */
function mergeTicks(ticks: readonly TickRecord[]): TickRecord {
  const marks = new Map<number, Mark>();
  const indexes = new Map<number, IndexPrice>();
  const funding = new Map<number, FundingIndex>();
  for (const tick of ticks) {
    for (const mark of tick.marks) marks.set(mark.market, mark);
    for (const price of tick.indexes ?? []) indexes.set(price.asset, price);
    for (const paid of tick.funding ?? []) funding.set(paid.market, paid);
  }
  return {
    type: 'tick',
    timeUs: ticks[ticks.length - 1].timeUs,
    marks: [...marks.values()],
    ...(indexes.size === 0 ? {} : { indexes: [...indexes.values()] }),
    ...(funding.size === 0 ? {} : { funding: [...funding.values()] }),
  };
}

/**
 * Everything in its order, but for the ticks: they become one, in the place of the last. A tick that is older than one before it, or than
 * `tickTimeUs` of the engine, stays out of the mix and comes at the end: there the engine refuses it, as it would have in its place.
 */
export function conflate(queue: readonly Submission[], tickTimeUs: number): Work[] {
  const merged: Submission[] = [];
  const ticks: TickRecord[] = [];
  const late: Work[] = [];
  let timeUs = tickTimeUs;
  for (const submission of queue) {
    const { record } = submission;
    if (record.type !== 'tick') continue;
    if (record.timeUs < timeUs) {
      late.push({ record, submissions: [submission] });
      continue;
    }
    timeUs = record.timeUs;
    ticks.push(record);
    merged.push(submission);
  }
  const works = queue.flatMap((submission): Work[] => {
    const { record } = submission;
    if (record.type !== 'tick') return [{ record, submissions: [submission] }];
    return submission === merged[merged.length - 1] ? [{ record: mergeTicks(ticks), submissions: merged }] : [];
  });
  return [...works, ...late];
}

/** What came of some submissions. */
export interface Answer {
  readonly ids: readonly number[];
  readonly problems: readonly Problem[];
}

/**
 * Applies a piece of work. When ticks were merged and one of them was bad, so was the merger: then each is applied by itself, and only the
 * bad one is refused.
 */
export function applyWork({ record, submissions }: Work, apply: (record: InputRecord) => readonly Problem[]): Answer[] {
  const problems = apply(record);
  if (problems.length === 0 || submissions.length === 1) return [{ ids: submissions.map(({ id }) => id), problems }];
  return submissions.map((submission) => ({ ids: [submission.id], problems: apply(submission.record) }));
}
