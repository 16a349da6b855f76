/** Says why a replay's cases opened: the markets moved, or the collateral did. Knows prices and portfolios, nothing of how either came. */
import type { Engine } from '../engine/engine.js';
import { type BreachCause, breachCause } from '../model/cause.js';
import type { Decimal } from '../model/decimal.js';
import { type Prices, pricesOf } from '../model/margin.js';
import { compareIds } from '../model/portfolio.js';
import type { TickRecord } from '../model/records.js';

/** Why cases opened, as `replay --json` tells it of a book of several assets. */
export interface ReplayCauses {
  /** Cases by what alone would have breached their portfolio since the start; see `breachCause`. */
  readonly byCause: Readonly<Record<BreachCause, number>>;
  /** Portfolios that were breached only because their collateral fell: once each, by id. */
  readonly collateralOnly: readonly string[];
}

/** Compares the prices at which each case opens with the first ones of every market and asset. */
export class BreachCauses {
  private readonly engine: Engine;
  private readonly firstMarks = new Map<number, Decimal>();
  private readonly firstIndexes = new Map<number, Decimal>();
  private readonly counts: Record<BreachCause, number> = { marks: 0, collateral: 0, either: 0, both: 0, already: 0 };
  private readonly collateralOnly = new Set<string>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Before the engine takes the tick. */
  take({ marks, indexes = [] }: TickRecord): void {
    for (const { market, price } of marks) if (!this.firstMarks.has(market)) this.firstMarks.set(market, price);
    for (const { asset, price } of indexes) if (!this.firstIndexes.has(asset)) this.firstIndexes.set(asset, price);
  }

  summary(): ReplayCauses {
    return { byCause: { ...this.counts }, collateralOnly: [...this.collateralOnly].sort(compareIds) };
  }

  /** While the book still stands where it was at the breach. What has nothing but a debt that needs no margin is breached by no price. */
  takeOpened(id: string): void {
    const { book, scanner } = this.engine.scanHalf;
    const { verdict } = scanner;
    // Recorded prices carry no funding: it is the same in both.
    const funding: Prices['funding'] = (market) => verdict.fundingOf(market);
    const now = pricesOf(
      (market) => verdict.markOf(market),
      (asset) => verdict.indexOf(asset),
      funding,
    );
    const then = pricesOf(
      (market) => this.firstMarks.get(market) ?? null,
      (asset) => this.firstIndexes.get(asset) ?? null,
      funding,
    );
    const cause = breachCause(book.portfolio(book.store.find(id)), book.instruments, now, then);
    if (cause === null) return;
    this.counts[cause] += 1;
    if (cause === 'collateral') this.collateralOnly.add(id);
  }
}
