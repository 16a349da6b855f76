/** What the paper venue takes for a trade, and how deep it thinks markets of each kind are. */

import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { Session } from '../../src/engine/session.js';
import { type Decimal, decimalToNumber } from '../../src/model/decimal.js';
import type { Effect, OrderEvent } from '../../src/model/effects.js';
import { compare, fraction } from '../../src/model/fraction.js';
import { DEFAULT_RULES, type Instruments, type Market, plainAsset } from '../../src/model/instruments.js';
import { notionalAt } from '../../src/model/margin.js';
import { type Account, cash, cost, lots } from '../../src/model/portfolio.js';
import type { Fill } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { PaperVenue } from '../../src/venue/paper.js';
import { dec, marketOf, rate, tiersOf } from '../support/books.js';
import { fullClose } from '../support/policies.js';

const E18 = 10n ** 18n;
const usdt = plainAsset(0, 'USDT', 6);
const btc = plainAsset(1, 'BTC', 8);

const tiered = (...pairs: [number, string][]) => ({
  maintenance: { method: 'bracket' as const, basis: 'mark' as const, closeFee: rate('0'), tiers: tiersOf(pairs) },
});
const inverse = { kind: 'inverse', settle: 'BTC', settleAsset: 1, contractSize: dec(100), lot: dec(1) } as const;

function venueOf(...markets: Market[]): Instruments {
  return {
    ...DEFAULT_RULES,
    valuation: usdt,
    assets: [usdt, btc],
    markets,
    marketIndex: new Map(markets.map(({ id, index }) => [id, index])),
  };
}

/** The execution of an order without a limit at a mark of 20,000. */
function executed(market: Market, count: number, side: 'buy' | 'sell' = 'sell', index: Decimal | null = null): Fill {
  const paper = new PaperVenue({ instruments: venueOf(market), seed: 3 });
  const order: OrderEvent = {
    ...{ orderId: 'a', caseId: 'c', event: 'new', portfolio: 'alice', market: 0, side, lots: lots(count), limitPrice: null },
    ...{ stage: 'full', expiryUs: 100, version: 1, priceEpoch: 1, tickTimeUs: 0 },
  };
  paper.onOrders([order], 0);
  const indexes = index === null ? [] : [{ asset: 1, price: index }];
  const [record] = paper.onTick({ type: 'tick', timeUs: 1, marks: [{ market: 0, price: dec(20_000) }], indexes });
  if (record.type !== 'fills') throw new Error('expected an execution');
  return record.fills[0];
}

describe('the notional of lots at a price', () => {
  it('is of the size without its sign, at the price without its sign', () => {
    const big = marketOf(0, { contractSize: dec(10) });
    for (const [size, price] of [
      [1_500, 3],
      [-1_500, 3],
      [1_500, -3],
    ]) {
      expect(compare(notionalAt(big, size, dec(price)), fraction(45n))).toBe(0);
    }
  });

  it('of an inverse contract is in its coin, of a quanto contract in what it settles in', () => {
    expect(compare(notionalAt(marketOf(0, inverse), -30, dec(20_000)), fraction(15n, 100n))).toBe(0);
    const quanto = marketOf(0, { kind: 'quanto', settle: 'BTC', settleAsset: 1, contractSize: dec(1, 6), lot: dec(1) });
    expect(compare(notionalAt(quanto, 30, dec(20_000)), fraction(6n, 10n))).toBe(0);
  });
});

describe('the taker fee', () => {
  it('is the share of what was traded, at the price of the trade, rounded up to 10^-18', () => {
    for (const side of ['buy', 'sell'] as const) {
      // 0.025 units at p: 0.025·p/3 is rarely whole, and a fee is never rounded to the payer's favour.
      const { price, fee } = executed(marketOf(0, { takerFee: rate('1/3') }), 25, side);
      const exact = 25n * price.units * 10n ** BigInt(15 - price.decimals);
      expect(fee).toBe((exact + 2n) / 3n);
    }
    expect(executed(marketOf(0), 25).fee).toBe(0n);
  });

  it('of an inverse contract is in its coin', () => {
    const { price, fee } = executed(marketOf(0, { ...inverse, takerFee: rate('0.001') }), 30, 'buy');
    // 3,000 dollars at p are 3000/p coins.
    const scaled = 3n * E18 * 10n ** BigInt(price.decimals);
    expect(fee).toBe((scaled + price.units - 1n) / price.units);
    expect(Number(fee) / 1e18).toBeCloseTo(0.00015, 6);
  });
});

describe('slippage', () => {
  const slip = (fill: Fill) => 1 - decimalToNumber(fill.price) / 20_000;

  it('of an inverse contract follows its notional in the coin', () => {
    const linear = marketOf(0, tiered([0, '0.01'], [2_000_000, '0.1']));
    const coin = marketOf(0, { ...inverse, ...tiered([0, '0.01'], [100, '0.1']) });
    // 1,000,000 dollars against a depth of 2,000,000; 50 coins against one of 100.
    expect(slip(executed(coin, 10_000))).toBe(slip(executed(linear, 50_000)));
    expect(slip(executed(coin, 10_000))).toBeGreaterThan(0.005);
  });

  it('in a market of one tier follows its notional in the valuation asset', () => {
    const linear = marketOf(0, tiered([0, '0.01']));
    const coin = marketOf(0, { ...inverse, ...tiered([0, '0.01']) });
    expect(slip(executed(coin, 10_000, 'sell', dec(20_000)))).toBeCloseTo(slip(executed(linear, 50_000)), 6);
    expect(slip(executed(linear, 50_000))).toBeGreaterThan(0.002);
  });
});

it('a coin-margined liquidation pays its fee in the coin, and tells its notional in the valuation asset', () => {
  const market = marketOf(0, { ...inverse, ...tiered([0, '0.01']), takerFee: rate('0.001') });
  const instruments = venueOf(market);
  const engine = new Engine({ instruments, backend: new JsBackend(), policy: fullClose(1_000) });
  const long: Account = {
    ...{ id: 'long', positionMode: 'net', balance: cash(0n), others: [{ asset: 1, amount: cash(E18 / 100n) }], isolated: [] },
    cross: [{ market: 0, lots: lots(20), cost: cost(20n * 20_000n * E18) }],
  };
  engine.load(long);
  const effects: Effect[] = [];
  const venue = new PaperVenue({ instruments, seed: 3 });
  const session = new Session({ engine, venue, population: null, onEffects: (batch) => effects.push(...batch) });
  const tick = (timeUs: number, mark: number, index: number) => ({
    ...{ type: 'tick' as const, timeUs, marks: [{ market: 0, price: dec(mark) }], indexes: [{ asset: 1, price: dec(index) }] },
  });
  expect(session.apply(tick(1, 20_000, 20_010))).toEqual([]);
  expect(session.apply(tick(2, 18_310, 18_300))).toEqual([]);
  expect(session.apply(tick(3, 18_320, 18_300))).toEqual([]);
  const [execution] = effects.filter((effect) => effect.type === 'execution');
  expect(execution).toMatchObject({ lots: 20, side: 'long' });
  // 2,000 / 18,320 coins at 18,300 each.
  expect(compare(execution.notional, fraction(2_000n * 18_300n, 18_320n))).toBe(0);
  const book = engine.scanHalf.book.portfolio(engine.scanHalf.book.store.find('long'));
  expect(book.positions).toEqual([]);
  expect(book.cash).toBe(0n);
  // 0.01 − 2000·(1/p − 1/20000) − 0.001·2000/p: something is left, for p is at or above the limit of 18,200.
  const p = decimalToNumber(execution.price);
  expect(p).toBeGreaterThanOrEqual(18_200);
  expect(p).toBeLessThan(18_320);
  expect(Number(book.others?.[0].amount) / 1e18).toBeCloseTo(0.11 - 2_002 / p, 12);
});
