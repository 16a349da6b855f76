/** Says what is new about liquidatable portfolios: breached, changed, recovered. Keeps what was last said, so as to say it once. */
import { pow10 } from '../model/decimal.js';
import type { Signal, SignalState } from '../model/effects.js';
import { divide, fractionToNumber, fractionToUnits } from '../model/fraction.js';
import { MARGIN_RATIO_DECIMALS } from '../model/print.js';
import type { Valuation } from '../model/records.js';
import type { Ranked } from './ranking.js';

/** A deficit that moved by at least this share of its maintenance since the last row sent is `changed`. */
export const CHANGED_SHARE_MIN = 0.01;

/** Numbers as they are printed: equity down, maintenance up, at the valuation asset's decimals. */
export function signalRow(
  portfolio: string,
  markets: readonly number[],
  state: SignalState,
  valuation: Valuation,
  decimals: number,
): Signal {
  const unit = Number(pow10(decimals));
  const equity = fractionToUnits(valuation.equity, decimals, 'down');
  const maintenance = fractionToUnits(valuation.maintenance, decimals, 'up');
  const breached = state === 'breached' || state === 'changed';
  return {
    portfolio,
    markets,
    state,
    equity: Number(equity) / unit,
    maintenance: Number(maintenance) / unit,
    deficit: breached ? Number(maintenance - equity) / unit : 0,
    badDebt: equity < 0n ? Number(-equity) / unit : 0,
    marginRatio: marginRatio(valuation),
  };
}

function marginRatio({ equity, maintenance }: Valuation): number | null {
  if (maintenance.n === 0n) return null;
  return Number(fractionToUnits(divide(equity, maintenance), MARGIN_RATIO_DECIMALS, 'down')) / 10 ** MARGIN_RATIO_DECIMALS;
}

export class SignalTracker {
  /** Portfolio to the deficit last said. */
  private readonly said = new Map<string, number>();
  private readonly decimals: number;

  constructor(decimals: number) {
    this.decimals = decimals;
  }

  /** Portfolio and the deficit last said of it. */
  deficitsSaid(): Iterable<readonly [string, number]> {
    return this.said;
  }

  hasSaid(portfolio: string): boolean {
    return this.said.has(portfolio);
  }

  get liquidatable(): number {
    return this.said.size;
  }

  restore(said: Iterable<readonly [string, number]>): void {
    for (const [portfolio, deficit] of said) this.said.set(portfolio, deficit);
  }

  /** A row for a portfolio that is liquidatable now, null when there is nothing new about it. */
  breached(report: Ranked & Valuation, markets: readonly number[], ordersChanged: boolean): Signal | null {
    const before = this.said.get(report.portfolio);
    if (before !== undefined && !ordersChanged) {
      const moved = Math.abs(report.deficitNumber - before);
      if (moved < CHANGED_SHARE_MIN * fractionToNumber(report.maintenance)) return null;
    }
    this.said.set(report.portfolio, report.deficitNumber);
    return signalRow(report.portfolio, markets, before === undefined ? 'breached' : 'changed', report, this.decimals);
  }

  /** A row for a portfolio that is no longer liquidatable, null when it was never said to be. */
  recovered(portfolio: string, markets: readonly number[], valuation: Valuation): Signal | null {
    return this.said.delete(portfolio) ? signalRow(portfolio, markets, 'recovered', valuation, this.decimals) : null;
  }
}
