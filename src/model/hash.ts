/** Owns a small hash for seeded choices: the same on every machine, and not for secrets or state hashes. */

const GOLDEN = 0x9e3779b9;
const TWO_32 = 4294967296;

/** A bijection of 32 bits that spreads every input bit over all output bits (MurmurHash3's finaliser). */
export function scramble32(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 well-mixed bits, unsigned, of a seed (any safe integer) and a text. */
export function hash32(seed: number, text: string): number {
  let h = scramble32((scramble32(seed) + Math.floor(seed / TWO_32) + GOLDEN) | 0);
  // FNV-1a, with a scramble at the end.
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return scramble32(h ^ text.length);
}
