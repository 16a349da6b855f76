/** Owns made-up books of any size, the same for the same seed. Knows no file format and keeps no account. */
import type { Decimal } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { Account } from '../model/portfolio.js';
import { AccountMaker } from './accounts.js';
import { MultiAssetMaker } from './multi-asset-accounts.js';
import { Random } from './random.js';

export interface BookOptions {
  readonly instruments: Instruments;
  /** By market index; all above zero. */
  readonly prices: readonly Decimal[];
  /** Index prices by asset index, 1 for the valuation asset; a venue with several assets needs them. */
  readonly indexes?: readonly Decimal[];
  /** Exactly as many are made, over all accounts. */
  readonly positions: number;
  /** Any safe integer. */
  readonly seed: number;
}

/**
 * Accounts `u0000000`, `u0000001`, … (base 36) as a venue might have them at these prices.
 *
 * - Width: P(at least w positions) = w^−1.15 up to 80: 55 % have one, 80 % up to three, 3 % twenty and more, some four on average.
 *   One account in 2,000 is a market maker with a row in 60 to 100 % of the markets. (Fewer markets cut the widths.)
 * - Markets: popularity as in Zipf's law, by their order in the instruments.
 * - Size: an account's scale is Pareto from 100 units of the valuation asset with tail 0.8, up to 5e7; its positions scatter around it
 *   log-normally (σ = 0.8). A maker's scale runs from 2e4 to 2e6.
 * - Sides: 40 % only long, 15 % only short, 25 % mixed, 20 % hedged (sides alternate, sizes about equal, as with all makers).
 * - 4 % of the accounts are in hedge mode: half of their markets carry a second, opposite position.
 * - 12 % hold 60 % of their positions isolated.
 * - Leverage at opening: Pareto with tail 1, from 1 in cross (one in ten above 10×), from 3 for isolated positions (three in ten above
 *   10×); at most 100× and at most what leaves equity at 1.25 × maintenance.
 * - Since then the buffer above maintenance has shrunk or grown by a Rayleigh factor with mean 1, which has few near 0: some 3 % of
 *   the portfolios are within a percent of liquidation, and none is liquidatable.
 * - Entries lie on the tick, with profit and loss in step with that factor, scattered, at most 30 % from the price. Balances have the
 *   valuation asset's decimals and are not negative.
 *
 * With several assets a quarter of the accounts have more than the valuation asset; the others are as above, in its linear markets alone.
 *
 * - Those trade in all markets and hold one to three other assets, the first of the instruments most often, and four in five times also
 *   what their positions settle in. These count 30 to 100 % of the equity; of three in ten more than all of it: they owe the valuation asset.
 *   One in ten owes a coin worth up to 30 % of its positions.
 * - Of those whose positions are all isolated one in five owes a coin against the valuation asset, and needs margin for that alone.
 * - An isolated position's collateral is in its settle asset. Each market has a leverage of 2 to 50.
 * - Three in ten of them, and one in twenty of the others, have up to three open orders within 5 % of the price, half of them reduce-only.
 */
export function* syntheticAccounts(options: BookOptions): Generator<Account, void, undefined> {
  const { prices, positions } = options;
  const { markets } = options.instruments;
  assert(Number.isSafeInteger(positions) && positions >= 0, `synthetic book: expected a count of positions, was ${positions}`);
  assert(prices.length === markets.length, `synthetic book: expected ${markets.length} prices, was ${prices.length}`);
  const maker = makerOf(options);
  for (const { index, id } of markets) {
    assert(prices[index].units > 0n, `synthetic book: expected a price above 0 for ${id}, was ${prices[index].units}`);
    maker.setPrice(index, prices[index]);
  }
  let left = positions;
  for (let serial = 0; left > 0; serial += 1) {
    const account = maker.next(`u${serial.toString(36).padStart(7, '0')}`, left);
    left -= account.cross.length + account.isolated.length;
    yield account;
  }
}

function makerOf({ instruments, indexes = [], seed }: BookOptions): AccountMaker | MultiAssetMaker {
  const { assets } = instruments;
  const random = new Random(seed, 'book');
  if (assets.length === 1) return new AccountMaker(instruments, random);
  assert(indexes.length === assets.length, `synthetic book: expected ${assets.length} index prices, was ${indexes.length}`);
  return new MultiAssetMaker(instruments, indexes, random);
}
