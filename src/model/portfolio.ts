/** Accounts as a venue has them, portfolios as they are liquidated, and the ids that join the two. */
import { DECIMALS_MAX } from './limits.js';

declare const unit: unique symbol;
type InUnit<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Whole lots of a market, signed: + long, − short. A safe integer. */
export type Lots = InUnit<number, 'lots'>;
/** An amount of the valuation asset in units of 10^-18. */
export type Cash = InUnit<bigint, 'cash 1e-18'>;
/** Signed entry cost of a position in units of lot · contractSize · 10^-18: lots × entry price in 10^-18. */
export type Cost = InUnit<bigint, 'lots x price 1e-18'>;

/** Decimals of `Cash`, and of the price in a `Cost`. */
export const EXACT_DECIMALS = DECIMALS_MAX;

export const lots = (count: number): Lots => count as Lots;
export const cash = (units: bigint): Cash => units as Cash;
export const cost = (units: bigint): Cost => units as Cost;

export interface Position {
  /** Index in `Instruments.markets`. */
  readonly market: number;
  readonly lots: Lots;
  readonly cost: Cost;
}

export interface IsolatedPosition extends Position {
  readonly collateral: Cash;
}

export interface Account {
  readonly id: string;
  readonly positionMode: 'net' | 'hedge';
  /** Of the cross portfolio. Isolated collateral is apart. */
  readonly balance: Cash;
  readonly cross: readonly Position[];
  readonly isolated: readonly IsolatedPosition[];
}

/** What is liquidated as one: an account's cross positions, or one isolated position with its collateral. */
export interface Portfolio {
  readonly id: string;
  readonly mode: 'cross' | 'isolated';
  /** Balance or isolated collateral. */
  readonly cash: Cash;
  readonly positions: readonly Position[];
}

export type Side = 'long' | 'short';

export function sideOf(size: number): Side {
  return size < 0 ? 'short' : 'long';
}

/** `alice/BTCUSDT`, in hedge mode `alice/BTCUSDT:long`. The cross portfolio's id is the account's. */
export function isolatedId(account: string, marketId: string, mode: Account['positionMode'], side: Side): string {
  return mode === 'hedge' ? `${account}/${marketId}:${side}` : `${account}/${marketId}`;
}

/** The account ends at the first `/`. */
export function accountOf(portfolioId: string): string {
  const slash = portfolioId.indexOf('/');
  return slash < 0 ? portfolioId : portfolioId.slice(0, slash);
}

/** An account's portfolios: cross first (when it has a position or a balance), then isolated by id in code-unit order. */
export function portfoliosOf(account: Account, marketId: (index: number) => string): Portfolio[] {
  const isolated = account.isolated.map(
    (position): Portfolio => ({
      id: isolatedId(account.id, marketId(position.market), account.positionMode, sideOf(position.lots)),
      mode: 'isolated',
      cash: position.collateral,
      positions: [position],
    }),
  );
  isolated.sort((a, b) => compareIds(a.id, b.id));
  if (account.cross.length === 0 && account.balance === 0n) return isolated;
  return [{ id: account.id, mode: 'cross', cash: account.balance, positions: account.cross }, ...isolated];
}

/** Code-unit order: the tie-break of every ranking. */
export function compareIds(a: string, b: string): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}
