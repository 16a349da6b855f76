/** Random small books under rules of every kind: contract kinds, several assets, haircuts, debts, hedges, orders, funding, leverage. */
import fc from 'fast-check';
import { type BookInput, type HandBook, market } from './hand-books.js';
import { aMarket, decimalText, price } from './random-books.js';

const MARKETS = ['A', 'B', 'C', 'D'];
const ASSETS = ['USDT', 'BTC', 'ETH'];

const tiersOf = (...pairs: readonly (readonly [floor: string, rate: string])[]) =>
  pairs.map(([floor, rate]) => ({ floor, rate }));

const HAIRCUTS = [
  '0',
  '0',
  '0.05',
  '1',
  [
    { floor: '0', haircut: '0.02' },
    { floor: '15.5', haircut: '1/3' },
    { floor: '400', haircut: '1' },
  ],
];
const BORROWS = [
  undefined,
  { method: 'bracket', tiers: tiersOf(['0', '0.03']) },
  { method: 'bracket', tiers: tiersOf(['0', '0'], ['10', '0.1'], ['120.5', '1/3']) },
  { method: 'step', tiers: tiersOf(['0', '0.01'], ['10', '0.2'], ['150', '1']) },
];
const INITIALS = [
  undefined,
  { method: 'bracket', tiers: [{ floor: '0', maxLeverage: '30' }, ...tiersOf(['1000', '0.1'], ['2500', '1/3'])] },
  { method: 'step', tiers: tiersOf(['0', '0.02'], ['700', '0.5']) },
];

const anAsset = fc.record({ haircut: fc.constantFrom(...HAIRCUTS), borrow: fc.constantFrom(...BORROWS) });

const aVenueMarket = fc.record({
  shape: aMarket,
  kind: fc.constantFrom('linear', 'inverse', 'quanto'),
  settle: fc.constantFrom(...ASSETS),
  initial: fc.constantFrom(...INITIALS),
  takerFee: fc.constantFrom(undefined, '0.0005', '1/3'),
});

const size = fc.bigInt({ min: -3000n, max: 3000n }).filter((units) => units !== 0n);
const amount = fc.option(fc.oneof(fc.bigInt({ min: -99_999n, max: 999_999n }), fc.bigInt({ min: 0n, max: 9_999n })), {
  nil: null,
});
const fundingIndex = fc.option(fc.bigInt({ min: -99_999n, max: 99_999n }), { nil: null });

const aPosition = fc.record({
  market: fc.constantFrom(...MARKETS),
  size,
  entry: price,
  collateral: fc.option(fc.bigInt({ min: 0n, max: 999_999n }), { nil: null, freq: 3 }),
  extra: fc.option(fc.bigInt({ min: 0n, max: 99_999n }), { nil: null }),
  leverage: fc.option(fc.constantFrom('3', '12.5', '100'), { nil: null }),
  fundingIndex,
});

const anOrder = fc.record({
  market: fc.constantFrom(...MARKETS),
  side: fc.constantFrom('buy', 'sell'),
  size: fc.bigInt({ min: 1n, max: 2000n }),
  price,
  reduceOnly: fc.option(fc.boolean(), { nil: null }),
});

const aVenue = fc.record({
  assets: fc.array(anAsset, { minLength: 3, maxLength: 3 }),
  markets: fc.array(aVenueMarket, { minLength: 4, maxLength: 4 }),
  accounts: fc.array(
    fc.record({
      balances: fc.array(amount, { minLength: 3, maxLength: 3 }),
      hedge: fc.boolean(),
      positions: fc.array(aPosition, { maxLength: 5 }),
      orders: fc.array(anOrder, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  rules: fc.record({
    liquidateWhen: fc.constantFrom('equity<maintenance', 'equity<=maintenance'),
    hedgeMargin: fc.constantFrom('both', 'larger'),
    orderMargin: fc.constantFrom('initial', 'maintenance'),
  }),
  marks: fc.array(fc.option(price, { freq: 15 }), { minLength: 4, maxLength: 4 }),
  indexes: fc.array(fc.option(price, { freq: 15 }), { minLength: 2, maxLength: 2 }),
  funding: fc.array(fundingIndex, { minLength: 4, maxLength: 4 }),
});

type Shape = typeof aVenue extends fc.Arbitrary<infer Value> ? Value : never;
type PositionShape = Shape['accounts'][number]['positions'][number];

/** Some of the legs turned into hedges of the one before, of about its size. */
function hedged(legs: readonly PositionShape[]): PositionShape[] {
  return legs.map((leg, i) => {
    if (i % 2 === 0) return leg;
    const { market: on, collateral, size: other } = legs[i - 1];
    const nudged = -other + leg.size / 50n;
    return { ...leg, market: on, collateral, size: nudged === 0n ? 1n : nudged };
  });
}

/** What is there of it. */
function given(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function positionInput({ market: on, size: units, entry, ...row }: PositionShape): object {
  const margin = row.collateral === null ? {} : { margin: 'isolated', collateral: decimalText(row.collateral, 4) };
  return {
    market: on,
    size: decimalText(units, 2),
    entry,
    ...margin,
    ...given({
      extraMargin: row.collateral === null || row.extra === null ? null : decimalText(row.extra, 5),
      leverage: row.leverage,
      fundingIndex: row.fundingIndex === null ? null : decimalText(row.fundingIndex, 5),
    }),
  };
}

function toBook({ assets, markets, accounts, rules, marks, indexes, funding }: Shape, name: string): HandBook {
  const inputs = accounts.map(({ balances, hedge, positions, orders }, i) => {
    const seen = new Set<string>();
    const kept = (hedge ? hedged(positions) : positions).filter(({ market: on, size: units, collateral }) => {
      const key = `${on} ${collateral === null} ${hedge && units < 0n}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    });
    const held = balances.flatMap((units, at) => (units === null ? [] : [[ASSETS[at], decimalText(units, 3)] as const]));
    return {
      id: `u${i}`,
      positionMode: hedge ? 'hedge' : 'net',
      balances: Object.fromEntries(held),
      positions: kept.map(positionInput),
      ...(orders.length === 0 ? {} : { orders: orders.map((order) => given({ ...order, size: decimalText(order.size, 2) })) }),
    };
  });
  const known = (ids: readonly string[], texts: readonly (string | null)[]) =>
    Object.fromEntries(texts.flatMap((text, i) => (text === null ? [] : [[ids[i], text] as const])));
  const decimals = [6, 8, 18];
  const book: BookInput = {
    version: 1,
    valuation: 'USDT',
    rules,
    assets: Object.fromEntries(
      assets.map((asset, i) => [ASSETS[i], { decimals: decimals[i], ...(given(asset) as { haircut: string | object[] }) }]),
    ),
    markets: Object.fromEntries(
      markets.map(({ shape, ...more }, i) => [MARKETS[i], { ...market({ ...shape, lot: '0.01' }), ...given(more) }]),
    ),
    accounts: inputs,
  };
  // Where a position says its index the market's must be told.
  const rows = inputs.flatMap(({ positions }) => positions as { market: string; fundingIndex?: string }[]);
  const asked = new Set(rows.flatMap((row) => (row.fundingIndex === undefined ? [] : [row.market])));
  const grown = funding.map((units, i) => (units === null && !asked.has(MARKETS[i]) ? null : decimalText(units ?? 0n, 5)));
  return { name, book, marks: known(MARKETS, marks), indexes: known(ASSETS.slice(1), indexes), funding: known(MARKETS, grown) };
}

export function venueBooks(seed: number, count: number): HandBook[] {
  return fc.sample(aVenue, { seed, numRuns: count }).map((shape, i) => toBook(shape, `venue-${seed}-${i}`));
}
