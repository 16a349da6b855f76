/** The made-up market: reproducible, on the tick, realistically volatile, correlated, and able to crash. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SyntheticTicksOptions, syntheticTicks } from '../../feeds/synthetic.js';
import { decimalToNumber, formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import type { TickRecord } from '../../src/model/records.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { multiAssetVenue } from '../../src/synthetic/multi-asset-venue.js';

const seeds = defaultMarkets(20);
const instruments = syntheticInstruments(seeds, 'USDT');
const MINUTE_US = 60e6;
const base: SyntheticTicksOptions = {
  instruments,
  prices: seeds.map(({ price }) => price),
  seed: 7,
  startUs: 1_700_000_000_000_000,
  intervalUs: 100_000,
};

function take(count: number, options: Partial<SyntheticTicksOptions> = {}): TickRecord[] {
  const ticks: TickRecord[] = [];
  for (const tick of syntheticTicks({ ...base, ...options })) {
    if (ticks.push(tick) === count) return ticks;
  }
  throw new Error('expected ticks without end');
}

function digest(ticks: readonly TickRecord[]): string {
  const text = ticks.map(({ timeUs, marks }) => [timeUs, ...marks.map(({ price }) => formatDecimal(price))].join(' ')).join('\n');
  return createHash('sha256').update(text).digest('hex');
}

/** Log returns of one market. */
function returns(ticks: readonly TickRecord[], market: number): number[] {
  const logs = ticks.map(({ marks }) => Math.log(decimalToNumber(marks[market].price)));
  return logs.slice(1).map((value, n) => value - logs[n]);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, n) => sum + value * y[n], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('syntheticTicks', () => {
  it('is pinned for its seed and differs for another', () => {
    expect(digest(take(500))).toBe('2eedffe7db7b658944e410b97976db02feba7b3fccff6793f9933f105ca86071');
    expect(digest(take(500, { seed: 8 }))).not.toBe(digest(take(500)));
  });

  it('starts at the given prices and lists every market on each tick, evenly in time', () => {
    const ticks = take(50);
    expect(ticks[0].marks.map(({ price }) => formatDecimal(price))).toEqual(base.prices.map(formatDecimal));
    ticks.forEach(({ timeUs, marks }, n) => {
      expect(timeUs).toBe(base.startUs + n * base.intervalUs);
      expect(marks.map(({ market }) => market)).toEqual([...seeds.keys()]);
    });
  });

  it('gives whole ticks above zero, even in a crash of nearly everything', () => {
    const ticks = take(200, { crash: { atTick: 10, depth: 0.9999999, durationTicks: 50 } });
    for (const { marks } of ticks) {
      for (const { market, price } of marks) {
        const { tick } = instruments.markets[market];
        expect(price.decimals).toBe(tick.decimals);
        expect(price.units > 0n && price.units % tick.units === 0n).toBe(true);
      }
    }
  });

  it('moves as real markets do: 40 to 180 % a year, correlated', () => {
    const day = take(3 * 1440, { intervalUs: MINUTE_US });
    const all = seeds.map((_, market) => returns(day, market));
    for (const one of all) {
      const yearly = Math.sqrt((one.reduce((sum, value) => sum + value * value, 0) / one.length) * 365.25 * 1440);
      expect(yearly).toBeGreaterThan(0.4);
      expect(yearly).toBeLessThan(1.8);
    }
    const correlations = all.slice(1).map((other) => correlation(all[0], other));
    const mean = correlations.reduce((sum, value) => sum + value) / correlations.length;
    expect(mean).toBeGreaterThan(0.25);
    expect(mean).toBeLessThan(0.85);
  });

  it('stays in bounds for years', () => {
    const years = take(3000, { intervalUs: 86_400e6 });
    for (const { marks } of years) {
      marks.forEach(({ price }, market) => {
        const ratio = decimalToNumber(price) / decimalToNumber(base.prices[market]);
        expect(ratio > 0.05 && ratio < 20).toBe(true);
      });
    }
  });

  it('crashes by the given depth over the given ticks, and by nothing before', () => {
    const crash = { atTick: 100, depth: 0.3, durationTicks: 20 };
    const calm = take(200);
    const crashed = take(200, { crash });
    expect(digest(crashed.slice(0, 101))).toBe(digest(calm.slice(0, 101)));
    const fall = (n: number) => decimalToNumber(crashed[n].marks[0].price) / decimalToNumber(calm[n].marks[0].price);
    expect(fall(110)).toBeCloseTo(Math.sqrt(0.7), 3);
    expect(fall(120)).toBeCloseTo(0.7, 3);
    expect(fall(199)).toBeCloseTo(0.7, 3);
  });

  it('refuses prices that do not fit the markets, and an interval of nothing', () => {
    expect(() => take(1, { prices: [parseDecimal('1')] })).toThrow('expected 20 prices, was 1');
    expect(() => take(1, { intervalUs: 0 })).toThrow('expected an interval above 0');
    expect(() => take(1, { crash: { atTick: 0, depth: 1, durationTicks: 1 } })).toThrow('expected a depth');
  });

  it('moves index prices with the markets on their asset, and those markets together', () => {
    const venue = multiAssetVenue(9);
    const { assets, markets } = venue.instruments;
    const indexes = assets.slice(1).map(({ index }) => ({ asset: index, price: venue.indexes[index] }));
    const ticks = take(300, { ...venue, indexes, intervalUs: MINUTE_US });
    const price = (id: string) => {
      const asset = indexes.findIndex(({ asset: at }) => assets[at].id === id);
      const market = markets.findIndex((each) => each.id === id);
      const all = ticks.map((tick) => (asset >= 0 ? tick.indexes?.[asset] : tick.marks[market])?.price ?? parseDecimal('0'));
      return all.map((each) => decimalToNumber(each) / decimalToNumber(all[0]));
    };
    expect(ticks[0].indexes?.map(({ price: first }) => formatDecimal(first))).toEqual(
      indexes.map(({ price: given }) => formatDecimal(given)),
    );
    for (const [one, other] of [
      ['BTC', 'BTCUSDT'],
      ['BTCUSD', 'BTCUSDC'],
      ['ETH', 'ETHUSD-BTC'],
    ]) {
      const [a, b] = [price(one), price(other)];
      for (const [n, value] of a.entries()) expect(value / b[n]).toBeCloseTo(1, 4);
    }
    expect(price('ETH')).not.toEqual(price('BTC'));
    expect(Math.max(...price('BTC')) - Math.min(...price('BTC'))).toBeGreaterThan(0.001);
    // No market is based on USDC.
    expect(new Set(price('USDC'))).toEqual(new Set([1]));
    expect(Object.keys(take(1)[0])).toEqual(['type', 'timeUs', 'marks']);
  });
});
