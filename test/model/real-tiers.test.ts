/** 349 real tier tables: derived deductions are the published ones, and requirements are continuous and convex. Skipped without ../shared. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseDecimal } from '../../src/model/decimal.js';
import { compare, fraction, fromDecimal, multiply, subtract } from '../../src/model/fraction.js';
import { instrumentsFromInput } from '../../src/model/instrument-input.js';
import type { Instruments } from '../../src/model/instruments.js';
import { ProblemList } from '../../src/model/problems.js';
import { requirementAt, requirementLine } from '../../src/model/requirement.js';

const FILE = fileURLToPath(new URL('../../../shared/data/tiers-usdm-2024-10.json', import.meta.url));

/** Per market: floor, maintenance rate, most leverage, published cumulative deduction. */
type Tables = Readonly<Record<string, readonly (readonly [floor: string, rate: string, leverage: string, deduction: string])[]>>;

function read(tables: Tables): Instruments {
  const markets = Object.entries(tables).map(([id, rows]) => [
    id,
    {
      ...{ kind: 'linear', base: 'X', settle: 'USDT', contractSize: '1', lot: '0.001', tick: '0.01' },
      maintenance: {
        ...{ method: 'bracket', basis: 'mark', closeFee: '0' },
        tiers: rows.map(([floor, rate]) => ({ floor, rate })),
      },
      initial: { method: 'bracket', tiers: rows.map(([floor, , maxLeverage]) => ({ floor, maxLeverage })) },
    },
  ]);
  const problems = new ProblemList();
  const header = { version: 1, assets: { USDT: { decimals: 6, haircut: '0' } }, markets: Object.fromEntries(markets) };
  const instruments = instrumentsFromInput(header, 'tables', problems);
  problems.throwIfAny();
  return instruments as Instruments;
}

if (existsSync(FILE)) {
  const { markets: tables } = JSON.parse(readFileSync(FILE, 'utf8')) as { markets: Tables };
  const { markets } = read(tables);

  it('there are 349 of them', () => {
    expect(markets).toHaveLength(349);
  });

  it('the deductions that make them continuous are the published ones', () => {
    for (const { id, maintenance } of markets) {
      const published = tables[id].map(([, , , deduction]) => fromDecimal(parseDecimal(deduction)));
      expect(maintenance.tiers).toHaveLength(published.length);
      for (const [k, { deduction }] of maintenance.tiers.entries()) {
        expect([id, k, compare(deduction, published[k])]).toEqual([id, k, 0]);
      }
    }
  });

  it('at every floor the tiers on both sides ask the same, and the rate rises', () => {
    let floors = 0;
    for (const { id, maintenance, initial } of markets) {
      for (const table of [maintenance, { ...maintenance, ...initial }]) {
        for (let k = 1; k < table.tiers.length; k++) {
          const floor = fromDecimal(table.tiers[k].floor);
          const [below, above] = [requirementLine(table, k - 1), requirementLine(table, k)];
          const [fromBelow, fromAbove] = [below, above].map(({ rate, deduction }) => subtract(multiply(rate, floor), deduction));
          expect([id, k, compare(fromBelow, fromAbove), compare(requirementAt(table, floor), fromAbove)]).toEqual([id, k, 0, 0]);
          // Of two lines that meet, the steeper is above beyond: convex.
          expect(compare(below.rate, above.rate)).toBeLessThanOrEqual(0);
          floors += 1;
        }
      }
    }
    expect(floors).toBeGreaterThan(4_000);
  });

  it('the initial rate is one over the most leverage, and never below the maintenance rate', () => {
    for (const { id, maintenance, initial } of markets) {
      for (const [k, tier] of (initial?.tiers ?? []).entries()) {
        expect(compare(multiply(tier.rate, fraction(BigInt(tables[id][k][2]))), fraction(1n))).toBe(0);
        expect(compare(tier.rate, maintenance.tiers[k].rate)).toBeGreaterThanOrEqual(0);
      }
    }
  });
} else {
  it('real tier tables', (context) => {
    const reason = `real tier tables are not checked: no ${FILE}`;
    process.stderr.write(`${reason}\n`);
    context.skip(reason);
  });
}
