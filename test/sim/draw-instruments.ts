/** Draws a venue: assets, markets of every kind, tables of tiers and rules, and the prices that it begins with. */
import { type Fraction, fraction, multiply, subtract } from '../../src/model/fraction.js';
import {
  type Asset,
  DEFAULT_RULES,
  type Instruments,
  type MarginRule,
  type Market,
  plainAsset,
  type RequirementTable,
  type Tier,
} from '../../src/model/instruments.js';
import type { Chance } from './chance.js';
import { dec, ratio } from './chance.js';

/** Instruments, and a first price of each market and asset. */
export interface Venue {
  readonly instruments: Instruments;
  /** By market. */
  readonly prices: readonly number[];
  /** By asset; 1 for the valuation asset. */
  readonly indexes: readonly number[];
}

const RATES: readonly Fraction[] = [
  ratio(1, 250),
  ratio(1, 200),
  ratio(1, 100),
  ratio(1, 60),
  ratio(1, 40),
  ratio(1, 20),
  ratio(1, 6),
];

function tiersOf(pairs: readonly (readonly [number, Fraction])[], method: RequirementTable['method']): Tier[] {
  const tiers: Tier[] = [];
  let deduction = fraction(0n);
  for (const [i, [floor, rate]] of pairs.entries()) {
    if (i > 0 && method === 'bracket') {
      const more = multiply(subtract(rate, tiers[i - 1].rate), fraction(BigInt(floor)));
      deduction = fraction(deduction.n * more.d + more.n * deduction.d, deduction.d * more.d);
    }
    tiers.push({ floor: dec(floor), rate, deduction });
  }
  return tiers;
}

/** Floors in the settle asset, of which one is worth about `index`. */
function tableOf(chance: Chance, index: number): MarginRule {
  const method = chance.chance(0.8) ? 'bracket' : 'step';
  const count = chance.between(1, 4);
  const first = chance.integer(RATES.length - count + 1);
  let floor = 0;
  const pairs = Array.from({ length: count }, (_, i): [number, Fraction] => {
    if (i > 0) floor += Math.max(1, Math.round(chance.within(20_000, 200_000) / index));
    return [floor, RATES[first + i]];
  });
  const closeFee = chance.chance(0.2) ? ratio(1, 2_000) : ratio(0);
  return { method, basis: chance.chance(0.85) ? 'mark' : 'entry', closeFee, tiers: tiersOf(pairs, method) };
}

function assetOf(chance: Chance, index: number): Asset {
  const plain = plainAsset(index, ['USDT', 'BTC', 'EUR'][index], index === 1 ? 8 : 6);
  if (chance.chance(0.4)) return plain;
  const first = chance.pick([ratio(1, 20), ratio(1, 10), ratio(0)]);
  const haircuts = chance.chance(0.5)
    ? [{ floor: dec(0), haircut: first }]
    : [
        { floor: dec(0), haircut: first },
        { floor: dec(index === 1 ? 1 : 20_000), haircut: ratio(1, 4) },
      ];
  const borrow: RequirementTable | null = chance.chance(0.5)
    ? {
        method: 'bracket',
        tiers: tiersOf(
          [
            [0, ratio(1, 50)],
            [index === 1 ? 2 : 50_000, ratio(1, 10)],
          ],
          'bracket',
        ),
      }
    : null;
  return { ...plain, haircuts, borrow };
}

const LEVELS = [0.05, 1, 20, 150, 2_000, 40_000];

function marketOf(
  chance: Chance,
  index: number,
  assets: readonly Asset[],
  indexes: readonly number[],
): { market: Market; price: number } {
  const kind = chance.weighted({ linear: 6, inverse: assets.length > 1 ? 2 : 0, quanto: assets.length > 1 ? 1 : 0 });
  const settleAsset =
    kind === 'linear' ? (chance.chance(0.8) ? 0 : chance.integer(assets.length)) : chance.between(1, assets.length - 1);
  const asset = assets[settleAsset];
  const price = kind === 'inverse' ? indexes[settleAsset] * chance.within(0.9, 1.1) : chance.pick(LEVELS);
  const allowNonPositive = kind !== 'inverse' && chance.chance(0.08);
  const tickDecimals = price < 1 ? 5 : price < 100 ? 3 : 2;
  const market: Market = {
    index,
    id: `M${index}`,
    kind,
    base: `B${index}`,
    settle: asset.id,
    settleAsset,
    contractSize:
      kind === 'inverse' ? dec(100) : kind === 'quanto' ? dec(1, 4) : chance.pick([dec(1), dec(1), dec(10), dec(1, 2)]),
    lot: dec(1, chance.between(0, 3)),
    tick: dec(chance.pick([1, 1, 5]), tickDecimals),
    allowNonPositive,
    maintenance: tableOf(chance, indexes[settleAsset]),
    initial: null,
    takerFee: chance.pick([ratio(0), ratio(1, 2_000), ratio(1, 1_000)]),
  };
  return { market, price };
}

export function drawVenue(chance: Chance): Venue {
  const count = chance.pick([1, 1, 2, 2, 3]);
  const assets = [plainAsset(0, 'USDT', 6), ...Array.from({ length: count - 1 }, (_, i) => assetOf(chance, i + 1))];
  if (chance.chance(0.08))
    assets[0] = { ...assets[0], borrow: { method: 'bracket', tiers: tiersOf([[0, ratio(1, 50)]], 'bracket') } };
  const indexes = assets.map((_, i) => (i === 0 ? 1 : i === 1 ? chance.within(20_000, 60_000) : chance.within(0.8, 1.3)));
  const drawn = Array.from({ length: chance.between(1, 4) }, (_, i) => marketOf(chance, i, assets, indexes));
  const markets = drawn.map(({ market }) => market);
  const instruments: Instruments = {
    ...DEFAULT_RULES,
    liquidateWhen: chance.chance(0.8) ? 'equity<maintenance' : 'equity<=maintenance',
    hedgeMargin: chance.chance(0.7) ? 'both' : 'larger',
    orderMargin: chance.chance(0.8) ? 'initial' : 'maintenance',
    valuation: assets[0],
    assets,
    markets,
    marketIndex: new Map(markets.map(({ id, index }) => [id, index])),
  };
  return { instruments, prices: drawn.map(({ price }) => price), indexes };
}
