/** The least lots whose closing restores a portfolio: Drift's formula, and ours over several positions, tables of tiers, fees and slippage. Knows no orders. */

import { divideRounded } from '../../model/decimal.js';
import { assert } from '../../model/errors.js';
import {
  absolute,
  add,
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
} from '../../model/fraction.js';
import type { Market } from '../../model/instruments.js';
import { entryValue, lotValue, unitValue } from '../../model/margin.js';
import { type Lots, lots as wholeLots } from '../../model/portfolio.js';
import type { BreachRow, Valuation } from '../../model/records.js';
import { requirementLine, tierAt } from '../../model/requirement.js';

/** `shortage` in money, `price` of a unit of base in it; rates of the notional. `quotePrice`: of a unit of quote. */
export interface DriftShortage {
  readonly shortage: Fraction;
  readonly price: Fraction;
  readonly quotePrice: Fraction;
  readonly marginRatio: Fraction;
  readonly liquidatorFee: Fraction;
  readonly insuranceFee: Fraction;
}

/**
 * shortage / (P·Pq·(mr − fee) − P·ifFee): the base that frees what is missing after both fees, exact; null, all of it, when it never does
 * (mr ≤ fee, or the fund's fee takes the rest). Drift, calculate_base_asset_amount_to_cover_margin_shortage, which truncates it to 10^-9.
 */
export function driftSize({
  shortage,
  price,
  quotePrice,
  marginRatio,
  liquidatorFee,
  insuranceFee,
}: DriftShortage): Fraction | null {
  const freed = multiply(multiply(price, quotePrice), subtract(marginRatio, liquidatorFee));
  const perUnit = subtract(freed, multiply(price, insuranceFee));
  return perUnit.n <= 0n || compare(marginRatio, liquidatorFee) <= 0 ? null : reduce(divide(shortage, perUnit));
}

/** Denominators from which a sum is reduced. */
const LONG = 1n << 1024n;

/** How far a liquidation goes, and what it is expected to cost. */
export interface RestoreTerms {
  /** Equity is to reach (1 + target) · maintenance. */
  readonly target: Fraction;
  /** Below 1: the share of the mark by which the closer is expected to fare worse. */
  readonly slippage: Fraction;
  /** Equity at the target is not enough: without one, of a venue that liquidates at maintenance. */
  readonly isAbove: boolean;
}

/** What one lot of a position is, in the settle asset, on the basis of its requirement (the mark, or its own average entry). At least 0. */
export function notionalPerLot(row: Pick<BreachRow, 'lots' | 'cost' | 'mark'>, market: Market): Fraction {
  if (market.maintenance.basis === 'mark') {
    return absolute(multiply(lotValue(market), unitValue(market, fromDecimal(row.mark))));
  }
  return absolute(divide(entryValue(market, row), fraction(BigInt(row.lots))));
}

/** What closing one lot loses in the settle asset: the taker fee at a mark moved by the slippage against the closer, and that move. At least 0. */
function costPerLot(row: BreachRow, market: Market, slippage: Fraction): Fraction {
  const mark = fromDecimal(row.mark);
  const moved = multiply(absolute(mark), slippage);
  const worth = unitValue(market, mark);
  const traded = unitValue(market, row.lots > 0 ? subtract(mark, moved) : add(mark, moved));
  const slipped = absolute(subtract(worth, traded));
  return multiply(lotValue(market), add(slipped, multiply(market.takerFee, absolute(traded))));
}

/** Least lots of a table's tier: of a notional at its floor. */
export function lotsAtFloor(market: Market, tier: number, perLot: Fraction): bigint {
  if (tier === 0) return 0n;
  const least = divide(fromDecimal(market.maintenance.tiers[tier].floor), perLot);
  return divideRounded(least.n, least.d, 'up');
}

/**
 * The most lots y of a position that can stay, at most `most`: the greatest with g(y) = base + gain·y − weight·f(perLot·y) ≥ 0 (`isAbove`: > 0), f the
 * requirement of its market; null when there is none. g need not be monotone (fees may exceed the rate), and of a stepped table it jumps;
 * but it is linear on each tier, so the tiers are gone through from the highest down: where g rises with y the tier's last lot decides, where it falls
 * its root, floored (`isAbove`: the lot before it).
 */
function mostThatStay(
  market: Market,
  most: bigint,
  perLot: Fraction,
  { base, gain, weight }: { readonly base: Fraction; readonly gain: Fraction; readonly weight: Fraction },
  isAbove: boolean,
): bigint | null {
  const isEnough = ({ n }: Fraction): boolean => (isAbove ? n > 0n : n >= 0n);
  let high = most;
  for (let tier = tierAt(market.maintenance, multiply(perLot, fraction(most))); tier >= 0; tier -= 1) {
    const low = lotsAtFloor(market, tier, perLot);
    if (low > high) continue;
    const { rate, deduction } = requirementLine(market.maintenance, tier);
    const slope = subtract(gain, multiply(weight, multiply(rate, perLot)));
    const start = add(base, multiply(weight, deduction));
    if (isEnough(add(start, multiply(slope, fraction(high))))) return high;
    if (slope.n < 0n && isEnough(start)) {
      const root = divide(start, negate(slope));
      const whole = isAbove ? divideRounded(root.n, root.d, 'up') - 1n : divideRounded(root.n, root.d, 'down');
      if (whole >= low) return whole;
    }
    high = low - 1n;
  }
  return null;
}

/** Lowest terms are dear to find, and sums of a few positions do without: only long ones are made shorter. */
function shortened(value: Fraction): Fraction {
  return value.d < LONG ? value : reduce(value);
}

/** Rows by maintenance descending; ties by market, long before short. */
function closingOrder(rows: readonly BreachRow[]): number[] {
  return rows
    .map((_, i) => i)
    .sort((a, b) => {
      const [x, y] = [rows[a], rows[b]];
      return compare(y.maintenance, x.maintenance) || x.market - y.market || y.lots - x.lots;
    });
}

/**
 * For each row, in the order given, the lots to close (0: none; never signed) so that together equity ≥ (1 + target)·maintenance (`isAbove`: >), at the marks and
 * after the taker fee and the slippage of what is closed. Rows are taken by maintenance descending (ties: market, then long before short), each whole
 * until one need not be, of which the least is closed. One whose closing costs more than it frees is left as it is. When that does not restore it, all are
 * whole.
 *
 * What remains of a row needs f of its remaining notional (of its remaining entry notional where the rule's basis is entry; average entry does not change),
 * times the index; every other part of the maintenance stays as it is: a row that needs nothing (a hedge's waived leg) frees nothing, and what is lost
 * counts in full, as if its asset had no haircut, which it then cannot count for more. Exact: no rounding but to whole lots, up.
 */
export function restoreLots(
  rows: readonly BreachRow[],
  valuation: Valuation,
  markets: readonly Market[],
  { target, slippage, isAbove }: RestoreTerms,
): readonly Lots[] {
  assert(slippage.n >= 0n && slippage.n < slippage.d, 'expected a slippage of 0 to below 1');
  const closed = rows.map(() => wholeLots(0));
  const factor = add(ONE, target);
  let { equity, maintenance } = valuation;
  if (compare(equity, multiply(factor, maintenance)) >= (isAbove ? 1 : 0)) return closed;
  for (const i of closingOrder(rows)) {
    const row = rows[i];
    const market = markets[row.market];
    const all = BigInt(Math.abs(row.lots));
    const loss = multiply(row.index, costPerLot(row, market, slippage));
    const afterAll = subtract(equity, multiply(loss, fraction(all)));
    const needed = subtract(maintenance, row.maintenance);
    // With y lots left: equity − loss·(all − y) − factor·(maintenance − its own + index·f(y)). Of a row that needs nothing f is 0, but it comes when
    // none that needs something restores, and closing it frees nothing: with f or without, no y does.
    const terms = {
      base: subtract(afterAll, multiply(factor, needed)),
      gain: loss,
      weight: multiply(factor, row.index),
    };
    const stays = mostThatStay(market, all, notionalPerLot(row, market), terms, isAbove);
    closed[i] = wholeLots(Number(all - (stays ?? 0n)));
    if (stays !== null) return closed;
    const isWorse = compare(multiply(factor, row.maintenance), multiply(loss, fraction(all))) <= 0;
    if (isWorse) closed[i] = wholeLots(0);
    else [equity, maintenance] = [shortened(afterAll), shortened(needed)];
  }
  return rows.map(({ lots }) => wholeLots(Math.abs(lots)));
}
