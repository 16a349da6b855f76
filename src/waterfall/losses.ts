/** A case's loss: what it is short of by asset, and how others pay it in. Exact; every payment is a transfer. */
import { pow10 } from '../model/decimal.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fractionToUnits,
  multiply,
  negate,
  reduce,
  subtract,
} from '../model/fraction.js';
import type { MoneyAccount, Transfer, TransferReason } from '../model/money.js';
import { type Cash, cash, EXACT_DECIMALS } from '../model/portfolio.js';
import type { AssetEquity, PortfolioReport } from '../model/records.js';
import type { Case } from './case.js';
import type { Context } from './context.js';

/** What a portfolio is short of in one asset. */
export interface Shortfall extends AssetEquity {
  /** In 10^-18 of the asset, rounded up: paid in, nothing is missing any more. Above zero. */
  readonly amount: Cash;
}

/**
 * What a portfolio whose equity is below zero lacks, asset by asset, of those in which it owes: together exactly what takes its equity to zero,
 * each rounded up to 10^-18.
 */
export function shortfalls({ equity, assets }: Pick<PortfolioReport, 'equity' | 'assets'>): Shortfall[] {
  const found: Shortfall[] = [];
  let missing = negate(equity);
  for (const each of assets) {
    if (missing.n <= 0n) break;
    if (each.equity.n >= 0n) continue;
    const owed = multiply(absolute(each.equity), each.index);
    const part = compare(owed, missing) < 0 ? owed : missing;
    const amount = fractionToUnits(divide(part, each.index), EXACT_DECIMALS, 'up');
    found.push({ ...each, amount: cash(amount) });
    missing = reduce(subtract(missing, part));
  }
  return found;
}

/** An amount of an asset in the valuation asset. */
export function worthOf(amount: bigint, index: Fraction): Fraction {
  return multiply(fraction(amount, pow10(EXACT_DECIMALS)), index);
}

/** Pays amounts into a case's portfolio, counts them as absorbed, and takes in its new report. */
export function payIn(
  subject: Case,
  payments: readonly { readonly from: MoneyAccount; readonly asset: number; readonly index: Fraction; readonly amount: Cash }[],
  reason: TransferReason,
  context: Context,
): void {
  const { portfolio, caseId } = subject;
  const transfers = payments.map(
    ({ from, asset, amount }): Transfer => ({
      debit: from,
      credit: { kind: 'portfolio', portfolio },
      asset,
      amount,
      reason,
      caseId,
    }),
  );
  for (const { amount, index } of payments) subject.absorbed = reduce(add(subject.absorbed, worthOf(amount, index)));
  takeReports(subject, context.treasury.move(transfers, context.out));
}

/** A case's own report among those that something led to. */
export function takeReports(subject: Case, reports: readonly PortfolioReport[]): void {
  for (const report of reports) if (report.portfolio === subject.portfolio) subject.report = report;
}

/** Whether anything is to be absorbed: no position is left to be closed, and equity is below zero. */
export function isLoss({ positions, equity }: PortfolioReport): boolean {
  return positions === 0 && equity.n < 0n;
}
