/**
 * Owns `ln` and `exp` that give the same bits on every JavaScript engine: only + − × ÷ and bit access, whose results IEEE 754
 * fixes (Math.log and Math.exp differ between V8 versions). Knows nothing of markets.
 */

const word = new DataView(new ArrayBuffer(8));

/** ln 2 in two parts, so that k·LN2_HIGH is exact for every exponent k. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const TWO_54 = 18014398509481984;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const EXP_ARGUMENT_MAX = 709.782712893384;
const EXP_ARGUMENT_MIN = -745.1332191019412;

/** Natural logarithm, relative error below 1e-14. −∞ for 0, NaN below. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  const normal = x < SMALLEST_NORMAL ? x * TWO_54 : x;
  word.setFloat64(0, normal);
  const high = word.getUint32(0);
  word.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let exponent = (high >>> 20) - (normal === x ? 1023 : 1023 + 54);
  let mantissa = word.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2·artanh(s) = 2·(s + s³/3 + s⁵/5 + …) with |s| < 0.172: the first term left out is below 2e-18 of the sum.
  const s = (mantissa - 1) / (mantissa + 1);
  const z = s * s;
  let series = 1 / 21;
  for (let k = 19; k >= 1; k -= 2) series = 1 / k + z * series;
  return exponent * LN2_HIGH + (2 * s * series + exponent * LN2_LOW);
}

/** 2^exponent for a normal float64's exponent. */
function powerOfTwo(exponent: number): number {
  word.setUint32(0, (exponent + 1023) << 20);
  word.setUint32(4, 0);
  return word.getFloat64(0);
}

/** e^x, relative error below 1e-14 where the result is a normal number. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > EXP_ARGUMENT_MAX) return Infinity;
  if (x < EXP_ARGUMENT_MIN) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // Taylor, |r| < 0.347: the first term left out is below 1e-17.
  let series = 1;
  for (let n = 13; n >= 1; n -= 1) series = 1 + (r / n) * series;
  // In two halves: 2^1024 and 2^-1074 are no normal numbers.
  const half = k >> 1;
  return series * powerOfTwo(half) * powerOfTwo(k - half);
}
