/** Numbers of a JSON text as the exact decimals that it writes, never through a float. Knows JSON's grammar, not what a number means. */
import { type Decimal, formatDecimal, pow10 } from '../model/decimal.js';

/** Strings, which are kept, or numbers. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g;
const NUMBER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
/** Beyond every rate and amount; a larger one would only fill the memory. */
const EXPONENT_MAX = 100;

/** A valid JSON text with every number as a string of the same characters. */
export function numbersAsText(json: string): string {
  return json.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

/** The canonical decimal of a JSON number's text (`1.50e-2` is `0.015`), or null when it is not one, or its exponent is beyond use. */
export function decimalText(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, minus, whole, part = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > EXPONENT_MAX) return null;
  const decimals = part.length - exponent;
  const digits = BigInt(whole + part) * (minus === '' ? 1n : -1n);
  const value: Decimal = decimals >= 0 ? { units: digits, decimals } : { units: digits * pow10(-decimals), decimals: 0 };
  return formatDecimal(value);
}
