/**
 * Movements of money: what a transfer is and between what it moves. Every movement has a debit and a credit; what a portfolio has is in the
 * store, what everybody else has is in the ledger.
 */
import type { Cash } from './portfolio.js';

/**
 * Who can have money: a portfolio by its id, or one of the venue's own accounts.
 * - `fund`: the insurance fund, of an asset (market null) or of one market;
 * - `fees`: trading fees;
 * - `clearing`: the other side of every trade of a market, so that its size and cost are what all portfolios together have, negated;
 * - `funding`: the other side of funding payments of a market;
 * - `outside`: deposits, withdrawals, and what account rows changed;
 * - `conversion`: what collateral was sold to, and for;
 * - `issuance`: claims against the operator's reserve token;
 * - `venue`: the venue's own loss account.
 */
export type MoneyAccount =
  | { readonly kind: 'portfolio'; readonly portfolio: string }
  | { readonly kind: 'fund'; readonly market: number | null }
  | { readonly kind: 'clearing' | 'funding'; readonly market: number }
  | { readonly kind: 'fees' | 'outside' | 'conversion' | 'issuance' | 'venue' };

/** Stands for all portfolios together, where a record changed many of them. */
export const ALL_PORTFOLIOS = '*';

/** Why money moved. */
export type TransferReason =
  /** The book before the first record, and what account rows changed. */
  | 'opening'
  | 'book'
  /** What an operator put into a fund, or took out. */
  | 'fund-change'
  /** Of a trade. */
  | 'realised'
  | 'fee'
  | 'funding'
  /** What is left of a closed isolated position's collateral, back to its account. */
  | 'release'
  /** Stages of the waterfall. */
  | 'liquidation-fee'
  | 'surplus'
  | 'auction'
  | 'conversion'
  | 'fund'
  | 'socialised'
  | 'issuance'
  | 'venue-loss';

/** `amount` of an asset, above 0, from `debit` to `credit`. */
export interface Transfer {
  readonly debit: MoneyAccount;
  readonly credit: MoneyAccount;
  /** Index in `Instruments.assets`. */
  readonly asset: number;
  readonly amount: Cash;
  readonly reason: TransferReason;
  readonly caseId: string | null;
}

/** A text that names the account within its asset: `alice/BTCUSDT`, `fund`, `fund:BTCUSDT`, `clearing:BTCUSDT`. Markets by id. */
export function moneyAccountName(account: MoneyAccount, markets: readonly { readonly id: string }[]): string {
  if (account.kind === 'portfolio') return account.portfolio;
  if ('market' in account && account.market !== null) return `${account.kind}:${markets[account.market].id}`;
  return account.kind;
}
