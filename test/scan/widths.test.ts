/** Every width of a shelf, by every method: a hair below slack 0 is found, and what is well above it is not nominated. */
import { expect, it } from 'vitest';
import { divideRounded, pow10 } from '../../src/model/decimal.js';
import { subtract } from '../../src/model/fraction.js';
import { type Asset, type Instruments, plainAsset } from '../../src/model/instruments.js';
import { type Prices, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { type Account, cash, cost, crossOf, EXACT_DECIMALS, lots, type Position } from '../../src/model/portfolio.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { dec, instrumentsOf, marketOf, rate } from '../support/books.js';

const MARKETS = 200;
/** Every count of positions up to here, and then some. */
const EVERY_COUNT_MAX = 60;

function coin(index: number): Asset {
  const haircuts = [
    { floor: dec(0), haircut: rate('0.1') },
    { floor: dec(1_000), haircut: rate('1') },
  ];
  return { ...plainAsset(index, `C${index}`, 8), haircuts };
}

/** Markets that settle in the valuation asset, or in `coins` of others with haircuts. */
function venue(coins: number): Instruments {
  const usd = plainAsset(0, 'USD', 6);
  const markets = Array.from({ length: MARKETS }, (_, i) =>
    marketOf(i, { settleAsset: coins === 0 ? 0 : 1 + (i % coins), kind: i % 3 === 0 ? 'inverse' : 'linear' }),
  );
  return { ...instrumentsOf(markets), valuation: usd, assets: [usd, coin(1), coin(2)] };
}

function positionAt(random: Random, market: number, { units, decimals }: { units: bigint; decimals: number }): Position {
  // Beyond what float32 holds exactly.
  const size = (1 + random.integer(1e12)) * (random.chance(0.5) ? 1 : -1);
  return { market, lots: lots(size), cost: cost(BigInt(size) * units * pow10(EXACT_DECIMALS - decimals)) };
}

const accountOf = (cross: readonly Position[], balance: bigint): Account => ({
  id: 'a',
  positionMode: 'net',
  balance: cash(balance),
  cross,
  isolated: [],
});

/** The balance at which slack is 0 or less than 10^-18 above it, and 15 % of the maintenance. */
function edgeOf(cross: readonly Position[], instruments: Instruments, prices: Prices): { balance: bigint; cushion: bigint } {
  const value = valuePortfolio(crossOf(accountOf(cross, 0n)), instruments, prices);
  if (!value.priced) throw new Error('expected a priced portfolio');
  const { n, d } = subtract(value.equity, value.maintenance);
  const { maintenance } = value;
  return {
    balance: -divideRounded(n * pow10(EXACT_DECIMALS), d, 'down'),
    cushion: divideRounded(maintenance.n * 15n * pow10(EXACT_DECIMALS - 2), maintenance.d, 'up'),
  };
}

it.each([
  [0, 'lines'],
  [1, 'groups'],
  [2, 'groups'],
])('settled in %i coins', (coins, method) => {
  const random = new Random(1, `widths ${coins}`);
  const instruments = venue(coins);
  const marks = instruments.markets.map(() => dec(1 + random.integer(1e6), 3));
  const indexes = [dec(1), dec(12_345, 2), dec(777, 3)];
  const prices = pricesOf(
    (market) => marks[market],
    (asset) => indexes[asset],
  );
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  scanner.setPrices({
    marks: marks.map((price, market) => ({ market, price })),
    indexes: [1, 2].map((asset) => ({ asset, price: indexes[asset] })),
  });
  const seen = new Set<string>();
  for (let count = 1; count <= MARKETS; count += count < EVERY_COUNT_MAX ? 1 : 7) {
    const cross = marks.slice(0, count).map((mark, market) => positionAt(random, market, mark));
    const { balance, cushion } = edgeOf(cross, instruments, prices);
    for (const [more, isBelow] of [
      [-1n, true],
      [1n, false],
      [cushion, false],
    ] as const) {
      const [handle] = scanner.book.setAccount(accountOf(cross, balance + more), 1);
      const found = scanner.scan();
      expect(found.liquidatable).toEqual(isBelow ? [handle] : []);
      if (more === cushion) expect(found.nominees).toBe(0);
      seen.add(scanner.book.store.methodOf(handle));
    }
  }
  expect([...seen]).toEqual([method]);
});
