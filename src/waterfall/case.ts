/** A case: one default from its first breach to its last cent, and what the stage it is in has to remember. Plain data. */
import type { Leg } from '../dispatch/orders.js';
import type { Decimal } from '../model/decimal.js';
import { add, compare, type Fraction, multiply, ONE } from '../model/fraction.js';

import type { PortfolioReport } from '../model/records.js';

/** A Dutch auction that is held: of one position, or of a share of the whole portfolio. */
export interface Auction {
  readonly auctionId: string;
  /** Null: of the whole portfolio. */
  readonly leg: Leg | null;
  startedUs: number;
  /** Mark at the start; of a whole portfolio unused. */
  startMark: Decimal | null;
  resets: number;
  /** Ids of the bids that were taken: one that is told twice buys once. */
  readonly bids: Set<string>;
}

/** What a stage remembers while a case is in it. */
export interface StageMemory {
  enteredUs: number;
  // Made when first filled: eleven thousand cases at once are mostly what they are made of.
  /** Orders of a leg that ended unfilled. */
  failures: Map<Leg, number> | null;
  /** Legs that rest until a time. */
  restUntilUs: Map<Leg, number> | null;
  /** Legs that an order was shown for: in shadow mode once each. */
  shown: Set<Leg> | null;
  readonly auctions: Auction[];
  /** When the venue was last asked to cancel the account's open orders. */
  askedUs: number | null;
}

export interface Case {
  readonly caseId: string;
  readonly portfolio: string;
  readonly openedUs: number;
  /** At the breach. */
  readonly deficit: Fraction;
  /** The last report while it was priced; `standing` and `version` of the last. */
  report: PortfolioReport;
  /** Place in the policy's stages; one past them: the venue's own loss account. */
  entry: number;
  isEntered: boolean;
  memory: StageMemory;
  /** Numbers ids of orders, auctions and inside trades. */
  orderCount: number;
  auctionCount: number;
  tradeCount: number;
  /** Whether anything was closed yet. */
  hasClosed: boolean;
  /** Whether orders that the fund would have paid for found nobody. */
  isUnfillable: boolean;
  /** Markets that it had positions in, ascending. */
  readonly markets: Set<number>;
  /** What was paid into it by the fund and every stage after, in the valuation asset. */
  absorbed: Fraction;
  /** Legs whose order was rejected since the last report: sending it again at once could go on for ever. */
  rejected: Set<Leg> | null;
  /** Markets that might not be acted in when a stage handed on what else there was, and the first such place of the policy: it is come back to. */
  passedBy: { readonly entry: number; readonly markets: ReadonlySet<number> } | null;
  /** Why nothing is done at the moment, a word. */
  waiting: string;
}

export function freshMemory(timeUs: number): StageMemory {
  return {
    enteredUs: timeUs,
    failures: null,
    restUntilUs: null,
    shown: null,
    auctions: [],
    askedUs: null,
  };
}

/** Whether a portfolio is as far above maintenance as a liquidation has to bring it: equity ≥ (1 + target) · maintenance. */
export function isRestored({ equity, maintenance }: Pick<PortfolioReport, 'equity' | 'maintenance'>, target: Fraction): boolean {
  return compare(equity, multiply(add(ONE, target), maintenance)) >= 0;
}
