/** What an operator may decide of funds: checked before anything of a record is applied. */
import { formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { MoneyAccount, Transfer } from '../model/money.js';
import { cash, EXACT_DECIMALS } from '../model/portfolio.js';
import type { AdminCommand } from '../model/records.js';
import type { Fund } from '../waterfall/fund.js';
import type { Ledger } from '../waterfall/ledger.js';

type FundChange = Extract<AdminCommand, { command: 'fund' }>;

/** Refuses a fund that cannot be, and taking more out of one than is there and not reserved, after the changes before it. */
export function checkFundChange(
  { asset, market, amount }: FundChange,
  earlier: readonly AdminCommand[],
  where: string,
  { assets, markets }: Instruments,
  ledger: Ledger,
  fund: Fund,
): void {
  if (assets[asset] === undefined) throw badInput(`${where}.asset`, 'an asset of the book', String(asset));
  if (market !== null && markets[market]?.settleAsset !== asset)
    throw badInput(`${where}.market`, `a market that settles in ${assets[asset].id}`, markets[market]?.id ?? String(market));
  if (amount === 0n) throw badInput(`${where}.amount`, 'an amount other than 0', '0');
  let balance: bigint = ledger.balanceOf({ kind: 'fund', market }, asset);
  for (const each of earlier)
    if (each.command === 'fund' && each.asset === asset && each.market === market) balance += each.amount;
  const free = fund.unreserved(asset, balance);
  if (amount < 0n && -amount > free) {
    const expected = `at most the ${text(free > 0n ? free : 0n)} ${assets[asset].id} that are not reserved`;
    throw badInput(`${where}.amount`, expected, text(-amount));
  }
}

function text(units: bigint): string {
  return formatDecimal({ units, decimals: EXACT_DECIMALS });
}

/** Between the fund and outside. */
export function fundTransfer({ asset, market, amount }: FundChange): Transfer {
  const fund: MoneyAccount = { kind: 'fund', market };
  const outside: MoneyAccount = { kind: 'outside' };
  const isIn = amount > 0n;
  return {
    debit: isIn ? outside : fund,
    credit: isIn ? fund : outside,
    asset,
    amount: cash(isIn ? amount : -amount),
    reason: 'fund-change',
    caseId: null,
  };
}
