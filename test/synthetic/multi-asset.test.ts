/** Made-up venues and books of several assets: reproducible, valid, mixed as told, and near liquidation without being in it. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accountFromInput, accountToInput } from '../../src/model/account-input.js';
import { decimalToNumber, formatDecimal } from '../../src/model/decimal.js';
import { compare, fractionToNumber, fromDecimal, subtract } from '../../src/model/fraction.js';
import { instrumentsFromInput, instrumentsToInput } from '../../src/model/instrument-input.js';
import type { Market } from '../../src/model/instruments.js';
import { isLiquidatable, type PricedPortfolio, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { type Account, type Portfolio, portfoliosOf } from '../../src/model/portfolio.js';
import { ProblemList } from '../../src/model/problems.js';
import { tableAt } from '../../src/model/requirement.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { type MadeUpVenue, multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';

const venue = multiAssetVenue(200);
const { instruments, prices, indexes } = venue;

function book(positions: number, seed = 7, of: MadeUpVenue = venue): Account[] {
  return [...syntheticAccounts({ ...of, positions, seed })];
}

function digest(accounts: readonly Account[]): string {
  const text = JSON.stringify(accounts, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  return createHash('sha256').update(text).digest('hex');
}

function valued(portfolio: Portfolio): PricedPortfolio {
  const value = valuePortfolio(
    portfolio,
    instruments,
    pricesOf(
      (market) => prices[market],
      (asset) => indexes[asset],
    ),
  );
  if (!value.priced) throw new Error(`expected ${portfolio.id} to be priced`);
  return value;
}

const marketsOf = (kind: Market['kind'], settle: string) =>
  instruments.markets.filter((market) => market.kind === kind && market.settle === settle);

describe('the venue', () => {
  it('has mostly linear contracts in USDT, some in USDC, inverse ones in the coin, and a quanto one', () => {
    const counts = [marketsOf('linear', 'USDT'), marketsOf('linear', 'USDC')].map(({ length }) => length);
    expect(counts[0]).toBeGreaterThan(150);
    expect(counts[1]).toBeGreaterThan(15);
    expect(counts[0] + counts[1] + 3).toBe(200);
    expect(marketsOf('inverse', 'BTC').map(({ id }) => id)).toEqual(['BTCUSD']);
    expect(marketsOf('inverse', 'ETH').map(({ id }) => id)).toEqual(['ETHUSD']);
    expect(marketsOf('quanto', 'BTC').map(({ id }) => id)).toEqual(['ETHUSD-BTC']);
    expect(new Set(instruments.markets.map(({ id }) => id)).size).toBe(200);
  });

  it('is the start of any larger one', () => {
    const small = multiAssetVenue(9);
    expect(small.instruments.markets).toEqual(instruments.markets.slice(0, 9));
    expect(small.prices).toEqual(prices.slice(0, 9));
    expect(small.instruments.assets).toEqual(instruments.assets);
    expect(multiAssetVenue(1).instruments.markets.map(({ id }) => id)).toEqual(['BTCUSDT']);
  });

  it('is what a book file could say', () => {
    const problems = new ProblemList();
    expect(instrumentsFromInput(instrumentsToInput(instruments), 'header', problems)).toEqual(instruments);
    expect(problems.listed).toEqual([]);
  });

  it('has coin tiers in round numbers that are worth about those of USDT', () => {
    const [btc] = marketsOf('inverse', 'BTC');
    const floors = btc.maintenance.tiers.map(({ floor }) => formatDecimal(floor));
    expect(floors).toEqual(['0', '0.8', '4', '20', '50', '100', '200', '300']);
    for (const { maintenance, settleAsset } of instruments.markets) {
      const [, second] = maintenance.tiers;
      const worth = decimalToNumber(second.floor) * decimalToNumber(indexes[settleAsset]);
      expect(worth / 50_000).toBeGreaterThan(0.8);
      expect(worth / 50_000).toBeLessThan(1.25);
    }
  });

  it('asks for more initial than maintenance margin, and for some of every debt in a coin', () => {
    for (const { maintenance, initial } of instruments.markets) {
      for (const { floor } of maintenance.tiers) {
        const notional = fromDecimal({ units: floor.units + 1n, decimals: floor.decimals });
        expect(initial && compare(tableAt(initial, notional), tableAt(maintenance, notional))).toBe(1);
      }
    }
    expect(instruments.assets.map(({ id, borrow }) => (borrow === null ? id : ''))).toEqual(['USDT', '', '', '', '', '', '']);
  });
});

const accounts = book(40_000);
const portfolios = accounts.flatMap((account) => portfoliosOf(account, instruments));

describe('a book', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(digest(book(3_000))).toBe(digest(book(3_000, 7, multiAssetVenue(200))));
    expect(digest(book(3_000))).toBe('95544192d5fd97b29bc1e572f383c7dafb612ce1ec91592edda55c1a54ca1c25');
    expect(digest(book(3_000, 8))).not.toBe(digest(book(3_000)));
  });

  it.each([0, 1, 2, 17, 5_000])('has exactly %i positions', (positions) => {
    expect(book(positions).reduce((sum, { cross, isolated }) => sum + cross.length + isolated.length, 0)).toBe(positions);
  });

  it('of one market, or of a few, works too', () => {
    for (const count of [1, 3, 8]) {
      const made = book(2_000, 1, multiAssetVenue(count));
      expect(made.reduce((sum, { cross, isolated }) => sum + cross.length + isolated.length, 0)).toBe(2_000);
    }
  });

  it('needs the index prices', () => {
    const start = () => [...syntheticAccounts({ instruments, prices, positions: 1, seed: 1 })];
    expect(start).toThrow('expected 7 index prices, was 0');
  });

  it('is what a file could say, and comes back the same', () => {
    const problems = new ProblemList();
    for (const account of accounts) {
      expect(accountFromInput(accountToInput(account, instruments), instruments, account.id, problems)).toEqual(account);
    }
    expect(problems.listed).toEqual([]);
  });
});

describe('the mix', () => {
  const several = accounts.filter(({ cross, isolated }) =>
    [...cross, ...isolated].some(({ leverage }) => leverage !== undefined),
  );
  const share = (of: readonly Account[], test: (account: Account) => boolean) => of.filter(test).length / of.length;
  const others = (account: Account) => account.others ?? [];

  it('a quarter have several assets; the others have USDT, in its linear markets', () => {
    expect(several.length / accounts.length).toBeCloseTo(0.25, 1);
    const plain = accounts.filter((account) => !several.includes(account));
    expect(plain.every(({ others: held, balance }) => held === undefined && balance >= 0n)).toBe(true);
    const markets = new Set(plain.flatMap(({ cross, isolated }) => [...cross, ...isolated].map(({ market }) => market)));
    expect([...markets].every((market) => instruments.markets[market].kind === 'linear')).toBe(true);
    expect([...markets].every((market) => instruments.markets[market].settle === 'USDT')).toBe(true);
  });

  it('of those some owe USDT, some a coin, and most hold something else', () => {
    expect(share(several, (account) => others(account).some(({ amount }) => amount > 0n))).toBeGreaterThan(0.7);
    expect(share(several, ({ balance }) => balance < 0n)).toBeGreaterThan(0.15);
    expect(share(several, (account) => others(account).some(({ amount }) => amount < 0n))).toBeGreaterThan(0.05);
    const assets = new Set(several.flatMap((account) => others(account).map(({ asset }) => asset)));
    expect([...assets].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(several.flatMap(others).every(({ amount }) => amount !== 0n)).toBe(true);
  });

  it('they trade every kind of contract, isolated ones too, and some hold no position beside a debt', () => {
    const kinds = new Set(
      several.flatMap(({ cross }) =>
        cross.map(({ market }) => `${instruments.markets[market].kind} ${instruments.markets[market].settle}`),
      ),
    );
    expect([...kinds].sort()).toEqual(['inverse BTC', 'inverse ETH', 'linear USDC', 'linear USDT', 'quanto BTC']);
    const isolated = new Set(
      several.flatMap(({ isolated: rows }) => rows.map(({ market }) => instruments.markets[market].settle)),
    );
    expect([...isolated].sort()).toEqual(['BTC', 'ETH', 'USDC', 'USDT']);
    const debtors = several.filter(
      ({ cross, others: held = [] }) => cross.length === 0 && held.some(({ amount }) => amount < 0n),
    );
    expect(debtors.length).toBeGreaterThan(10);
    expect(several.some(({ positionMode }) => positionMode === 'hedge')).toBe(true);
  });

  it('some wait with orders on their ticks, reduce-only ones against their position', () => {
    expect(share(several, ({ orders = [] }) => orders.length > 0)).toBeGreaterThan(0.2);
    expect(share(accounts, ({ orders = [] }) => orders.length > 0)).toBeLessThan(0.15);
    for (const { cross, orders = [] } of accounts) {
      for (const { market, lots, cost, reduceOnly } of orders) {
        const { tick } = instruments.markets[market];
        const tickUnits = tick.units * 10n ** BigInt(18 - tick.decimals);
        expect(cost % (BigInt(lots) * tickUnits)).toBe(0n);
        const against = cross.some((position) => position.market === market && position.lots < 0 !== lots < 0);
        if (reduceOnly) expect(against).toBe(true);
      }
    }
  });
});

describe('at the given prices', () => {
  const values = portfolios.map((portfolio) => valued(portfolio)).filter(({ maintenance }) => maintenance.n > 0n);

  it('nobody is liquidatable, by the oracle', () => {
    expect(values.filter((value) => isLiquidatable(value, 'equity<=maintenance'))).toEqual([]);
    const needy = values.filter(({ positions }) => positions.length === 0);
    expect(needy.length).toBeGreaterThan(10);
  });

  it('some are near it, those of several assets too, and most are far', () => {
    const distance = ({ equity, maintenance, positions }: PricedPortfolio) => {
      const gross = positions.reduce((sum, { position, notional }) => {
        const { settleAsset } = instruments.markets[position.market];
        return sum + fractionToNumber(notional) * decimalToNumber(indexes[settleAsset]);
      }, 0);
      return fractionToNumber(subtract(equity, maintenance)) / gross;
    };
    const within = (of: readonly PricedPortfolio[], most: number) =>
      of.filter((value) => distance(value) < most).length / of.length;
    const mixed = values.filter(({ assets, positions }) => assets.length > 1 && positions.length > 0);
    for (const of of [values, mixed]) {
      expect(within(of, 0.01)).toBeGreaterThan(0.01);
      expect(within(of, 0.01)).toBeLessThan(0.06);
      expect(within(of, 0.2)).toBeLessThan(0.6);
    }
  });

  it('a fall of 10 % of the marks and the coins liquidates some and not all', () => {
    const prices10 = pricesOf(
      (market) => ({ units: prices[market].units * 9n, decimals: prices[market].decimals + 1 }),
      (asset) => (asset === 1 ? indexes[1] : { units: indexes[asset].units * 9n, decimals: indexes[asset].decimals + 1 }),
    );
    const hit = portfolios.filter((portfolio) => {
      const value = valuePortfolio(portfolio, instruments, prices10);
      return value.priced && isLiquidatable(value, 'equity<maintenance');
    });
    expect(hit.length / portfolios.length).toBeGreaterThan(0.02);
    expect(hit.length / portfolios.length).toBeLessThan(0.25);
    expect(hit.filter(({ others }) => others !== undefined).length).toBeGreaterThan(50);
  });
});
