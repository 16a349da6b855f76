/** Whether the store can hold what an account says. It knows amounts, not the book. */
import { isAmount } from '../model/limits.js';
import type { Account } from '../model/portfolio.js';
import { checkAmount } from '../store/limbs.js';

/** Refuses amounts beyond what the store holds, before anything is written. */
export function checkAccount(account: Account): void {
  // The text only when it is needed: this runs for every account that is loaded.
  const check = (units: bigint, what: string): void => {
    if (!isAmount(units)) checkAmount(units, `account ${account.id}: ${what}`);
  };
  // Funding that the balance has already comes on top of it.
  let settled = 0n;
  for (const { cost: units, funding = 0n } of account.cross) {
    check(units, 'cost');
    settled += funding < 0n ? -funding : funding;
  }
  check(account.balance, 'balance');
  if (settled !== 0n) {
    check(account.balance + settled, 'balance');
    check(account.balance - settled, 'balance');
  }
  for (const { amount } of account.others ?? []) {
    check(amount + settled, 'balance');
    check(amount - settled, 'balance');
  }
  for (const order of account.orders ?? []) check(order.cost, 'order');
  for (const position of account.isolated) {
    check(position.cost, 'cost');
    check(position.collateral + (position.funding ?? 0n), 'collateral');
  }
}
