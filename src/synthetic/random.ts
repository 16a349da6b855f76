/** Owns seeded randomness: one small generator and the distributions that books and markets are drawn from. Knows no market. */
import { hash32, scramble32 } from '../model/hash.js';
import { exp, ln } from './math.js';

const GOLDEN = 0x9e3779b9;
const TWO_32 = 4294967296;
const TWO_52 = 4503599627370496;

/**
 * A stream of random numbers (sfc32), the same on every machine for its seed and name. Users of one seed name their own streams, so
 * that a draw more in one changes nothing in another.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private spareNormal = 0;
  private hasSpareNormal = false;

  constructor(seed: number, stream: string) {
    this.a = hash32(seed, stream) | 0;
    this.b = scramble32(this.a + GOLDEN) | 0;
    this.c = scramble32(this.b + GOLDEN) | 0;
    for (let i = 0; i < 12; i += 1) this.bits();
  }

  /** A uniform integer in [0, 2^32). */
  bits(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In the open interval (0, 1): 52 bits, never an end. */
  uniform(): number {
    return ((this.bits() & 0x000fffff) * TWO_32 + this.bits() + 0.5) / TWO_52;
  }

  /** A uniform integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Mean 0, variance 1 (Marsaglia's polar method). */
  normal(): number {
    if (this.hasSpareNormal) {
      this.hasSpareNormal = false;
      return this.spareNormal;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * ln(square)) / square);
      this.spareNormal = y * scale;
      this.hasSpareNormal = true;
      return x * scale;
    }
  }

  /** Mean 1. */
  exponential(): number {
    return -ln(this.uniform());
  }

  /** P(X > x) = (least / x)^tail for x ≥ least. */
  pareto(least: number, tail: number): number {
    return least * exp(this.exponential() / tail);
  }

  /** Rank 0 … count − 1 with P(rank k) ∝ ln((k + 2)/(k + 1)): Zipf's law with its steps smoothed, so that it needs no table. */
  zipf(count: number): number {
    return Math.min(count - 1, Math.floor(exp(this.uniform() * ln(count + 1))) - 1);
  }
}
