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

test.each<[value: unknown, text: string]>([
  [undefined, 'nothing'],
  [2n ** 60n, '1152921504606846976'],
  [[2n ** 60n], '["1152921504606846976"]'],
  [new Uint8Array(5), '5 bytes'],
  [[new Uint8Array(5)], '["5 bytes"]'],
  [Array.from({ length: 1000 }, () => 1), `[${'1,'.repeat(38)}...`],
  [{ a: 'x'.repeat(1000) }, `{"a":"${'x'.repeat(71)}...`],
  [Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 0])), /^\{"k0":0,.{68}\.\.\.$/ as never],
])('%j', (value, text) => {
  if ((text as unknown) instanceof RegExp) expect(show(value)).toMatch(text);
  else expect(show(value)).toBe(text);
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
