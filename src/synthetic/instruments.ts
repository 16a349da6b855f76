/** Owns made-up venues: markets with sensible lots, ticks and requirement tiers from names and prices. Knows no account. */
import { type Decimal, parseDecimal, pow10 } from '../model/decimal.js';
import { assert, badInput } from '../model/errors.js';
import { ZERO } from '../model/fraction.js';
import { instrumentsFromInput } from '../model/instrument-input.js';
import type { Instruments, Market, Tier } from '../model/instruments.js';
import { ProblemList, show } from '../model/problems.js';
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

const OWN_TIERS = [
  { floor: '0', rate: '0.004' },
  { floor: '50000', rate: '0.005' },
  { floor: '250000', rate: '0.01' },
  { floor: '1000000', rate: '0.025' },
  { floor: '3000000', rate: '0.05' },
  { floor: '6000000', rate: '0.1' },
  { floor: '12000000', rate: '0.25' },
  { floor: '20000000', rate: '0.5' },
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
  const own = readTiers({ own: OWN_TIERS }).get('own');
  assert(own !== undefined, 'expected the own tiers');
  const markets = seeds.map((seed, index): Market => {
    if (seed.price.units <= 0n) throw badInput(`${seed.id} price`, 'a price above 0', seed.price.units.toString());
    const exponent = magnitude(seed.price);
    return {
      index,
      id: seed.id,
      kind: 'linear',
      base: seed.base,
      settle: valuation,
      contractSize: power(0),
      lot: power(-exponent),
      tick: power(exponent - 5),
      allowNonPositive: false,
      maintenance: { method: 'bracket', basis: 'mark', closeFee: ZERO, tiers: seed.tiers ?? own },
    };
  });
  const asset = { id: valuation, decimals: VALUATION_DECIMALS, haircut: ZERO };
  return {
    valuation: asset,
    liquidateWhen: 'equity<maintenance',
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

/**
 * Real tiers by market id, from the parsed JSON of a leverage table: `{ markets: { ID: [[floor, rate, maxLeverage, deduction], …] } }`,
 * all strings. Read as a book's tiers are: deductions derived exactly, the published ones checked to their own last decimal. Bad input
 * lists every problem.
 */
export function tiersFromTable(json: unknown): ReadonlyMap<string, readonly Tier[]> {
  const markets: unknown = (json as { markets?: unknown } | null)?.markets;
  if (typeof markets !== 'object' || markets === null) throw badInput('tiers', 'an object with "markets"', show(json));
  const tables = Object.entries(markets).map(([id, rows]: [string, unknown]): [string, unknown] => [id, tierInputs(rows)]);
  return readTiers(Object.fromEntries(tables));
}

/** What is not a row of the table is left as it is: the reader says what is wrong with it. */
function tierInputs(rows: unknown): unknown {
  if (!Array.isArray(rows)) return rows;
  return rows.map((row: unknown) => (Array.isArray(row) ? { floor: row[0], rate: row[1], deduction: row[3] } : row));
}

/** Tiers by name, read by a book's own reader, as those of markets of that name. */
function readTiers(tables: Readonly<Record<string, unknown>>): Map<string, readonly Tier[]> {
  const around = { kind: 'linear', base: 'BASE', settle: 'USD', contractSize: '1', lot: '1', tick: '1' };
  const markets = Object.entries(tables).map(([id, tiers]) => {
    return [id, { ...around, maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers } }];
  });
  const header = { version: 1, assets: { USD: { decimals: 0, haircut: '0' } }, markets: Object.fromEntries(markets) };
  const problems = new ProblemList();
  const read = instrumentsFromInput(header, 'tiers', problems);
  problems.throwIfAny();
  assert(read !== null, 'tiers: expected instruments or problems');
  return new Map(read.markets.map(({ id, maintenance }) => [id, maintenance.tiers]));
}
