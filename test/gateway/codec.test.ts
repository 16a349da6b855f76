/** The codec: standard bytes out, and only standard bytes in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode, wireInteger } from '../../src/gateway/codec.js';
import { PlimsollError } from '../../src/model/errors.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const refusal = (bytes: Uint8Array, bytesMax = 1_000_000) => {
  try {
    decode(bytes, bytesMax);
  } catch (error) {
    if (error instanceof PlimsollError) return error.message;
    throw error;
  }
  return null;
};

describe('encode', () => {
  test('integers above 32 bits are MessagePack integers when made with wireInteger', () => {
    expect(Buffer.from(encode([wireInteger(1_569_350_000_000_000)]))).toEqual(hex('91 d3 00059350c5473c00'));
    expect(Buffer.from(encode([wireInteger(-5_000_000_000)]))).toEqual(hex('91 d3 fffffffed5fa0e00'));
    expect(encode([wireInteger(2 ** 32 - 1)])[1]).toBe(0xce);
  });

  test('maps and texts are standard', () => {
    expect(Buffer.from(encode(['a', { b: null }, true, 1.5]))).toEqual(hex('94 a161 81 a162 c0 c3 cb3ff8000000000000'));
  });
});

describe('decode', () => {
  test('round trip of what messages hold', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 5 }, fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
      list: fc.array(tie('node'), { maxLength: 20 }),
      map: fc.dictionary(fc.stringMatching(/^[A-Z]{1,8}$/), tie('node'), { maxKeys: 20, noNullPrototype: true }),
    }));
    const wire = (node: unknown): unknown => {
      if (typeof node === 'number') return wireInteger(node);
      if (Array.isArray(node)) return node.map(wire);
      if (typeof node !== 'object' || node === null) return node;
      return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, wire(part)]));
    };
    fc.assert(
      fc.property(fc.array(value.node, { maxLength: 20 }), (message) => {
        expect(decode(encode(wire(message) as unknown[]), 1_000_000)).toEqual(message);
      }),
    );
  });

  test.each([
    ['an extension', 'c7 01 05 00'],
    ['a fixed extension', 'd4 72 40'],
    ["msgpackr's record extension", '92 d4 72 40 91 a1 61 01'],
    ['the unused code', 'c1'],
    ['a truncated text', 'a5 61'],
    ['a truncated length', 'dc 00'],
    ['nothing', ''],
    ['bytes left over', '01 01'],
    ['an array longer than the frame', 'dd 7f ff ff ff'],
    [
      'a map of too many keys',
      `de 10 01 ${Array.from({ length: 4097 }, (_, i) => `a2 ${(i >> 6).toString(16).padStart(2, '0')} ${(i & 63).toString(16).padStart(2, '0')} c0`).join(' ')}`,
    ],
    ['a map longer than the frame', 'df 7f ff ff ff'],
    ['a key that is no text', '81 01 01'],
    ['a key twice', '82 a1 61 01 a1 61 02'],
  ])('refuses %s', (_name, bytes) => {
    expect(refusal(hex(bytes))).toMatch(/^frame at byte \d+: expected .+, was .+$/);
  });

  test('refuses nesting that would exhaust the stack, and a frame beyond the limit', () => {
    expect(refusal(Buffer.concat([Buffer.alloc(200_000, 0x91), hex('01')]))).toContain('at most 16 levels');
    expect(refusal(Buffer.concat([Buffer.alloc(16, 0x91), hex('01')]))).toBeNull();
    expect(refusal(Buffer.concat([Buffer.alloc(17, 0x91), hex('01')]))).toContain('at most 16 levels');
    expect(refusal(hex('93 01 02 03'), 3)).toContain('at most 3 bytes');
  });

  test('a key named __proto__ does not touch the prototype', () => {
    const decoded = decode(Buffer.concat([hex('81 a9'), Buffer.from('__proto__'), hex('81 a1 61 01')]), 100) as { a?: number };
    expect(decoded.a).toBeUndefined();
  });

  test('64-bit integers beyond 2^53 stay exact', () => {
    expect(decode(hex('91 cf ffffffffffffffff'), 100)).toEqual([18446744073709551615n]);
  });

  test('any bytes give a value or a PlimsollError', () => {
    const formats = fc.constantFrom(0x91, 0x92, 0x81, 0x82, 0xa1, 0xc0, 0xc4, 0xca, 0xd9, 0xdc, 0xdd, 0xde, 0xdf, 0x00);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(formats, { maxLength: 60 }).map((codes) => Uint8Array.from(codes)),
    );
    fc.assert(
      fc.property(bytes, (frame) => {
        refusal(frame);
      }),
      { numRuns: 20_000 },
    );
  });

  test('a damaged message gives a value or a PlimsollError', () => {
    const message = Buffer.from(
      encode(['book', 'b1', [['alice', 1, { USDT: '1000' }, [['BTCUSDT', '0.5', '30000', 'cross', null]]]]]),
    );
    for (let at = 0; at < message.length; at += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        const damaged = Buffer.from(message);
        damaged[at] = byte;
        refusal(damaged);
      }
      expect(refusal(message.subarray(0, at))).not.toBeNull();
    }
  });
});
