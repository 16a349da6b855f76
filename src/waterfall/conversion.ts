/** Collateral in other assets, sold to the venue at index price less haircut to pay what is owed. */
import {
  compare,
  divide,
  type Fraction,
  fractionToUnits,
  multiply,
  negate,
  ONE,
  reduce,
  subtract,
  ZERO,
} from '../model/fraction.js';
import type { Asset } from '../model/instruments.js';
import type { MoneyAccount, Transfer } from '../model/money.js';
import { cash, EXACT_DECIMALS } from '../model/portfolio.js';
import type { AssetEquity } from '../model/records.js';
import type { Case } from './case.js';
import type { Context } from './context.js';
import { takeReports } from './losses.js';

/** What one of an asset brings, in the valuation asset: its index price less the haircut of the dearest band that the amount reaches. */
function proceeds(asset: Asset, { equity, index }: AssetEquity): Fraction {
  let haircut = ZERO;
  for (const band of asset.haircuts)
    if (compare({ n: band.floor.units, d: 10n ** BigInt(band.floor.decimals) }, equity) < 0) haircut = band.haircut;
  return reduce(multiply(index, subtract(ONE, haircut)));
}

/**
 * Sells what a portfolio without positions has, asset by asset, for what it owes: at most what pays the debt. What is sold rounds up and what it
 * brings down, to 10^-18. True when something was sold.
 */
export function convertAll(subject: Case, context: Context): boolean {
  if (subject.report.positions > 0) return false;
  const { assets } = context.instruments;
  const owed = subject.report.assets.filter(({ equity }) => equity.n < 0n);
  const held = subject.report.assets.filter(({ equity }) => equity.n > 0n).map((each) => ({ each, left: each.equity }));
  const transfers: Transfer[] = [];
  for (const debt of owed) {
    let missing = multiply(negate(debt.equity), debt.index);
    for (const source of held) {
      const price = proceeds(assets[source.each.asset], source.each);
      if (missing.n <= 0n || price.n <= 0n || source.left.n <= 0n) continue;
      const needed = divide(missing, price);
      const sold = compare(needed, source.left) < 0 ? needed : source.left;
      const isAll = sold === source.left;
      const given = fractionToUnits(sold, EXACT_DECIMALS, isAll ? 'down' : 'up');
      const brought = fractionToUnits(divide(multiply(sold, price), debt.index), EXACT_DECIMALS, 'down');
      if (given <= 0n || brought <= 0n) continue;
      transfers.push(...swap(subject, source.each.asset, given, debt.asset, brought));
      source.left = reduce(subtract(source.left, sold));
      missing = reduce(subtract(missing, multiply(sold, price)));
    }
  }
  if (transfers.length === 0) return false;
  takeReports(subject, context.treasury.move(transfers, context.out));
  return true;
}

function swap({ portfolio, caseId }: Case, sold: number, given: bigint, bought: number, brought: bigint): Transfer[] {
  const own: MoneyAccount = { kind: 'portfolio', portfolio };
  const venue: MoneyAccount = { kind: 'conversion' };
  const both = { reason: 'conversion', caseId } as const;
  return [
    { debit: own, credit: venue, asset: sold, amount: cash(given), ...both },
    { debit: venue, credit: own, asset: bought, amount: cash(brought), ...both },
  ];
}
