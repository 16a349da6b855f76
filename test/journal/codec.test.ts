/** The record codec: every type and every value comes back as it was; any other bytes are told, and nothing worse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from '../../src/journal/codec.js';
import { effectsHash } from '../../src/journal/effects-hash.js';
import { PlimsollError } from '../../src/model/errors.js';
import { cash, lots } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';
import { anyRecord, RECORD_TYPES, recordOf } from './arbitraries.js';

/** What decoding gives: a record, or null for bytes that were told to be none. */
function tried(bytes: Uint8Array): InputRecord | null {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PlimsollError);
    expect((error as PlimsollError).message).toMatch(/^record of \d+ bytes: .*: expected .*, was /s);
    return null;
  }
}

describe.each(RECORD_TYPES)('a record of type %s', (type) => {
  test('comes back as it was, and its bytes are its only ones', () => {
    fc.assert(
      fc.property(recordOf(type), (record) => {
        const bytes = encodeRecord(record);
        const decoded = decodeRecord(bytes);
        expect(decoded).toStrictEqual(structuredClone(record));
        expect(encodeRecord(decoded)).toEqual(bytes);
      }),
    );
  });

  test('cut off anywhere is refused', () => {
    fc.assert(
      fc.property(recordOf(type), fc.nat(), (record, cut) => {
        const bytes = encodeRecord(record);
        expect(tried(bytes.subarray(0, cut % bytes.length))).toBeNull();
        expect(tried(Buffer.concat([bytes, Buffer.of(0)]))).toBeNull();
      }),
    );
  });
});

test('a bit flipped anywhere gives another record or an error, never the same', () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(), (record, at) => {
      const bytes = encodeRecord(record);
      const bit = at % (bytes.length * 8);
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      const decoded = tried(flipped);
      // Whatever is decoded has exactly these bytes: there is one form.
      if (decoded !== null) expect(encodeRecord(decoded)).toEqual(flipped);
    }),
    { numRuns: 2000 },
  );
});

test('any bytes give a record or an error', () => {
  const start = fc.tuple(fc.constant(1), fc.nat({ max: 11 }));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
      const bytes = Buffer.from([...head, ...rest]);
      const decoded = tried(bytes);
      if (decoded !== null) expect(encodeRecord(decoded)).toEqual(bytes);
      tried(rest);
    }),
    { numRuns: 5000 },
  );
});

test('a count that no bytes follow is refused before anything is made of it', () => {
  // A tick with 2^49 marks.
  expect(tried(Buffer.from([1, 0, 0, 255, 255, 255, 255, 255, 255, 127]))).toBeNull();
  // An integer of 2^40 bytes.
  expect(tried(Buffer.from([1, 4, 255, 255, 255, 255, 255, 63]))).toBeNull();
});

test('a number that is no whole number is refused, and the next record is not spoilt by it', () => {
  const bad = { type: 'tick', timeUs: 1, marks: [{ market: 0.5, price: { units: 1n, decimals: 0 } }] } as const;
  expect(() => encodeRecord(bad)).toThrow('market: expected a whole number from 0 to 2^53 − 1, was 0.5');
  const good: InputRecord = { type: 'clock', timeUs: 7 };
  expect(decodeRecord(encodeRecord(good))).toEqual(good);
});

test('trailing zeros of a decimal stay', () => {
  const record: InputRecord = { type: 'tick', timeUs: 1, marks: [{ market: 0, price: { units: 1500n, decimals: 3 } }] };
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
});

describe('the hash of effects', () => {
  const fill = { market: 1, lots: lots(5), amount: cash(-7n) };
  const hash = (value: unknown, problems = 0) => effectsHash([value] as never, problems).toString('hex');

  test('is of every value, name and kind', () => {
    const others = [
      { ...fill, lots: 6 },
      { ...fill, amount: -8n },
      { ...fill, amount: -7 },
      { ...fill, more: null },
      { market: 1, lots: 5, cash: -7n },
    ];
    const hashes = [fill, ...others, [fill], { a: [fill] }].map((value) => hash(value));
    expect(new Set([...hashes, hash(fill, 1)]).size).toBe(hashes.length + 1);
    expect(hash({ ...fill })).toBe(hash(fill));
  });

  test('takes what is left out as what is undefined', () => {
    expect(hash({ ...fill, more: undefined })).toBe(hash(fill));
  });
});
