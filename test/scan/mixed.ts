/** Random venues and accounts that mix every kind of contract, asset, rule and mode, drawn from a seed: far faster than fast-check's. */
import type { Decimal } from '../../src/model/decimal.js';
import { divideRounded, pow10 } from '../../src/model/decimal.js';
import { divide, subtract } from '../../src/model/fraction.js';
import {
  type Asset,
  DEFAULT_RULES,
  type HaircutBand,
  type Instruments,
  type MarginRule,
  type Market,
  type RequirementTable,
} from '../../src/model/instruments.js';
import { AMOUNT_MAX } from '../../src/model/limits.js';
import { type Prices, valuePortfolio } from '../../src/model/margin.js';
import {
  type Account,
  type Balance,
  cash,
  cost,
  crossOf,
  EXACT_DECIMALS,
  type IsolatedPosition,
  lots,
  type OpenOrder,
  type Position,
} from '../../src/model/portfolio.js';
import type { Random } from '../../src/synthetic/random.js';
import { dec, marketOf, rate, tiersOf } from '../support/books.js';

export const RATES = ['0', '0.004', '0.005', '0.01', '1/60', '0.025', '1/30', '0.05', '1/6', '0.25', '0.5', '1'];
export const HAIRCUTS = ['0', '0.005', '0.05', '1/7', '0.3', '0.5', '1'];

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.integer(from.length)];
}

/** `count` of them, ascending and distinct. */
function ascending<T>(random: Random, from: readonly T[], count: number): T[] {
  const taken = new Set<number>();
  while (taken.size < Math.min(count, from.length)) taken.add(random.integer(from.length));
  return [...taken].sort((a, b) => a - b).map((i) => from[i]);
}

/** Around what positions and balances are worth: from dust to the largest. */
function magnitude(random: Random, most: number): number {
  return Math.max(1, Math.floor(10 ** (random.uniform() * most)));
}

function floorsOf(random: Random, count: number, most: number): number[] {
  const floors = new Set<number>([0]);
  for (let i = 1; i < count; i++) floors.add(magnitude(random, most));
  return [...floors].sort((a, b) => a - b);
}

function table(random: Random, most: number, rates: readonly string[]): RequirementTable {
  const method = random.chance(0.7) ? 'bracket' : 'step';
  const floors = floorsOf(random, 1 + random.integer(6), most);
  const chosen = ascending(random, rates, floors.length);
  return {
    method,
    tiers: tiersOf(
      chosen.map((text, i) => [floors[i], text] as const),
      method,
    ),
  };
}

function assetOf(random: Random, index: number): Asset {
  const floors = floorsOf(random, 1 + random.integer(4), 5);
  const plain = random.chance(0.35);
  const bands = ascending(random, HAIRCUTS, floors.length).map(
    (haircut, i): HaircutBand => ({ floor: dec(floors[i]), haircut: rate(haircut) }),
  );
  return {
    index,
    id: `A${index}`,
    decimals: pick(random, [0, 2, 6, 8, 18]),
    haircuts: plain ? [{ floor: dec(0), haircut: rate('0') }] : bands,
    borrow: random.chance(plain ? 0.2 : 0.5) ? table(random, 4, RATES) : null,
  };
}

function marketFor(random: Random, index: number, assets: readonly Asset[]): Market {
  const kind = pick(random, ['linear', 'linear', 'inverse', 'quanto'] as const);
  const settleAsset = random.integer(assets.length);
  const rule: MarginRule = {
    ...table(random, kind === 'inverse' ? 3 : 7, RATES),
    basis: random.chance(0.75) ? 'mark' : 'entry',
    closeFee: rate(pick(random, ['0', '0.0005', '1/2000'])),
  };
  return marketOf(index, {
    kind,
    settle: assets[settleAsset].id,
    settleAsset,
    contractSize: pick(random, [dec(1), dec(10), dec(100), dec(1, 2), dec(25, 1)]),
    lot: dec(1, random.integer(9)),
    allowNonPositive: kind !== 'inverse' && random.chance(0.3),
    maintenance: rule,
    initial: random.chance(0.5) ? table(random, 7, RATES) : null,
  });
}

export function mixedVenue(random: Random): Instruments {
  const assets = Array.from({ length: 1 + random.integer(4) }, (_, i) => assetOf(random, i));
  const markets = Array.from({ length: 1 + random.integer(5) }, (_, i) => marketFor(random, i, assets));
  return venueOf(random, assets, markets);
}

/** The assets and markets under rules of some venue. */
export function venueOf(random: Random, assets: readonly Asset[], markets: readonly Market[]): Instruments {
  return {
    ...DEFAULT_RULES,
    liquidateWhen: random.chance(0.5) ? 'equity<maintenance' : 'equity<=maintenance',
    hedgeMargin: random.chance(0.5) ? 'both' : 'larger',
    orderMargin: random.chance(0.5) ? 'initial' : 'maintenance',
    valuation: assets[random.integer(assets.length)],
    assets,
    markets,
    marketIndex: new Map(markets.map(({ id, index }) => [id, index])),
  };
}

/** Prices that a test moves. */
export interface MixedPrices extends Prices {
  readonly marks: (Decimal | null)[];
  readonly indexes: (Decimal | null)[];
  readonly fundings: Decimal[];
}

export function mixedPrices(random: Random, { markets, assets, valuation }: Instruments): MixedPrices {
  const price = (): Decimal => ({
    units: BigInt(1 + random.integer(9)) * 10n ** BigInt(random.integer(11)) + BigInt(random.integer(1e6)),
    decimals: 6,
  });
  const marks = markets.map(() => (random.chance(0.03) ? null : price()));
  const indexes = assets.map(({ index }) => (index === valuation.index ? dec(1) : random.chance(0.03) ? null : price()));
  const fundings = markets.map(() => (random.chance(0.3) ? dec(random.integer(2e6) - 1e6, 6) : dec(0)));
  return movingPrices(marks, indexes, fundings);
}

export function movingPrices(marks: (Decimal | null)[], indexes: (Decimal | null)[], fundings: Decimal[]): MixedPrices {
  return { marks, indexes, fundings, mark: (m) => marks[m], index: (a) => indexes[a], funding: (m) => fundings[m] };
}

/** What a price moves by in a step, [up, down]: not at all, a little, and to the edges of a window and beyond. */
export const STEPS: readonly (readonly [bigint, bigint])[] = [
  [1n, 1n],
  [1_001n, 1_000n],
  [105n, 100n],
  [100n, 105n],
  [105_000_001n, 100_000_000n],
  [100_000_000n, 105_000_001n],
  [3n, 1n],
  [1n, 3n],
];

function sizeOf(random: Random): number {
  const size = random.chance(0.1) ? 1 : random.chance(0.05) ? 2 ** 45 : magnitude(random, 7);
  return random.chance(0.5) ? size : -size;
}

function positionOf(random: Random, market: number): Position {
  const size = sizeOf(random);
  const entry = 10n ** BigInt(random.integer(11)) * BigInt(1 + random.integer(9));
  const position = { market, lots: lots(size), cost: cost(BigInt(size) * entry * 10n ** 12n) };
  return random.chance(0.2) ? { ...position, funding: cash(BigInt(random.integer(2e9) - 1e9) * 10n ** 12n) } : position;
}

function amountOf(random: Random): bigint {
  const amount = BigInt(magnitude(random, 8)) * 10n ** 16n + BigInt(random.integer(1e6));
  return random.chance(0.3) ? -amount : amount;
}

export function mixedAccount(random: Random, instruments: Instruments, id: string): Account {
  const position = (market: number): Position => positionOf(random, market);
  return accountOf(random, instruments, id, { rows: 5, orders: 3, position, amount: () => amountOf(random) });
}

/** What an account is drawn from. */
export interface Draws {
  /** Most cross positions, and most orders. */
  readonly rows: number;
  readonly orders: number;
  readonly position: (market: number) => Position;
  readonly amount: () => bigint;
}

/** Some account in net or hedge mode, with balances, positions of both kinds, and orders. */
export function accountOf(random: Random, { markets, assets, valuation }: Instruments, id: string, draws: Draws): Account {
  const hedge = random.chance(0.4);
  const others = assets
    .filter(({ index }) => index !== valuation.index && random.chance(Math.min(0.5, 20 / assets.length)))
    .map(({ index }): Balance => ({ asset: index, amount: cash(draws.amount()) }))
    .filter(({ amount }) => amount !== 0n);
  const isolated = random.chance(0.3) ? positionsOf(random, markets.length, 2, hedge, draws) : [];
  const orders = Array.from({ length: random.chance(0.3) ? 1 + random.integer(draws.orders) : 0 }, (): OpenOrder => {
    const { market, lots: size, cost: units } = draws.position(random.integer(markets.length));
    return { market, lots: size, cost: units, reduceOnly: random.chance(0.2) };
  });
  return {
    id,
    positionMode: hedge ? 'hedge' : 'net',
    balance: cash(random.chance(0.2) ? 0n : draws.amount()),
    ...(others.length === 0 ? {} : { others }),
    cross: positionsOf(random, markets.length, draws.rows, hedge, draws),
    isolated: isolated.map((position): IsolatedPosition => {
      const collateral = draws.amount();
      return { ...position, collateral: cash(collateral < 0n ? -collateral : collateral) };
    }),
    ...(orders.length === 0 ? {} : { orders }),
  };
}

/** Draws positions in distinct (market, side) slots. */
function positionsOf(random: Random, markets: number, most: number, hedge: boolean, { position }: Draws): Position[] {
  const slots = new Map<string, Position>();
  for (let i = random.integer(most + 1); i > 0; i--) {
    const drawn = position(random.integer(markets));
    slots.set(hedge ? `${drawn.market}${drawn.lots < 0}` : `${drawn.market}`, drawn);
  }
  return [...slots.values()];
}

/**
 * The account with the balance of one asset moved so that slack comes within `off` units of 10^-18 of 0, where a few steps lead there: what
 * slack gains by a unit changes from band to band.
 */
export function atTheEdge(random: Random, account: Account, instruments: Instruments, prices: Prices, off: bigint): Account {
  let edged = account;
  const asset = random.integer(instruments.assets.length);
  for (let step = 0; step < 4; step++) {
    const value = valuePortfolio(crossOf(edged), instruments, prices);
    const index = asset === instruments.valuation.index ? dec(1) : prices.index(asset);
    if (!value.priced || index === null) return edged;
    const slack = subtract(value.equity, value.maintenance);
    const needed = divide(slack, { n: index.units, d: pow10(index.decimals) });
    const units = divideRounded(needed.n * pow10(EXACT_DECIMALS), needed.d, 'down') - off;
    if (units === 0n) return edged;
    const moved = withMore(edged, asset, instruments.valuation.index, -units);
    if (moved === null) return edged;
    edged = moved;
  }
  return edged;
}

function withMore(account: Account, asset: number, valuation: number, units: bigint): Account | null {
  const isHeld = (amount: bigint): boolean => amount < AMOUNT_MAX / 4n && amount > -AMOUNT_MAX / 4n;
  if (asset === valuation) {
    const balance = account.balance + units;
    return isHeld(balance) ? { ...account, balance: cash(balance) } : null;
  }
  const others = new Map((account.others ?? []).map((held) => [held.asset, held.amount as bigint]));
  const amount = (others.get(asset) ?? 0n) + units;
  if (!isHeld(amount)) return null;
  others.set(asset, amount);
  const kept = [...others].filter(([, held]) => held !== 0n).sort(([a], [b]) => a - b);
  return { ...account, others: kept.map(([held, value]) => ({ asset: held, amount: cash(value) })) };
}
