/** Reports for the case desk, made by hand. */
import type { Outbox } from '../../src/dispatch/cases.js';
import { type Fraction, fraction } from '../../src/model/fraction.js';
import { cost, lots } from '../../src/model/portfolio.js';
import type { PortfolioReport, Standing } from '../../src/model/records.js';
import { dec } from '../support/books.js';

export const TTL_US = 5_000_000;

export const outbox = (): Outbox => ({ orders: [], cases: [] });

const versions = new Map<string, number>();

/** Equal positions have equal versions, and others have others: all that the case desk relies on. */
function versionOf(positions: readonly (readonly [number, number])[]): number {
  const key = JSON.stringify(positions);
  const version = versions.get(key) ?? versions.size + 1;
  versions.set(key, version);
  return version;
}

/** Positions are [market, lots]; the mark is 100 and each position's requirement 10. */
export function report(
  portfolio: string,
  standing: Standing,
  positions: readonly (readonly [number, number])[],
  equity: Fraction = fraction(1n),
): PortfolioReport {
  const liquidatable = standing === 'liquidatable';
  const rows = positions.map(([market, size]) => ({
    market,
    lots: lots(size),
    cost: cost(0n),
    mark: dec(100),
    index: fraction(1n),
    maintenance: fraction(10n),
  }));
  const maintenance = fraction(10n * BigInt(positions.length));
  return {
    portfolio,
    standing,
    version: versionOf(positions),
    equity,
    maintenance,
    positions: positions.length,
    lossToZero: liquidatable ? equity : null,
    rows: liquidatable ? rows : [],
    assets: [],
    openOrders: 0,
  };
}

/** A position that an order can close, as a key: in hedge mode each leg has its own. */
export function positionKey(portfolio: string, market: number, side: 'buy' | 'sell'): string {
  return `${portfolio}|${market}|${side}`;
}
