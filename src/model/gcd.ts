/** Greatest common divisor of long integers: fractions are brought to lowest terms all the time, and by Euclid's steps alone that was a fifth of all. */

/** Below it quotients of float64s are exact to one. */
const SMALL = 1n << 51n;
/** Bits kept of the longer number for a round. */
const LEADING_BITS = 51;
/** Beyond it products with what is left of a round would not be exact. */
const COFACTOR_MAX = 2 ** 30;

/** What `exponentOf` says of a number that no float64 holds. */
const BEYOND = 1024;

const view = new Float64Array(1);
const words = new Uint32Array(view.buffer);

/**
 * Greatest common divisor of integers ≥ 0. Lehmer's: many steps of Euclid's algorithm are found from the leading bits and then
 * done at once (Knuth, The Art of Computer Programming, vol. 2, 4.5.2, algorithm L).
 */
export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = a < b ? [b, a] : [a, b];
  while (y >= SMALL) [x, y] = round(x, y);
  return y === 0n ? x : BigInt(smallGcd(Number(y), Number(x % y)));
}

/** As many of Euclid's steps on x ≥ y as their leading bits decide; at least one. */
function round(x: bigint, y: bigint): readonly [bigint, bigint] {
  const exponent = exponentOf(x);
  if (exponent === BEYOND) return [y, x % y];
  const cut = BigInt(exponent + 1 - LEADING_BITS);
  let [p, q] = [Number(x >> cut), Number(y >> cut)];
  // What x and y have become: a·x + b·y and c·x + d·y.
  let [a, b, c, d] = [1, 0, 0, 1];
  while (q + c > 0 && q + d > 0) {
    const quotient = Math.floor((p + a) / (q + c));
    if (quotient !== Math.floor((p + b) / (q + d))) break;
    const [nextC, nextD] = [a - quotient * c, b - quotient * d];
    if (Math.abs(nextC) > COFACTOR_MAX || Math.abs(nextD) > COFACTOR_MAX) break;
    [a, b, c, d] = [c, d, nextC, nextD];
    [p, q] = [q, p - quotient * q];
  }
  if (b === 0) return [y, x % y];
  return [BigInt(a) * x + BigInt(b) * y, BigInt(c) * x + BigInt(d) * y];
}

/** floor(log2 x), or one more, where rounding to a float64 carries. */
function exponentOf(x: bigint): number {
  view[0] = Number(x);
  return ((words[1] >>> 20) & 0x7ff) - 1023;
}

function smallGcd(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) {
    // The remainder operator of float64s is slow; a quotient may be one off.
    let rest = x - Math.floor(x / y) * y;
    if (rest < 0) rest += y;
    else if (rest >= y) rest -= y;
    [x, y] = [y, rest];
  }
  return x;
}
