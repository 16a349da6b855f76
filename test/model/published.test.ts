/** Numbers that venues publish and that linear rules give, through the oracle. Skipped where ../shared is absent. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bankruptcyPrice } from '../../src/model/bankruptcy.js';
import { type Decimal, decimalToNumber, parseDecimal } from '../../src/model/decimal.js';
import {
  compare,
  divide,
  type Fraction,
  fraction,
  fractionToNumber,
  fromDecimal,
  multiply,
  reduce,
} from '../../src/model/fraction.js';
import { instrumentsFromInput } from '../../src/model/instrument-input.js';
import type { Instruments, MarginRule } from '../../src/model/instruments.js';
import { liquidationPrices } from '../../src/model/liquidation-price.js';
import { isLiquidatable, type PortfolioValuation, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { cash, cost, lots, type Portfolio } from '../../src/model/portfolio.js';
import { ProblemList } from '../../src/model/problems.js';
import { wholeLots } from '../../src/model/quantities.js';

const FILE = fileURLToPath(new URL('../../../shared/golden/published.json', import.meta.url));
const LOT = '0.001';

interface Case {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: each case has inputs of its own form
  readonly inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: a text, a truth value or several texts
  readonly expected: any;
  readonly tolerance: string;
}

const cases: readonly Case[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];
const named = (start: string): Case[] => cases.filter(({ id }) => id.startsWith(start));
const byId = (id: string): Case => named(id)[0];

type Tiers = readonly { floor: string; rate: string }[];

function book(tables: readonly Tiers[], basis: MarginRule['basis'] = 'mark'): Instruments {
  const markets = tables.map((tiers, i) => [
    `M${i}`,
    {
      kind: 'linear',
      base: `B${i}`,
      settle: 'USDT',
      contractSize: '1',
      lot: LOT,
      tick: '0.01',
      maintenance: { method: 'bracket', basis, closeFee: '0', tiers },
    },
  ]);
  const problems = new ProblemList();
  const header = { version: 1, assets: { USDT: { decimals: 6, haircut: '0' } }, markets: Object.fromEntries(markets) };
  const instruments = instrumentsFromInput(header, 'published', problems);
  problems.throwIfAny();
  return instruments as Instruments;
}

const E18 = (text: string): bigint => parseDecimal(text).units * 10n ** BigInt(18 - parseDecimal(text).decimals);

function position(market: number, size: string, entry: string) {
  const whole = wholeLots(parseDecimal(size), parseDecimal(LOT)) as bigint;
  return { market, lots: lots(Number(whole)), cost: cost(whole * E18(entry)) };
}

interface Solved {
  readonly value: PortfolioValuation & { priced: true };
  readonly liquidatable: boolean;
  readonly liquidation: Fraction | null;
  readonly bankruptcy: Fraction | null;
}

/** The first position's prices, in a portfolio of so much money. */
function solve(instruments: Instruments, money: string, positions: ReturnType<typeof position>[], marks: string[]): Solved {
  const portfolio: Portfolio = { id: 'p', mode: 'cross', cash: cash(E18(money)), positions };
  const value = valuePortfolio(
    portfolio,
    instruments,
    pricesOf((m): Decimal => parseDecimal(marks[m])),
  );
  if (!value.priced) throw new Error('expected a priced portfolio');
  const liquidatable = isLiquidatable(value, instruments.liquidateWhen);
  const [{ mark, maintenance }] = value.positions;
  const row = { market: 0, lots: positions[0].lots, mark, maintenance };
  return {
    value,
    liquidatable,
    liquidation: liquidationPrices(instruments, value, row, liquidatable).liquidationPrice,
    bankruptcy: bankruptcyPrice(instruments.markets[0], row, value),
  };
}

function expectNear(found: Fraction | null, expected: string, tolerance: string): void {
  if (found === null) throw new Error('expected a price');
  if (Number(tolerance) === 0) expect(compare(found, fromDecimal(parseDecimal(expected)))).toBe(0);
  else expect(Math.abs(fractionToNumber(found) - Number(expected))).toBeLessThanOrEqual(Number(tolerance));
}

/** Two tiers, the second with the rate and the cumulative deduction that a venue publishes for its own longer table. */
function tableWith(rateText: string, deduction: string): Tiers {
  const floor = reduce(divide(fromDecimal(parseDecimal(deduction)), fromDecimal(parseDecimal(rateText))));
  expect(floor.d).toBe(1n);
  return [
    { floor: '0', rate: '0' },
    { floor: `${floor.n}`, rate: rateText },
  ];
}

if (cases.length === 0) {
  it('published numbers', (context) => {
    const reason = `published numbers are not checked: no ${FILE}`;
    process.stderr.write(`${reason}\n`);
    context.skip(reason);
  });
} else {
  describe('published numbers', () => {
    it.each(named('dydx-isliq-').map((c) => [c.id, c] as const))('%s', (_, { inputs, expected }) => {
      // Balances there are after the purchase: 0.1 bought at 50,000 puts 5,000 back.
      const instruments = book([[{ floor: '0', rate: '0.1' }]]);
      const found = solve(instruments, String(inputs.usdc + 5_000), [position(0, '0.1', '50000')], ['50000']);
      expect(found.liquidatable).toBe(expected);
    });

    it.each(named('binance-eth-').map((c) => [c.id, c] as const))('%s', (_, { inputs, expected, tolerance }) => {
      const rows: number[][] = inputs.other === null ? [inputs.target] : [inputs.target, inputs.other];
      const instruments = book(rows.map(([, , , rate, deduction]) => tableWith(String(rate), String(deduction))));
      const positions = rows.map(([size, entry], i) => position(i, String(size), String(entry)));
      const found = solve(
        instruments,
        String(inputs.WB),
        positions,
        rows.map(([, , mark]) => String(mark)),
      );
      expectNear(found.liquidation, expected, tolerance);
    });

    it.each(
      [...named('binance-iso-'), ...named('bybit-usdt-iso-0'), ...named('bybit-usdt-iso-1')].map((c) => [c.id, c] as const),
    )('%s', (id, { inputs, expected, tolerance }) => {
      const { short, lev, open } = inputs;
      const binance = id.startsWith('binance');
      const instruments = book([[{ floor: '0', rate: '0.01' }]], binance ? 'mark' : 'entry');
      const collateral = String(open / lev + (binance ? 0.01 : 0));
      const found = solve(instruments, collateral, [position(0, short === 1 ? '-1' : '1', String(open))], [String(open)]);
      expectNear(found.liquidation, expected, tolerance);
    });

    it('bybit-usdt-iso-page', () => {
      const { inputs, expected, tolerance } = byId('bybit-usdt-iso-page');
      const instruments = book([[{ floor: '0', rate: inputs.maintenanceRate }]], 'entry');
      const collateral = String(Number(inputs.entry) / inputs.leverage);
      const found = solve(instruments, collateral, [position(0, inputs.size, inputs.entry)], [inputs.entry]);
      expectNear(found.liquidation, expected, tolerance);
    });

    it('bybit-usdt-bankruptcy-iso', () => {
      const { inputs, expected, tolerance } = byId('bybit-usdt-bankruptcy-iso');
      const instruments = book([[{ floor: '0', rate: '0.005' }]], 'entry');
      const collateral = String(Number(inputs.entry) / inputs.leverage);
      const found = solve(instruments, collateral, [position(0, '1', inputs.entry)], [inputs.entry]);
      expectNear(found.bankruptcy, expected, tolerance);
    });

    it('binance-cum-*: the deductions of one table', () => {
      const steps = named('binance-cum-');
      const tiers = [{ floor: '0', rate: String(steps[0].inputs.prev) }];
      for (const { inputs } of steps) tiers.push({ floor: String(inputs.floor), rate: String(inputs.rate) });
      const derived = book([tiers]).markets[0].maintenance.tiers.slice(1);
      expect(derived).toHaveLength(steps.length);
      for (const [i, { expected, tolerance }] of steps.entries()) expectNear(derived[i].deduction, expected, tolerance);
    });

    it('hl-deduction-btc', () => {
      const { inputs, expected, tolerance } = byId('hl-deduction-btc');
      const tiers = [
        { floor: '0', rate: inputs.rateBelow },
        { floor: inputs.tierFloor, rate: inputs.rateAbove },
      ];
      expectNear(book([tiers]).markets[0].maintenance.tiers[1].deduction, expected, tolerance);
    });

    it('hyperliquid-isolated-short', () => {
      const { inputs, expected, tolerance } = byId('hyperliquid-isolated-short');
      const { size, entry, mark } = inputs;
      const raw = fromDecimal(parseDecimal(inputs['collateralPlusCost (rawUsd)']));
      const collateral = { n: raw.n + (E18(size) * E18(entry) * raw.d) / 10n ** 36n, d: raw.d };
      const money = String(decimalToNumber({ units: collateral.n, decimals: collateral.d.toString().length - 1 }));
      const found = solve(book([[{ floor: '0', rate: '0.05' }]]), money, [position(0, size, entry)], [mark]);
      expectNear(found.value.positions[0].notional, expected.notional, '0');
      expectNear(found.value.equity, expected.equity, '0');
      expectNear(found.liquidation, expected.liquidationPrice, tolerance);
      expect(compare(found.value.maintenance, multiply(found.value.positions[0].notional, fraction(1n, 20n)))).toBe(0);
    });
  });
}
