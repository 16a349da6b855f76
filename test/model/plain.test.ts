/** Plain data survives encoding exactly, and no bytes whatever do more than give an error. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError, PlimsollError } from '../../src/model/errors.js';
import { decodePlain, encodePlain } from '../../src/model/plain.js';

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    -1,
    1.5,
    '',
    '__proto__',
    0n,
    -1n,
  ),
  fc.double(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  // Lone surrogates, which no UTF-8 holds.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

const { plain } = fc.letrec<{ plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('plain'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'valueOf', '7')), tie('plain'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
    fc.uniqueArray(leaf, { maxLength: 5, selector: String }).map((values) => new Set(values)),
    fc
      .uniqueArray(fc.tuple(leaf, tie('plain')), { maxLength: 5, selector: ([key]) => String(key) })
      .map((pairs) => new Map(pairs)),
  ),
}));

/** In which order a map, a set or an object hands out what it has. */
const orderOf = (value: unknown): string => JSON.stringify(inOrder(value));

function inOrder(value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value].map(inOrder);
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(inOrder);
  return typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : value;
}

describe('plain data', () => {
  it('is what it was, in the order in which it was filled', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const decoded = decodePlain(encodePlain(value));
        expect(decoded).toStrictEqual(value);
        expect(orderOf(decoded)).toBe(orderOf(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('of a large collection is what it was', () => {
    const value = new Map(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, { i, big: BigInt(i) ** 9n }]));
    expect(decodePlain(encodePlain(value))).toStrictEqual(value);
  });

  it('keeps a text with a lone surrogate, and NaN', () => {
    expect(decodePlain(encodePlain('\ud800x'))).toBe('\ud800x');
    expect(decodePlain(encodePlain(Number.NaN))).toBeNaN();
    expect(Object.is(decodePlain(encodePlain(-0)), -0)).toBe(true);
  });

  it.each([undefined, new Date(0), () => 1, Symbol('x'), new Uint8Array(1), [undefined], new Error('x')])(
    'is nothing else: %s',
    (value) => {
      expect(() => encodePlain(value)).toThrow(AssertionError);
    },
  );

  it('is not nested without end', () => {
    let value: unknown = 0;
    for (let i = 0; i < 65; i++) value = [value];
    expect(() => encodePlain(value)).toThrow(AssertionError);
    expect(() => decodePlain(new Uint8Array(100_000).fill(9).map((_, i) => (i % 2 === 0 ? 9 : 1)))).toThrow('at most 64 levels');
  });

  it('takes a PlimsollError from any bytes that are none', () => {
    let refused = 0;
    const decoded = (bytes: Uint8Array): void => {
      try {
        decodePlain(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PlimsollError);
        refused += 1;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), decoded), { numRuns: 5_000 });
    // Nearly right: tags are small numbers.
    fc.assert(
      fc.property(fc.array(fc.nat(16), { maxLength: 40 }), (bytes) => decoded(Uint8Array.from(bytes))),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(plain, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, flip) => {
        const bytes = Uint8Array.from(encodePlain(value));
        bytes[place % bytes.length] ^= flip;
        decoded(bytes);
        decoded(bytes.subarray(0, place % bytes.length));
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(3_000);
  });

  it('refuses equal keys, and counts that the bytes cannot hold', () => {
    const [text, a] = [7, 97];
    expect(() => decodePlain(Uint8Array.from([10, 2, text, 1, a, 0, text, 1, a, 0]))).toThrow('2 distinct items');
    expect(() => decodePlain(Uint8Array.from([12, 2, 1, 1]))).toThrow('2 distinct items');
    expect(() => decodePlain(Uint8Array.from([9, 0xff, 0xff, 0xff, 0x7f]))).toThrow('more bytes');
    expect(() => decodePlain(Uint8Array.from([0, 0]))).toThrow('its end');
  });
});
