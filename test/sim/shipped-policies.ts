/** The shipped policies as their files have them: read once a thread. */
import { policySource, shippedPolicies } from '../../src/app/policies.js';
import type { PolicySource } from '../../src/engine/load.js';

export const SHIPPED_POLICIES: readonly PolicySource[] = await Promise.all(
  (await shippedPolicies()).map((name) => policySource(name)),
);
