/** Owns small hashes for seeded choices and against damage: the same on every machine, and not for secrets or state hashes. */

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

const CHECKSUM_PRIME = 0x01000193;

/**
 * 32 bits, unsigned, over bytes: four running products, so that it takes no longer than reading them. One word that is changed always changes it;
 * anything else does but for one in 2^32.
 */
export function checksum(bytes: Uint8Array): number {
  const isAligned = bytes.byteOffset % 4 === 0;
  const whole = isAligned ? bytes : bytes.slice();
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
  let [a, b, c, d] = [1, 2, 3, 4];
  const end = words.length - (words.length % 4);
  for (let i = 0; i < end; i += 4) {
    a = Math.imul(a ^ words[i], CHECKSUM_PRIME);
    b = Math.imul(b ^ words[i + 1], CHECKSUM_PRIME);
    c = Math.imul(c ^ words[i + 2], CHECKSUM_PRIME);
    d = Math.imul(d ^ words[i + 3], CHECKSUM_PRIME);
  }
  for (let i = 4 * end; i < bytes.length; i++) a = Math.imul(a ^ bytes[i], CHECKSUM_PRIME);
  let sum = bytes.length;
  for (const each of [a, b, c, d]) sum = scramble32((sum ^ each) | 0);
  return sum;
}
