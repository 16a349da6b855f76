/** What is remembered of batches: each principal's own, the last so many, with bounded problems, and the same after a snapshot. */
import { describe, expect, test } from 'vitest';
import { BatchMemory } from '../../src/model/batch-memory.js';
import { PlimsollError } from '../../src/model/errors.js';
import { BufferReader, plainBuffer, readFrom } from '../../src/model/named-buffers.js';
import type { BatchKey } from '../../src/model/records.js';

const LIMITS = { idsMax: 4, problemsMax: 5 };

const operator = (batchId: BatchKey['batchId']): BatchKey => ({ principal: 'operator', batchId });

function problems(count: number) {
  return Array.from({ length: count }, (_, i) => ({ where: `rows[${i}]`, expected: 'a row', found: '1' }));
}

/** Problems that are still known of each id; null: it is forgotten. */
function known(memory: BatchMemory, ...ids: readonly BatchKey['batchId'][]) {
  return ids.map((id) => memory.problemsOf(operator(id))?.length ?? null);
}

function restored(buffers: Parameters<typeof readFrom>[0]): BatchMemory {
  const memory = new BatchMemory(LIMITS);
  memory.restore(new BufferReader(readFrom(buffers)));
  return memory;
}

test('a text and a number are different ids, and each principal has its own', () => {
  const memory = new BatchMemory(LIMITS);
  memory.remember({ batch: operator(1), problems: problems(2) });
  expect(known(memory, 1, '1')).toEqual([2, null]);
  expect(memory.problemsOf({ principal: 'executor', batchId: 1 })).toBeUndefined();
  for (const batchId of ['a', 'b', 'c', 'd', 'e']) memory.remember({ batch: { principal: 'executor', batchId }, problems: [] });
  expect(known(memory, 1)).toEqual([2]);
});

test('the oldest id is forgotten first; one that is answered anew is the latest', () => {
  const memory = new BatchMemory(LIMITS);
  for (const id of ['a', 'b', 'c', 'd', 'a', 'e']) memory.remember({ batch: operator(id), problems: [] });
  expect(known(memory, 'a', 'b', 'c', 'd', 'e')).toEqual([0, null, 0, 0, 0]);
});

describe('problems are bounded', () => {
  test('the oldest rejections keep their first one only', () => {
    const memory = new BatchMemory(LIMITS);
    memory.remember({ batch: operator('a'), problems: problems(3) });
    memory.remember({ batch: operator('b'), problems: problems(2) });
    expect(known(memory, 'a', 'b')).toEqual([3, 2]);
    memory.remember({ batch: operator('c'), problems: problems(1) });
    expect(known(memory, 'a', 'b', 'c')).toEqual([1, 2, 1]);
    memory.remember({ batch: operator('d'), problems: problems(9) });
    expect(known(memory, 'a', 'b', 'c', 'd')).toEqual([1, 1, 1, 1]);
  });

  test('what is forgotten, or answered anew, counts no more', () => {
    const memory = new BatchMemory(LIMITS);
    for (const id of ['a', 'b', 'c', 'd', 'e']) memory.remember({ batch: operator(id), problems: problems(1) });
    memory.remember({ batch: operator('f'), problems: problems(2) });
    expect(known(memory, 'c', 'f')).toEqual([1, 2]);
    memory.remember({ batch: operator('f'), problems: [] });
    memory.remember({ batch: operator('g'), problems: problems(3) });
    expect(known(memory, 'e', 'f', 'g')).toEqual([1, 0, 3]);
  });
});

describe('a snapshot', () => {
  test('has the same memory, which forgets alike', () => {
    const memory = new BatchMemory(LIMITS);
    for (const [id, count] of [
      ['a', 0],
      [7, 3],
      ['7', 3],
      ['b', 1],
    ] as const)
      memory.remember({ batch: operator(id), problems: problems(count) });
    memory.remember({ batch: { principal: 'executor', batchId: 'a' }, problems: problems(2) });
    const again = restored(memory.save());
    expect(again.answered()).toEqual(memory.answered());
    for (const each of [memory, again]) each.remember({ batch: operator('c'), problems: problems(4) });
    expect(again.answered()).toEqual(memory.answered());
    expect(known(again, 'a', 7, '7', 'b', 'c')).toEqual([null, 1, 1, 1, 4]);
  });

  test('of before batches were kept has none; one that says something else is refused', () => {
    expect(restored([]).answered()).toEqual([]);
    for (const answered of [1, [null], [{ batch: operator('a'), problems: [1] }], [{ batch: { batchId: 'a' }, problems: [] }]])
      expect(() => restored([plainBuffer('answered', { answered })])).toThrow(PlimsollError);
  });
});
