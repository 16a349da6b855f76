/** Policies for tests, made in place. */
import { NO_LIMITS } from '../../src/dispatch/limits.js';
import { ZERO } from '../../src/model/fraction.js';
import type { Policy, StageEntry } from '../../src/waterfall/policy.js';
import { dec } from './books.js';

export const ALL = { markets: null, assets: null };

/** Without a target above maintenance, fees, limits or dust. */
export function policyOf(stages: readonly StageEntry[], over: Partial<Policy> = {}): Policy {
  return {
    id: 'test',
    sources: [],
    liquidationTarget: ZERO,
    rank: 'deficit',
    fees: { liquidation: ZERO, surplus: 'account' },
    dust: { orderMin: dec(0) },
    watch: null,
    limits: NO_LIMITS,
    stages,
    ...over,
  };
}

/** Every position whole, at its bankruptcy price once, then at any price. */
export function fullClose(ttlUs: number, over: Partial<Policy> = {}): Policy {
  return policyOf(
    [
      { stage: 'full', price: { kind: 'bankruptcy' }, ttlUs, retries: 0, ...ALL },
      { stage: 'full', price: { kind: 'market' }, ttlUs, retries: 1_000_000, ...ALL },
    ],
    over,
  );
}
