/** Every hard limit of the core in one place, with the relations between them asserted when the module loads. */
import { assert } from './errors.js';

/** Decimals of the exact price, cash and rate scales, and the most that a decimal in a file may have. */
export const DECIMALS_MAX = 18;
/** Characters of an amount, a size or an entry price: more than any that is in range needs, few enough to be read at once. */
export const DECIMAL_LENGTH_MAX = 100;
/** Sizes are whole lots held in a float64, so that they are exact integers for the filter and for the verdict. */
export const LOTS_MAX = Number.MAX_SAFE_INTEGER;
/** Two-limb amounts (cash, entry cost) are signed 128-bit integers. */
export const AMOUNT_MAX = (1n << 127n) - 1n;

/** Whether an amount can be held. */
export function isAmount(units: bigint): boolean {
  return units <= AMOUNT_MAX && units >= -AMOUNT_MAX;
}

/** Marks and indexes beyond this magnitude are refused at the border: their products must stay finite in float64. */
export const PRICE_MAX = 10n ** 30n;
/** Least mark of an inverse contract, 10^-30: its worth, one over it, must stay within the same bounds. */
export const INVERSE_MARK_MIN = { units: 1n, decimals: 30 };
/** Denominator of a rate written as a fraction. */
export const RATE_DENOMINATOR_MAX = 10n ** 9n;
/** Accounts are `[A-Za-z0-9._-]{1,64}`, market and asset ids up to 64 printable characters. */
export const ID_LENGTH_MAX = 64;
/** `account/market:short` */
export const PORTFOLIO_ID_LENGTH_MAX = 2 * ID_LENGTH_MAX + '/:short'.length;
/** The last millisecond whose microseconds are still a safe integer. */
export const TIME_MS_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1000);
/** Tiers of one table. */
export const TIERS_MAX = 64;
export const MARKETS_MAX = 1 << 18;
export const ASSETS_MAX = 1 << 16;
/** Orders of one account. */
export const ORDERS_MAX = 1 << 16;
/** Problems listed before only the rest is counted. */
export const PROBLEMS_LISTED_MAX = 100;
/** Batches remembered with their answers, of each principal: the ids, and the problems of all rejections together. */
export const BATCHES_REMEMBERED = { idsMax: 10_000, problemsMax: 20_000 } as const;

assert(MARKETS_MAX * (TIERS_MAX * 2 + 4) + 2 * ASSETS_MAX < 2 ** 32, 'line ids must fit 32 bits');
assert(2 * MARKETS_MAX + 2 * ASSETS_MAX + ORDERS_MAX < 2 ** 21, 'rows of a portfolio must fit 21 bits');
assert(Number(PRICE_MAX) * LOTS_MAX < Number.MAX_VALUE, 'a notional must stay finite in float64');
