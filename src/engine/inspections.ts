/** What may be asked of a running engine between two records: plain data that crosses threads. It must not know where it comes from. */
import type { AuctionEvent } from '../model/case-effects.js';
import type { Decimal } from '../model/decimal.js';
import type { OrderEvent } from '../model/effects.js';
import type { Fraction } from '../model/fraction.js';
import type { Cash } from '../model/portfolio.js';
import type { Valuation } from '../model/records.js';

/** An open case. Amounts in the valuation asset. */
export interface CaseStatus {
  readonly caseId: string;
  readonly portfolio: string;
  readonly openedUs: number;
  /** The stage it is in, and its place in the policy's list. */
  readonly stage: string;
  readonly entry: number;
  /** Why nothing is done at the moment, a word. */
  readonly waiting: string;
  /** At the breach. */
  readonly deficit: Fraction;
  /** What others have borne so far. */
  readonly badDebt: Fraction;
  /** Ids of its orders that are out. */
  readonly orders: readonly string[];
}

/** An insurance fund's money: those of an asset and of its markets together. */
export interface FundBalance {
  /** Index in `Instruments.assets`. */
  readonly asset: number;
  readonly balance: Cash;
  /** Of it what open cases have reserved. */
  readonly reserved: Cash;
}

/** What one of the venue's own accounts has of an asset; negative: it owes. */
interface LedgerEntry {
  readonly account: string;
  readonly asset: number;
  readonly amount: Cash;
}

/** What the venue has of a market by taking positions over. Amounts in the market's settle asset. */
export interface VenuePosition {
  readonly market: number;
  /** Below zero: short. Zero where what it took over both ways is equal, and only a profit or loss is left of it. */
  readonly lots: bigint;
  /** Signed worth at the entry prices of those whose positions they were: what they have lost since is among its own money. */
  readonly entryCost: Fraction;
  /** Null while unknown; so is the profit then. */
  readonly mark: Decimal | null;
  /** Worth at the mark less entry cost. */
  readonly unrealizedPnl: Fraction | null;
}

/** What an operator has decided, and what is at stake. */
export interface ModeStatus {
  readonly mode: 'shadow' | 'live';
  /** Whether the kill switch is on. */
  readonly kill: boolean;
  /** Its id. */
  readonly policy: string;
  /** Ids. */
  readonly paused: {
    readonly markets: readonly string[];
    readonly accounts: readonly string[];
    readonly stages: readonly string[];
  };
  readonly exempt: readonly string[];
  readonly bidders: readonly string[];
  readonly funds: readonly FundBalance[];
}

/** Prices as they are, and the time. */
export interface MarketStatus {
  readonly timeUs: number;
  /** By market index; null: none was told yet. */
  readonly marks: readonly (Decimal | null)[];
  /** By asset index. */
  readonly indexes: readonly (Decimal | null)[];
}

/** Question to answer. */
export interface Inspections {
  /** In the order in which they were opened. */
  readonly cases: readonly CaseStatus[];
  /** Those that are out: an order that was asked for as `query`. */
  readonly orders: readonly OrderEvent[];
  /** Those that are held, at the price of the moment. */
  readonly auctions: readonly AuctionEvent[];
  /** By account and asset: those that are not at zero. */
  readonly ledger: readonly LedgerEntry[];
  /** Near the line when they were last looked for, by margin ratio. */
  readonly watch: readonly (Valuation & { readonly portfolio: string })[];
  /** By market: where it has something. */
  readonly venuePositions: readonly VenuePosition[];
  readonly mode: ModeStatus;
  readonly market: MarketStatus;
}

/** An open case waits at another stage or for another reason than was last told. */
export interface CaseWait {
  readonly caseId: string;
  readonly reason: string;
  readonly timeUs: number;
}
