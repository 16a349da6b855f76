/** Exact decimals: parsing, canonical printing and rescaling. No floating point. */
import { badInput } from './errors.js';

/** The exact number `units / 10^decimals`. */
export interface Decimal {
  readonly units: bigint;
  readonly decimals: number;
}

/** How to drop digits. `down` is towards −∞, `up` towards +∞, `nearest` has ties to even. */
export type Rounding = 'down' | 'up' | 'nearest';

const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
/** Digits that a float64 holds exactly, whatever they are. */
const SAFE_DIGITS = 15;

/** What scales and printing use all the time. Not more: a mark may have any number of decimals, and all powers up to it would fill the memory. */
const POWERS: readonly bigint[] = Array.from({ length: 257 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10^exponent, the exponent a whole number from 0. */
export function pow10(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

/**
 * The decimal that a text writes, or null when the text is not one: `-?digits[.digits]`, no exponent, no superfluous
 * leading zeros, no sign for zero. Trailing zeros are dropped from the result.
 */
export function tryParseDecimal(text: string): Decimal | null {
  // By hand, because book files are mostly decimals: a regular expression takes three times as long.
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  let point = text.length;
  for (let i = start; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === POINT && point === text.length) point = i;
    else if (code < ZERO || code > NINE) return null;
  }
  const leadingZero = text.charCodeAt(start) === ZERO && point - start > 1;
  if (point === start || point === text.length - 1 || leadingZero) return null;
  let end = text.length;
  if (point < end) while (text.charCodeAt(end - 1) === ZERO) end -= 1;
  const decimals = Math.max(0, end - point - 1);
  const magnitude = digitsToInteger(text, start, point, point + 1 + decimals);
  if (start === 1 && magnitude === 0n) return null;
  return { units: start === 1 ? -magnitude : magnitude, decimals };
}

/** The digits of `text` from `start` to `point` and from behind the point to `end`, as one integer. */
function digitsToInteger(text: string, start: number, point: number, end: number): bigint {
  if (end - start > SAFE_DIGITS + 1) return BigInt(text.slice(start, point) + text.slice(point + 1, end));
  let value = 0;
  for (let i = start; i < point; i += 1) value = value * 10 + (text.charCodeAt(i) - ZERO);
  for (let i = point + 1; i < end; i += 1) value = value * 10 + (text.charCodeAt(i) - ZERO);
  return BigInt(value);
}

/** As `tryParseDecimal`; a text that is not a decimal is a bad-input error that names `where`. */
export function parseDecimal(text: string, where = 'decimal'): Decimal {
  const parsed = tryParseDecimal(text);
  if (parsed === null) throw badInput(where, 'a decimal such as "-12.5"', JSON.stringify(text));
  return parsed;
}

/** a / b as an integer; b may be negative, not zero. */
export function divideRounded(a: bigint, b: bigint, rounding: Rounding): bigint {
  if (b < 0n) return divideRounded(-a, -b, rounding);
  const truncated = a / b;
  const remainder = a - truncated * b;
  if (remainder === 0n) return truncated;
  const floor = remainder < 0n ? truncated - 1n : truncated;
  if (rounding === 'down') return floor;
  if (rounding === 'up') return floor + 1n;
  const twice = 2n * (a - floor * b);
  if (twice !== b) return twice < b ? floor : floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** a · b / c as an integer, the product exact. */
export function mulDiv(a: bigint, b: bigint, c: bigint, rounding: Rounding): bigint {
  return divideRounded(a * b, c, rounding);
}

/** The value in units of 10^-decimals. */
export function toUnits(value: Decimal, decimals: number, rounding: Rounding): bigint {
  if (value.decimals <= decimals) return value.units * pow10(decimals - value.decimals);
  return divideRounded(value.units, pow10(value.decimals - decimals), rounding);
}

/** The value in units of 10^-decimals where it is known to have no more digits than that. */
export function exactUnits(value: Decimal, decimals: number): bigint {
  if (value.decimals > decimals) throw badInput('decimal', `at most ${decimals} decimals`, formatDecimal(value));
  return value.units * pow10(decimals - value.decimals);
}

/** `units / 10^decimals` with exactly that many digits after the point: `formatUnits(-5n, 2)` is `-0.05`. */
export function formatUnits(units: bigint, decimals: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(digits.length - decimals)}`;
  return negative ? `-${text}` : text;
}

/** The canonical form: no trailing zeros. */
export function formatDecimal({ units, decimals }: Decimal): string {
  const text = formatUnits(units, decimals);
  if (decimals === 0) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end -= 1;
  return text.slice(0, text.charCodeAt(end - 1) === POINT ? end - 1 : end);
}

/** The nearest float64. For ranking, pictures and the filter only; never for a decision. */
export function decimalToNumber(value: Decimal): number {
  return Number(formatDecimal(value));
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, decimals: a.decimals + b.decimals };
}

export function compareDecimals(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const decimals = Math.max(a.decimals, b.decimals);
  const difference = a.units * pow10(decimals - a.decimals) - b.units * pow10(decimals - b.decimals);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
