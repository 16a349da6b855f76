/** The standard book: the same accounts for every contender, under real tier tables where they are at hand. */
import { existsSync, readFileSync } from 'node:fs';
import type { Decimal } from '../src/model/decimal.js';
import { type Instruments, plainAsset } from '../src/model/instruments.js';
import type { Account } from '../src/model/portfolio.js';
import type { IndexPrice } from '../src/model/records.js';
import { syntheticAccounts } from '../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments, tiersFromTable } from '../src/synthetic/instruments.js';
import { multiAssetVenue } from '../src/synthetic/multi-asset-venue.js';

const MARKETS = 400;
const SEED = 7;
/** Beside a checkout; not part of the product. */
const TIERS_PATH = new URL('../../../shared/data/tiers-usdm-2024-10.json', import.meta.url);

export interface StandardBook {
  readonly instruments: Instruments;
  /** By market index. */
  readonly prices: readonly Decimal[];
  /** Of every asset but the valuation asset. */
  readonly indexes: readonly IndexPrice[];
  readonly tiers: string;
  accounts(positions: number): Iterable<Account>;
}

export function standardBook(): StandardBook {
  const seeds = defaultMarkets(MARKETS);
  const prices = seeds.map(({ price }) => price);
  const isReal = existsSync(TIERS_PATH);
  const tables = isReal ? tiersFromTable(JSON.parse(readFileSync(TIERS_PATH, 'utf8'))) : null;
  const others = tables === null ? [] : [...tables.values()];
  const instruments = syntheticInstruments(
    seeds.map((seed, i) => {
      const tiers = tables?.get(`${seed.base}/USDT:USDT`) ?? others[i % others.length];
      return tiers === undefined ? seed : { ...seed, tiers };
    }),
    'USDT',
  );
  return {
    instruments,
    prices,
    indexes: [],
    tiers: isReal ? `${tables?.size} real tables of October 2024` : 'the own table of eight tiers',
    accounts: (positions) => syntheticAccounts({ instruments, prices, positions, seed: SEED }),
  };
}

/**
 * A venue with several assets and kinds of contracts, of which a quarter of the accounts make use; and the same accounts where every asset counts
 * as it stands and debts need nothing: what haircuts and borrow tables cost is the difference.
 */
export function multiAssetBooks(): { readonly haircut: StandardBook; readonly plain: StandardBook } {
  const { instruments, prices, indexes } = multiAssetVenue(MARKETS);
  const assets = instruments.assets.map(({ index, id, decimals }) => plainAsset(index, id, decimals));
  const book = (venue: Instruments): StandardBook => ({
    instruments: venue,
    prices,
    indexes: indexes.flatMap((price, asset) => (asset === venue.valuation.index ? [] : [{ asset, price }])),
    tiers: 'the own table of eight tiers',
    accounts: (positions) => syntheticAccounts({ instruments, prices, indexes, positions, seed: SEED }),
  });
  return {
    haircut: book(instruments),
    plain: book({ ...instruments, assets, valuation: assets[instruments.valuation.index] }),
  };
}
