/** What a policy is: which stages, in which order, with which parameters. Data only; how it is read from a file is `policy-input.ts`. */
import { type DispatchLimits, NO_LIMITS } from '../dispatch/limits.js';
import type { RankBy } from '../dispatch/ranking.js';
import type { AdlMethod } from '../model/book-port.js';
import type { Decimal } from '../model/decimal.js';
import { type Fraction, ZERO } from '../model/fraction.js';
import type { Lots } from '../model/portfolio.js';

/** Markets and assets by index that an entry is for; null: all. Stages that close positions look at markets, those that absorb losses at assets. */
export interface Scope {
  readonly markets: ReadonlySet<number> | null;
  readonly assets: ReadonlySet<number> | null;
}

/**
 * At what price a closing order may execute: `bankruptcy`, the price that leaves zero; `fillable` (dYdX), between the mark and the price that leaves
 * zero maintenance, by how far the portfolio has sunk; `slippage`, the mark moved by a rate; `market`, any.
 */
export type PricePolicy =
  | { readonly kind: 'bankruptcy' }
  | { readonly kind: 'fillable'; readonly adjustment: Fraction; readonly spread: Fraction }
  | { readonly kind: 'slippage'; readonly rate: Fraction }
  | { readonly kind: 'market' };

/** How orders of a stage go out. */
export interface OrderTerms {
  readonly price: PricePolicy;
  readonly ttlUs: number;
  /** Orders of one position that may end unfilled before the stage hands on: 0, the first that does. */
  readonly retries: number;
}

export interface MarginCallStage extends Scope {
  readonly stage: 'margin-call';
  /** Margin ratios above 1, descending: a portfolio that falls below one is called. */
  readonly thresholds: readonly Fraction[];
  /** From the breach until anything is closed. */
  readonly graceUs: number;
}

export interface CancelStage extends Scope {
  readonly stage: 'cancel';
  /** How long to wait until the account's open orders are gone. */
  readonly waitUs: number;
}

/** What a round of a partial liquidation closes; never more than `restore` would. */
export type PartialMethod =
  /** The least size that brings equity to (1 + liquidationTarget) · maintenance after fees and this slippage. */
  | { readonly kind: 'restore' }
  /** A share of a position whose notional is above `above` (valuation asset), all of a smaller one; then a pause. */
  | { readonly kind: 'fraction'; readonly share: Fraction; readonly above: Decimal; readonly cooldownUs: number }
  /** Down into the tier so many below its own; all of a position that has none. */
  | { readonly kind: 'tier'; readonly tiers: number }
  | { readonly kind: 'increment'; readonly lots: Lots };

export interface PartialStage extends Scope, OrderTerms {
  readonly stage: 'partial';
  readonly method: PartialMethod;
  /** Expected, as a share of the mark: what sizes are made with. */
  readonly slippage: Fraction;
}

export interface FullStage extends Scope, OrderTerms {
  readonly stage: 'full';
}

/** How an auction's price falls with time: what is left of its start, from 1 to 0. */
export type AuctionCurve =
  /** (τ − t) / τ. */
  | { readonly kind: 'linear'; readonly durationUs: number }
  /** cut ^ ⌊t / step⌋, in ray arithmetic (Maker). */
  | { readonly kind: 'stair'; readonly cut: Decimal; readonly stepUs: number; readonly durationUs: number };

export interface AuctionStage extends Scope {
  readonly stage: 'auction';
  /** `position`: each position by itself; `portfolio`: a share of them all at once (Derive), at most the one that restores the rest. */
  readonly of: 'position' | 'portfolio';
  readonly curve: AuctionCurve;
  /** The price starts at this share of the mark in the defaulter's favour: 1, at the mark. */
  readonly start: Fraction;
  /** Least share of the mark; a short's mirrors it about the mark. */
  readonly reserve: Fraction;
  /** Registered bidders without whom it is not held. */
  readonly biddersMin: number;
  /** Started anew when it is this old, or its price is below this share of its start: at the marks of then. */
  readonly resetAgeUs: number;
  readonly resetDrop: Fraction;
  /** How often it may be started anew before it hands on. */
  readonly resetsMax: number;
}

export interface BackstopStage extends Scope {
  readonly stage: 'backstop';
  /** The account that takes positions over, at their bankruptcy price. */
  readonly account: string;
  /** Taken over when equity is below this share of maintenance. */
  readonly below: Fraction;
  /** In the valuation asset: what it may lose at the marks by all that it takes over; null: no limit. */
  readonly lossLimit: Decimal | null;
}

/** Other assets are sold to the venue at index price less haircut. */
export interface ConvertStage extends Scope {
  readonly stage: 'convert';
}

export interface FundStage extends Scope, OrderTerms {
  readonly stage: 'fund';
  /** Whether each market has a fund of its own, which pays before that of its asset. */
  readonly perMarket: boolean;
  /** Share of notional that a case may lose beyond its equity: what it reserves when it opens. */
  readonly reserve: Fraction;
  /** In the valuation asset; null: none. */
  readonly caseMax: Decimal | null;
  /** At most `amount` in `windowUs`; null: none. */
  readonly window: { readonly amount: Decimal; readonly durationUs: number } | null;
  /** Pays only while the fund is above (1 − trigger) of its peak in the window, and again when it is above (1 − stop); null: down to zero. */
  readonly drawdown: { readonly trigger: Fraction; readonly stop: Fraction; readonly peakUs: number } | null;
}

export interface AdlStage extends Scope {
  readonly stage: 'adl';
  readonly method: AdlMethod;
  readonly price: 'bankruptcy' | 'mark';
  readonly hedgeAware: boolean;
}

export interface SocialiseStage extends Scope {
  readonly stage: 'socialise';
  /** `gains`: by unrealised profit; `funding-index`: by open size, both sides. */
  readonly method: 'gains' | 'funding-index';
  /** Who shares: those in the case's own markets, or in all that settle in the asset. */
  readonly from: 'market' | 'asset';
  /** Who has what flooring leaves over: it is paid by the venue, or by the last of those who share. */
  readonly remainder: 'venue' | 'last';
}

export interface IssuanceStage extends Scope {
  readonly stage: 'issuance';
  /** In the valuation asset, over all cases; null: no limit. */
  readonly cap: Decimal | null;
}

/** The order in the policy is the waterfall's. `venue-loss` is always last and is not written. */
export type StageEntry =
  | MarginCallStage
  | CancelStage
  | PartialStage
  | FullStage
  | AuctionStage
  | BackstopStage
  | ConvertStage
  | FundStage
  | AdlStage
  | SocialiseStage
  | IssuanceStage;

export type StageName = StageEntry['stage'] | 'venue-loss';

/** Stages that a policy may list, in the order in which they are told. */
export const ENTRY_NAMES = [
  'margin-call',
  'cancel',
  'partial',
  'full',
  'auction',
  'backstop',
  'convert',
  'fund',
  'adl',
  'socialise',
  'issuance',
] as const satisfies readonly StageEntry['stage'][];

/** Every stage that there is. */
export const STAGE_NAMES: ReadonlySet<string> = new Set<StageName>([...ENTRY_NAMES, 'venue-loss']);

export interface Policy {
  readonly id: string;
  /** Where a venue documents what this mirrors. */
  readonly sources: readonly string[];
  /** A liquidation stops at equity ≥ (1 + this) · maintenance. */
  readonly liquidationTarget: Fraction;
  readonly rank: RankBy;
  /** Of what a closing brings beyond the bankruptcy price: the fee (a rate of its notional) goes to the fund, the rest where `surplus` says. */
  readonly fees: { readonly liquidation: Fraction; readonly surplus: 'account' | 'fund' };
  /** In the valuation asset: an order of less closes more instead, and a position of less is closed whole. */
  readonly dust: { readonly orderMin: Decimal };
  /** Portfolios below this margin ratio are listed, this often. */
  readonly watch: { readonly below: Fraction; readonly everyUs: number } | null;
  readonly limits: DispatchLimits;
  readonly stages: readonly StageEntry[];
}

/** Of an engine that only scans: nothing is closed, and nothing is anybody's loss but the venue's. */
export const NO_STAGES: Policy = {
  id: 'none',
  sources: [],
  liquidationTarget: ZERO,
  rank: 'deficit',
  fees: { liquidation: ZERO, surplus: 'account' },
  dust: { orderMin: { units: 0n, decimals: 0 } },
  watch: null,
  limits: NO_LIMITS,
  stages: [],
};

/** The policy with another life of its orders, in every stage that sends some. */
export function withOrderTtl(policy: Policy, ttlUs: number): Policy {
  return { ...policy, stages: policy.stages.map((entry) => ('ttlUs' in entry ? { ...entry, ttlUs } : entry)) };
}
