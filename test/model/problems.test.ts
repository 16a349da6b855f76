/** How found values are shown: as JSON, cut, and at a cost that does not grow with them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { show } from '../../src/model/problems.js';

test('any JSON value is shown as its JSON, cut to 80 characters', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      expect(show(value)).toBe(text.length <= 80 ? text : `${text.slice(0, 77)}...`);
    }),
    { numRuns: 1000 },
  );
});

test.each<[what: string, value: unknown, text: string]>([
  ['nothing', undefined, 'nothing'],
  ['a big integer', 2n ** 60n, '1152921504606846976'],
  ['a big integer in a list', [2n ** 60n], '["1152921504606846976"]'],
  ['bytes', new Uint8Array(5), '5 bytes'],
  ['bytes in a list', [new Uint8Array(5)], '["5 bytes"]'],
  ['a long list', Array.from({ length: 1000 }, () => 1), `[${'1,'.repeat(38)}...`],
  ['a long text', { a: 'x'.repeat(1000) }, `{"a":"${'x'.repeat(71)}...`],
])('%s is shown', (_what, value, text) => {
  expect(show(value)).toBe(text);
});

test('of an object with many keys the first are shown', () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 0]));
  expect(show(many)).toBe(`${JSON.stringify(many).slice(0, 77)}...`);
});

test('no more of a large value is looked at than is shown', () => {
  const large: unknown[] = [1, 2];
  Object.defineProperty(large, 200, {
    get: () => {
      throw new Error('looked at the element 200');
    },
  });
  expect(show([large])).toBe(`[[1,2,${'null,'.repeat(14)}n...`);
});
