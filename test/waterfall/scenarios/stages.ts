/** Stages of scenarios' policies with what is usual left out, and prices by name. */
import { fraction } from '../../../src/model/fraction.js';
import type {
  AdlStage,
  AuctionStage,
  BackstopStage,
  CancelStage,
  ConvertStage,
  FullStage,
  FundStage,
  IssuanceStage,
  MarginCallStage,
  PartialStage,
  SocialiseStage,
} from '../../../src/waterfall/policy.js';
import { rate } from '../../support/books.js';
import { ALL } from '../../support/policies.js';

export const SECONDS = 1_000_000;
export const MARKET = { kind: 'market' } as const;
export const BANKRUPTCY = { kind: 'bankruptcy' } as const;
const orders = { price: MARKET, ttlUs: 5 * SECONDS, retries: 0 };

export const marginCall = (over: Partial<MarginCallStage> = {}): MarginCallStage => ({
  ...{ stage: 'margin-call', thresholds: [rate('1.5'), rate('1.2')], graceUs: 0, ...ALL },
  ...over,
});
export const cancel = (over: Partial<CancelStage> = {}): CancelStage => ({
  ...{ stage: 'cancel', waitUs: 10 * SECONDS, ...ALL },
  ...over,
});
export const partial = (over: Partial<PartialStage> = {}): PartialStage => ({
  ...{ stage: 'partial', method: { kind: 'restore' }, slippage: fraction(0n), ...orders, ...ALL },
  ...over,
});
export const full = (over: Partial<FullStage> = {}): FullStage => ({ stage: 'full', ...orders, ...ALL, ...over });
export const auction = (over: Partial<AuctionStage> = {}): AuctionStage => ({
  ...{ stage: 'auction', of: 'position', curve: { kind: 'linear', durationUs: 100 * SECONDS }, start: fraction(1n) },
  ...{ reserve: rate('0.5'), biddersMin: 1, resetAgeUs: 40 * SECONDS, resetDrop: rate('0.1'), resetsMax: 1, ...ALL },
  ...over,
});
export const backstop = (over: Partial<BackstopStage> = {}): BackstopStage => ({
  ...{ stage: 'backstop', account: 'backstop', below: rate('2/3'), lossLimit: null, ...ALL },
  ...over,
});
export const convert = (over: Partial<ConvertStage> = {}): ConvertStage => ({ stage: 'convert', ...ALL, ...over });
export const fund = (over: Partial<FundStage> = {}): FundStage => ({
  ...{ stage: 'fund', perMarket: false, reserve: rate('0.05'), caseMax: null, window: null, drawdown: null, ...orders, ...ALL },
  ...over,
});
export const adl = (over: Partial<AdlStage> = {}): AdlStage => ({
  ...{ stage: 'adl', method: 'queue', price: 'bankruptcy', hedgeAware: false, ...ALL },
  ...over,
});
export const socialise = (over: Partial<SocialiseStage> = {}): SocialiseStage => ({
  ...{ stage: 'socialise', method: 'gains', from: 'market', remainder: 'venue', ...ALL },
  ...over,
});
export const issuance = (over: Partial<IssuanceStage> = {}): IssuanceStage => ({ stage: 'issuance', cap: null, ...ALL, ...over });
