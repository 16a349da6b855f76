/** Draws policies: any stages in an order that a policy may have, with any parameters, limits and fees; and the rest of an engine's setup. */

import type { FreshnessRule } from '../../src/dispatch/gates.js';
import type { DispatchLimits, Rate } from '../../src/dispatch/limits.js';
import { NO_LIMITS } from '../../src/dispatch/limits.js';
import { ZERO } from '../../src/model/fraction.js';
import { lots } from '../../src/model/portfolio.js';
import type {
  AuctionStage,
  OrderTerms,
  PartialMethod,
  Policy,
  PricePolicy,
  Scope,
  StageEntry,
} from '../../src/waterfall/policy.js';
import { type Chance, dec, ratio } from './chance.js';

/** How large things are in the book that a policy is for. */
export interface Sizes {
  readonly assets: number;
  /** About the notional of a position, in the valuation asset. */
  readonly scale: number;
  /** By market: about the lots of a position. */
  readonly typicalLots: readonly number[];
}

export const BACKSTOP = 'backstop';
const SECOND = 1_000_000;

const seconds = (chance: Chance, low: number, high: number): number => Math.round(chance.within(low, high) * SECOND);

function priceOf(chance: Chance): PricePolicy {
  const kind = chance.weighted({ bankruptcy: 5, fillable: 2, slippage: 2, market: 3 });
  if (kind === 'fillable')
    return { kind, adjustment: chance.pick([ratio(1), ratio(2), ratio(1, 2)]), spread: chance.pick([ratio(3, 2), ratio(1)]) };
  return kind === 'slippage' ? { kind, rate: chance.pick([ratio(0), ratio(1, 200), ratio(1, 50)]) } : { kind };
}

function termsOf(chance: Chance): OrderTerms {
  return { price: priceOf(chance), ttlUs: seconds(chance, 1, 8), retries: chance.pick([0, 1, 3]) };
}

/** Mostly all; at times an entry is for some markets or assets only. */
function scopeOf(chance: Chance, markets: number, assets: number): Scope {
  const some = (count: number): ReadonlySet<number> | null =>
    chance.chance(0.12) ? new Set(Array.from({ length: count }, (_, i) => i).filter(() => chance.chance(0.5))) : null;
  return { markets: some(markets), assets: some(assets) };
}

function methodOf(chance: Chance): PartialMethod {
  const kind = chance.weighted({ restore: 5, fraction: 2, tier: 2 });
  if (kind === 'fraction') {
    return {
      kind,
      share: chance.pick([ratio(1, 5), ratio(1, 3)]),
      above: dec(chance.pick([0, 10_000])),
      cooldownUs: seconds(chance, 0, 20),
    };
  }
  return kind === 'tier' ? { kind, tiers: chance.between(1, 2) } : { kind };
}

/** Fixed lots make sense for one market only: some eighths of a position of it. */
function incrementsOf(chance: Chance, { typicalLots }: Sizes): StageEntry {
  const market = chance.integer(typicalLots.length);
  const method: PartialMethod = {
    kind: 'increment',
    lots: lots(Math.max(1, Math.round((typicalLots[market] * chance.between(1, 8)) / 8))),
  };
  return { stage: 'partial', markets: new Set([market]), assets: null, ...termsOf(chance), method, slippage: ratio(0) };
}

function auctionOf(chance: Chance, scope: Scope): AuctionStage {
  const durationUs = seconds(chance, 2, 30);
  return {
    stage: 'auction',
    ...scope,
    of: chance.chance(0.6) ? 'position' : 'portfolio',
    curve: chance.chance(0.5)
      ? { kind: 'linear', durationUs }
      : { kind: 'stair', cut: dec(chance.pick([99, 90, 50]), 2), stepUs: Math.max(1, Math.round(durationUs / 10)), durationUs },
    start: chance.pick([ratio(1), ratio(1), ratio(21, 20)]),
    reserve: chance.pick([ratio(1, 2), ratio(9, 10), ratio(0)]),
    biddersMin: chance.pick([0, 1, 2]),
    resetAgeUs: seconds(chance, 1, 25),
    resetDrop: chance.pick([ratio(0), ratio(1, 2), ratio(9, 10)]),
    resetsMax: chance.between(0, 2),
  };
}

function fundOf(chance: Chance, scope: Scope, perMarket: boolean): StageEntry {
  const trigger = chance.pick([ratio(3, 10), ratio(9, 10)]);
  return {
    stage: 'fund',
    ...scope,
    ...termsOf(chance),
    perMarket,
    reserve: chance.pick([ratio(0), ratio(1, 50), ratio(1, 10)]),
    caseMax: chance.maybe(0.2, () => dec(chance.pick([10, 5_000]))),
    window: chance.maybe(0.2, () => ({ amount: dec(chance.pick([100, 20_000])), durationUs: seconds(chance, 5, 60) })),
    drawdown: chance.maybe(0.2, () => ({ trigger, stop: ratio(1, 10), peakUs: seconds(chance, 10, 100) })),
  };
}

/** In an order that policies may have; what closes comes first or last, and some stand in it twice. */
function stagesOf(chance: Chance, sizes: Sizes): StageEntry[] {
  const scope = (): Scope => scopeOf(chance, sizes.typicalLots.length, sizes.assets);
  const stages: StageEntry[] = [];
  const add = (probability: number, make: () => StageEntry): void => {
    if (chance.chance(probability)) stages.push(make());
  };
  const perMarket = chance.chance(0.25);
  add(0.4, () => ({
    stage: 'margin-call',
    markets: null,
    assets: null,
    thresholds: [ratio(3, 2), ratio(6, 5)],
    graceUs: chance.pick([0, 3, 12]) * SECOND,
  }));
  add(0.5, () => ({ stage: 'cancel', markets: null, assets: null, waitUs: seconds(chance, 0.5, 6) }));
  add(0.15, () => auctionOf(chance, scope()));
  add(0.55, () => ({
    stage: 'partial',
    ...scope(),
    ...termsOf(chance),
    method: methodOf(chance),
    slippage: chance.pick([ratio(0), ratio(1, 200), ratio(1, 20)]),
  }));
  add(0.15, () => incrementsOf(chance, sizes));
  add(0.7, () => ({ stage: 'full', ...scope(), ...termsOf(chance) }));
  add(0.2, () => ({ stage: 'full', ...scope(), ...termsOf(chance) }));
  add(0.35, () => auctionOf(chance, scope()));
  add(0.35, () => ({
    stage: 'backstop',
    ...scope(),
    account: BACKSTOP,
    below: chance.pick([ratio(2, 3), ratio(1, 3), ratio(1)]),
    lossLimit: chance.maybe(0.5, () => dec(chance.pick([0, 100, 10_000]))),
  }));
  add(0.4, () => ({ stage: 'convert', ...scope() }));
  add(0.75, () => fundOf(chance, scope(), perMarket));
  add(0.5, () => ({
    stage: 'adl',
    ...scope(),
    method: chance.pick(['queue', 'hyperliquid', 'pro-rata']),
    price: chance.pick(['bankruptcy', 'bankruptcy', 'mark']),
    hedgeAware: chance.chance(0.3),
  }));
  add(0.2, () => fundOf(chance, scope(), perMarket));
  add(0.5, () => ({
    stage: 'socialise',
    ...scope(),
    method: chance.pick(['gains', 'funding-index']),
    from: chance.pick(['market', 'asset']),
    remainder: chance.pick(['venue', 'last']),
  }));
  add(0.3, () => ({ stage: 'issuance', ...scope(), cap: chance.maybe(0.6, () => dec(chance.pick([0, 100, 50_000]))) }));
  return stages;
}

function limitsOf(chance: Chance, { scale, typicalLots }: Sizes): DispatchLimits {
  if (chance.chance(0.55)) return NO_LIMITS;
  const rate = (): Rate | null => chance.maybe(0.5, () => ({ count: chance.between(1, 5), perUs: seconds(chance, 0.5, 10) }));
  const depth = new Map<number, ReturnType<typeof dec>>();
  for (const market of typicalLots.keys()) if (chance.chance(0.5)) depth.set(market, dec(scale * chance.pick([1, 10])));
  return {
    perAccount: rate(),
    perMarket: rate(),
    global: rate(),
    notional: chance.maybe(0.5, () => ({ share: chance.pick([ratio(1, 4), ratio(1)]), perUs: seconds(chance, 0.5, 10) })),
    depth,
  };
}

export function drawPolicy(chance: Chance, sizes: Sizes): Policy {
  const limits = limitsOf(chance, sizes);
  return {
    id: 'drawn',
    sources: [],
    liquidationTarget: chance.pick([ZERO, ratio(1, 100), ratio(1, 4)]),
    rank: chance.chance(0.7) ? 'deficit' : 'expected-bad-debt',
    fees: { liquidation: chance.pick([ZERO, ratio(1, 200), ratio(1, 50)]), surplus: chance.chance(0.6) ? 'account' : 'fund' },
    dust: { orderMin: dec(chance.pick([0, 0, 0, 50, 2_000])) },
    watch: chance.maybe(0.4, () => ({ below: ratio(3, 2), everyUs: seconds(chance, 0.5, 5) })),
    limits,
    stages: stagesOf(chance, sizes),
  };
}

export function drawFreshness(chance: Chance): FreshnessRule {
  return { staleUs: chance.maybe(0.5, () => seconds(chance, 3, 20)), warmupTicks: chance.pick([0, 0, 1, 3]) };
}
