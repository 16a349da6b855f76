/** Trades of every kind of contract: what they leave in equity is what they cost, less what is rounded away from the holder. */
import { describe, expect, it } from 'vitest';
import { pow10 } from '../../src/model/decimal.js';
import { add, compare, type Fraction, fraction, fromDecimal, multiply, subtract, ZERO } from '../../src/model/fraction.js';
import type { Instruments } from '../../src/model/instruments.js';
import { unitsOf, unitValue } from '../../src/model/margin.js';
import { cash, EXACT_DECIMALS, isolatedId, lots, type Portfolio } from '../../src/model/portfolio.js';
import type { Fill } from '../../src/model/records.js';
import { bookFills } from '../../src/scan/booking.js';
import { fillPosition } from '../../src/scan/fill.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { dec, marketOf } from '../support/books.js';
import { mixedAccount, mixedPrices, mixedVenue } from './mixed.js';

const UNIT = fraction(1n, pow10(EXACT_DECIMALS));

/** Equity in each asset, exact, as the verdict sums it. */
function equities(scanner: Scanner, id: string): Map<number, Fraction> {
  const handle = scanner.book.store.find(id);
  if (handle < 0) return new Map();
  expect(scanner.verdict.judge(handle)).not.toBe('unpriced');
  return new Map(scanner.verdict.assets().map(({ asset, equity }) => [asset, equity]));
}

function fillOf(random: Random, instruments: Instruments, account: string, i: number, isolated: boolean): Fill {
  const market = random.integer(instruments.markets.length);
  const price = dec(1 + random.integer(1e9), random.integer(7));
  return {
    tradeId: `t${i}`,
    orderId: null,
    account,
    market,
    margin: isolated ? 'isolated' : 'cross',
    side: random.chance(0.5) ? 'buy' : 'sell',
    lots: lots(1 + random.integer(10 ** (1 + random.integer(6)))),
    price,
    fee: cash(BigInt(random.integer(1e6))),
    timeUs: i,
  };
}

/** Half of the trades of isolated positions close one that is there. */
function closing(random: Random, book: LiveBook, fill: Fill): Fill {
  const [id] = fill.margin === 'isolated' ? book.portfolioIds('a').slice(1) : [];
  if (id === undefined || random.chance(0.5)) return fill;
  // One that ended with a loss beyond its collateral has no position any more.
  const [position] = book.portfolio(book.store.find(id)).positions;
  if (position === undefined) return fill;
  const { market, lots: held } = position;
  return { ...fill, market, side: held > 0 ? 'sell' : 'buy', lots: lots(Math.abs(held)) };
}

/** What all portfolios of an account have in an asset together. */
function total(scanner: Scanner, account: string, asset: number): Fraction {
  return scanner.book.portfolioIds(account).reduce((sum, id) => add(sum, equities(scanner, id).get(asset) ?? ZERO), ZERO);
}

describe('trades', () => {
  it('change the equity of the settle asset by what they are worth at the mark less their price and fee, and nothing else', () => {
    const random = new Random(3, 'fills');
    const seen = { linear: 0, inverse: 0, quanto: 0, refused: 0, isolated: 0, closed: 0 };
    for (let scene = 0; scene < 400; scene++) {
      const instruments = mixedVenue(random);
      const prices = mixedPrices(random, instruments);
      const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
      const known = (index: number) => dec(1 + random.integer(1e9), 3 + (index % 4));
      scanner.setPrices({
        marks: instruments.markets.map(({ index }) => ({ market: index, price: known(index) })),
        indexes: instruments.assets.flatMap(({ index }) =>
          index === instruments.valuation.index ? [] : [{ asset: index, price: known(index) }],
        ),
        funding: prices.fundings.map((index, market) => ({ market, index })),
      });
      scanner.book.setAccount(mixedAccount(random, instruments, 'a'), 1);
      for (let i = 0; i < 8; i++) {
        const fill = closing(random, scanner.book, fillOf(random, instruments, 'a', i, random.chance(0.2)));
        const market = instruments.markets[fill.market];
        const before = instruments.assets.map(({ index }) => total(scanner, 'a', index));
        try {
          bookFills(scanner.book, [fill], () => false);
        } catch {
          // A leg that would turn over, an isolated position that is not there, an amount out of bounds: nothing has changed.
          seen.refused += 1;
          for (const { index } of instruments.assets) expect(compare(total(scanner, 'a', index), before[index])).toBe(0);
          continue;
        }
        const traded = unitsOf(market, fill.side === 'buy' ? fill.lots : -fill.lots);
        const mark = fromDecimal(scanner.verdict.markOf(fill.market)!);
        const worth = subtract(unitValue(market, mark), unitValue(market, fromDecimal(fill.price)));
        const expected = subtract(multiply(traded, worth), multiply(fraction(fill.fee), UNIT));
        for (const { index } of instruments.assets) {
          const change = subtract(total(scanner, 'a', index), before[index]);
          if (index !== market.settleAsset) {
            expect(compare(change, ZERO)).toBe(0);
            continue;
          }
          // Realised PnL and settled funding are each rounded down to 10^-18.
          const lost = subtract(expected, change);
          expect(compare(lost, ZERO)).toBeGreaterThanOrEqual(0);
          expect(compare(lost, multiply(fraction(2n), UNIT))).toBeLessThan(0);
        }
        seen[market.kind] += 1;
        if (fill.margin === 'isolated') {
          seen.isolated += 1;
          const id = isolatedId(
            'a',
            market.id,
            scanner.book.isHedged(scanner.book.store.find('a')) ? 'hedge' : 'net',
            fill.side === 'sell' ? 'long' : 'short',
          );
          if (scanner.book.store.find(id) < 0) seen.closed += 1;
        }
      }
    }
    for (const count of [seen.linear, seen.inverse, seen.quanto]) expect(count).toBeGreaterThan(200);
    expect(seen.refused).toBeGreaterThan(100);
    expect(seen.isolated).toBeGreaterThan(20);
    expect(seen.closed).toBeGreaterThan(0);
  });

  it('move an inverse entry to the price at which both parts are worth what they cost: 100 at 10,000 and 100 at 40,000 is 200 at 16,000', () => {
    const market = marketOf(0, { kind: 'inverse', lot: dec(1), contractSize: dec(100) });
    const E18 = 10n ** 18n;
    const after = fillPosition({ lots: 100, cost: 100n * 10_000n * E18 }, 100, 40_000n * E18, market);
    expect(after).toEqual({ lots: 200, cost: 200n * 16_000n * E18, realised: 0n });
    // Half of it closed at 32,000: 100 contracts of 100 gain 10,000·(1/16,000 − 1/32,000) = 0.3125.
    const closed = fillPosition(after, -100, 32_000n * E18, market);
    expect(closed).toEqual({ lots: 100, cost: 100n * 16_000n * E18, realised: (3125n * E18) / 10_000n });
    // Turned over: the rest opens at the price.
    const turned = fillPosition(closed, -150, 16_000n * E18, market);
    expect(turned).toEqual({ lots: -50, cost: -50n * 16_000n * E18, realised: 0n });
  });

  it('are booked whole or not at all where several assets are in play', () => {
    const random = new Random(4, 'batches');
    let refused = 0;
    for (let scene = 0; scene < 200; scene++) {
      const instruments = mixedVenue(random);
      const book = new LiveBook(instruments);
      book.setAccount(mixedAccount(random, instruments, 'a'), 1);
      const state = (): Portfolio[] => book.portfolioIds('a').map((id) => sorted(book.portfolio(book.store.find(id))));
      const before = state();
      const good = fillOf(random, instruments, 'a', 1, false);
      const bad: Fill = { ...fillOf(random, instruments, 'a', 2, false), account: 'nobody' };
      expect(() => bookFills(book, [good, bad], () => false)).toThrow();
      expect(state()).toEqual(before);
      refused += 1;
    }
    expect(refused).toBe(200);
  });
});

/** Positions and orders in one order: the store keeps them in its own. */
function sorted(portfolio: Portfolio): Portfolio {
  const positions = portfolio.positions.toSorted((a, b) => a.market - b.market || a.lots - b.lots);
  return { ...portfolio, positions };
}
