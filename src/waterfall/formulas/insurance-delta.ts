/** What a closing does to the insurance fund: pays what is missing to the bankruptcy price, or receives the liquidation fee. Knows no balances. */
import { divideRounded } from '../../model/decimal.js';
import type { Fraction } from '../../model/fraction.js';

/** Both at least 0, and one of them 0. */
export interface InsuranceDelta {
  readonly fundPays: bigint;
  readonly feePaid: bigint;
}

/**
 * Δ = received − bankruptcy. Δ ≤ 0: the fund pays −Δ; else the user pays min(⌊|notional|·maxFee⌋, Δ). All in one whole unit of one asset;
 * `received` and `bankruptcy` are signed (a purchase brings less than nothing). The fee is rounded down, for the user.
 * dYdX v4-chain, x/clob/keeper/liquidations.go, GetLiquidationInsuranceFundDelta.
 */
export function insuranceDelta(received: bigint, bankruptcy: bigint, notional: bigint, maxFee: Fraction): InsuranceDelta {
  const delta = received - bankruptcy;
  if (delta <= 0n) return { fundPays: -delta, feePaid: 0n };
  const fee = divideRounded((notional < 0n ? -notional : notional) * maxFee.n, maxFee.d, 'down');
  return { fundPays: 0n, feePaid: fee < delta ? fee : delta };
}
