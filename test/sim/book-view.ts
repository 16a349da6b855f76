/** The book as it is between two records: portfolios read from the store, the same ones of before, and the oracle's value of each. Decides nothing. */
import type { Engine } from '../../src/engine/engine.js';
import type { Decimal } from '../../src/model/decimal.js';
import { type Fraction, fromDecimal, ONE } from '../../src/model/fraction.js';
import { isInsolvent, isLiquidatable, type PricedPortfolio, type Prices, valuePortfolio } from '../../src/model/margin.js';
import type { Portfolio } from '../../src/model/portfolio.js';

export interface Known {
  readonly portfolio: Portfolio;
  readonly handle: number;
  readonly version: number;
  /** Of the epoch; undefined: not asked yet. */
  value: PricedPortfolio | null | undefined;
  valueEpoch: number;
}

/** What a record did to a portfolio. */
export interface Change {
  readonly before: Portfolio | null;
  readonly after: Portfolio | null;
}

/** Prices as the records told them. */
export interface Told {
  readonly marks: readonly (Decimal | null)[];
  readonly indexes: readonly (Decimal | null)[];
  readonly funding: readonly (Decimal | null)[];
}

const NOTHING: Decimal = { units: 0n, decimals: 0 };

export class BookView {
  readonly known = new Map<string, Known>();
  /** Of the last record. */
  changed = new Map<string, Change>();
  private engine: Engine;
  private readonly told: Told;
  private readonly prices: Prices;
  private epoch = 0;

  constructor(engine: Engine, told: Told) {
    this.engine = engine;
    this.told = told;
    this.prices = {
      mark: (market) => told.marks[market],
      index: (asset) => told.indexes[asset],
      funding: (market) => told.funding[market] ?? NOTHING,
    };
  }

  /** Goes on with an engine that was restored from another. */
  follow(engine: Engine): void {
    this.engine = engine;
    this.known.clear();
    this.read();
  }

  onPrices(): void {
    this.epoch += 1;
  }

  /** Reads what has changed. `accounts`: those that a row has replaced, whose versions may have begun anew. */
  read(replaced: ReadonlySet<string> = new Set()): void {
    const { book } = this.engine.scanHalf;
    const { store } = book;
    const changed = new Map<string, Change>();
    const seen = new Set<string>();
    for (let handle = 0; handle < store.handleEnd; handle++) {
      if (!store.isLive(handle)) continue;
      const id = store.idOf(handle);
      seen.add(id);
      const version = store.versionOf(handle);
      const before = this.known.get(id);
      const isSame = before !== undefined && before.handle === handle && before.version === version;
      if (isSame && !replaced.has(id.split('/')[0])) continue;
      const after = book.portfolio(handle);
      this.known.set(id, { portfolio: after, handle, version, value: undefined, valueEpoch: -1 });
      changed.set(id, { before: before?.portfolio ?? null, after });
    }
    if (seen.size !== this.known.size) {
      for (const [id, { portfolio }] of this.known) {
        if (seen.has(id)) continue;
        this.known.delete(id);
        changed.set(id, { before: portfolio, after: null });
      }
    }
    this.changed = changed;
  }

  /** The oracle's value of a portfolio now; null when it is not priced or not there. */
  value(id: string): PricedPortfolio | null {
    const known = this.known.get(id);
    if (known === undefined) return null;
    if (known.value === undefined || known.valueEpoch !== this.epoch) {
      known.value = this.worth(known.portfolio);
      known.valueEpoch = this.epoch;
    }
    return known.value;
  }

  /** What any portfolio would be worth at the present prices. */
  worth(portfolio: Portfolio): PricedPortfolio | null {
    const value = valuePortfolio(portfolio, this.engine.instruments, this.prices);
    return value.priced ? value : null;
  }

  isLiquidatable(id: string): boolean {
    const value = this.value(id);
    return value !== null && isLiquidatable(value, this.engine.instruments.liquidateWhen);
  }

  isInsolvent(id: string): boolean {
    const value = this.value(id);
    return value !== null && isInsolvent(value);
  }

  index(asset: number): Fraction | null {
    if (asset === this.engine.instruments.valuation.index) return ONE;
    const price = this.told.indexes[asset];
    return price === null ? null : fromDecimal(price);
  }

  /** Lots of a portfolio's leg that an order of a side closes. */
  lotsOf = (id: string, market: number, side: 'buy' | 'sell'): number =>
    lotsIn(this.known.get(id)?.portfolio ?? null, market, side);
}

export function lotsIn(portfolio: Portfolio | null, market: number, side: 'buy' | 'sell'): number {
  const row = portfolio?.positions.find((each) => each.market === market && each.lots > 0 === (side === 'sell'));
  return row === undefined ? 0 : Math.abs(row.lots);
}
