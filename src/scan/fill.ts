/** What a trade does to a position and to cash, exact. It knows neither portfolios nor the store. */
import { divideRounded, pow10 } from '../model/decimal.js';
import type { Market } from '../model/instruments.js';
import { type Cash, type Cost, cash, cost, EXACT_DECIMALS, type Lots, lots } from '../model/portfolio.js';

/** Scale and mantissa of one lot's worth at a price of 1: what turns `Cost` units into `Cash` units. */
export function lotMantissa(market: Market): { readonly units: bigint; readonly decimals: number } {
  return {
    units: market.lot.units * market.contractSize.units,
    decimals: market.lot.decimals + market.contractSize.decimals,
  };
}

export interface FilledPosition {
  readonly lots: Lots;
  readonly cost: Cost;
  /** Realised profit, into cash. */
  readonly realised: Cash;
}

/**
 * A trade of `traded` lots (+ bought, − sold) at a price in units of 10^-18. The part that closes takes its share of the entry cost,
 * floored pro rata; what goes beyond flat opens the other way at the price. What is added to an inverse position moves its average entry to
 * the price at which both are worth what they cost, rounded up (its cost is). The realised PnL takes all that is left: balance and
 * worth at entry together change by what the trade cost. It is floored to 10^-18 of the settle asset: what is below that stays with the venue.
 */
export function fillPosition(position: Holding, traded: number, priceUnits: bigint, market: Market): FilledPosition {
  const opposite = position.lots !== 0 && position.lots < 0 !== traded < 0;
  const closed = opposite ? Math.min(Math.abs(position.lots), Math.abs(traded)) * Math.sign(position.lots) : 0;
  const closedCost = opposite ? divideRounded(position.cost * BigInt(closed), BigInt(position.lots), 'down') : 0n;
  const opened = traded + closed;
  const kept = { lots: position.lots - closed, cost: position.cost - closedCost };
  if (market.kind === 'inverse') {
    const after = { lots: position.lots + traded, cost: addedInverseCost(kept, opened, priceUnits) };
    const realised = inverseRealised(position, traded, priceUnits, after, market);
    return { lots: lots(after.lots), cost: cost(after.cost), realised };
  }
  const profit = BigInt(closed) * priceUnits - closedCost;
  const { units, decimals } = lotMantissa(market);
  return {
    lots: lots(position.lots + traded),
    cost: cost(kept.cost + BigInt(opened) * priceUnits),
    realised: cash(divideRounded(profit * units, pow10(decimals), 'down')),
  };
}

interface Holding {
  readonly lots: number;
  readonly cost: bigint;
}

/** l'² / (l²/c + t/p): the cost at which the lots l' = l + t are worth at entry what l at the cost c and t at the price p are. */
function addedInverseCost(kept: Holding, opened: number, priceUnits: bigint): bigint {
  if (opened === 0) return kept.cost;
  if (kept.lots === 0) return BigInt(opened) * priceUnits;
  const [held, added] = [BigInt(kept.lots), BigInt(opened)];
  const numerator = (held + added) ** 2n * kept.cost * priceUnits;
  return divideRounded(numerator, held ** 2n * priceUnits + added * kept.cost, 'up');
}

/** An inverse lot is worth −L·10^18/price: the balance changes by L·10^18·(l²/c − l'²/c' + t/p). */
function inverseRealised(before: Holding, traded: number, priceUnits: bigint, after: Holding, market: Market): Cash {
  const { units, decimals } = lotMantissa(market);
  // In 10^-18 of the settle asset, of a price in 10^-18.
  const lot = units * pow10(2 * EXACT_DECIMALS - decimals);
  const terms = [
    { n: BigInt(before.lots) ** 2n, d: before.cost },
    { n: -(BigInt(after.lots) ** 2n), d: after.cost },
    { n: BigInt(traded), d: priceUnits },
  ].filter(({ n }) => n !== 0n);
  const d = terms.reduce((product, term) => product * term.d, 1n);
  const n = terms.reduce((sum, term) => sum + (term.n * d) / term.d, 0n);
  return cash(divideRounded(lot * n, d, 'down'));
}
