/** Fractions of the model, and whether two are equal. */
import { compare, type Fraction } from '../../src/model/fraction.js';

export {
  absolute,
  add,
  compare,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  reduce,
  subtract,
  ZERO,
} from '../../src/model/fraction.js';

export function equal(a: Fraction, b: Fraction): boolean {
  return compare(a, b) === 0;
}
