/** Reports for the parts of the case half, made by hand. */
import { add, type Fraction, fraction } from '../../src/model/fraction.js';
import { cost, lots } from '../../src/model/portfolio.js';
import type { BreachRow, PortfolioReport, Standing } from '../../src/model/records.js';
import { dec } from '../support/books.js';

export const TTL_US = 5_000_000;

const versions = new Map<string, number>();

/** Equal positions have equal versions, and others have others: all that cases rely on. */
function versionOf(positions: readonly (readonly [number, number])[]): number {
  const key = JSON.stringify(positions);
  const version = versions.get(key) ?? versions.size + 1;
  versions.set(key, version);
  return version;
}

/** Of one lot or more at a mark of 100, with a requirement of 10. */
export function rowOf(market: number, size: number, over: Partial<BreachRow> = {}): BreachRow {
  return {
    market,
    lots: lots(size),
    cost: cost(0n),
    mark: dec(100),
    index: fraction(1n),
    maintenance: fraction(10n),
    ...over,
  };
}

/** Positions are [market, lots]; healthy: one above what they need, unless told; liquidatable: 1. */
export function report(
  portfolio: string,
  standing: Standing,
  positions: readonly (readonly [number, number])[],
  equity?: Fraction,
): PortfolioReport {
  const rows = positions.map(([market, size]) => rowOf(market, size));
  const maintenance = fraction(10n * BigInt(positions.length));
  const own = equity ?? (standing === 'healthy' ? add(maintenance, fraction(1n)) : fraction(1n));
  return {
    portfolio,
    standing,
    version: versionOf(positions),
    equity: own,
    maintenance,
    positions: positions.length,
    lossToZero: standing === 'liquidatable' ? own : null,
    rows: standing === 'unpriced' ? [] : rows,
    assets: standing === 'unpriced' ? [] : [{ asset: 0, index: fraction(1n), equity: own }],
    openOrders: 0,
  };
}

/** A position that an order can close, as a key: in hedge mode each leg has its own. */
export function positionKey(portfolio: string, market: number, side: 'buy' | 'sell'): string {
  return `${portfolio}|${market}|${side}`;
}
