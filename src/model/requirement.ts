/** The requirement function f(n) of a table, exact. Knows tiers; knows no prices and no portfolios. */
import type { Decimal } from './decimal.js';
import { add, compare, type Fraction, fromDecimal, multiply, reduce, subtract } from './fraction.js';
import type { MarginRule, RequirementTable, Tier } from './instruments.js';

/** On one tier the requirement is linear: f(n) = rate·n − deduction. */
export interface RequirementLine {
  readonly rate: Fraction;
  readonly deduction: Fraction;
}

/** Index of the tier that holds at a notional ≥ 0: the last whose floor is not above it. */
export function tierAt(table: RequirementTable, notional: Fraction): number {
  let tier = 0;
  while (tier + 1 < table.tiers.length && compare(fromDecimal(table.tiers[tier + 1].floor), notional) <= 0) tier += 1;
  return tier;
}

/** The line of a tier, closing fee included. */
export function requirementLine(rule: MarginRule, tier: number): RequirementLine {
  const { rate, deduction } = rule.tiers[tier];
  return { rate: add(rate, rule.closeFee), deduction };
}

/** f(n) = rate_k·n − deduction_k on the tier k of n; n ≥ 0. */
export function tableAt(table: RequirementTable, notional: Fraction): Fraction {
  const { rate, deduction } = table.tiers[tierAt(table, notional)];
  return subtract(multiply(rate, notional), deduction);
}

/** f(n) = (rate_k + closeFee)·n − deduction_k on the tier k of n, in the settle asset; n ≥ 0. */
export function requirementAt(rule: MarginRule, notional: Fraction): Fraction {
  return add(tableAt(rule, notional), multiply(rule.closeFee, notional));
}

/** d_n = d_{n−1} + floor_n·(rate_n − rate_{n−1}): what makes a bracket table continuous at the floor of the tier after `below`. */
export function nextDeduction(below: Tier, floor: Decimal, rate: Fraction): Fraction {
  return reduce(add(below.deduction, multiply(fromDecimal(floor), subtract(rate, below.rate))));
}
