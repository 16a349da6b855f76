/** Rows of what the waterfall tells: stages, margin calls, freezes, auctions, deleveraging, alerts. Amounts exact, in the valuation asset unless said otherwise. */
import type { Decimal } from './decimal.js';
import type { Fraction } from './fraction.js';
import type { Cash, Lots } from './portfolio.js';

/** A case has entered a stage, passed it by, or handed on what it could not do. */
export interface StageEvent {
  readonly caseId: string;
  readonly portfolio: string;
  readonly stage: string;
  /** Place in the policy's list: a stage may stand in it more than once. */
  readonly entry: number;
  readonly event: 'entered' | 'skipped' | 'left';
  /** Why it was skipped or left, a word: `no-position`, `restored`, `unfilled`, … Empty when entered. */
  readonly reason: string;
  readonly timeUs: number;
}

/** A portfolio has fallen below a threshold of its margin ratio, or has risen above all of them. */
export interface MarginCallEvent {
  readonly portfolio: string;
  readonly event: 'called' | 'cleared';
  /** The lowest threshold that it is below; null when cleared. */
  readonly threshold: Fraction | null;
  /** Null when cleared: it is no longer looked at. */
  readonly equity: Fraction | null;
  readonly maintenance: Fraction | null;
  readonly timeUs: number;
}

/** Our figures of a portfolio beside the venue's. */
export interface ReconciliationEvent {
  readonly portfolio: string;
  /** Null: a price is missing, or there is no such portfolio. */
  readonly equity: Fraction | null;
  readonly maintenance: Fraction | null;
  readonly venueEquity: Decimal;
  readonly venueMaintenance: Decimal;
  /** Whether both are within one unit of the valuation asset's decimals. */
  readonly isEqual: boolean;
  readonly timeUs: number;
}

/** The account must not withdraw beyond its free collateral while its case is open. */
export interface FreezeEvent {
  readonly account: string;
  readonly portfolio: string;
  readonly event: 'frozen' | 'released';
  /** max(0, equity − maintenance) at the moment: what the withdrawal gate may still let go. */
  readonly freeCollateral: Fraction;
  readonly timeUs: number;
}

export interface AuctionEvent {
  readonly auctionId: string;
  readonly caseId: string;
  readonly portfolio: string;
  /** `taken`: a bid was executed, in part or whole. `ended`: nothing is left, or it was withdrawn. */
  readonly event: 'opened' | 'reset' | 'taken' | 'ended';
  /** Of an auction of a whole portfolio null. */
  readonly market: number | null;
  /** The side that closes. */
  readonly side: 'buy' | 'sell' | null;
  /** What is left of it; taken: what was taken. Of a whole portfolio: null. */
  readonly lots: Lots | null;
  /** Now; of a whole portfolio the share of its worth that is asked. */
  readonly price: Decimal;
  readonly bidder: string | null;
  readonly timeUs: number;
}

/** A counterparty was deleveraged. */
export interface AdlEvent {
  readonly caseId: string;
  readonly portfolio: string;
  readonly counterparty: string;
  readonly market: number;
  /** The side of the bankrupt position. */
  readonly side: 'long' | 'short';
  readonly lots: Lots;
  /** Of them so many as were needed at the least, for the loss not to be more than the fund may pay: what is above is overshoot. */
  readonly needed: Lots;
  readonly price: Decimal;
  /** Of the counterparty's, at the mark, in the settle asset: what it gave up. */
  readonly forgone: Cash;
  readonly timeUs: number;
}

export type AlertCode = 'venue-loss' | 'fund-empty' | 'reconciliation' | 'issuance' | 'kill' | 'mode';

/** What somebody should look at, decided by records alone. */
export interface AlertEvent {
  readonly code: AlertCode;
  readonly text: string;
  readonly timeUs: number;
}
