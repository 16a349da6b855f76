/** What an operator may decide of funds: checked before anything of a record is applied. */
import { formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { MoneyAccount, Transfer } from '../model/money.js';
import { cash, EXACT_DECIMALS } from '../model/portfolio.js';
import type { AdminCommand } from '../model/records.js';
import type { Fund } from '../waterfall/fund.js';
import type { Ledger } from '../waterfall/ledger.js';

/** Refuses a fund that cannot be, and taking more out of one than is there, with what the commands before have moved, and not reserved. */
export function checkFunds(
  commands: readonly AdminCommand[],
  { assets, markets }: Instruments,
  ledger: Ledger,
  fund: Fund,
): void {
  const movedBefore = new Map<string, bigint>();
  for (const [i, command] of commands.entries()) {
    if (command.command !== 'fund') continue;
    const where = `commands[${i}]`;
    const { asset, market, amount } = command;
    if (assets[asset] === undefined) throw badInput(`${where}.asset`, 'an asset of the book', String(asset));
    if (market !== null && markets[market]?.settleAsset !== asset)
      throw badInput(`${where}.market`, `a market that settles in ${assets[asset].id}`, markets[market]?.id ?? String(market));
    if (amount === 0n) throw badInput(`${where}.amount`, 'an amount other than 0', '0');
    const key = `${asset} ${market}`;
    const moved = movedBefore.get(key) ?? 0n;
    const free = ledger.balanceOf({ kind: 'fund', market }, asset) + moved - fund.reservedIn(asset, market);
    if (amount < 0n && -amount > free) {
      const expected = `at most the ${text(free > 0n ? free : 0n)} ${assets[asset].id} that are not reserved`;
      throw badInput(`${where}.amount`, expected, text(-amount));
    }
    movedBefore.set(key, moved + amount);
  }
}

function text(units: bigint): string {
  return formatDecimal({ units, decimals: EXACT_DECIMALS });
}

/** Between the fund and outside. */
export function fundTransfer({ asset, market, amount }: Extract<AdminCommand, { command: 'fund' }>): Transfer {
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
