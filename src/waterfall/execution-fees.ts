/** What a closing brings beyond the bankruptcy price: the liquidation fee goes to the fund, the rest where the policy says. */

import type { Order } from '../dispatch/orders.js';
import { pow10 } from '../model/decimal.js';
import { divide, type Fraction, fraction, fractionToUnits, fromDecimal, multiply, subtract } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { notionalAt, unitsOf, unitValue } from '../model/margin.js';
import type { MoneyAccount, Transfer } from '../model/money.js';
import { type Cash, cash, EXACT_DECIMALS, lots } from '../model/portfolio.js';
import type { BookedFill, PortfolioReport } from '../model/records.js';
import type { Fund } from './fund.js';
import type { Policy } from './policy.js';

/** Of an execution, in the settle asset: what it brought more than its bankruptcy price, after its own fee. Above zero, or null. */
function gainOf({ fill }: BookedFill, { bankruptcyPrice, side }: Order, { markets }: Instruments): Fraction | null {
  if (bankruptcyPrice === null) return null;
  const market = markets[fill.market];
  const held = unitsOf(market, side === 'sell' ? fill.lots : -fill.lots);
  const better = subtract(unitValue(market, fromDecimal(fill.price)), unitValue(market, bankruptcyPrice));
  const gain = subtract(multiply(held, better), fraction(fill.fee, pow10(EXACT_DECIMALS)));
  return gain.n > 0n ? gain : null;
}

/**
 * min(⌊notional · fee⌋, Δ) to the fund, and where the policy gives it the surplus of full closings all of Δ; never more than what leaves the portfolio at zero. All
 * rounded down, for the portfolio. (dYdX pays each missing Δ at once; here the fund pays at the end, so as not to pay while something is left.)
 */
export function executionFees(
  booked: BookedFill,
  order: Order,
  report: PortfolioReport,
  { fees }: Policy,
  instruments: Instruments,
  fund: Fund,
): Transfer[] {
  const gain = gainOf(booked, order, instruments);
  const { index } = booked;
  if (gain === null || index === null || report.equity.n <= 0n) return [];
  const { fill, portfolio } = booked;
  const market = instruments.markets[fill.market];
  const down = (amount: Fraction): bigint => fractionToUnits(amount, EXACT_DECIMALS, 'down');
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const most = least(down(gain), down(divide(report.equity, index)));
  const fee = least(down(multiply(notionalAt(market, lots(fill.lots), fill.price), fees.liquidation)), most);
  // What a partial closing leaves is what restores the portfolio.
  const surplus = fees.surplus === 'fund' && order.stage !== 'partial' ? most - fee : 0n;
  const between: { debit: MoneyAccount; credit: MoneyAccount } = {
    debit: { kind: 'portfolio', portfolio },
    credit: { kind: 'fund', market: fund.fundFor(fill.market) },
  };
  const transfer = (amount: Cash, reason: Transfer['reason']): Transfer[] =>
    amount > 0n ? [{ ...between, asset: market.settleAsset, amount, reason, caseId: order.caseId }] : [];
  return [...transfer(cash(fee), 'liquidation-fee'), ...transfer(cash(surplus), 'surplus')];
}
