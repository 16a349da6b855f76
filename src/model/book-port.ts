/**
 * What the case half may ask of the scan half in the middle of a record: requests and responses, plain data both. It is the only way from
 * cases to the book.
 */
import type { Decimal } from './decimal.js';
import type { Fraction } from './fraction.js';
import type { Cash, Cost, Lots } from './portfolio.js';
import type { BookedFill, PortfolioReport, Release, Valuation } from './records.js';

/**
 * How counterparties are ranked, the first being deleveraged first.
 * - `queue`: PnL % × effective leverage, and PnL % ÷ effective leverage where the PnL is below zero (BitMEX), with PnL % = unrealised
 *   PnL / entry value and effective leverage = notional / portfolio equity;
 * - `hyperliquid`: (mark / entry) · (notional / account value) of a long, (entry / mark) · (notional / account value) of a short;
 * - `pro-rata`: by unrealised PnL, as `queue` is not needed: only those with a positive one take part.
 */
export type AdlMethod = 'queue' | 'hyperliquid' | 'pro-rata';

export interface AdlRequest {
  readonly market: number;
  /** The side of the counterparties: opposite to the bankrupt position. */
  readonly side: 'long' | 'short';
  readonly method: AdlMethod;
  /** How many lots are to be found; a queue ends when its targets together can take them. `pro-rata` wants everybody. */
  readonly lots: Lots;
  /** The price at which they would be closed: a target takes at most what leaves its equity ≥ 0. */
  readonly price: Decimal;
  /**
   * Lots that the same portfolio holds the other way in the market (hedge mode) are not taken first: the portfolio comes with what is beyond them in its place,
   * and once more with the hedged ones behind everybody's.
   */
  readonly hedgeAware: boolean;
  /** Portfolios that cannot be counterparties: the case's own, others that are in a case, the backstop. */
  readonly isExcluded: (portfolio: string) => boolean;
}

/** A position against which a bankrupt one can be closed. */
export interface AdlTarget {
  readonly portfolio: string;
  /** Above zero: what it can take. */
  readonly lots: Lots;
  /** Of the position, or of the part of it that is hedged or not; above zero or not. Without funding, in the settle asset, floored to 10^-18. */
  readonly unrealisedPnl: Cash;
  /** The exact score by which it is ranked. */
  readonly score: Fraction;
}

/** A portfolio with positions in markets that settle in one asset, and its unrealised gains in them. */
export interface Winner {
  readonly portfolio: string;
  /** Σ max(0, unrealised PnL) over the positions asked for, floored to 10^-18 of the asset; 0 where all lose. */
  readonly gain: Cash;
  /** Lots that it has in them, both sides added up: what `funding-index` shares by. */
  readonly lots: Lots;
  /** At most what leaves its equity ≥ 0, in the asset, floored: the greatest amount that may be taken from it. Above zero. */
  readonly takeMax: Cash;
}

/** A trade between two portfolios, or of one with the venue's own account (null), at a price that was decided here. No fees. */
export interface InternalTrade {
  readonly tradeId: string;
  /** Who closes, and on which side it trades. */
  readonly portfolio: string;
  readonly side: 'buy' | 'sell';
  readonly counterparty: string | null;
  readonly market: number;
  /** Above zero. */
  readonly lots: Lots;
  readonly price: Decimal;
}

/** A change of a portfolio's balance in an asset, signed. */
export interface BalanceMove {
  readonly portfolio: string;
  readonly asset: number;
  readonly amount: Cash;
}

/** Books of trades done inside: what was booked of each side, and the reports of every portfolio that they changed. */
export interface TradesBooked {
  readonly booked: readonly BookedFill[];
  /** Of isolated positions that they closed, but of those that are followed. */
  readonly releases: readonly Release[];
  readonly reports: readonly PortfolioReport[];
}

/** By how much the sums of a book have changed; what has not changed is left out. */
export interface BookChange {
  readonly balances: readonly { readonly asset: number; readonly amount: Cash }[];
  readonly markets: readonly { readonly market: number; readonly lots: bigint; readonly cost: Cost }[];
}

/** What all portfolios have together. */
export interface BookTotals {
  /** By asset, in 10^-18 of it, as balances would be had no funding been settled. */
  readonly balances: readonly bigint[];
  /** By market: signed lots, and their entry cost. */
  readonly lots: readonly bigint[];
  readonly costs: readonly bigint[];
}

export interface BookPort {
  /** The portfolio's report at the present prices. */
  report(portfolio: string): PortfolioReport;
  /**
   * Whether its report is to come with every tick, with rows and amounts, liquidatable or not. An isolated portfolio that is followed keeps its
   * collateral when its position is closed; when it no longer is, what is left goes back to its account, and that is returned.
   */
  follow(portfolio: string, isFollowed: boolean): readonly Release[];
  /** Ranked exactly by (score descending, portfolio id ascending). Targets that can take nothing are left out. */
  adlQueue(request: AdlRequest): readonly AdlTarget[];
  /** By portfolio id. Only portfolios with equity and a position in one of the markets: a user with no open position never pays. */
  winners(markets: readonly number[], isExcluded: (portfolio: string) => boolean): readonly Winner[];
  /** What a portfolio would be at the present prices after trades that are not booked; null: it is not there or unpriced, or they could not be booked. */
  after(portfolio: string, trades: readonly InternalTrade[]): Valuation | null;
  /** All or none; what cannot be booked is a bug of ours. */
  trade(trades: readonly InternalTrade[]): TradesBooked;
  /** Moves money in or out of portfolios; reports each, once, in the order of its first move. */
  move(moves: readonly BalanceMove[]): readonly PortfolioReport[];
}
