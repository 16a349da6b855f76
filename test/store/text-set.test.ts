/** The set of texts against a Set, and what it takes from bytes that are damaged. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PlimsollError } from '../../src/model/errors.js';
import { BufferReader, type NamedBuffer, readFrom } from '../../src/model/named-buffers.js';
import { TextSet } from '../../src/store/text-set.js';

const restored = (buffers: readonly NamedBuffer[]): TextSet => {
  const set = new TextSet();
  set.restore(new BufferReader(readFrom(buffers)));
  return set;
};

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 3 }),
  fc.constantFrom('', '\\', '\\\\', '\\u0100', '\u0100', '\ud800', '\u00ff', 'x'.repeat(300)),
);

it('knows what was added, before and after it was saved', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), fc.array(text, { maxLength: 20 }), (added, others) => {
      const [set, known] = [new TextSet(), new Set(added)];
      for (const each of added) set.add(each);
      for (const each of [set, restored(set.save())]) {
        expect(each.size).toBe(known.size);
        for (const asked of [...added, ...others]) expect(each.has(asked)).toBe(known.has(asked));
      }
    }),
    { numRuns: 500 },
  );
});

it('grows over many chunks, texts longer than one among them', () => {
  const set = new TextSet();
  const texts = Array.from({ length: 60_000 }, (_, i) => `trade ${i} of an account with a long name ${i % 977}`);
  texts.splice(30_000, 0, 'y'.repeat(3_000_000), 'z'.repeat(1 << 20));
  for (const each of texts) set.add(each);
  const again = restored(set.save());
  for (const each of texts) if (!set.has(each) || !again.has(each)) expect.fail(each.slice(0, 40));
  expect([set.size, again.size]).toEqual([texts.length, texts.length]);
  expect(again.has('trade 60000 of an account with a long name 1')).toBe(false);
  again.add('one more');
  expect(again.has('one more')).toBe(true);
  expect(again.save().length).toBe(set.save().length);
});

it('refuses texts that are cut off', () => {
  const set = new TextSet();
  for (let i = 0; i < 100; i++) set.add(`trade ${i}`);
  const [counts, { name, bytes }] = set.save();
  const kinds = new Set<string>();
  for (let length = 0; length < bytes.length; length++) {
    try {
      restored([counts, { name, bytes: bytes.subarray(0, length) }]);
      expect.fail(`${length} bytes`);
    } catch (error) {
      expect(error).toBeInstanceOf(PlimsollError);
      kinds.add((error as PlimsollError).message.split(':', 1)[0]);
    }
  }
  expect([...kinds].sort()).toEqual(['snapshot buffer counts', 'snapshot buffer text/0']);
});
