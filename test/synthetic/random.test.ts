/** The generator's reproducibility and the shapes of its distributions. */
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../src/model/hash.js';
import { Random } from '../../src/synthetic/random.js';

const COUNT = 200_000;

function draw(sample: (random: Random) => number): Float64Array {
  const random = new Random(11, 'test');
  return Float64Array.from({ length: COUNT }, () => sample(random));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('hash32', () => {
  it('depends on every part of the seed and the text', () => {
    const inputs: [number, string][] = [
      [0, ''],
      [1, ''],
      [2 ** 32, ''],
      [-1, ''],
      [0, 'a'],
      [0, 'b'],
      [0, 'ab'],
      [0, 'ba'],
      [0, '\0'],
    ];
    expect(new Set(inputs.map(([seed, text]) => hash32(seed, text))).size).toBe(inputs.length);
  });

  it('spreads ids that differ in one digit evenly', () => {
    const buckets = new Int32Array(16);
    for (let i = 0; i < 16_000; i += 1) buckets[hash32(7, `case-${i}`) >>> 28] += 1;
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('Random', () => {
  it('is pinned for its seed and stream', () => {
    const random = new Random(7, 'book');
    expect([random.bits(), random.bits(), random.bits()]).toEqual([3570631968, 2102606847, 1589378343]);
  });

  it('gives other numbers for another seed or stream', () => {
    const first = (seed: number, stream: string) => new Random(seed, stream).bits();
    const firsts = [first(7, 'book'), first(8, 'book'), first(7, 'prices'), first(7 + 2 ** 40, 'book'), first(-7, 'book')];
    expect(new Set(firsts).size).toBe(5);
  });

  it('draws uniforms inside (0, 1) with the right mean and variance', () => {
    const values = draw((random) => random.uniform());
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
  });

  it('draws every integer below the count and none else', () => {
    const counts = new Int32Array(7);
    for (const value of draw((random) => random.integer(7))) counts[value] += 1;
    for (const count of counts) expect(Math.abs(count / COUNT - 1 / 7)).toBeLessThan(0.005);
  });

  it('draws normals: mean 0, variance 1, 4.55 % beyond two', () => {
    const values = draw((random) => random.normal());
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(mean(values.map((value) => value * value))).toBeCloseTo(1, 1);
    expect(values.filter((value) => Math.abs(value) > 2).length / COUNT).toBeCloseTo(0.0455, 2);
  });

  it('draws exponentials with mean 1 and Paretos with their tail', () => {
    expect(mean(draw((random) => random.exponential()))).toBeCloseTo(1, 1);
    const values = draw((random) => random.pareto(3, 1.5));
    expect(values.every((value) => value >= 3)).toBe(true);
    expect(values.filter((value) => value > 12).length / COUNT).toBeCloseTo(4 ** -1.5, 2);
  });

  it('draws ranks with falling popularity, all of them within the count', () => {
    const counts = new Int32Array(50);
    for (const rank of draw((random) => random.zipf(50))) counts[rank] += 1;
    expect(counts[0] / COUNT).toBeCloseTo(Math.LN2 / Math.log(51), 2);
    expect(counts[9] / COUNT).toBeCloseTo(Math.log(11 / 10) / Math.log(51), 2);
    expect(counts[49]).toBeGreaterThan(0);
    expect(counts.reduce((sum, count) => sum + count)).toBe(COUNT);
  });
});
