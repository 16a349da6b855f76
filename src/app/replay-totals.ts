/** Adds up what a replay's effects say, exactly, by the hour of the breach. */
import { formatUnits } from '../model/decimal.js';
import type { CaseEvent, Effect, ExecutionEffect } from '../model/effects.js';
import { add, type Fraction, fractionToUnits, reduce, ZERO } from '../model/fraction.js';

const HOUR_MS = 3_600_000;

interface Sums {
  cases: number;
  /** Cases in which something was closed. */
  liquidations: number;
  fills: number;
  notional: Fraction;
  deficit: Fraction;
  badDebt: Fraction;
}

function noSums(): Sums {
  return { cases: 0, liquidations: 0, fills: 0, notional: ZERO, deficit: ZERO, badDebt: ZERO };
}

/** Amounts are strings in the valuation asset's decimals: notional to nearest, deficit and bad debt up. */
export interface ReplayHour {
  readonly hour: number;
  readonly liquidations: number;
  readonly notional: string;
  readonly deficit: string;
  readonly badDebt: string;
}

export interface ReplaySums {
  readonly cases: number;
  readonly liquidations: number;
  readonly notional: string;
  readonly deficit: string;
  readonly badDebt: string;
  readonly fills: number;
}

export class ReplayTotals {
  private readonly decimals: number;
  private readonly hours = new Map<number, Sums>();
  /** Open cases: the hour of the breach, and whether anything was closed yet. */
  private readonly open = new Map<string, { readonly hour: number; closedAny: boolean }>();

  constructor(decimals: number) {
    this.decimals = decimals;
  }

  take(effects: readonly Effect[]): void {
    // A case opens in the record that breaches it and may end in one with its last execution: opened, executed, ended.
    for (const effect of effects) if (effect.type === 'cases') for (const row of effect.rows) this.takeOpened(row);
    for (const effect of effects) if (effect.type === 'execution') this.takeExecution(effect);
    for (const effect of effects) if (effect.type === 'cases') for (const row of effect.rows) this.takeEnded(row);
  }

  /** Every hour from one to the other, zeros included. */
  byHour(fromMs: number, toMs: number): ReplayHour[] {
    const rows: ReplayHour[] = [];
    for (let hour = hourOf(fromMs); hour <= toMs; hour += HOUR_MS) {
      const { liquidations, ...amounts } = this.hours.get(hour) ?? noSums();
      rows.push({ hour, liquidations, ...this.print(amounts) });
    }
    return rows;
  }

  sums(): ReplaySums {
    const total = noSums();
    for (const hour of this.hours.values()) {
      total.cases += hour.cases;
      total.liquidations += hour.liquidations;
      total.fills += hour.fills;
      total.notional = add(total.notional, hour.notional);
      total.deficit = add(total.deficit, hour.deficit);
      total.badDebt = add(total.badDebt, hour.badDebt);
    }
    const { cases, liquidations, fills } = total;
    return { cases, liquidations, ...this.print(total), fills };
  }

  private print({ notional, deficit, badDebt }: Pick<Sums, 'notional' | 'deficit' | 'badDebt'>) {
    const { decimals } = this;
    return {
      notional: formatUnits(fractionToUnits(notional, decimals, 'nearest'), decimals),
      deficit: formatUnits(fractionToUnits(deficit, decimals, 'up'), decimals),
      badDebt: formatUnits(fractionToUnits(badDebt, decimals, 'up'), decimals),
    };
  }

  private sumsOf(hour: number): Sums {
    let sums = this.hours.get(hour);
    if (sums === undefined) {
      sums = noSums();
      this.hours.set(hour, sums);
    }
    return sums;
  }

  private takeOpened(row: CaseEvent): void {
    if (row.event !== 'opened') return;
    const hour = hourOf(row.openedUs / 1000);
    this.open.set(row.caseId, { hour, closedAny: false });
    const sums = this.sumsOf(hour);
    sums.cases += 1;
    sums.deficit = reduce(add(sums.deficit, row.deficit));
  }

  /** An execution may come after its case has ended, for the order was out already: then it counts in its own hour. */
  private takeExecution(effect: ExecutionEffect): void {
    const known = this.open.get(effect.caseId);
    const sums = this.sumsOf(known?.hour ?? hourOf(effect.timeUs / 1000));
    sums.fills += 1;
    sums.notional = reduce(add(sums.notional, effect.notional));
    if (known === undefined || known.closedAny) return;
    known.closedAny = true;
    sums.liquidations += 1;
  }

  private takeEnded(row: CaseEvent): void {
    if (row.event !== 'ended' || row.badDebt === null) return;
    const sums = this.sumsOf(hourOf(row.openedUs / 1000));
    sums.badDebt = reduce(add(sums.badDebt, row.badDebt));
    this.open.delete(row.caseId);
  }
}

function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS;
}
