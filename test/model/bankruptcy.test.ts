/** Bankruptcy prices: closing every position at its own leaves exactly nothing, after the taker's fee too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AssetShare, bankruptcyPrice, lossToZero, sharesOf } from '../../src/model/bankruptcy.js';
import { countedOf } from '../../src/model/collateral.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  multiply,
  negate,
  ONE,
  sign,
  subtract,
  ZERO,
} from '../../src/model/fraction.js';
import { plainAsset } from '../../src/model/instruments.js';
import { entryValue, pricesOf, unitsOf, unitValue } from '../../src/model/margin.js';
import { cash, cost, lots, type Portfolio } from '../../src/model/portfolio.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';
import { assetOf, pricedOf, type Scene, sceneArbitrary } from './venues.js';

const E18 = 10n ** 18n;
const NO_FEE = (): Fraction => ZERO;

type FeeOf = (market: number) => Fraction;

/** Each position's bankruptcy price; null where it has none. */
function pricesAtZero(scene: Omit<Scene, 'marks'>, feeOf: FeeOf): (Fraction | null)[] {
  const { markets } = scene.instruments;
  const value = pricedOf(scene);
  const { maintenance, positions, assets } = value;
  const portfolio = { maintenance, lossToZero: lossToZero(sharesOf(value, markets)) };
  return positions.map(({ position, mark, ...row }) => {
    const market = markets[position.market];
    const { index } = assets.find(({ asset }) => asset.index === market.settleAsset)!;
    const needed = multiply(index, row.maintenance);
    return bankruptcyPrice(market, { lots: position.lots, mark, maintenance: needed, index }, portfolio, feeOf(market.index));
  });
}

/** Equity after every position was closed at its price, and its fee paid; the definition, written out. */
function leftAfter({ instruments, portfolio, prices }: Omit<Scene, 'marks'>, at: readonly Fraction[], feeOf: FeeOf) {
  const { assets } = pricedOf({ instruments, portfolio, prices });
  return assets.reduce((total, { asset, index, balance, funding }) => {
    const rows = portfolio.positions.flatMap((position, i) => {
      const market = instruments.markets[position.market];
      if (market.settleAsset !== asset.index) return [];
      const brought = multiply(unitsOf(market, position.lots), unitValue(market, at[i]));
      const fee = multiply(feeOf(position.market), absolute(brought));
      return [subtract(subtract(brought, entryValue(market, position)), fee)];
    });
    return add(total, multiply(index, countedOf(asset, rows.reduce(add, add(balance, funding)))));
  }, ZERO);
}

describe('on random books', () => {
  it.each([
    ['without a fee', () => ZERO],
    ['with the taker fee', ({ markets }: Scene['instruments'], market: number) => markets[market].takerFee],
  ])('closing all leaves exactly nothing %s', (_, fee) => {
    const seen = { linear: 0, inverse: 0, quanto: 0, several: 0, haircut: 0, debt: 0, none: 0 };
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const { instruments, portfolio } = scene;
        const feeOf = (market: number) => fee(instruments, market);
        const prices = pricesAtZero(scene, feeOf);
        if (prices.some((price) => price === null)) {
          seen.none += 1;
          return;
        }
        const left = leftAfter(scene, prices as Fraction[], feeOf);
        expect(sign(left)).toBe(0);
        const { assets } = pricedOf(scene);
        for (const { market } of portfolio.positions) seen[instruments.markets[market].kind] += 1;
        seen.several += Number(new Set(portfolio.positions.map(({ market }) => instruments.markets[market].settle)).size > 1);
        seen.haircut += Number(assets.some(({ asset, equity }) => compare(countedOf(asset, equity), equity) !== 0));
        seen.debt += Number(assets.some(({ borrowMaintenance }) => borrowMaintenance.n > 0n));
      }),
      { numRuns: 1_000 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(10);
  });

  it('there is no price only where nothing needs maintenance, gains count nothing, or the market has no such price', () => {
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const { instruments } = scene;
        const value = pricedOf(scene);
        const shares = sharesOf(value, instruments.markets);
        const loss = lossToZero(shares);
        const bearing = shares.filter(({ share }) => share.n > 0n);
        if (loss === null && bearing.length > 0) {
          // Still below nothing after a gain of all the money in the world, which counts nothing.
          expect(sign(leftOf(shares, fraction(-(10n ** 60n))))).toBe(-1);
          expect(bearing.every(({ asset }) => asset.haircuts.at(-1)?.haircut.n === asset.haircuts.at(-1)?.haircut.d)).toBe(true);
        }
        if (loss !== null) {
          expect(sign(leftOf(shares, loss))).toBe(0);
          expect(sign(leftOf(shares, add(loss, fraction(1n, E18))))).toBe(-1);
        }
        for (const [i, price] of pricesAtZero(scene, NO_FEE).entries()) {
          const { kind, allowNonPositive } = instruments.markets[value.positions[i].position.market];
          if (price === null) expect(loss === null || kind === 'inverse' || !allowNonPositive).toBe(true);
          else expect(loss !== null && (sign(price) > 0 || allowNonPositive)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function leftOf(shares: readonly AssetShare[], loss: Fraction): Fraction {
  return shares.reduce(
    (total, { asset, index, equity, share }) =>
      add(total, multiply(index, countedOf(asset, subtract(equity, divide(multiply(loss, share), index))))),
    ZERO,
  );
}

describe('by hand', () => {
  const tenth = {
    method: 'bracket' as const,
    basis: 'mark' as const,
    closeFee: rate('0'),
    tiers: tiersOf([[0, '0.1']]),
  };
  const position = (market: number, size: number, entry: number) => ({
    ...{ market, lots: lots(size), cost: cost(BigInt(size * entry) * E18) },
  });

  it('a lone position is where its equity is gone: 350 of collateral on 0.1 sold at 31,000', () => {
    const instruments = instrumentsOf([marketOf(0)]);
    const portfolio: Portfolio = { id: 'p', mode: 'isolated', cash: cash(350n * E18), positions: [position(0, -100, 31_000)] };
    const scene = { instruments, portfolio, prices: pricesOf(() => dec(33_000)) };
    expect(pricesAtZero(scene, NO_FEE)).toEqual([fraction(34_500n)]);
    // Bought back at p with a fee of 1 %: 3,450 = 0.1·p·1.01.
    expect(pricesAtZero(scene, () => rate('0.01'))).toEqual([fraction(3_450_000n, 101n)]);
  });

  it('a long that cannot lose all it has has none, unless its market has prices below zero', () => {
    const portfolio: Portfolio = { id: 'p', mode: 'cross', cash: cash(150n * E18), positions: [position(0, 1, 100)] };
    const prices = pricesOf(() => dec(100));
    const at = (allowNonPositive: boolean, fee = NO_FEE) =>
      pricesAtZero({ instruments: instrumentsOf([marketOf(0, { lot: dec(1), allowNonPositive })]), portfolio, prices }, fee);
    expect(at(true)).toEqual([fraction(-50n)]);
    expect(at(false)).toEqual([null]);
    expect(at(false, () => rate('0.5'))).toEqual([null]);
    // At a price of exactly zero too.
    const even = { ...portfolio, cash: cash(100n * E18) };
    const instruments = instrumentsOf([marketOf(0, { lot: dec(1) })]);
    expect(pricesAtZero({ instruments, portfolio: even, prices }, NO_FEE)).toEqual([null]);
  });

  it('an inverse long of 10,000 dollars at 10,000 with 0.2 coins: 1.2 = 10,000/p', () => {
    const inverse = marketOf(0, { kind: 'inverse', settle: 'BTC', settleAsset: 1, lot: dec(1), maintenance: tenth });
    const instruments = { ...instrumentsOf([inverse]), assets: [plainAsset(0, 'USDT', 6), plainAsset(1, 'BTC', 8)] };
    const others = [{ asset: 1, amount: cash(E18 / 5n) }];
    const portfolio: Portfolio = { id: 'p', mode: 'cross', cash: cash(0n), others, positions: [position(0, 10_000, 10_000)] };
    const prices = pricesOf(
      () => dec(9_500),
      () => dec(9_600),
    );
    const [price] = pricesAtZero({ instruments, portfolio, prices }, NO_FEE);
    expect(price).toEqual(fraction(25_000n, 3n));
    // A short that sold as many coins as it has is never bankrupt.
    const short = { ...portfolio, others: [{ asset: 1, amount: cash(E18) }], positions: [position(0, -10_000, 10_000)] };
    expect(pricesAtZero({ instruments, portfolio: short, prices }, NO_FEE)).toEqual([null]);
  });

  it('two settle assets bear the loss by their maintenance, and what a haircut takes from a gain is no loss of it', () => {
    const assets = [plainAsset(0, 'USDT', 6), assetOf(1, 'USDC', [[0, '0.5']])];
    const markets = [
      marketOf(0, { lot: dec(1), maintenance: tenth }),
      marketOf(1, { lot: dec(1), maintenance: tenth, settle: 'USDC', settleAsset: 1 }),
    ];
    const instruments = { ...instrumentsOf(markets), assets };
    const others = [{ asset: 1, amount: cash(20n * E18) }];
    const positions = [position(0, 1, 100), position(1, 1, 100)];
    const portfolio: Portfolio = { id: 'p', mode: 'cross', cash: cash(40n * E18), others, positions };
    const prices = pricesOf(
      () => dec(100),
      () => dec(1),
    );
    // Each bears t/2: 40 − t/2 + (20 − t/2)·(0.5 while positive): nothing is left at t = 60, where one has 10 and the other −10.
    expect(pricesAtZero({ instruments, portfolio, prices }, NO_FEE)).toEqual([fraction(70n), fraction(70n)]);
  });

  it('no gain that counts nothing makes up for a debt', () => {
    const asset = assetOf(1, 'USDC', [[0, '1']]);
    const share: AssetShare = { asset, index: ONE, equity: fraction(5n), share: ONE };
    const debt: AssetShare = { asset: plainAsset(0, 'USDT', 6), index: ONE, equity: negate(ONE), share: ZERO };
    expect(lossToZero([debt, share])).toBeNull();
    // Without the debt all losses up to 5 leave nothing: the greatest is its.
    expect(lossToZero([share])).toEqual(fraction(5n));
    expect(lossToZero([debt])).toBeNull();
    expect(compare(lossToZero([{ ...debt, share: ONE }]) as Fraction, negate(ONE))).toBe(0);
  });
});
