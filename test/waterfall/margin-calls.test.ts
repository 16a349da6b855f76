/** Margin calls: once for each threshold that a portfolio falls below, cleared when it is above all of them. */
import { beforeEach, expect, it } from 'vitest';
import { Outbox } from '../../src/dispatch/outbox.js';
import { fraction } from '../../src/model/fraction.js';
import { MarginCalls } from '../../src/waterfall/margin-calls.js';
import { rate } from '../support/books.js';
import { exactly } from './scenarios/lines.js';

const THRESHOLDS = [rate('1.5'), rate('1.2')];
let calls: MarginCalls;
beforeEach(() => {
  calls = new MarginCalls(THRESHOLDS);
});

/** Each is [portfolio, equity] with a maintenance of 10, by ratio ascending. */
function watch(...rows: [string, number][]): string[] {
  const out = new Outbox();
  const watched = rows.map(([portfolio, equity]) => ({
    portfolio,
    equity: fraction(BigInt(equity)),
    maintenance: fraction(10n),
  }));
  calls.onWatch(watched, 7, out);
  return out.marginCalls.map(({ portfolio, event, threshold, equity }) =>
    threshold === null ? `${portfolio} ${event}` : `${portfolio} ${event} ${exactly(threshold)} at ${equity?.n}`,
  );
}

it('calls at the lowest threshold that a portfolio is below, not at one that it is at', () => {
  expect(watch(['a', 11], ['b', 12], ['c', 15], ['d', 19])).toEqual(['a called 1.2 at 11', 'b called 1.5 at 12']);
});

it('calls again only for a lower threshold, and after it was cleared', () => {
  expect(watch(['a', 14])).toEqual(['a called 1.5 at 14']);
  expect(watch(['a', 13])).toEqual([]);
  expect(watch(['a', 11])).toEqual(['a called 1.2 at 11']);
  expect(watch(['a', 14])).toEqual([]);
  expect(watch(['a', 11])).toEqual([]);
  expect(watch(['a', 15])).toEqual(['a cleared']);
  expect(watch(['a', 11])).toEqual(['a called 1.2 at 11']);
});

it('clears who is no longer looked at, by id', () => {
  watch(['b', 11], ['a', 14], ['c', 14]);
  expect(watch(['c', 14])).toEqual(['a cleared', 'b cleared']);
});

it('is what it was after it was saved', () => {
  watch(['b', 11], ['a', 14]);
  const before = calls;
  calls = new MarginCalls(THRESHOLDS);
  calls.restore(structuredClone(before.save()));
  expect(calls.save()).toEqual(before.save());
  expect(watch(['b', 11], ['a', 11])).toEqual(['a called 1.2 at 11']);
});
