/** Owns a made-up venue with several assets and kinds of contracts: haircuts, borrow tables, index prices. Knows no account. */
import { type Decimal, decimalToNumber, parseDecimal, pow10 } from '../model/decimal.js';
import { type Fraction, fromDecimal } from '../model/fraction.js';
import {
  type Asset,
  DEFAULT_RULES,
  type Instruments,
  type Market,
  plainAsset,
  type RequirementTable,
  type Tier,
} from '../model/instruments.js';
import { bracketTiers, defaultMarkets, syntheticInstruments } from './instruments.js';

/** A venue and the prices that a book is made at. */
export interface MadeUpVenue {
  readonly instruments: Instruments;
  /** By market index; all above zero. */
  readonly prices: readonly Decimal[];
  /** Index prices by asset index; 1 for the valuation asset. */
  readonly indexes: readonly Decimal[];
}

type Rows = readonly (readonly [floor: string, rate: string])[];

interface AssetSeed {
  readonly id: string;
  readonly decimals: number;
  readonly index: string;
  readonly haircuts: Rows;
  readonly borrow: Rows;
}

/** USDT is apart: it values the others and counts as it is. */
const OTHER_ASSETS: readonly AssetSeed[] = [
  {
    ...{ id: 'USDC', decimals: 6, index: '0.9997' },
    haircuts: [
      ['0', '0.005'],
      ['2000000', '0.02'],
    ],
    borrow: [
      ['0', '0.01'],
      ['500000', '0.02'],
      ['5000000', '0.05'],
    ],
  },
  {
    ...{ id: 'BTC', decimals: 8, index: '61503.2' },
    haircuts: [
      ['0', '0.025'],
      ['10', '0.05'],
      ['50', '0.1'],
      ['250', '0.2'],
    ],
    borrow: [
      ['0', '0.02'],
      ['5', '0.04'],
      ['50', '0.1'],
    ],
  },
  {
    ...{ id: 'ETH', decimals: 8, index: '2449.85' },
    haircuts: [
      ['0', '0.025'],
      ['200', '0.05'],
      ['1000', '0.1'],
      ['5000', '0.25'],
    ],
    borrow: [
      ['0', '0.02'],
      ['100', '0.04'],
      ['1000', '0.1'],
    ],
  },
  {
    ...{ id: 'SOL', decimals: 8, index: '145.02' },
    haircuts: [
      ['0', '0.1'],
      ['2000', '0.15'],
      ['20000', '0.3'],
    ],
    borrow: [
      ['0', '0.05'],
      ['1000', '0.1'],
    ],
  },
  {
    ...{ id: 'BNB', decimals: 8, index: '564.9' },
    haircuts: [
      ['0', '0.07'],
      ['1000', '0.12'],
      ['5000', '0.25'],
    ],
    borrow: [
      ['0', '0.05'],
      ['300', '0.1'],
    ],
  },
  {
    ...{ id: 'XRP', decimals: 6, index: '0.53498' },
    haircuts: [
      ['0', '0.1'],
      ['500000', '0.2'],
      ['2500000', '0.4'],
    ],
    borrow: [
      ['0', '0.05'],
      ['200000', '0.1'],
    ],
  },
];

/** Coins by popularity that have a contract in USDC too; after them every tenth has. */
const USDC_MAJORS = 5;
const USDC_EVERY = 10;
const TAKER_FEE = '0.0005';
/** Initial margin is twice the maintenance; the dearest tiers need all. */
const INITIAL_RATES: readonly string[] = ['0.008', '0.01', '0.02', '0.05', '0.1', '0.2', '0.5', '1'];

function table(rows: Rows): RequirementTable {
  const tiers = bracketTiers(rows.map(([floor, rate]) => ({ floor: parseDecimal(floor), rate: rateOf(rate) })));
  return { method: 'bracket', tiers };
}

function rateOf(text: string): Fraction {
  return fromDecimal(parseDecimal(text));
}

function assetOf({ id, decimals, haircuts, borrow }: AssetSeed, at: number): Asset {
  const bands = haircuts.map(([floor, haircut]) => ({ floor: parseDecimal(floor), haircut: rateOf(haircut) }));
  return { index: at + 1, id, decimals, haircuts: bands, borrow: table(borrow) };
}

/** What distinguishes a contract from the linear one in USDT on the same coin. */
type Kind = Pick<Market, 'id' | 'kind' | 'settle'> & { readonly contractSize?: string };

/** The contracts on a coin, by its place among the coins. */
function kindsOf(base: string, place: number): Kind[] {
  const kinds: Kind[] = [{ id: `${base}USDT`, kind: 'linear', settle: 'USDT' }];
  if (base === 'BTC') kinds.push({ id: 'BTCUSD', kind: 'inverse', settle: 'BTC', contractSize: '100' });
  if (base === 'ETH') kinds.push({ id: 'ETHUSD', kind: 'inverse', settle: 'ETH', contractSize: '10' });
  if (place < USDC_MAJORS || place % USDC_EVERY === 0) kinds.push({ id: `${base}USDC`, kind: 'linear', settle: 'USDC' });
  if (base === 'ETH') kinds.push({ id: 'ETHUSD-BTC', kind: 'quanto', settle: 'BTC', contractSize: '0.000001' });
  return kinds;
}

/** One digit and zeros: 0.8, 4, 20. */
function roundNumber(value: number): Decimal {
  const [digit, exponent] = value.toExponential(0).split('e');
  const zeros = Number(exponent);
  return zeros >= 0 ? { units: BigInt(digit) * pow10(zeros), decimals: 0 } : { units: BigInt(digit), decimals: -zeros };
}

/** Tiers with their floors in an asset of this index price: round numbers that are worth about as much. */
function tiersIn(tiers: readonly Tier[], index: Decimal): Tier[] {
  const unit = decimalToNumber(index);
  return bracketTiers(
    tiers.map(({ floor, rate }) => ({ floor: floor.units === 0n ? floor : roundNumber(decimalToNumber(floor) / unit), rate })),
  );
}

/** The linear contract in USDT made into one of another kind. */
function marketOf(index: number, linear: Market, { contractSize, ...kind }: Kind, settleAsset: number, price: Decimal): Market {
  const { maintenance } = linear;
  const tiers = kind.kind === 'linear' ? maintenance.tiers : tiersIn(maintenance.tiers, price);
  return {
    ...linear,
    ...kind,
    ...{ index, settleAsset },
    ...(contractSize === undefined ? {} : { contractSize: parseDecimal(contractSize), lot: parseDecimal('1') }),
    maintenance: { ...maintenance, tiers },
    initial: { method: 'bracket', tiers: bracketTiers(tiers.map(({ floor }, n) => ({ floor, rate: rateOf(INITIAL_RATES[n]) }))) },
    takerFee: rateOf(TAKER_FEE),
  };
}

/**
 * A venue valued in USDT, with USDC and the larger coins as collateral at haircuts that rise with the amount. Most of its markets are linear in
 * USDT, the more popular coins' first; BTC and ETH have inverse contracts in the coin, some coins linear ones in USDC, ETH a quanto one in BTC.
 * The first `count` markets of any longer list. Tiers of what settles in a coin are those of USDT at the coin's price, in round numbers.
 */
export function multiAssetVenue(count: number): MadeUpVenue {
  const usdt = plainAsset(0, 'USDT', 6);
  const assets = [usdt, ...OTHER_ASSETS.map(assetOf)];
  const indexes = [parseDecimal('1'), ...OTHER_ASSETS.map(({ index }) => parseDecimal(index))];
  const seeds = defaultMarkets(count);
  const linear = syntheticInstruments(seeds, 'USDT').markets;
  const markets: Market[] = [];
  const prices: Decimal[] = [];
  for (const [place, seed] of seeds.entries()) {
    for (const kind of kindsOf(seed.base, place)) {
      if (markets.length === count) break;
      const settleAsset = assets.findIndex(({ id }) => id === kind.settle);
      markets.push(marketOf(markets.length, linear[place], kind, settleAsset, indexes[settleAsset]));
      prices.push(seed.price);
    }
  }
  return {
    instruments: {
      ...{ ...DEFAULT_RULES, valuation: usdt, assets, markets },
      marketIndex: new Map(markets.map(({ id, index }) => [id, index])),
    },
    prices,
    indexes,
  };
}
