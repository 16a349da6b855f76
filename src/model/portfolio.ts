/** Accounts as a venue has them, portfolios as they are liquidated, and the ids that join the two. */
import type { Decimal } from './decimal.js';
import type { Instruments } from './instruments.js';
import { DECIMALS_MAX } from './limits.js';

declare const unit: unique symbol;
type InUnit<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Whole lots of a market, signed: + long, − short. A safe integer. */
export type Lots = InUnit<number, 'lots'>;
/** An amount of an asset in units of 10^-18. */
export type Cash = InUnit<bigint, 'cash 1e-18'>;
/** Lots × average entry price, signed as the lots, in units of lots · 10^-18: the entry price is cost / lots. */
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
  /** Initial margin is at least notional / leverage. */
  readonly leverage?: Decimal;
  /**
   * lots · lot · contractSize · F in the settle asset, exact (an F that gives more decimals is refused where it is read): F is the market's funding index up to which the position's funding is
   * in the balance already. Left out: 0.
   */
  readonly funding?: Cash;
}

export interface IsolatedPosition extends Position {
  /** In the settle asset, extra margin included. */
  readonly collateral: Cash;
}

/** An amount of an asset other than the valuation asset; not 0. */
export interface Balance {
  /** Index in `Instruments.assets`. */
  readonly asset: number;
  readonly amount: Cash;
}

/** An order of the account that waits in the venue's book. It draws on the cross portfolio. */
export interface OpenOrder {
  readonly market: number;
  /** What is left of it, signed: + buys, − sells. */
  readonly lots: Lots;
  /** lots × limit price. */
  readonly cost: Cost;
  /** It can only close: it holds no margin. */
  readonly reduceOnly: boolean;
}

export interface Account {
  readonly id: string;
  readonly positionMode: 'net' | 'hedge';
  /** Of the cross portfolio, in the valuation asset. Isolated collateral is apart. */
  readonly balance: Cash;
  /** Of the cross portfolio, in other assets, by asset. Left out: none. */
  readonly others?: readonly Balance[];
  readonly cross: readonly Position[];
  readonly isolated: readonly IsolatedPosition[];
  readonly orders?: readonly OpenOrder[];
}

/** What is liquidated as one: an account's cross positions, or one isolated position with its collateral. */
export interface Portfolio {
  readonly id: string;
  readonly mode: 'cross' | 'isolated';
  /** Balance or isolated collateral, in the valuation asset. */
  readonly cash: Cash;
  /** The same in other assets, by asset. */
  readonly others?: readonly Balance[];
  readonly positions: readonly Position[];
  readonly orders?: readonly OpenOrder[];
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

/** Cash and other balances of a portfolio that holds `amount` of one asset. */
export function held(amount: Cash, asset: number, valuation: number): Pick<Portfolio, 'cash' | 'others'> {
  if (asset === valuation) return { cash: amount };
  return amount === 0n ? { cash: cash(0n) } : { cash: cash(0n), others: [{ asset, amount }] };
}

/** An account's portfolios: cross first (when it has a position, a balance or an order), then isolated by id in code-unit order. */
export function portfoliosOf(account: Account, { markets, valuation }: Instruments): Portfolio[] {
  const isolated = account.isolated.map((position): Portfolio => {
    const { id, settleAsset } = markets[position.market];
    return {
      id: isolatedId(account.id, id, account.positionMode, sideOf(position.lots)),
      mode: 'isolated',
      ...held(position.collateral, settleAsset, valuation.index),
      positions: [position],
    };
  });
  isolated.sort((a, b) => compareIds(a.id, b.id));
  const cross = crossOf(account);
  const isEmpty = cross.cash === 0n && cross.positions.length === 0 && !cross.others?.length && !cross.orders?.length;
  return isEmpty ? isolated : [cross, ...isolated];
}

/** An account's cross portfolio, empty or not. */
export function crossOf({ id, balance, others, cross, orders }: Account): Portfolio {
  return {
    id,
    mode: 'cross',
    cash: balance,
    positions: cross,
    ...(others === undefined ? {} : { others }),
    ...(orders === undefined ? {} : { orders }),
  };
}

/** Markets in which an account's positions say up to which funding index theirs is in the balance. */
export function fundedMarkets({ cross, isolated }: Account): number[] {
  return [...cross, ...isolated].flatMap(({ market, funding }) => (funding === undefined ? [] : [market]));
}

/** Code-unit order: the tie-break of every ranking. */
export function compareIds(a: string, b: string): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}
