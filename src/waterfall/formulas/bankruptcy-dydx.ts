/** dYdX's two prices of a liquidation: the bankruptcy price of a signed delta and the fillable price. Knows no orders and no stages. */
import { divideRounded } from '../../model/decimal.js';
import {
  compare,
  divide,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  negate,
  ONE,
  reduce,
  subtract,
  ZERO,
} from '../../model/fraction.js';
import type { Market } from '../../model/instruments.js';
import { unitsOf, unitValue } from '../../model/margin.js';
import type { BreachRow, PortfolioReport } from '../../model/records.js';

/** What a trade changes, in whole quote quantums: net notional value and maintenance requirement, after less before, each of rounded amounts. */
export interface QuantumsDelta {
  readonly dnnv: bigint;
  readonly dmmr: bigint;
  /** The account's total net collateral and maintenance requirement before it. The requirement is above zero. */
  readonly tnc: bigint;
  readonly tmmr: bigint;
}

/**
 * BP = −DNNV − ⌊TNC·|DMMR| / TMMR⌋ in quote quantums: what a trade must bring (a purchase: less what it may cost) to leave the account its
 * share of the collateral. The division is floored towards −∞, so that BP is rounded up and the fund never pays for the rounding.
 * dYdX v4-chain, x/clob/keeper/liquidations.go, GetBankruptcyPriceInQuoteQuantums.
 */
export function bankruptcyQuantums({ dnnv, dmmr, tnc, tmmr }: QuantumsDelta): bigint {
  return -dnnv - divideRounded(tnc * (dmmr < 0n ? -dmmr : dmmr), tmmr, 'down');
}

/** A position and its account, in any one unit of money: `pnnv` and `ps` signed, `pmmr` not. */
export interface FillableInput {
  /** Net notional value of the position, its size, and its maintenance requirement. */
  readonly pnnv: Fraction;
  readonly ps: Fraction;
  readonly pmmr: Fraction;
  /** Total net collateral and maintenance requirement of the account; the latter above zero. */
  readonly tnc: Fraction;
  readonly tmmr: Fraction;
  /** Bankruptcy adjustment, and spread to maintenance margin ratio. */
  readonly ba: Fraction;
  readonly smmr: Fraction;
}

/**
 * (PNNV − clamp(BA·(1 − TNC/TMMR), 0, 1)·SMMR·PMMR) / PS, money per unit of size: at the oracle price when the account has just sunk below its
 * requirement, and further from it the deeper it sinks. Exact. dYdX v4-chain, x/clob/keeper/liquidations.go, GetFillablePrice.
 */
export function fillablePrice({ pnnv, ps, pmmr, tnc, tmmr, ba, smmr }: FillableInput): Fraction {
  const sunk = multiply(ba, subtract(ONE, divide(tnc, tmmr)));
  const adjusted = compare(sunk, ZERO) < 0 ? ZERO : compare(sunk, ONE) > 0 ? ONE : sunk;
  return reduce(divide(subtract(pnnv, multiply(adjusted, multiply(smmr, pmmr))), ps));
}

/**
 * The fillable price of a position, in its quote, before it is rounded to a tick. Of an inverse contract the formula is on what a unit is worth,
 * −1/price. `adjustment` is BA, `spread` SMMR. Null where the portfolio has no maintenance and where an inverse contract has no such price.
 */
export function fillableAt(
  market: Market,
  row: BreachRow,
  portfolio: Pick<PortfolioReport, 'equity' | 'maintenance'>,
  adjustment: Fraction,
  spread: Fraction,
): Fraction | null {
  if (portfolio.maintenance.n <= 0n) return null;
  const ps = unitsOf(market, row.lots);
  const worth = fillablePrice({
    pnnv: multiply(ps, unitValue(market, fromDecimal(row.mark))),
    ps,
    pmmr: divide(row.maintenance, row.index),
    tnc: portfolio.equity,
    tmmr: portfolio.maintenance,
    ba: adjustment,
    smmr: spread,
  });
  if (market.kind !== 'inverse') return worth;
  return worth.n >= 0n ? null : negate(divide(fraction(1n), worth));
}
