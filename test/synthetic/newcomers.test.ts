/** Newcomers: as many accounts as cases closed, at the marks of the moment, the same for the same inputs. */
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/model/decimal.js';
import { ZERO } from '../../src/model/fraction.js';
import { isLiquidatable, valuePortfolio } from '../../src/model/margin.js';
import { portfoliosOf } from '../../src/model/portfolio.js';
import type { CaseEvent, CasesEffect, TickRecord } from '../../src/model/records.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { Newcomers } from '../../src/synthetic/newcomers.js';

const seeds = defaultMarkets(30);
const instruments = syntheticInstruments(seeds, 'USDT');
const prices = seeds.map(({ price }) => price);

function tick(marks: readonly Decimal[], timeUs = 0): TickRecord {
  return { type: 'tick', timeUs, marks: marks.map((price, market) => ({ market, price })) };
}

function cases(...outcomes: CaseEvent['outcome'][]): CasesEffect {
  const rows = outcomes.map((outcome, n): CaseEvent => {
    const event = outcome === null ? 'opened' : 'ended';
    return { caseId: `c${n}`, portfolio: `u${n}`, event, timeUs: 1, openedUs: 0, deficit: ZERO, badDebt: null, outcome };
  });
  return { type: 'cases', rows };
}

function marked(seed = 3): Newcomers {
  const newcomers = new Newcomers({ instruments, seed });
  newcomers.onTick(tick(prices));
  return newcomers;
}

describe('Newcomers', () => {
  it('opens an account for every case that ended closed, and for nothing else', () => {
    const newcomers = marked();
    expect(newcomers.onEffects([], 5)).toBeNull();
    expect(newcomers.onEffects([cases(null, 'recovered'), { type: 'orders', rows: [] }], 5)).toBeNull();
    const first = newcomers.onEffects([cases('closed', null, 'closed'), cases('closed')], 6);
    expect(first?.timeUs).toBe(6);
    expect(first?.rows.map(({ version, account }) => [version, account.id])).toEqual([
      [1, 'n0000000'],
      [1, 'n0000001'],
      [1, 'n0000002'],
    ]);
    expect(newcomers.onEffects([cases('closed')], 7)?.rows.map(({ account }) => account.id)).toEqual(['n0000003']);
    expect(newcomers.onEffects([], 8)).toBeNull();
  });

  it('waits for a mark of every market, and then opens all that are due', () => {
    const newcomers = new Newcomers({ instruments, seed: 3 });
    newcomers.onTick(tick(prices.slice(1).map((price) => price)));
    expect(newcomers.onEffects([cases('closed', 'closed')], 1)).toBeNull();
    newcomers.onTick(tick(prices));
    expect(newcomers.onEffects([cases('closed')], 2)?.rows.length).toBe(3);
  });

  it('opens at the last marks: positions, and nobody liquidatable', () => {
    const newcomers = marked();
    const halved = prices.map(({ units, decimals }) => ({ units: units * 5n, decimals: decimals + 1 }));
    newcomers.onTick(tick(halved, 1));
    const record = newcomers.onEffects([cases(...Array.from({ length: 500 }, () => 'closed' as const))], 2);
    for (const { account } of record?.rows ?? []) {
      expect(account.cross.length + account.isolated.length).toBeGreaterThan(0);
      for (const portfolio of portfoliosOf(account, (index) => instruments.markets[index].id)) {
        const valuation = valuePortfolio(portfolio, instruments, (market) => halved[market]);
        expect(valuation.priced && isLiquidatable(valuation, 'equity<maintenance')).toBe(false);
      }
    }
    expect(record?.rows.length).toBe(500);
  });

  it('is the same for the same seed and inputs', () => {
    const effects = [cases('closed', 'closed', 'closed')];
    expect(marked(3).onEffects(effects, 1)).toEqual(marked(3).onEffects(effects, 1));
    expect(marked(3).onEffects(effects, 1)).not.toEqual(marked(4).onEffects(effects, 1));
  });
});
