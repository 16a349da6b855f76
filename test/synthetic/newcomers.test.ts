/** Newcomers: as many positions as were closed, at the marks of the moment, the same for the same inputs. */
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/model/decimal.js';
import type { ExecutionEffect } from '../../src/model/effects.js';
import { ZERO } from '../../src/model/fraction.js';
import { isLiquidatable, pricesOf, valuePortfolio } from '../../src/model/margin.js';
import { lots, portfoliosOf } from '../../src/model/portfolio.js';
import type { BookRecord, TickRecord } from '../../src/model/records.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { Newcomers } from '../../src/synthetic/newcomers.js';

const seeds = defaultMarkets(30);
const instruments = syntheticInstruments(seeds, 'USDT');
const prices = seeds.map(({ price }) => price);

function tick(marks: readonly Decimal[], timeUs = 0): TickRecord {
  return { type: 'tick', timeUs, marks: marks.map((price, market) => ({ market, price })) };
}

/** As many executions, each of one whole position. */
function executions(count: number): ExecutionEffect[] {
  const side = 'long' as const;
  return Array.from({ length: count }, (_, n): ExecutionEffect => {
    const price = prices[0];
    return {
      type: 'execution',
      caseId: 'c',
      orderId: `c#${n}`,
      market: 0,
      side,
      lots: lots(1),
      price,
      notional: ZERO,
      timeUs: 1,
    };
  });
}

function opened(record: BookRecord | null): number {
  return (record?.rows ?? []).reduce((sum, { account }) => sum + account.cross.length + account.isolated.length, 0);
}

const nobody = () => false;

function marked(seed = 3, isTaken: (account: string) => boolean = nobody): Newcomers {
  const newcomers = new Newcomers({ instruments, seed, isTaken });
  newcomers.onTick(tick(prices));
  return newcomers;
}

describe('Newcomers', () => {
  it('opens as many positions as were closed, and for nothing else', () => {
    const newcomers = marked();
    expect(newcomers.onEffects([], 5)).toBeNull();
    expect(newcomers.onEffects([{ type: 'orders', rows: [] }], 5)).toBeNull();
    const first = newcomers.onEffects(executions(40), 6);
    expect(first?.timeUs).toBe(6);
    expect(opened(first)).toBe(40);
    expect(first?.rows.slice(0, 2).map(({ version, account }) => [version, account.id])).toEqual([
      [1, 'n0000000'],
      [1, 'n0000001'],
    ]);
    const second = newcomers.onEffects(executions(1), 7);
    expect(opened(second)).toBe(1);
    expect(second?.rows[0].account.id).toBe(`n${(first?.rows.length ?? 0).toString(36).padStart(7, '0')}`);
    expect(newcomers.onEffects([], 8)).toBeNull();
  });

  it('waits for a mark of every market, and then opens all that are due', () => {
    const newcomers = new Newcomers({ instruments, seed: 3, isTaken: nobody });
    newcomers.onTick(tick(prices.slice(1).map((price) => price)));
    expect(newcomers.onEffects(executions(2), 1)).toBeNull();
    newcomers.onTick(tick(prices));
    expect(opened(newcomers.onEffects(executions(1), 2))).toBe(3);
  });

  it('opens at the last marks: positions, and nobody liquidatable', () => {
    const newcomers = marked();
    const halved = prices.map(({ units, decimals }) => ({ units: units * 5n, decimals: decimals + 1 }));
    newcomers.onTick(tick(halved, 1));
    const record = newcomers.onEffects(executions(500), 2);
    for (const { account } of record?.rows ?? []) {
      expect(account.cross.length + account.isolated.length).toBeGreaterThan(0);
      for (const portfolio of portfoliosOf(account, instruments)) {
        const valuation = valuePortfolio(
          portfolio,
          instruments,
          pricesOf((market) => halved[market]),
        );
        expect(valuation.priced && isLiquidatable(valuation, 'equity<maintenance')).toBe(false);
      }
    }
    expect(opened(record)).toBe(500);
  });

  it('takes no id that somebody has, and opens as much all the same', () => {
    const taken = new Set(['n0000000', 'n0000002', 'n000000z']);
    const record = marked(3, (account) => taken.has(account)).onEffects(executions(200), 1);
    const ids = (record?.rows ?? []).map(({ account }) => account.id);
    expect(ids.slice(0, 3)).toEqual(['n0000001', 'n0000003', 'n0000004']);
    expect(ids).toContain('n0000010');
    expect(ids.filter((id) => taken.has(id))).toEqual([]);
    expect(opened(record)).toBe(200);
  });

  it('is the same for the same seed and inputs', () => {
    const effects = executions(3);
    expect(marked(3).onEffects(effects, 1)).toEqual(marked(3).onEffects(effects, 1));
    expect(marked(3).onEffects(effects, 1)).not.toEqual(marked(4).onEffects(effects, 1));
  });
});
