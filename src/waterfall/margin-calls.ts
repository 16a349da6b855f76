/** Margin calls: a portfolio whose margin ratio has fallen below a threshold is told once for each, and told when it is above all of them again. */

import type { Outbox } from '../dispatch/outbox.js';
import { compare, type Fraction, multiply } from '../model/fraction.js';
import { compareIds } from '../model/portfolio.js';
import type { Valuation } from '../model/records.js';

/** A portfolio near the line: what the scan half finds below a ratio. */
export interface Watched extends Valuation {
  readonly portfolio: string;
}

export class MarginCalls {
  /** Descending. */
  private readonly thresholds: readonly Fraction[];
  /** Portfolio to the place of the lowest threshold that it was called for. */
  private readonly called = new Map<string, number>();
  /** Of the last watch: by margin ratio ascending. */
  list: readonly Watched[] = [];

  constructor(thresholds: readonly Fraction[]) {
    this.thresholds = thresholds;
  }

  /** Everybody below the watch's ratio, which is at or above every threshold. */
  onWatch(watched: readonly Watched[], timeUs: number, out: Outbox): void {
    this.list = watched;
    const now = new Set<string>();
    for (const { portfolio, equity, maintenance } of watched) {
      const place = this.thresholds.findLastIndex((threshold) => compare(equity, multiply(threshold, maintenance)) < 0);
      if (place < 0) continue;
      now.add(portfolio);
      if (place <= (this.called.get(portfolio) ?? -1)) continue;
      this.called.set(portfolio, place);
      out.marginCalls.push({ portfolio, event: 'called', threshold: this.thresholds[place], equity, maintenance, timeUs });
    }
    const cleared = [...this.called.keys()].filter((portfolio) => !now.has(portfolio)).sort(compareIds);
    for (const portfolio of cleared) {
      this.called.delete(portfolio);
      out.marginCalls.push({ portfolio, event: 'cleared', threshold: null, equity: null, maintenance: null, timeUs });
    }
  }

  /** Plain data: what a snapshot keeps. */
  save(): readonly (readonly [string, number])[] {
    return [...this.called].sort(([a], [b]) => compareIds(a, b));
  }

  restore(called: readonly (readonly [string, number])[]): void {
    for (const [portfolio, place] of called) this.called.set(portfolio, place);
  }
}
