/** Statistics of a scan against the plain rules in src/model: totals, bands, notional by market and side. */
import { describe, expect, it } from 'vitest';
import { fractionToNumber } from '../../src/model/fraction.js';
import { pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { bandOf, RATIO_BAND_ENDS, RATIO_BANDS, toUpperHalf } from '../../src/scan/statistics.js';
import { syntheticAccounts } from '../../src/synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';

/** What tiers that a window reaches into, and eight bits of a constant, may be off by. */
const TIER_SHARE = 2e-3;

function loaded(several: boolean): Scanner {
  const seeds = defaultMarkets(20);
  const plain = { instruments: syntheticInstruments(seeds, 'USDT'), prices: seeds.map(({ price }) => price) };
  const venue = several ? multiAssetVenue(20) : plain;
  const { instruments, prices } = venue;
  const scanner = new Scanner(new LiveBook(instruments), new JsBackend());
  const indexes = several ? multiAssetVenue(20).indexes : [];
  scanner.setPrices({
    // The last market has no mark: its portfolios are left out.
    marks: prices.slice(0, -1).map((price, market) => ({ market, price })),
    indexes: indexes.flatMap((price, asset) => (asset === instruments.valuation.index ? [] : [{ asset, price }])),
  });
  for (const account of syntheticAccounts({ ...venue, positions: 20_000, seed: 3 })) scanner.book.setAccount(account, 0);
  return scanner;
}

/** The same from the oracle, over the portfolios that have rows and prices. */
function workOut({ book, verdict }: Scanner) {
  const { instruments, store } = book;
  const prices = pricesOf(
    (market) => verdict.markOf(market),
    (asset) => verdict.indexOf(asset),
  );
  const sums = { equity: 0, maintenance: 0, bands: new Array<number>(RATIO_BANDS).fill(0), positions: 0, notional: 0 };
  for (let handle = 0; handle < store.handleEnd; handle++) {
    if (!store.isLive(handle) || store.rowsOf(handle) === 0) continue;
    const portfolio = book.portfolio(handle);
    const value = valuePortfolio(portfolio, instruments, prices);
    if (!value.priced) continue;
    const [equity, maintenance] = [fractionToNumber(value.equity), fractionToNumber(value.maintenance)];
    sums.equity += equity;
    sums.maintenance += maintenance;
    sums.positions += portfolio.positions.length;
    for (const [i, { notional }] of value.positions.entries()) {
      const asset = instruments.assets[instruments.markets[portfolio.positions[i].market].settleAsset];
      const index = verdict.indexOf(asset.index);
      sums.notional += fractionToNumber(notional) * (index === null ? Number.NaN : Number(index.units) / 10 ** index.decimals);
    }
    // What a debt needs is taken off the equity: without a position there is no ratio.
    if (maintenance > 0 && portfolio.positions.length > 0) sums.bands[bandOf(equity / maintenance)] += 1;
  }
  return sums;
}

describe.each([false, true])('of a book of several assets: %s', (several) => {
  const scanner = loaded(several);
  scanner.wantStatistics(true);
  scanner.scan();
  const found = scanner.statistics;
  const exact = workOut(scanner);

  it('totals are those of the plain rules', () => {
    expect(Math.abs((found?.equity ?? 0) / exact.equity - 1)).toBeLessThan(TIER_SHARE);
    expect(Math.abs((found?.maintenance ?? 0) / exact.maintenance - 1)).toBeLessThan(several ? 2e-2 : TIER_SHARE);
    expect(exact.equity).toBeGreaterThan(0);
  });

  it('every portfolio is in its band, but for those beside an end', () => {
    const moved = exact.bands.reduce((sum, count, band) => sum + Math.abs(count - (found?.bandCount[band] ?? 0)), 0);
    const all = exact.bands.reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThan(3_000);
    expect(moved).toBeLessThan(all * 0.02);
    expect(Math.abs((found?.bandCount ?? []).reduce((sum, count) => sum + count, 0) - all)).toBe(0);
  });

  it('positions and notional by market and side add up', () => {
    const sides = found?.sides ?? [];
    expect(sides.reduce((sum, { positions }) => sum + positions, 0)).toBe(exact.positions);
    const notional = sides.reduce((sum, side) => sum + side.notional, 0);
    expect(Math.abs(notional / exact.notional - 1)).toBeLessThan(1e-6);
    expect(sides.some(({ market }) => market === scanner.book.instruments.markets.at(-1)?.id)).toBe(false);
  });
});

it('a wish that is not urgent waits for the next full scan', () => {
  const scanner = loaded(false);
  scanner.scan();
  scanner.scan();
  const { full } = scanner.hot?.counts ?? { full: 0 };
  scanner.wantStatistics(false);
  scanner.scan();
  expect([scanner.hot?.counts.full, scanner.statistics]).toEqual([full, null]);
  scanner.wantStatistics(true);
  scanner.scan();
  expect(scanner.statistics).not.toBeNull();
});

it('bands end where they say', () => {
  expect([...RATIO_BAND_ENDS]).toEqual([...RATIO_BAND_ENDS].sort((a, b) => a - b));
  expect(new Set(RATIO_BAND_ENDS).size).toBe(63);
  for (const [band, end] of RATIO_BAND_ENDS.entries()) {
    expect(bandOf(end)).toBe(band + 1);
    expect(bandOf(end - Math.max(Math.abs(end), 1e-300) * 2 ** -52)).toBe(band);
  }
  expect([bandOf(Number.NEGATIVE_INFINITY), bandOf(Number.POSITIVE_INFINITY)]).toEqual([0, 63]);
});

it('a constant keeps eight bits', () => {
  const word = new Float32Array(1);
  for (const value of [0, 1, -1, 2.5e-3, -1e-20, 1e30, 12345.678]) {
    new Uint32Array(word.buffer)[0] = toUpperHalf(value) << 16;
    expect(Math.abs(word[0] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -8);
  }
});
