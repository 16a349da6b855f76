/** Owns made-up venues: markets with sensible lots, ticks and requirement tiers from names and prices. Knows no account. */
import { compareDecimals, type Decimal, parseDecimal, pow10, tryParseDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import { absolute, compare, formatFraction, fraction, fromDecimal, subtract, tryParseFraction, ZERO } from '../model/fraction.js';
import { DEFAULT_RULES, type Instruments, type Market, plainAsset, type Tier } from '../model/instruments.js';
import { show } from '../model/problems.js';
import { nextDeduction } from '../model/requirement.js';
import { Random } from './random.js';

/** What a market is made from. `price` sets the lot (worth 1 to 10 of the valuation asset) and the tick. */
export interface MarketSeed {
  readonly id: string;
  readonly base: string;
  readonly price: Decimal;
  /** In place of the own table. */
  readonly tiers?: readonly Tier[];
}

const VALUATION_DECIMALS = 6;

/** Floor and rate. */
const OWN_TIERS: readonly (readonly [string, string])[] = [
  ['0', '0.004'],
  ['50000', '0.005'],
  ['250000', '0.01'],
  ['1000000', '0.025'],
  ['3000000', '0.05'],
  ['6000000', '0.1'],
  ['12000000', '0.25'],
  ['20000000', '0.5'],
];

/** 10^exponent as a decimal. */
function power(exponent: number): Decimal {
  return exponent >= 0 ? { units: pow10(exponent), decimals: 0 } : { units: 1n, decimals: -exponent };
}

/** The exponent of the price's first digit: 3 for 9708.5, −1 for 0.27. */
function magnitude(price: Decimal): number {
  return price.units.toString().length - 1 - price.decimals;
}

/**
 * A linear venue in one valuation asset with six decimals. Lot: the power of ten that is worth 1 to 10 of the valuation asset at
 * the seed's price; tick: the power of ten between 1e-6 and 1e-5 of the price; eight tiers from 0.4 % to 50 % where the seed has none.
 */
export function syntheticInstruments(seeds: readonly MarketSeed[], valuation: 'USD' | 'USDT'): Instruments {
  const own = bracketTiers(
    OWN_TIERS.map(([floor, rate]) => ({ floor: parseDecimal(floor), rate: fromDecimal(parseDecimal(rate)) })),
  );
  const markets = seeds.map((seed, index): Market => {
    if (seed.price.units <= 0n) throw badInput(`${seed.id} price`, 'a price above 0', seed.price.units.toString());
    const exponent = magnitude(seed.price);
    return {
      index,
      id: seed.id,
      kind: 'linear',
      base: seed.base,
      settle: valuation,
      settleAsset: 0,
      contractSize: power(0),
      lot: power(-exponent),
      tick: power(exponent - 5),
      allowNonPositive: false,
      maintenance: { method: 'bracket', basis: 'mark', closeFee: ZERO, tiers: seed.tiers ?? own },
      initial: null,
      takerFee: ZERO,
    };
  });
  const asset = plainAsset(0, valuation, VALUATION_DECIMALS);
  return {
    ...DEFAULT_RULES,
    valuation: asset,
    assets: [asset],
    markets,
    marketIndex: new Map(markets.map((market) => [market.id, market.index])),
  };
}

const MAJORS: readonly (readonly [string, string])[] = [
  ['BTC', '61500'],
  ['ETH', '2450'],
  ['SOL', '145'],
  ['BNB', '565'],
  ['XRP', '0.535'],
  ['DOGE', '0.108'],
  ['ADA', '0.352'],
  ['AVAX', '26.4'],
  ['LINK', '10.8'],
  ['LTC', '65.1'],
  ['BCH', '322'],
  ['DOT', '4.12'],
  ['TRX', '0.155'],
  ['UNI', '6.95'],
  ['ATOM', '4.38'],
  ['XLM', '0.0912'],
];

/** Seed of the made-up prices: the default venue is always the same. */
const VENUE_SEED = 1;

/** The default venue against USDT: the majors first, then made-up coins (`C0017USDT`) with prices from 0.0001 to 1000. */
export function defaultMarkets(count: number): MarketSeed[] {
  const random = new Random(VENUE_SEED, 'markets');
  return Array.from({ length: count }, (_, index): MarketSeed => {
    const [base, price] = MAJORS[index] ?? [`C${String(index + 1).padStart(4, '0')}`, null];
    if (price !== null) return { id: `${base}USDT`, base, price: parseDecimal(price, base) };
    // Four digits, first digit not zero, the point anywhere between.
    const units = BigInt(1000 + random.integer(9000));
    return { id: `${base}USDT`, base, price: { units, decimals: 1 + random.integer(7) } };
  });
}

type TierRow = Pick<Tier, 'floor' | 'rate'>;

/** Tiers of floors and rates, with their deductions. */
export function bracketTiers(rows: readonly TierRow[]): Tier[] {
  const tiers: Tier[] = [];
  for (const { floor, rate } of rows) {
    const below = tiers.at(-1);
    tiers.push({ floor, rate, deduction: below === undefined ? ZERO : nextDeduction(below, floor, rate) });
  }
  return tiers;
}

/**
 * Real tiers by market id, from the parsed JSON of a leverage table: `{ markets: { ID: [[floor, rate, maxLeverage, deduction], …] } }`,
 * all strings. Deductions are derived exactly; the published ones are checked to their own last decimal. Bad input names the place.
 */
export function tiersFromTable(json: unknown): ReadonlyMap<string, readonly Tier[]> {
  const markets: unknown = (json as { markets?: unknown } | null)?.markets;
  if (typeof markets !== 'object' || markets === null) throw badInput('tiers', 'an object with "markets"', show(json));
  return new Map(Object.entries(markets).map(([id, rows]) => [id, tableTiers(rows, `tiers.markets[${show(id)}]`)]));
}

function tableTiers(rows: unknown, where: string): Tier[] {
  if (!Array.isArray(rows) || rows.length === 0) throw badInput(where, 'a list of tiers', show(rows));
  const cells = rows.map((row: unknown, n) => readRow(row, `${where}[${n}]`));
  const tiers = bracketTiers(cells);
  tiers.forEach((tier, n) => {
    const below = tiers[n - 1];
    const rises = below === undefined ? tier.floor.units === 0n : compareDecimals(below.floor, tier.floor) < 0;
    if (!rises) throw badInput(`${where}[${n}][0]`, 'floors that rise from 0', show(rows[n][0]));
    if (below !== undefined && compare(below.rate, tier.rate) > 0) {
      throw badInput(`${where}[${n}][1]`, 'rates that do not fall', show(rows[n][1]));
    }
    const { published } = cells[n];
    const difference = absolute(subtract(tier.deduction, fromDecimal(published)));
    if (compare(difference, fraction(1n, pow10(published.decimals))) < 0) return;
    const derived = formatFraction(tier.deduction, published.decimals, 'nearest');
    throw badInput(`${where}[${n}][3]`, `${derived}, which the floors and rates give`, show(rows[n][3]));
  });
  return tiers;
}

function readRow(row: unknown, where: string): TierRow & { readonly published: Decimal } {
  const cells = Array.isArray(row) && row.every((cell) => typeof cell === 'string') ? row : [];
  const floor = tryParseDecimal(cells[0] ?? '');
  const rate = tryParseFraction(cells[1] ?? '');
  const published = tryParseDecimal(cells[3] ?? '');
  if (floor !== null && rate !== null && published !== null) return { floor, rate, published };
  throw badInput(where, 'decimals ["floor", "rate", "maxLeverage", "deduction"]', show(row));
}
