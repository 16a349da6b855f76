/** `ln` and `exp` against the engine's own, at the ends of their domains, and as pinned bits. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, ln } from '../../src/synthetic/math.js';

function relativeError(actual: number, expected: number): number {
  return expected === 0 ? Math.abs(actual) : Math.abs(actual / expected - 1);
}

describe('ln', () => {
  it('agrees with Math.log on every positive double', () => {
    const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });
    fc.assert(fc.property(positive, (x) => relativeError(ln(x), Math.log(x)) < 1e-14));
  });

  it('keeps its relative error next to 1', () => {
    fc.assert(fc.property(fc.double({ min: 0.9, max: 1.1, noNaN: true }), (x) => relativeError(ln(x), Math.log(x)) < 1e-14));
    expect(ln(1)).toBe(0);
  });

  it('says what Math.log says at the ends', () => {
    for (const x of [0, -1, Number.NaN, Infinity]) expect(ln(x)).toBe(Math.log(x));
  });
});

describe('exp', () => {
  it('agrees with Math.exp where the result is normal', () => {
    fc.assert(fc.property(fc.double({ min: -708, max: 709.7, noNaN: true }), (x) => relativeError(exp(x), Math.exp(x)) < 1e-14));
  });

  it('says what Math.exp says at the ends', () => {
    for (const x of [0, Number.NaN, Infinity, -Infinity, 710, -746]) expect(exp(x)).toBe(Math.exp(x));
    expect(exp(-740) / Math.exp(-740)).toBeCloseTo(1, 3);
  });

  it('undoes ln', () => {
    fc.assert(fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => relativeError(exp(ln(x)), x) < 1e-12));
  });
});

it('gives the same bits on every engine', () => {
  const values = new Float64Array(4000);
  for (let i = 0; i < 2000; i += 1) {
    values[2 * i] = ln((i + 1) / 7);
    values[2 * i + 1] = exp((i - 1000) / 3);
  }
  const digest = createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
  expect(digest).toBe('315ed7401e957a6039cd830ab423b73ed0a9eb9b6b8e05b147e7a4b9bfd7dbbb');
});
