import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdSet } from '../../src/files/id-set.js';
import { AssertionError } from '../../src/model/errors.js';

test('is a set', () => {
  const id = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'Z'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200 }), (ids) => {
      const set = new IdSet();
      const model = new Set<string>();
      for (const one of ids) {
        expect(set.has(one)).toBe(model.has(one));
        expect(set.add(one)).toBe(!model.has(one));
        model.add(one);
      }
    }),
  );
});

test('stays one as its table grows and its chunks fill', () => {
  const set = new IdSet();
  const idOf = (i: number) => `${i}`.padStart(1 + (i % 64), 'x').slice(0, 64);
  const ids = [...new Set(Array.from({ length: 100_000 }, (_, i) => idOf(i)))];
  expect(ids.length).toBeGreaterThan(50_000);
  expect(ids.every((id) => set.add(id))).toBe(true);
  expect(ids.every((id) => set.has(id) && !set.add(id))).toBe(true);
  expect(set.has('y')).toBe(false);
});

test('refuses what is no id', () => {
  expect(() => new IdSet().add('')).toThrow(AssertionError);
  expect(() => new IdSet().add('x'.repeat(65))).toThrow(AssertionError);
});
