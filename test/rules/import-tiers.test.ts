/** Leverage tiers as ccxt gives them: exact numbers, 349 real tables with their published deductions, problems where they stand. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDecimal, parseDecimal } from '../../src/model/decimal.js';
import { rateText } from '../../src/model/instrument-input.js';
import { ProblemList } from '../../src/model/problems.js';
import { isCoinMargined, marketIdOf, marketsFromTiers } from '../../src/rules/import-tiers.js';
import { decimalText, numbersAsText } from '../../src/rules/number-text.js';
import { type RuleSet, tablesOf } from '../../src/rules/rule-set.js';
import { readSet, SHIPPED, setOf } from './support.js';

const BASE = readSet(SHIPPED.find(({ file }) => file === 'usdm-bracket.json')?.input).set as RuleSet;

function imported(json: string) {
  const problems = new ProblemList();
  const markets = marketsFromTiers(JSON.parse(numbersAsText(json)), BASE, 'tiers.json: ', problems);
  return { markets, problems: problems.listed.map((each) => `${each.where}: expected ${each.expected}, was ${each.found}`) };
}

test.each([
  ['0', '0'],
  ['-0', '0'],
  ['0.0', '0'],
  ['50000.0', '50000'],
  ['1e6', '1000000'],
  ['1.5E+3', '1500'],
  ['5e-05', '0.00005'],
  ['12.50e-1', '1.25'],
  ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['-2.50', '-2.5'],
])('the number %s is the decimal %s', (number, expected) => {
  expect(decimalText(number)).toBe(expected);
});

test.each(['', 'x', '1e', '1e1000000000', '.5', '1.', '0x1', '1_000', 'null'])('%j is no number', (text) => {
  expect(decimalText(text)).toBeNull();
});

test('numbers become texts, texts and what is in them stay', () => {
  const json = '{"a":[1,-2.5e3,"3","x \\"4\\" 5"],"6":true,"b":null}';
  expect(numbersAsText(json)).toBe('{"a":["1","-2.5e3","3","x \\"4\\" 5"],"6":true,"b":null}');
});

test.each([
  ['BTC/USDT:USDT', 'BTCUSDT'],
  ['BTC/USDT:USDT-250328', 'BTCUSDT-250328'],
  ['BTC/USD:BTC', 'BTCUSD'],
  ['ETH/BTC', 'ETHBTC'],
  ['1000BONK/USDC:USDC', '1000BONKUSDC'],
  ['PF_XBTUSD', 'PF_XBTUSD'],
])('the symbol %s is the market %s', (symbol, id) => {
  expect(marketIdOf(symbol)).toBe(id);
});

test.each([
  ['BTC/USD:BTC', true],
  ['BTC/USD:BTC-250328', true],
  ['BTC/USDT:USDT', false],
  ['ETH/BTC', false],
  ['ETH/USD:BTC', false],
  ['PF_XBTUSD', false],
])('%s is coin-margined: %s', (symbol, expected) => {
  expect(isCoinMargined(symbol)).toBe(expected);
});

const tier = (from: number | string, to: number | string | null, rate: number | string, leverage = 10, more = '') =>
  `{"tier":1,"currency":"USDT","minNotional":${from},"maxNotional":${to},"maintenanceMarginRate":${rate},"maxLeverage":${leverage}${more}}`;

test('a table becomes brackets, and initial margin of one over the greatest leverage', () => {
  const { markets, problems } = imported(
    `{"BTC/USDT:USDT":[${tier('0.0', '5e4', '4e-3', 125)},${tier(50000, null, '0.0050', 75)}]}`,
  );
  expect(problems).toEqual([]);
  expect(markets).toEqual({
    BTCUSDT: {
      maintenance: {
        method: 'bracket',
        basis: 'mark',
        closeFee: '0',
        tiers: [
          { floor: '0', rate: '0.004' },
          { floor: '50000', rate: '0.005' },
        ],
      },
      initial: {
        method: 'step',
        tiers: [
          { floor: '0', maxLeverage: '125' },
          { floor: '50000', maxLeverage: '75' },
        ],
      },
    },
  });
});

test('a rate of more digits than a float has stays what it is', () => {
  const { markets } = imported(`{"X/Y:Y":[${tier(0, null, '0.123456789012345678')}]}`);
  expect(markets.XY.maintenance.tiers[0].rate).toBe('0.123456789012345678');
});

describe('problems are told where they stand', () => {
  test.each([
    [
      `{"A/B:B":[${tier(0, 10, 0.1)},${tier(20, null, 0.2)}]}`,
      'tiers.json: ["A/B:B"][1].minNotional: expected 10, the maxNotional of the tier before, was 20',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.2)},${tier(10, null, 0.1)}]}`,
      'tiers.json: ["A/B:B"][1].maintenanceMarginRate: expected a rate not below the last tier\'s 0.2, was "0.1"',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.1, 10)},${tier(10, null, 0.2, 20)}]}`,
      'tiers.json: ["A/B:B"][1].maxLeverage: expected a leverage whose rate, one over it, is not below the last tier\'s 0.1, was "20"',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.1, 10)},${tier(10, null, 0.2, 5, ',"info":{"cum":"1.5"}')}]}`,
      'tiers.json: ["A/B:B"][1].info.cum: expected 1, which the floors and rates give, was "1.5"',
    ],
    [`{"A/B:B":[${tier(5, null, 0.1)}]}`, 'tiers.json: ["A/B:B"][0].minNotional: expected "0" in the first tier, was "5"'],
    [`{"A/B:B":[${tier('true', null, 0.1)}]}`, 'tiers.json: ["A/B:B"][0].minNotional: expected a number, was true'],
    [`{"A/B:B":[]}`, 'tiers.json: ["A/B:B"]: expected at least one tier, was 0'],
    ['{"A/B:B":3}', 'tiers.json: ["A/B:B"]: expected an array of tiers, was "3"'],
    ['{"A B":[]}', 'tiers.json: ["A B"]: expected a symbol whose market id is an id of'],
    [
      `{"A/B:B":[${tier(0, null, 0.1)}],"A/B:C":[${tier(0, null, 0.1)}]}`,
      'tiers.json: ["A/B:C"]: expected a symbol whose market id no other has, was "AB" again',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.2, 10)},${tier(10, null, 0.1, 10, ',"info":{"cum":"0"}')},${tier(20, null, 0.3, 5, ',"info":{"cum":"4"}')}]}`.replace(
        '"maxNotional":null',
        '"maxNotional":20',
      ),
      'tiers.json: ["A/B:B"][1].maintenanceMarginRate: expected a rate not below the last tier\'s 0.2, was "0.1"',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.1)},${tier(10, 10, 0.2)}]}`,
      'tiers.json: ["A/B:B"][1].maxNotional: expected above the minNotional 10, or none, was 10',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.1)},${tier(10, null, 0.2)}]}`.replace('"maxLeverage":10', '"maxLeverage":null'),
      'tiers.json: ["A/B:B"][0].maxLeverage: expected a number, as the symbol has other tiers with one, was nothing',
    ],
    [
      `{"A/B:B":[${tier(0, 10, 0.1)},${tier(10, null, 0.2)}]}`.replace('"maxLeverage":10', '"maxLeverage":true'),
      'tiers.json: ["A/B:B"][0].maxLeverage: expected a number, was true',
    ],
    ['{"version":"1","assets":{},"markets":{},"accounts":[]}', 'as fetchLeverageTiers gives it, was a book'],
    ['{"version":1,"name":"x","sources":[],"markets":{}}', 'as fetchLeverageTiers gives it, was a rule set'],
    ['{"version":1,"markets":{}}', 'as fetchLeverageTiers gives it, was one with a version'],
    ['[]', 'tiers.json: expected an object of tiers by symbol, as fetchLeverageTiers gives it, was []'],
  ])('%s', (json, problem) => {
    const { problems } = imported(json);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test('all of them at once', () => {
    const json = `{"A/B:B":[${tier(0, 10, 0.2)},${tier(20, null, 0.1)}],"C/D:D":[${tier(0, null, '"x"')}]}`;
    expect(imported(json).problems.map((problem) => problem.split(': expected')[0])).toEqual([
      'tiers.json: ["A/B:B"][1].minNotional',
      'tiers.json: ["A/B:B"][1].maintenanceMarginRate',
      'tiers.json: ["C/D:D"][0].maintenanceMarginRate',
    ]);
  });
});

test('a table without leverages has no initial margin of its own', () => {
  const { markets, problems } = imported('{"A/B:B":[{"minNotional":0,"maxNotional":null,"maintenanceMarginRate":0.1}]}');
  expect({ problems, keys: Object.keys(markets.AB) }).toEqual({ problems: [], keys: ['maintenance'] });
});

const TIERS = join(import.meta.dirname, '../../../shared/data/tiers-usdm-2024-10.json');
// biome-ignore lint/suspicious/noConsole: says why the tests are skipped
if (!existsSync(TIERS)) console.warn(`${TIERS} is not here: 349 real tables are not imported`);

describe.runIf(existsSync(TIERS))('349 real tables', () => {
  type Row = readonly [floor: string, rate: string, leverage: string, deduction: string];
  const real = (existsSync(TIERS) ? JSON.parse(readFileSync(TIERS, 'utf8')).markets : {}) as Record<string, readonly Row[]>;
  const json = (deduction: (published: string) => string): string => {
    const symbols = Object.entries(real).map(([symbol, rows]) => {
      const tiers = rows.map(([floor, rate, leverage, published], i) => {
        const info = `,"info":{"cum":"${deduction(published)}"}`;
        return tier(floor, rows[i + 1]?.[0] ?? null, rate, Number(leverage), info);
      });
      return `${JSON.stringify(symbol)}:[${tiers.join(',')}]`;
    });
    return `{${symbols.join(',')}}`;
  };

  test('are imported, make a valid rule set, and their derived deductions are the published ones', () => {
    const { markets, problems } = imported(json((published) => published));
    expect(problems).toEqual([]);
    const { set } = readSet(setOf({ markets }));
    const tables = tablesOf(set as RuleSet);
    expect(tables.markets.length).toBe(349);
    for (const [symbol, rows] of Object.entries(real)) {
      const index = tables.marketIndex.get(marketIdOf(symbol)) as number;
      const { maintenance, initial } = tables.markets[index];
      const exact = (text: string): string => formatDecimal(parseDecimal(text));
      expect(maintenance.tiers.map((each) => [formatDecimal(each.floor), rateText(each.rate), rateText(each.deduction)])).toEqual(
        rows.map(([floor, rate, , published]) => [exact(floor), exact(rate), exact(published)]),
      );
      expect(initial?.tiers.map(({ rate }) => rateText({ n: rate.d, d: rate.n }))).toEqual(
        rows.map(([, , leverage]) => leverage),
      );
    }
  });

  test('are refused where a published deduction is not what floors and rates give', () => {
    const wrong = json((published) => (published === '1300.0' ? '1300.1' : published));
    const expected = Object.values(real)
      .flat()
      .filter(([, , , published]) => published === '1300.0').length;
    expect(expected).toBeGreaterThan(0);
    expect(imported(wrong).problems.filter((problem) => problem.includes('.info.cum: expected 1300,')).length).toBe(expected);
  });
});
