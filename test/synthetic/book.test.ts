/** Made-up books: reproducible, of the exact size, valid, skewed as told, and near liquidation without being in it. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accountFromInput, accountToInput } from '../../src/model/account-input.js';
import { type Decimal, parseDecimal } from '../../src/model/decimal.js';
import { fractionToNumber, subtract } from '../../src/model/fraction.js';
import { isLiquidatable, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { type Account, type Portfolio, portfoliosOf } from '../../src/model/portfolio.js';
import { ProblemList } from '../../src/model/problems.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';

const seeds = defaultMarkets(400);
const instruments = syntheticInstruments(seeds, 'USDT');
const prices = seeds.map(({ price }) => price);

function book(positions: number, seed = 7): Account[] {
  return [...syntheticAccounts({ instruments, prices, positions, seed })];
}

function digest(accounts: readonly Account[]): string {
  const hash = createHash('sha256');
  for (const account of accounts)
    hash.update(JSON.stringify(account, (_, value) => (typeof value === 'bigint' ? `${value}` : value)));
  return hash.digest('hex');
}

function count(accounts: readonly Account[]): number {
  return accounts.reduce((sum, { cross, isolated }) => sum + cross.length + isolated.length, 0);
}

function valued(portfolio: Portfolio, marks: readonly Decimal[]) {
  const valuation = valuePortfolio(
    portfolio,
    instruments,
    pricesOf((market) => marks[market]),
  );
  if (!valuation.priced) throw new Error(`expected ${portfolio.id} to be priced`);
  return valuation;
}

const accounts = book(100_000);
const portfolios = accounts.flatMap((account) => portfoliosOf(account, instruments));

describe('a book', () => {
  it('is pinned for its seed and differs for another', () => {
    expect(digest(accounts.slice(0, 2000))).toBe('9363129f113e2b7cc7e317f3ed4aaeb4a1a4095fe1c8d22070d059134fd5faa1');
    expect(digest(book(2000, 7))).not.toBe(digest(book(2000, 8)));
  });

  it('is made the same in another venue object', () => {
    const again = syntheticInstruments(defaultMarkets(400), 'USDT');
    expect(digest([...syntheticAccounts({ instruments: again, prices, positions: 3000, seed: 7 })])).toBe(digest(book(3000)));
  });

  it.each([0, 1, 2, 3, 5, 17, 999, 20_000])('has exactly %i positions', (positions) => {
    expect(count(book(positions))).toBe(positions);
  });

  it('of seven markets works too', () => {
    const few = syntheticInstruments(seeds.slice(0, 7), 'USD');
    const made = [...syntheticAccounts({ instruments: few, prices: prices.slice(0, 7), positions: 5000, seed: 1 })];
    expect(count(made)).toBe(5000);
  });

  it('refuses prices that are not one a market and above 0', () => {
    const start = (given: Decimal[]) => () => [...syntheticAccounts({ instruments, prices: given, positions: 1, seed: 1 })];
    expect(start(prices.slice(1))).toThrow('expected 400 prices');
    expect(start([parseDecimal('0'), ...prices.slice(1)])).toThrow('above 0 for BTCUSDT');
  });
});

describe('accounts', () => {
  it('are what a book file could say, and come back the same', () => {
    const problems = new ProblemList();
    for (const account of accounts.slice(0, 5000)) {
      const input = accountToInput(account, instruments);
      expect(accountFromInput(input, instruments, account.id, problems)).toEqual(account);
    }
    expect(problems.listed).toEqual([]);
  });

  it('have distinct ids, whole non-zero lots and no negative money', () => {
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(accounts.length);
    for (const { balance, cross, isolated } of accounts) {
      expect(balance >= 0n && isolated.every(({ collateral }) => collateral >= 0n)).toBe(true);
      expect([...cross, ...isolated].every(({ lots }) => Number.isSafeInteger(lots) && lots !== 0)).toBe(true);
    }
  });

  it('have at most one position a market, in hedge mode a long and a short', () => {
    for (const { positionMode, cross, isolated } of accounts) {
      const keys = [...cross, ...isolated].map(({ market, lots }) => (positionMode === 'net' ? market : `${market} ${lots > 0}`));
      expect(new Set(keys).size).toBe(keys.length);
    }
    const hedge = accounts.filter(({ positionMode }) => positionMode === 'hedge');
    expect(hedge.length / accounts.length).toBeCloseTo(0.04, 2);
    expect(hedge.some(({ cross }) => new Set(cross.map(({ market }) => market)).size < cross.length)).toBe(true);
  });
});

describe('the skew', () => {
  const cross = portfolios.filter(({ mode, positions }) => mode === 'cross' && positions.length > 0);
  const share = (test: (portfolio: Portfolio) => boolean, of: readonly Portfolio[] = cross) => of.filter(test).length / of.length;

  it('of widths: four on average, most of one to three, some of twenty and more, makers nearly everywhere', () => {
    const rows = cross.reduce((sum, { positions }) => sum + positions.length, 0);
    expect(rows / cross.length).toBeGreaterThan(3.5);
    expect(rows / cross.length).toBeLessThan(4.5);
    expect(share(({ positions }) => positions.length <= 3)).toBeGreaterThan(0.7);
    expect(share(({ positions }) => positions.length >= 20)).toBeGreaterThan(0.02);
    const makers = cross.filter(({ positions }) => positions.length > 240).length;
    expect(makers).toBeGreaterThan(3);
    expect(makers).toBeLessThan(40);
  });

  it('of sizes: the largest 1 % hold most of the notional, and some reach the upper tiers', () => {
    const notionals = cross.flatMap((portfolio) =>
      valued(portfolio, prices).positions.map(({ notional }) => fractionToNumber(notional)),
    );
    notionals.sort((a, b) => b - a);
    const total = notionals.reduce((sum, notional) => sum + notional, 0);
    const top = notionals.slice(0, notionals.length / 100).reduce((sum, notional) => sum + notional, 0);
    expect(top / total).toBeGreaterThan(0.5);
    expect(notionals[notionals.length >> 1]).toBeLessThan(2000);
    expect(notionals[0]).toBeGreaterThan(6_000_000);
  });

  it('of markets: the first tenth hold 40 % of the positions and more, and none is empty', () => {
    const counts = new Int32Array(400);
    for (const { positions } of portfolios) for (const { market } of positions) counts[market] += 1;
    const first = counts.slice(0, 40).reduce((sum, value) => sum + value);
    expect(first / 100_000).toBeGreaterThan(0.4);
    expect(counts.every((value) => value > 0)).toBe(true);
  });

  it('of sides: one-sided and hedged portfolios, more longs than shorts', () => {
    const wide = cross.filter(({ positions }) => positions.length > 3);
    const longOnly = share(({ positions }) => positions.every(({ lots }) => lots > 0), wide);
    const shortOnly = share(({ positions }) => positions.every(({ lots }) => lots < 0), wide);
    expect(longOnly).toBeCloseTo(0.4, 1);
    expect(shortOnly).toBeCloseTo(0.15, 1);
  });

  it('of margins: some isolated', () => {
    const isolated = portfolios.filter(({ mode }) => mode === 'isolated').length;
    expect(isolated / 100_000).toBeGreaterThan(0.03);
    expect(isolated / 100_000).toBeLessThan(0.12);
  });
});

describe('at the given prices', () => {
  const valuations = portfolios.map((portfolio) => valued(portfolio, prices)).filter(({ positions }) => positions.length > 0);

  it('nobody is liquidatable', () => {
    expect(valuations.filter((valuation) => isLiquidatable(valuation, 'equity<=maintenance'))).toEqual([]);
  });

  it('some are within a percent of it, and most are far', () => {
    const distances = valuations.map(({ equity, maintenance, positions }) => {
      const gross = positions.reduce((sum, { notional }) => sum + fractionToNumber(notional), 0);
      return fractionToNumber(subtract(equity, maintenance)) / gross;
    });
    const within = (distance: number) => distances.filter((value) => value < distance).length / distances.length;
    expect(within(0.01)).toBeGreaterThan(0.01);
    expect(within(0.01)).toBeLessThan(0.06);
    expect(within(0.001)).toBeLessThan(0.005);
    expect(within(0.2)).toBeLessThan(0.6);
  });

  it('leverage runs from below 1 to nearly 100', () => {
    const leverages = valuations.map(({ equity, positions }) => {
      return positions.reduce((sum, { notional }) => sum + fractionToNumber(notional), 0) / fractionToNumber(equity);
    });
    leverages.sort((a, b) => a - b);
    expect(leverages[leverages.length >> 1]).toBeLessThan(5);
    expect(leverages[Math.floor(leverages.length * 0.95)]).toBeGreaterThan(15);
    expect(leverages.at(-1)).toBeGreaterThan(80);
  });

  it('entries are on the tick, on both sides of the price', () => {
    let profits = 0;
    let losses = 0;
    for (const { positions } of valuations) {
      for (const { position, unrealizedPnl } of positions) {
        const { tick } = instruments.markets[position.market];
        const tickUnits = tick.units * 10n ** BigInt(18 - tick.decimals);
        expect(position.cost % (BigInt(position.lots) * tickUnits)).toBe(0n);
        if (unrealizedPnl.n > 0n) profits += 1;
        else if (unrealizedPnl.n < 0n) losses += 1;
      }
    }
    expect(Math.min(profits, losses) / 100_000).toBeGreaterThan(0.25);
  });

  it('a fall of 10 % liquidates some and not all', () => {
    const fallen = prices.map(({ units, decimals }) => ({ units: units * 9n, decimals: decimals + 1 }));
    const hit = portfolios.filter((portfolio) => isLiquidatable(valued(portfolio, fallen), 'equity<maintenance')).length;
    expect(hit / portfolios.length).toBeGreaterThan(0.02);
    expect(hit / portfolios.length).toBeLessThan(0.25);
  });
});
