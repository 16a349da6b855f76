/** Extreme venues, prices and accounts, drawn from a seed: magnitudes up to where amounts, prices and lots end. */
import { type Decimal, pow10 } from '../../src/model/decimal.js';
import { compare, ZERO } from '../../src/model/fraction.js';
import type { Asset, HaircutBand, Instruments, Market, RequirementTable, Tier } from '../../src/model/instruments.js';
import { AMOUNT_MAX } from '../../src/model/limits.js';
import { type Account, cash, cost, EXACT_DECIMALS, lots, type Position } from '../../src/model/portfolio.js';
import { nextDeduction } from '../../src/model/requirement.js';
import type { Random } from '../../src/synthetic/random.js';
import { dec, marketOf, rate } from '../support/books.js';
import { accountOf, HAIRCUTS, type MixedPrices, movingPrices, pick, RATES, STEPS, venueOf } from './mixed.js';

const WILD_RATES = [...RATES, '0.0001', '1/7', '999999999/1000000000', '0.123456789012345678'];
const TIERS_MAX = 64;
const FLOOR_MAX = pow10(30 + EXACT_DECIMALS);
/** Prices are within 10^30; so far down goes an inverse market's. */
const PRICE_EXPONENT_MAX = 30;

/** How wild: powers of ten go from −big to big, each within what its field can hold. */
export interface Wildness {
  readonly big: number;
  readonly assets: number;
  readonly markets: number;
}

const atMost = (value: bigint, most: bigint): bigint => (value > most ? most : value < -most ? -most : value);

function floorsOf(random: Random, count: number, lowest: number, highest: number): Decimal[] {
  const low = Math.max(-EXACT_DECIMALS, lowest);
  const floors = new Set([0n]);
  for (let i = 1; i < count; i++) {
    const exponent = low + random.integer(highest - low + 1);
    floors.add(atMost(BigInt(1 + random.integer(999)) * pow10(EXACT_DECIMALS + exponent), FLOOR_MAX));
  }
  return [...floors].sort((a, b) => (a < b ? -1 : 1)).map((units) => ({ units, decimals: EXACT_DECIMALS }));
}

function wildTable(random: Random, lowest: number, highest: number): RequirementTable {
  const floors = floorsOf(random, random.chance(0.1) ? TIERS_MAX : 1 + random.integer(6), lowest, highest);
  return tableWith(random, floors, random.chance(0.7) ? 'bracket' : 'step');
}

/** A table with these floors. */
export function tableWith(random: Random, floors: readonly Decimal[], method: RequirementTable['method']): RequirementTable {
  const rates = floors.map(() => rate(pick(random, WILD_RATES))).sort(compare);
  const tiers: Tier[] = [];
  for (const [i, floor] of floors.entries()) {
    const deduction = i === 0 || method === 'step' ? ZERO : nextDeduction(tiers[i - 1], floor, rates[i]);
    tiers.push({ floor, rate: rates[i], deduction });
  }
  return { method, tiers };
}

function wildAsset(random: Random, index: number, { big }: Wildness): Asset {
  const plain = random.chance(0.35);
  const count = random.chance(0.1) ? TIERS_MAX : 1 + random.integer(4);
  const floors = plain ? [dec(0)] : floorsOf(random, count, -big, big);
  const cuts = floors.map(() => rate(plain ? '0' : pick(random, HAIRCUTS))).sort(compare);
  return {
    index,
    id: `A${index}`,
    decimals: pick(random, [0, 2, 6, 8, 18]),
    haircuts: floors.map((floor, i): HaircutBand => ({ floor, haircut: cuts[i] })),
    borrow: random.chance(plain ? 0.2 : 0.5) ? wildTable(random, -big, big) : null,
  };
}

function powerOfTen(random: Random, big: number): Decimal {
  const low = -Math.min(EXACT_DECIMALS, big);
  const exponent = low + random.integer(big - low + 1);
  return exponent >= 0 ? { units: pow10(exponent), decimals: 0 } : { units: 1n, decimals: -exponent };
}

function wildMarket(random: Random, index: number, assets: readonly Asset[], { big }: Wildness): Market {
  const kind = pick(random, ['linear', 'linear', 'inverse', 'quanto'] as const);
  const settleAsset = random.integer(assets.length);
  return marketOf(index, {
    kind,
    settle: assets[settleAsset].id,
    settleAsset,
    contractSize: powerOfTen(random, big),
    lot: powerOfTen(random, big),
    allowNonPositive: kind !== 'inverse' && random.chance(0.4),
    maintenance: {
      ...wildTable(random, -big, Math.min(27, 2 * big)),
      basis: random.chance(0.6) ? 'mark' : 'entry',
      closeFee: rate(pick(random, ['0', '0.0005', '1/2000', '1'])),
    },
  });
}

export function wildVenue(random: Random, wildness: Wildness): Instruments {
  const assets = Array.from({ length: wildness.assets }, (_, i) => wildAsset(random, i, wildness));
  const markets = Array.from({ length: wildness.markets }, (_, i) => wildMarket(random, i, assets, wildness));
  return venueOf(random, assets, markets);
}

/** A few digits at 10^-big to 10^highest. */
export function wildPrice(random: Random, big: number, highest = big): Decimal {
  const exponent = random.integer(Math.min(PRICE_EXPONENT_MAX - 1, highest) + big + 1) - big;
  const units = BigInt(1 + random.integer(9_999_999));
  return exponent <= 7 ? { units, decimals: 7 - exponent } : { units: units * pow10(exponent - 7), decimals: 0 };
}

/** The next mark of a market: a step from its last, or anything that it can be. */
export function wildMark(random: Random, { kind, allowNonPositive }: Market, last: Decimal | null, big: number): Decimal {
  let price = last === null || last.units === 0n || random.chance(0.1) ? wildPrice(random, big) : exactlyStepped(random, last);
  if (price.decimals > 60 || price.units > pow10(PRICE_EXPONENT_MAX + price.decimals)) price = wildPrice(random, big);
  const isBelow = price.units * pow10(PRICE_EXPONENT_MAX) < pow10(price.decimals);
  if (kind === 'inverse' && isBelow) return { units: 1n, decimals: PRICE_EXPONENT_MAX };
  if (allowNonPositive && random.chance(0.15)) return random.chance(0.3) ? dec(0) : { ...price, units: -price.units };
  return !allowNonPositive && price.units < 0n ? { ...price, units: -price.units } : price;
}

/** With the digits that the step needs, as far as 10^-6 of the last. */
function exactlyStepped(random: Random, { units, decimals }: Decimal): Decimal {
  const [up, down] = pick(random, STEPS);
  const finer = (units * 1_000_000n * up) / down;
  return finer % 1_000_000n === 0n ? { units: finer / 1_000_000n, decimals } : { units: finer, decimals: decimals + 6 };
}

/** One lot, as many as there can be, or anything between. */
export function wildSize(random: Random): number {
  const most = random.chance(0.5) ? 7 : 15.9;
  let size = Math.max(1, Math.floor(10 ** (random.uniform() * most)));
  if (random.chance(0.15)) size = 1;
  else if (random.chance(0.1)) size = Number.MAX_SAFE_INTEGER - random.integer(2);
  return random.chance(0.5) ? size : -size;
}

/** An entry near the mark, or anything, such that the cost can be held. */
export function wildCost(random: Random, { allowNonPositive }: Market, size: number, mark: Decimal | null, big: number): bigint {
  const isNear = mark !== null && random.chance(0.6);
  const { units, decimals } = isNear ? mark : wildPrice(random, big);
  let entry = (units * pow10(EXACT_DECIMALS)) / pow10(decimals);
  if (isNear) entry = (entry * BigInt(900 + random.integer(200))) / 1_000n;
  if (allowNonPositive && random.chance(0.3)) entry = random.chance(0.2) ? 0n : -entry;
  if (!allowNonPositive && entry <= 0n) entry = entry === 0n ? 1n : -entry;
  return BigInt(size) * atMost(entry, AMOUNT_MAX / 16n / BigInt(Math.abs(size)));
}

/** Of an asset, in 10^-18: nothing, dust, or up to 10^18 of it. */
export function wildAmount(random: Random, big: number): bigint {
  if (random.chance(0.15)) return 0n;
  const low = Math.max(0, EXACT_DECIMALS - big);
  const exponent = low + random.integer(Math.min(36, EXACT_DECIMALS + big) - low + 1);
  const amount = (BigInt(1 + random.integer(999_999)) * pow10(exponent)) / 1_000n + BigInt(random.integer(10));
  return random.chance(0.35) ? -amount : amount;
}

/** Nothing has a price yet, but the valuation asset. */
export function noPrices({ markets, assets, valuation }: Instruments): MixedPrices {
  return movingPrices(
    markets.map(() => null),
    assets.map(({ index }) => (index === valuation.index ? dec(1) : null)),
    markets.map(() => dec(0)),
  );
}

export interface WildAccount {
  readonly id: string;
  readonly big: number;
  /** Most cross positions. */
  readonly rows: number;
}

export function wildAccount(random: Random, instruments: Instruments, prices: MixedPrices, wanted: WildAccount): Account {
  const { id, big, rows } = wanted;
  const position = (market: number): Position => {
    const size = wildSize(random);
    const units = wildCost(random, instruments.markets[market], size, prices.marks[market], big);
    const drawn = { market, lots: lots(size), cost: cost(units) };
    return random.chance(0.2) ? { ...drawn, funding: cash(wildAmount(random, Math.min(big, 10))) } : drawn;
  };
  const orders = random.chance(0.05) ? 40 : 3;
  return accountOf(random, instruments, id, { rows, orders, position, amount: () => wildAmount(random, big) });
}
