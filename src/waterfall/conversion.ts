/** Collateral in other assets, sold to the venue for what it counted, index price less haircut, to pay what is owed. */
import {
  add,
  compare,
  divide,
  type Fraction,
  fractionToUnits,
  fromDecimal,
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
import type { Case } from './case.js';
import type { Context } from './context.js';
import { takeReports } from './losses.js';

/** What is sold of an asset, and what it brings in the valuation asset. */
interface Sale {
  readonly sold: Fraction;
  readonly worth: Fraction;
}

/**
 * The least of `left` of an asset whose sale brings `missing`; all of it when even that does not. What is sold counts what it counted as collateral: of the dearest haircut
 * band first, so that the whole brings exactly what the whole counted.
 */
function saleOf({ haircuts }: Asset, index: Fraction, left: Fraction, missing: Fraction): Sale {
  let [sold, worth] = [ZERO, ZERO];
  for (const { floor, haircut } of haircuts.toReversed()) {
    const inBand = subtract(subtract(left, sold), fromDecimal(floor));
    const wanted = subtract(missing, worth);
    if (inBand.n <= 0n || wanted.n <= 0n) continue;
    const price = multiply(index, subtract(ONE, haircut));
    const enough = price.n > 0n ? divide(wanted, price) : inBand;
    const part = compare(enough, inBand) < 0 ? enough : inBand;
    sold = reduce(add(sold, part));
    worth = reduce(add(worth, multiply(part, price)));
  }
  return { sold, worth };
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
      if (missing.n <= 0n || source.left.n <= 0n) continue;
      const { sold, worth } = saleOf(assets[source.each.asset], source.each.index, source.left, missing);
      const isAll = compare(sold, source.left) === 0;
      const given = fractionToUnits(sold, EXACT_DECIMALS, isAll ? 'down' : 'up');
      const brought = fractionToUnits(divide(worth, debt.index), EXACT_DECIMALS, 'down');
      if (given <= 0n || brought <= 0n) continue;
      transfers.push(...swap(subject, source.each.asset, given, debt.asset, brought));
      source.left = reduce(subtract(source.left, sold));
      missing = reduce(subtract(missing, worth));
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
