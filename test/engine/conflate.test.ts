/** Conflation: what a busy engine applies in place of a queue comes to the same as the queue. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyWork, conflate, type Submission } from '../../src/engine/conflate.js';
import type { Decimal } from '../../src/model/decimal.js';
import type { Problem } from '../../src/model/errors.js';
import type { InputRecord, TickRecord } from '../../src/model/records.js';

type Prices = Readonly<Record<number, number>>;
/** Number and price of each entry. */
const entries = (prices: Prices): [number, Decimal][] =>
  Object.entries(prices).map(([at, units]) => [Number(at), { units: BigInt(units), decimals: 2 }]);
const tick = (
  timeUs: number,
  marks: Prices,
  more: { readonly indexes?: Prices; readonly funding?: Prices } = {},
): TickRecord => ({
  type: 'tick',
  timeUs,
  marks: entries(marks).map(([market, price]) => ({ market, price })),
  ...(more.indexes === undefined ? {} : { indexes: entries(more.indexes).map(([asset, price]) => ({ asset, price })) }),
  ...(more.funding === undefined ? {} : { funding: entries(more.funding).map(([market, index]) => ({ market, index })) }),
});
const other = (type: 'book' | 'fills' | 'acks' | 'clock', timeUs: number): InputRecord => {
  if (type === 'book') return { type, timeUs, rows: [] };
  if (type === 'fills') return { type, timeUs, fills: [] };
  return type === 'acks' ? { type, timeUs, acks: [] } : { type, timeUs };
};
interface Merged {
  readonly ids: readonly number[];
  readonly record: InputRecord;
}
/** What is to be applied, and for whom. */
const merged = (queue: readonly Submission[], tickTimeUs: number): Merged[] =>
  conflate(queue, tickTimeUs).map(({ record, submissions }) => ({ ids: submissions.map(({ id }) => id), record }));
const queueOf = (...records: InputRecord[]): Submission[] => records.map((record, id) => ({ id, record }));

describe('a queue', () => {
  test('of nothing or of one is itself', () => {
    expect(merged([], 0)).toEqual([]);
    expect(merged(queueOf(tick(1, { 0: 5 })), 0)).toEqual([{ ids: [0], record: tick(1, { 0: 5 }) }]);
    expect(merged(queueOf(other('clock', 1)), 0)).toEqual([{ ids: [0], record: other('clock', 1) }]);
  });

  test('of ticks is one tick: the last price of each market, at the last time', () => {
    const queue = queueOf(tick(1, { 0: 10, 1: 20 }), tick(2, { 0: 11 }), tick(3, { 2: 30 }));
    expect(merged(queue, 0)).toEqual([{ ids: [0, 1, 2], record: tick(3, { 0: 11, 1: 20, 2: 30 }) }]);
  });

  test('of ticks keeps the last index price of each asset and the last funding index of each market, from whichever tick said it', () => {
    const queue = queueOf(
      tick(1, { 0: 10 }, { indexes: { 1: 100, 2: 200 }, funding: { 0: 7 } }),
      tick(2, {}, { indexes: { 1: 99 } }),
      tick(3, { 1: 20 }, { funding: { 0: 8, 1: 9 } }),
    );
    const last = tick(3, { 0: 10, 1: 20 }, { indexes: { 1: 99, 2: 200 }, funding: { 0: 8, 1: 9 } });
    expect(merged(queue, 0)).toEqual([{ ids: [0, 1, 2], record: last }]);
  });

  test('with others keeps them where they are, the tick in the place of the last', () => {
    const queue = queueOf(other('book', 1), tick(1, { 0: 1 }), other('fills', 2), tick(2, { 0: 2 }), other('acks', 3));
    expect(merged(queue, 0)).toEqual([
      { ids: [0], record: other('book', 1) },
      { ids: [2], record: other('fills', 2) },
      { ids: [1, 3], record: tick(2, { 0: 2 }) },
      { ids: [4], record: other('acks', 3) },
    ]);
  });

  test('with a tick of the past keeps it out of the mix, for the engine to refuse', () => {
    const queue = queueOf(tick(5, { 0: 5, 1: 5 }), tick(3, { 0: 3, 1: 3 }), tick(6, { 0: 6 }));
    expect(merged(queue, 0)).toEqual([
      { ids: [0, 2], record: tick(6, { 0: 6, 1: 5 }) },
      { ids: [1], record: tick(3, { 0: 3, 1: 3 }) },
    ]);
  });

  test('with a tick older than what the engine has keeps that out too', () => {
    const queue = queueOf(tick(3, { 0: 3, 1: 3 }), tick(6, { 0: 6 }));
    expect(merged(queue, 5)).toEqual([
      { ids: [1], record: tick(6, { 0: 6 }) },
      { ids: [0], record: tick(3, { 0: 3, 1: 3 }) },
    ]);
    expect(merged(queueOf(tick(3, { 0: 3 })), 5)).toEqual([{ ids: [0], record: tick(3, { 0: 3 }) }]);
  });

  test('of very many ticks is no trouble', () => {
    const [work] = merged(
      Array.from({ length: 300_000 }, (_, id) => ({ id, record: tick(id, { [id % 3]: id }) })),
      0,
    );
    expect(work.ids).toHaveLength(300_000);
    expect(work.record).toEqual(tick(299_999, { 0: 299_997, 1: 299_998, 2: 299_999 }));
  });
});

/** What an engine knows of prices after works, as far as conflation goes: it refuses ticks of the past. */
function applied(works: readonly Merged[], tickTimeUs: number) {
  const known = new Map<string, bigint>();
  const refused = new Set<number>();
  let timeUs = tickTimeUs;
  for (const { ids, record } of works) {
    if (record.type !== 'tick') continue;
    if (record.timeUs < timeUs) {
      for (const id of ids) refused.add(id);
      continue;
    }
    timeUs = record.timeUs;
    for (const { market, price } of record.marks) known.set(`mark ${market}`, price.units);
    for (const { asset, price } of record.indexes ?? []) known.set(`index ${asset}`, price.units);
    for (const { market, index } of record.funding ?? []) known.set(`funding ${market}`, index.units);
  }
  return { timeUs, known: Object.fromEntries(known), refused };
}

const somePrices = fc.dictionary(fc.nat(4).map(String), fc.integer({ min: 1, max: 99 }));
const ticks = fc
  .tuple(
    fc.integer({ min: 0, max: 20 }),
    somePrices,
    fc.record({ indexes: somePrices, funding: somePrices }, { requiredKeys: [] }),
  )
  .map(([timeUs, marks, more]) => tick(timeUs, marks, more));
const others = fc
  .tuple(fc.constantFrom('book', 'fills', 'acks', 'clock'), fc.nat(20))
  .map(([type, timeUs]) => other(type as 'book', timeUs));
const queues = fc
  .array(fc.oneof({ weight: 3, arbitrary: ticks }, others), { maxLength: 30 })
  .map((records) => queueOf(...records));

test('comes to the same as the queue one by one: prices, time, and what is refused', () => {
  fc.assert(
    fc.property(queues, fc.nat(10), (queue, timeUs) => {
      const oneByOne = queue.map(({ id, record }) => ({ ids: [id], record }));
      expect(applied(merged(queue, timeUs), timeUs)).toEqual(applied(oneByOne, timeUs));
    }),
    { numRuns: 500 },
  );
});

test('answers every submission once, keeps the order of all but ticks, and leaves one tick to scan', () => {
  fc.assert(
    fc.property(queues, (queue) => {
      const works = merged(queue, 0);
      expect(works.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual(queue.map(({ id }) => id));
      const isNoTick = ({ record }: { record: InputRecord }) => record.type !== 'tick';
      expect(works.filter(isNoTick).map(({ ids: [id] }) => id)).toEqual(queue.filter(isNoTick).map(({ id }) => id));
      const { refused } = applied(works, 0);
      const scanned = works.filter(({ ids, record }) => record.type === 'tick' && !refused.has(ids[0]));
      expect(scanned.length).toBe(queue.every(isNoTick) ? 0 : 1);
      // What came after the last tick is applied after it.
      const last = queue.findLastIndex(({ id }) => scanned[0]?.ids.includes(id));
      const place = works.indexOf(scanned[0]);
      for (const [i, { ids, record }] of works.entries()) {
        if (record.type !== 'tick') expect(i > place).toBe(ids[0] > last);
      }
    }),
    { numRuns: 500 },
  );
});

test('a bad tick among merged ones is refused by itself, and the others are applied', () => {
  const problem: Problem = { where: 'mark', expected: 'a price above 0', found: '0' };
  const taken: InputRecord[] = [];
  const apply = (record: InputRecord): Problem[] => {
    if (record.type === 'tick' && record.marks.some(({ price }) => price.units === 0n)) return [problem];
    taken.push(record);
    return [];
  };
  const [work] = conflate(queueOf(tick(1, { 0: 1 }), tick(2, { 1: 0 }), tick(3, { 0: 3 })), 0);
  expect(applyWork(work, apply)).toEqual([
    { ids: [0], problems: [] },
    { ids: [1], problems: [problem] },
    { ids: [2], problems: [] },
  ]);
  expect(taken).toEqual([tick(1, { 0: 1 }), tick(3, { 0: 3 })]);
  const [good] = conflate(queueOf(tick(4, { 0: 4 }), tick(5, { 0: 5 })), 0);
  expect(applyWork(good, apply)).toEqual([{ ids: [0, 1], problems: [] }]);
});
