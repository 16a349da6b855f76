/** A column of exact signed 128-bit integers over shared memory: two 64-bit limbs each, little-endian. Knows no units. */
import { PlimsollError } from '../model/errors.js';
import { isAmount } from '../model/limits.js';

const TWO_32 = 2 ** 32;

/** Bytes of one entry. */
export const LIMBS_BYTES = 16;

/** Refuses what does not fit before anything is written: overflow is an error, never a wrong number. */
export function checkAmount(value: bigint, what: string): void {
  if (!isAmount(value)) {
    throw new PlimsollError('overflow', `${what}: expected an amount within ±2^127 units, was ${value}`);
  }
}

export class LimbColumn {
  private readonly limbs: BigInt64Array;
  /** Four 32-bit words an entry, the lowest first: what native code reads. */
  readonly words: Int32Array;

  constructor(buffer: SharedArrayBuffer, byteOffset: number, length: number) {
    this.limbs = new BigInt64Array(buffer, byteOffset, length * 2);
    this.words = new Int32Array(buffer, byteOffset, length * 4);
  }

  get(index: number): bigint {
    const low = this.limbs[2 * index];
    // Nearly every amount fits one limb: then the upper words only repeat the sign.
    const word = 4 * index;
    const signBits = this.words[word + 1] >> 31;
    if (this.words[word + 2] === signBits && this.words[word + 3] === signBits) return low;
    return (this.limbs[2 * index + 1] << 64n) + BigInt.asUintN(64, low);
  }

  /** The caller has checked the range (`checkAmount`). */
  set(index: number, value: bigint): void {
    this.limbs[2 * index] = value;
    this.limbs[2 * index + 1] = value >> 64n;
  }

  /** Within 2^-51 of the exact value, relatively; makes no BigInt. */
  toNumber(index: number): number {
    const word = 4 * index;
    const { words } = this;
    const upper = words[word + 3] * TWO_32 + (words[word + 2] >>> 0);
    return (upper * TWO_32 + (words[word + 1] >>> 0)) * TWO_32 + (words[word] >>> 0);
  }

  copy(target: number, source: LimbColumn, index: number): void {
    this.limbs[2 * target] = source.limbs[2 * index];
    this.limbs[2 * target + 1] = source.limbs[2 * index + 1];
  }

  clear(index: number): void {
    this.limbs[2 * index] = 0n;
    this.limbs[2 * index + 1] = 0n;
  }
}
