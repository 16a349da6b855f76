/** Random venues and portfolios with all that the model knows: every contract kind, several assets, haircuts, debts, hedges, orders. */
import fc from 'fast-check';
import type { Decimal } from '../../src/model/decimal.js';
import { type Fraction, fractionToUnits, subtract } from '../../src/model/fraction.js';
import { type Asset, DEFAULT_RULES, type Instruments, type Market, type RequirementTable } from '../../src/model/instruments.js';
import { type PricedPortfolio, type Prices, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { cash, cost, lots, type OpenOrder, type Portfolio, type Position } from '../../src/model/portfolio.js';
import { dec, marketOf, rate, ruleArbitrary, tiersOf } from '../support/books.js';

type Bands = readonly (readonly [floor: number, haircut: string])[];

const HAIRCUTS: readonly Bands[] = [
  [[0, '0']],
  [[0, '0.05']],
  [
    [0, '0'],
    [300, '0.1'],
    [5_000, '1/3'],
  ],
  [
    [0, '0.02'],
    [20_000, '1'],
  ],
  [[0, '1']],
];
const BORROWS: readonly (RequirementTable | null)[] = [
  null,
  { method: 'bracket', tiers: tiersOf([[0, '0.02']]) },
  {
    method: 'bracket',
    tiers: tiersOf([
      [0, '0'],
      [100, '0.05'],
      [2_000, '0.5'],
    ]),
  },
  {
    method: 'step',
    tiers: tiersOf(
      [
        [0, '0.01'],
        [50, '0.1'],
        [1_000, '1'],
      ],
      'step',
    ),
  },
];

export function assetOf(index: number, id: string, bands: Bands = [[0, '0']], borrow: RequirementTable | null = null): Asset {
  const haircuts = bands.map(([floor, haircut]) => ({ floor: dec(floor), haircut: rate(haircut) }));
  return { index, id, decimals: 8, haircuts, borrow };
}

const ASSETS = ['USDT', 'BTC', 'ETH'];

const assetsArbitrary = fc
  .array(fc.record({ bands: fc.constantFrom(...HAIRCUTS), borrow: fc.constantFrom(...BORROWS) }), { minLength: 1, maxLength: 3 })
  .map((choices) => choices.map(({ bands, borrow }, i) => assetOf(i, ASSETS[i], bands, borrow)));

const marketArbitrary = fc.record({
  kind: fc.constantFrom('linear' as const, 'inverse' as const, 'quanto' as const),
  maintenance: ruleArbitrary,
  lotDecimals: fc.integer({ min: 0, max: 8 }),
  contractSize: fc.constantFrom(dec(1), dec(10), dec(1, 2), dec(25, 1)),
  allowNonPositive: fc.boolean(),
  takerFee: fc.constantFrom('0', '0.0005', '0.9'),
  settle: fc.nat(2),
});

export const venueArbitrary: fc.Arbitrary<Instruments> = fc
  .record({
    assets: assetsArbitrary,
    markets: fc.array(marketArbitrary, { minLength: 1, maxLength: 3 }),
    liquidateWhen: fc.constantFrom('equity<maintenance' as const, 'equity<=maintenance' as const),
    hedgeMargin: fc.constantFrom('both' as const, 'larger' as const),
    orderMargin: fc.constantFrom('initial' as const, 'maintenance' as const),
  })
  .map(({ assets, markets, ...rules }) => ({
    ...DEFAULT_RULES,
    ...rules,
    valuation: assets[0],
    assets,
    markets: markets.map(({ lotDecimals, settle, takerFee, allowNonPositive, ...market }, i): Market => {
      const { index, id } = assets[settle % assets.length];
      return marketOf(i, {
        ...market,
        ...{ settle: id, settleAsset: index, lot: dec(1, lotDecimals), takerFee: rate(takerFee) },
        allowNonPositive: allowNonPositive && market.kind !== 'inverse',
      });
    }),
    marketIndex: new Map(markets.map((_, i) => [`M${i}`, i])),
  }));

const priceArbitrary = fc.oneof(fc.integer({ min: 1, max: 100_000_000 }), fc.integer({ min: 1, max: 1_000 })).map(BigInt);
const sizeArbitrary = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 5_000_000 }), fc.constant(1), fc.integer({ min: 1, max: 2 ** 45 })), fc.boolean())
  .map(([size, short]) => (short ? -size : size));
const amountArbitrary = fc
  .tuple(fc.bigInt({ min: -1_000_000n, max: 1_000_000n }), fc.nat(18))
  .map(([n, zeros]) => cash(n * 10n ** BigInt(zeros)));

const rowArbitrary = (markets: number) =>
  fc.record({
    market: fc.integer({ min: 0, max: markets - 1 }),
    lots: sizeArbitrary,
    entry: priceArbitrary,
    funding: fc.option(amountArbitrary, { nil: null }),
  });

const costOf = (size: number, entry: bigint) => cost(BigInt(size) * entry * 10n ** 14n);

/** A hedge: both sides of a market, each once. */
function portfolioOf(
  rows: readonly { market: number; lots: number; entry: bigint; funding: Position['funding'] | null }[],
  orders: readonly { market: number; lots: number; entry: bigint; reduceOnly: boolean }[],
  amounts: readonly Position['funding'][],
  assets: number,
): Portfolio {
  const unique = new Map(rows.map((row) => [`${row.market}${row.lots < 0}`, row]));
  const others = amounts.slice(1, assets).flatMap((amount, i) => (amount === 0n ? [] : [{ asset: i + 1, amount: amount! }]));
  return {
    id: 'p',
    mode: 'cross',
    cash: amounts[0]!,
    others,
    positions: [...unique.values()].map(({ market, lots: size, entry, funding }) => ({
      ...{ market, lots: lots(size), cost: costOf(size, entry) },
      ...(funding === null ? {} : { funding: funding! }),
    })),
    orders: orders.map(({ market, lots: size, entry, reduceOnly }): OpenOrder => {
      return { market, lots: lots(size), cost: costOf(size, entry), reduceOnly };
    }),
  };
}

export interface Scene {
  readonly instruments: Instruments;
  readonly portfolio: Portfolio;
  readonly marks: readonly Decimal[];
  readonly prices: Prices;
}

export function pricedOf({ portfolio, instruments, prices }: Omit<Scene, 'marks'>): PricedPortfolio {
  const value = valuePortfolio(portfolio, instruments, prices);
  if (!value.priced) throw new Error('expected a priced portfolio');
  return value;
}

export function slackOf({ equity, maintenance }: { equity: Fraction; maintenance: Fraction }): Fraction {
  return subtract(equity, maintenance);
}

/** The same with the balance moved so that slack is about `off`·10^-18: exactly so where the valuation asset counts as it is. */
function nearTheEdge(scene: Scene, off: bigint): Scene {
  let near = scene;
  for (let i = 0; i < 3; i += 1) {
    const units = fractionToUnits(slackOf(pricedOf(near)), 18, 'down');
    near = { ...near, portfolio: { ...near.portfolio, cash: cash(near.portfolio.cash - units + off) } };
  }
  return near;
}

/** A portfolio at prices; most are near the edge of their trigger, by some power of ten. */
export const sceneArbitrary: fc.Arbitrary<Scene> = venueArbitrary.chain((instruments) => {
  const { markets, assets } = instruments;
  const exactly = { minLength: markets.length, maxLength: markets.length };
  const row = rowArbitrary(markets.length);
  return fc
    .record({
      rows: fc.array(row, { minLength: 1, maxLength: 4 }),
      orders: fc.array(
        row.chain((order) => fc.boolean().map((reduceOnly) => ({ ...order, reduceOnly }))),
        { maxLength: 2 },
      ),
      amounts: fc.array(amountArbitrary, { minLength: 3, maxLength: 3 }),
      marks: fc.array(priceArbitrary, exactly),
      indexes: fc.array(priceArbitrary, { minLength: 3, maxLength: 3 }),
      funding: fc.array(fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 }), { nil: null }), exactly),
      edge: fc.option(fc.tuple(fc.bigInt({ min: -1_000n, max: 1_000n }), fc.nat(24)), { nil: null, freq: 5 }),
    })
    .map(({ rows, orders, amounts, marks, indexes, funding, edge }) => {
      const scene: Scene = {
        instruments,
        portfolio: portfolioOf(rows, orders, amounts, assets.length),
        marks: marks.map((units) => dec(units, 4)),
        prices: pricesOf(
          (m) => dec(marks[m], 4),
          (a) => dec(indexes[a], 4),
          (m) => dec(funding[m] ?? 0, 6),
        ),
      };
      return edge === null ? scene : nearTheEdge(scene, edge[0] * 10n ** BigInt(edge[1]));
    });
});

/** Prices with one market's mark moved. */
export function withMark(prices: Prices, market: number, mark: Decimal): Prices {
  return { ...prices, mark: (m) => (m === market ? mark : prices.mark(m)) };
}
