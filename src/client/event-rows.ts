/** What the waterfall tells, as a subscriber reads it. Decimals are exact texts; times are microseconds UTC. */

/** Of a case: a default from its first breach to its last cent. */
export interface CaseRow {
  readonly case: string;
  readonly portfolio: string;
  readonly event: 'opened' | 'entered' | 'waiting' | 'skipped' | 'left' | 'ended';
  /** Null when it is about the case as a whole. */
  readonly stage: string | null;
  /** Place of the stage in the policy's list. */
  readonly entry: number | null;
  /** Why it waits, or why the stage was skipped or left, a word; how the case ended. */
  readonly reason: string;
  /** At the breach. */
  readonly deficit: string | null;
  /** What others had to bear, when it has ended. */
  readonly badDebt: string | null;
  readonly timeUs: number;
}

export interface MarginCallRow {
  readonly portfolio: string;
  readonly event: 'called' | 'cleared';
  /** The lowest margin ratio that it is below; null when cleared, as are its figures. */
  readonly threshold: string | null;
  readonly equity: string | null;
  readonly maintenance: string | null;
  readonly timeUs: number;
}

/** The account must not withdraw more than its free collateral while it is frozen. */
export interface FreezeRow {
  readonly account: string;
  readonly portfolio: string;
  readonly event: 'frozen' | 'released';
  readonly freeCollateral: string;
  readonly timeUs: number;
}

export interface AuctionRow {
  readonly auctionId: string;
  readonly case: string;
  readonly portfolio: string;
  readonly event: 'opened' | 'reset' | 'taken' | 'ended';
  /** Null: of a whole portfolio, as are side and size. */
  readonly market: string | null;
  /** The side that closes. */
  readonly side: 'buy' | 'sell' | null;
  /** What is left; taken: what was taken. */
  readonly size: string | null;
  /** At that time; of a whole portfolio the share of its worth that is asked. */
  readonly price: string;
  readonly bidder: string | null;
  readonly timeUs: number;
}

/** A counterparty was deleveraged. */
export interface AdlRow {
  readonly case: string;
  readonly portfolio: string;
  readonly counterparty: string;
  readonly market: string;
  /** Of the bankrupt position. */
  readonly side: 'long' | 'short';
  readonly size: string;
  /** Of it what was needed at the least. */
  readonly needed: string;
  readonly price: string;
  /** What the counterparty gave up at the mark, in the settle asset. */
  readonly forgone: string;
  readonly timeUs: number;
}

/** Money that moved from `debit` to `credit`: portfolios by id, the venue's own accounts by name. */
export interface TransferRow {
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: string;
  readonly reason: string;
  readonly case: string | null;
  readonly timeUs: number;
}

/** The open orders of this account are to be cancelled; `orders-gone` answers. */
export interface CancelRow {
  readonly account: string;
  readonly timeUs: number;
}

/** Our figures of a portfolio beside the venue's; ours are null when a price is missing, or there is no such portfolio. */
export interface ReconciliationRow {
  readonly portfolio: string;
  readonly equity: string | null;
  readonly maintenance: string | null;
  readonly venueEquity: string;
  readonly venueMaintenance: string;
  readonly isEqual: boolean;
  readonly timeUs: number;
}
