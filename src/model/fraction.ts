/** Exact fractions of big integers: rates such as `1/6`, prices that a solver finds, ratios before they are printed. */
import { type Decimal, divideRounded, formatUnits, pow10, type Rounding, tryParseDecimal } from './decimal.js';
import { assert } from './errors.js';
import { gcd } from './gcd.js';

/** The exact number n / d, d > 0. Not necessarily in lowest terms. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Fraction = { n: 0n, d: 1n };
export const ONE: Fraction = { n: 1n, d: 1n };

export function fraction(n: bigint, d = 1n): Fraction {
  assert(d !== 0n, 'expected a denominator other than zero');
  return d < 0n ? { n: -n, d: -d } : { n, d };
}

export function fromDecimal(value: Decimal): Fraction {
  return { n: value.units, d: pow10(value.decimals) };
}

const FRACTION = /^(0|[1-9][0-9]*)\/([1-9][0-9]*)$/;

/** A decimal (`0.005`) or a fraction (`1/6`), or null when the text is neither. */
export function tryParseFraction(text: string): Fraction | null {
  const match = FRACTION.exec(text);
  if (match !== null) return { n: BigInt(match[1]), d: BigInt(match[2]) };
  const decimal = tryParseDecimal(text);
  return decimal === null ? null : fromDecimal(decimal);
}

export function add(a: Fraction, b: Fraction): Fraction {
  return a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export function negate(a: Fraction): Fraction {
  return { n: -a.n, d: a.d };
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return add(a, negate(b));
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return { n: a.n * b.n, d: a.d * b.d };
}

export function divide(a: Fraction, b: Fraction): Fraction {
  // Amounts of one portfolio have one denominator, which is long when a mark is.
  return a.d === b.d ? fraction(a.n, b.n) : fraction(a.n * b.d, a.d * b.n);
}

export function absolute(a: Fraction): Fraction {
  return a.n < 0n ? negate(a) : a;
}

/** −1, 0 or 1: the sign of a − b. */
export function compare(a: Fraction, b: Fraction): -1 | 0 | 1 {
  return sign(subtract(a, b));
}

export function sign(a: Fraction): -1 | 0 | 1 {
  return a.n < 0n ? -1 : a.n > 0n ? 1 : 0;
}

/** Lowest terms: keeps long sums short. */
export function reduce(a: Fraction): Fraction {
  const divisor = gcd(a.n < 0n ? -a.n : a.n, a.d);
  return { n: a.n / divisor, d: a.d / divisor };
}

/** Whether it is a decimal of at most so many digits after the point. */
export function terminatesWithin(a: Fraction, decimals: number): boolean {
  return (a.n * pow10(decimals)) % a.d === 0n;
}

/** The integer count of 10^-decimals. */
export function fractionToUnits(a: Fraction, decimals: number, rounding: Rounding): bigint {
  return divideRounded(a.n * pow10(decimals), a.d, rounding);
}

/** Printed with exactly `decimals` digits after the point. */
export function formatFraction(a: Fraction, decimals: number, rounding: Rounding): string {
  return formatUnits(fractionToUnits(a, decimals, rounding), decimals);
}

/** Bits that a float64 surely holds without overflow. */
const SAFE_BITS = 1000;

/** A float64 within a few units in the last place (while it is neither beyond float64 nor subnormal). Never for a decision. */
export function fractionToNumber(a: Fraction): number {
  const [n, d] = [Number(a.n), Number(a.d)];
  if (Number.isFinite(n) && d !== Number.POSITIVE_INFINITY) return n / d;
  // Too long for a float64: each is cut to its leading bits, and the quotient scaled by what that took.
  const [top, cutTop] = leadingBits(a.n);
  const [bottom, cutBottom] = leadingBits(a.d);
  return (top / bottom) * 2 ** (cutTop - cutBottom);
}

/** The integer without its last bits, as a float64, and how many were cut. */
function leadingBits(value: bigint): readonly [number, number] {
  const cut = Math.max(0, value.toString(16).length * 4 - SAFE_BITS);
  return [Number(value >> BigInt(cut)), cut];
}
