/** How large the insurance fund is at the start. */
import { exactUnits } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { boundedDecimal } from '../model/instrument-schema.js';
import type { Instruments } from '../model/instruments.js';
import { cash, EXACT_DECIMALS } from '../model/portfolio.js';
import { show } from '../model/problems.js';
import type { InputRecord } from '../model/records.js';

/** The record that puts an amount of the valuation asset into its fund; null: nothing is to be put there. Throws bad usage for what is no amount. */
export function fillFund(amount: string | undefined, { valuation }: Instruments, timeUs: number): InputRecord | null {
  if (amount === undefined) return null;
  const parsed = boundedDecimal(amount);
  if (parsed === null || parsed.units < 0n)
    throw badInput('--fund', 'a decimal such as "1000000", zero or more', show(amount), 'bad-usage');
  const units = exactUnits(parsed, EXACT_DECIMALS);
  if (units === 0n) return null;
  return { type: 'admin', timeUs, commands: [{ command: 'fund', asset: valuation.index, market: null, amount: cash(units) }] };
}
