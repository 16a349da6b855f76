/** Made-up venues: lots, ticks, tiers with exact deductions, the default markets, real tier tables. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decimalToNumber, formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import { formatFraction, fractionToNumber } from '../../src/model/fraction.js';
import { instrumentsFromInput, instrumentsToInput } from '../../src/model/instrument-input.js';
import { ProblemList } from '../../src/model/problems.js';
import { defaultMarkets, syntheticInstruments, tiersFromTable } from '../../src/synthetic/instruments.js';

const TABLE = new URL('../../../shared/data/tiers-usdm-2024-10.json', import.meta.url);

function table(...rows: string[][]): unknown {
  return { markets: { 'X/USDT:USDT': rows } };
}

describe('syntheticInstruments', () => {
  it('derives lot and tick from the price', () => {
    const seeds = ['9708.5', '0.27717', '1', '0.00012', '99999'].map((price) => ({
      id: price,
      base: 'X',
      price: parseDecimal(price),
    }));
    const { markets, marketIndex } = syntheticInstruments(seeds, 'USD');
    expect(markets.map(({ lot, tick }) => [formatDecimal(lot), formatDecimal(tick)])).toEqual([
      ['0.001', '0.01'],
      ['10', '0.000001'],
      ['1', '0.00001'],
      ['10000', '0.000000001'],
      ['0.0001', '0.1'],
    ]);
    expect(marketIndex.get('0.00012')).toBe(3);
    expect(() => syntheticInstruments([{ id: 'X', base: 'X', price: parseDecimal('0') }], 'USD')).toThrow('X price: expected');
  });

  it('has eight tiers from 0.4 % to 50 % with continuous requirements', () => {
    const [{ maintenance }] = syntheticInstruments(defaultMarkets(1), 'USDT').markets;
    expect(maintenance.tiers.map(({ rate }) => fractionToNumber(rate))).toEqual([
      0.004, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    ]);
    expect(maintenance.tiers.map(({ deduction }) => formatFraction(deduction, 0, 'nearest'))).toEqual([
      '0',
      '50',
      '1300',
      '16300',
      '91300',
      '391300',
      '2191300',
      '7191300',
    ]);
  });

  it('is what a book file could say', () => {
    const instruments = syntheticInstruments(defaultMarkets(400), 'USDT');
    const problems = new ProblemList();
    expect(instrumentsFromInput(instrumentsToInput(instruments), 'header', problems)).toEqual(instruments);
    expect(problems.listed).toEqual([]);
  });
});

describe('defaultMarkets', () => {
  it('starts with the majors and spreads prices over decades', () => {
    const markets = defaultMarkets(400);
    expect(markets.slice(0, 2).map(({ id }) => id)).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(new Set(markets.map(({ id }) => id)).size).toBe(400);
    const prices = markets.map(({ price }) => decimalToNumber(price)).sort((a, b) => a - b);
    expect(prices[0]).toBeLessThan(0.001);
    expect(prices[399]).toBeGreaterThan(900);
    expect(prices[0]).toBeGreaterThan(0);
  });

  it('is the start of any longer list', () => {
    expect(defaultMarkets(20)).toEqual(defaultMarkets(30).slice(0, 20));
  });
});

describe('tiersFromTable', () => {
  it('derives deductions and checks the published ones', () => {
    const tiers = tiersFromTable(
      table(['0', '0.01', '75', '0.0'], ['5000', '0.015', '50', '25.0'], ['10000', '1/6', '5', '1541.67']),
    );
    const rows = tiers.get('X/USDT:USDT');
    expect(rows?.map(({ deduction }) => formatFraction(deduction, 4, 'down'))).toEqual(['0.0000', '25.0000', '1541.6666']);
  });

  it.each([
    ['a wrong deduction', table(['0', '0.01', '75', '0'], ['5000', '0.015', '50', '25.1'])],
    ['a rate that falls', table(['0', '0.01', '75', '0'], ['5000', '0.005', '50', '-25'])],
    ['a first floor above 0', table(['1', '0.01', '75', '0'])],
    ['a number for a string', { markets: { X: [[0, '0.01', '75', '0']] } }],
    ['no rows', { markets: { X: [] } }],
    ['no list', { markets: { X: 'tiers' } }],
    ['no markets', {}],
    ['nothing', null],
  ])('refuses %s', (_, json) => {
    expect(() => tiersFromTable(json)).toThrow(/^tiers.*: expected .*, was /);
  });

  it('reads the real table', ({ skip }) => {
    if (!existsSync(TABLE)) skip(`no ${TABLE.pathname}: the real tiers are not here`);
    const tiers = tiersFromTable(JSON.parse(readFileSync(TABLE, 'utf8')));
    expect(tiers.size).toBe(349);
    const bonk = tiers.get('1000BONK/USDC:USDC')?.at(-1);
    expect(bonk && formatFraction(bonk.deduction, 0, 'nearest')).toBe('2150300');
  });
});
