/** Ticks of a made-up market as a venue has them: ten a second, a common factor, jumps; and the same with larger moves. Knows no accounts. */
import { syntheticTicks } from '../feeds/synthetic.js';
import { decimalToNumber } from '../src/model/decimal.js';
import type { Mark, TickRecord } from '../src/model/records.js';
import type { StandardBook } from './book.js';

export const TICKS_PER_SECOND = 10;
const INTERVAL_US = 1e6 / TICKS_PER_SECOND;
const SEED = 11;

/**
 * The made-up market of `feeds/synthetic.ts`: markets of some 50 to 120 % a year, of which a common factor has 55 % times a beta, with two jumps
 * a day of each market (1.5 %) and two of all (0.6 %): one of the 400 jumps every two minutes. `volatility` multiplies every move's logarithm.
 */
export function* walk({ instruments, prices }: StandardBook, volatility: number): Generator<TickRecord, never, undefined> {
  const steps = instruments.markets.map(({ tick, index }) => decimalToNumber(prices[index]) / decimalToNumber(tick));
  const stretched = ({ market, price }: Mark): Mark => {
    const { tick } = instruments.markets[market];
    const ratio = decimalToNumber(price) / decimalToNumber(prices[market]);
    const moved = Math.max(1, Math.round(steps[market] * ratio ** volatility));
    return { market, price: { units: BigInt(moved) * tick.units, decimals: tick.decimals } };
  };
  for (const tick of syntheticTicks({ instruments, prices, seed: SEED, startUs: 0, intervalUs: INTERVAL_US })) {
    yield volatility === 1 ? tick : { ...tick, marks: tick.marks.map(stretched) };
  }
  throw new Error('expected ticks without end');
}
