/** What a closing does to the fund: dYdX's numbers (v4-chain, x/clob/keeper/liquidations_test.go) and its laws. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fraction } from '../../../src/model/fraction.js';
import { insuranceDelta } from '../../../src/waterfall/formulas/insurance-delta.js';
import { testPublished } from '../published.js';

/** A long or short of 0.1 BTC (10^7 quantums) whose owner has `usdc`, closed at a price: what it brings, and the bankruptcy price, in quote quantums. */
function delta(quantums: number, usdc: number, price: number, ppm: number): bigint {
  const received = (BigInt(quantums) * BigInt(price)) / 100n;
  const bankruptcy = BigInt(-usdc) * 1_000_000n;
  const { fundPays, feePaid } = insuranceDelta(received, bankruptcy, received, fraction(BigInt(ppm), 1_000_000n));
  return feePaid - fundPays;
}

testPublished('dydx-ifdelta', ({ btc_quantums, usdc, fill_price_usd, max_fee_ppm }, expected) => {
  expect(delta(btc_quantums, usdc, fill_price_usd, max_fee_ppm)).toBe(BigInt(expected));
});

test.each([
  ['a long, fee 2.5 %', 10_000_000, -5_100, 56_100, 25_000, 140_250_000n],
  ['a long, fee 100 %: all that is left', 10_000_000, -5_100, 56_100, 1_000_000, 510_000_000n],
  ['a short, fee 0.5 %', -10_000_000, 4_900, 44_100, 5_000, 22_050_000n],
  ['a short, fee 2.5 %', -10_000_000, 4_900, 44_100, 25_000, 110_250_000n],
  ['a short, fee 100 %', -10_000_000, 4_900, 44_100, 1_000_000, 490_000_000n],
  ['a long, less left than the fee', 10_000_000, -5_100, 51_051, 5_000, 5_100_000n],
  ['a short, less left than the fee', -10_000_000, 4_900, 48_951, 5_000, 4_900_000n],
  ['a short at the bankruptcy price', -10_000_000, 4_900, 49_000, 5_000, 0n],
  ['a short beyond the bankruptcy price', -10_000_000, 4_900, 49_490, 5_000, -49_000_000n],
] as const)('dYdX: %s', (_, quantums, usdc, price, ppm, expected) => {
  expect(delta(quantums, usdc, price, ppm)).toBe(expected);
});

test('dYdX: a trade of no worth pays no fee, whatever is left', () => {
  expect(insuranceDelta(0n, -4_900_000_000n, 0n, fraction(5n, 1_000n))).toEqual({ fundPays: 0n, feePaid: 0n });
});

test('either the fund pays or a fee is paid, never more than is left nor than the rate', () => {
  const amount = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
  fc.assert(
    fc.property(amount, amount, fc.integer({ min: 0, max: 1_000_000 }), (received, bankruptcy, ppm) => {
      const { fundPays, feePaid } = insuranceDelta(received, bankruptcy, received, fraction(BigInt(ppm), 1_000_000n));
      expect(fundPays >= 0n && feePaid >= 0n && (fundPays === 0n || feePaid === 0n)).toBe(true);
      expect(received + fundPays - feePaid).toBeGreaterThanOrEqual(bankruptcy);
      expect(feePaid * 1_000_000n).toBeLessThanOrEqual((received < 0n ? -received : received) * BigInt(ppm));
    }),
  );
});
