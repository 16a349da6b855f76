/** Closing orders that pay a taker fee, in every kind of contract: filled at the limit nothing is missing, a tick beyond it something is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossToZero, sharesOf } from '../../src/model/bankruptcy.js';
import { countedOf } from '../../src/model/collateral.js';
import { type Decimal, formatDecimal } from '../../src/model/decimal.js';
import { add, multiply, sign, subtract, ZERO } from '../../src/model/fraction.js';
import { type Instruments, plainAsset } from '../../src/model/instruments.js';
import { notionalAt, pricesOf } from '../../src/model/margin.js';
import { cash, cost, lots, type Portfolio } from '../../src/model/portfolio.js';
import { pricedOf, type Scene, sceneArbitrary, withMark } from '../model/venues.js';
import { dec, instrumentsOf, marketOf, rate, tiersOf } from '../support/books.js';
import { closingLimit } from '../support/closing-limit.js';

type Book = Omit<Scene, 'marks'>;

/** Of each position. */
function limitsOf(book: Book): (Decimal | null)[] {
  const { markets } = book.instruments;
  const value = pricedOf(book);
  const state = { maintenance: value.maintenance, lossToZero: lossToZero(sharesOf(value, markets)) };
  return value.positions.map(({ position, mark, maintenance }) => {
    const market = markets[position.market];
    const { index } = value.assets.find(({ asset }) => asset.index === market.settleAsset)!;
    return closingLimit(market, { ...position, mark, index, maintenance: multiply(index, maintenance) }, state);
  });
}

/** −1, 0 or 1: what is left, counted, when every position was closed at its price and its fee paid. */
function signOfRest({ instruments, portfolio, prices }: Book, at: readonly Decimal[]): number {
  const { assets } = pricedOf({ instruments, portfolio, prices });
  const left = assets.map(({ asset, index, balance, funding }) => {
    let equity = add(balance, funding);
    for (const [i, position] of portfolio.positions.entries()) {
      const market = instruments.markets[position.market];
      if (market.settleAsset !== asset.index) continue;
      const alone = {
        instruments,
        portfolio: { ...portfolio, positions: [position] },
        prices: withMark(prices, market.index, at[i]),
      };
      const [{ unrealizedPnl }] = pricedOf(alone).positions;
      const fee = multiply(market.takerFee, notionalAt(market, position.lots, at[i]));
      equity = add(equity, subtract(unrealizedPnl, fee));
    }
    return multiply(index, countedOf(asset, equity));
  });
  return sign(left.reduce(add, ZERO));
}

/** The price a tick further against the order. */
function worse(limit: Decimal, { instruments, portfolio }: Book): Decimal {
  const [{ market, lots: size }] = portfolio.positions;
  const { tick } = instruments.markets[market];
  return { units: limit.units + (size > 0 ? -tick.units : tick.units), decimals: limit.decimals };
}

describe('with a taker fee, on random books', () => {
  it('closing all at their limits leaves nothing missing', () => {
    let closed = 0;
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const limits = limitsOf(scene);
        if (limits.some((limit) => limit === null)) return;
        closed += 1;
        expect(signOfRest(scene, limits as Decimal[])).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
    expect(closed).toBeGreaterThan(50);
  });

  it('closing one a tick beyond its limit leaves something missing: each kind, long and short', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const [position] = scene.portfolio.positions;
        const book = { ...scene, portfolio: { ...scene.portfolio, positions: [position] } };
        const [limit] = limitsOf(book);
        if (limit === null) return;
        const { kind } = scene.instruments.markets[position.market];
        const beyond = worse(limit, book);
        if (kind === 'inverse' && beyond.units <= 0n) return;
        expect(signOfRest(book, [limit])).toBeGreaterThanOrEqual(0);
        expect(signOfRest(book, [beyond])).toBe(-1);
        const which = `${kind} ${position.lots > 0 ? 'long' : 'short'}`;
        seen.set(which, (seen.get(which) ?? 0) + 1);
      }),
      { numRuns: 1_000 },
    );
    for (const kind of ['linear', 'inverse', 'quanto']) {
      for (const side of ['long', 'short']) expect(seen.get(`${kind} ${side}`) ?? 0, `${kind} ${side}`).toBeGreaterThan(5);
    }
  });
});

describe('by hand: 0.1 % of fee', () => {
  const takerFee = rate('0.001');
  const E18 = 10n ** 18n;
  const flat = { method: 'bracket' as const, basis: 'mark' as const, closeFee: rate('0'), tiers: tiersOf([[0, '0.01']]) };

  function limit(instruments: Instruments, mark: Decimal, portfolio: Pick<Portfolio, 'cash' | 'others' | 'positions'>): string {
    const prices = pricesOf(
      () => mark,
      () => dec(20_000),
    );
    const book = { instruments, prices, portfolio: { id: 'p', mode: 'cross' as const, ...portfolio } };
    const [found] = limitsOf(book);
    if (found === null) throw new Error('expected a limit');
    return formatDecimal(found);
  }

  it('a linear long ends where price less fee pays for the loss, a short where price and fee do', () => {
    const instruments = instrumentsOf([marketOf(0, { maintenance: flat, takerFee })]);
    const one = (size: number) => [{ market: 0, lots: lots(size), cost: cost(BigInt(size) * 100n * E18) }];
    // One unit at 100 with 10: 0.999·p = 90 for the long (90.0901), 1.001·p = 110 for the short (109.8901).
    expect(limit(instruments, dec(91), { cash: cash(10n * E18), positions: one(1_000) })).toBe('90.1');
    expect(limit(instruments, dec(109), { cash: cash(10n * E18), positions: one(-1_000) })).toBe('109.89');
  });

  it('an inverse long and short end so in the coin', () => {
    const usdt = plainAsset(0, 'USDT', 6);
    const btc = plainAsset(1, 'BTC', 8);
    const market = marketOf(0, {
      ...{ kind: 'inverse', settle: 'BTC', settleAsset: 1, contractSize: dec(100), lot: dec(1), tick: dec(1, 2) },
      ...{ maintenance: flat, takerFee },
    });
    const instruments = { ...instrumentsOf([market]), valuation: usdt, assets: [usdt, btc] };
    const book = (size: number) => ({
      cash: cash(0n),
      others: [{ asset: 1, amount: cash(E18 / 100n) }],
      positions: [{ market: 0, lots: lots(size), cost: cost(BigInt(size) * 20_000n * E18) }],
    });
    // 20 contracts are 2,000 dollars, 0.1 BTC at 20,000; with 0.01 BTC a long ends at 2000·1.001/p = 0.11, a short at 2000·0.999/p = 0.09.
    expect(limit(instruments, dec(18_300), book(20))).toBe('18200');
    expect(limit(instruments, dec(22_100), book(-20))).toBe('22200');
  });
});
