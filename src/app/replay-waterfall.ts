/** Adds up what a replay's defaults led to: stages, movements of money, deleveraging, the fund over time, and that nothing was lost on the way. */
import type { Engine } from '../engine/engine.js';
import { type PrintedVenuePosition, printVenuePosition, venuePositions } from '../engine/venue-positions.js';
import { type Decimal, formatUnits, toUnits } from '../model/decimal.js';
import type { Effect } from '../model/effects.js';
import { fractionToUnits } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import type { Transfer } from '../model/money.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';

const HOUR_MS = 3_600_000;

/** What became of cases in one place of the policy. */
export interface StageCount {
  readonly entry: number;
  readonly stage: string;
  readonly entered: number;
  readonly skipped: number;
  /** How often it was skipped or left for a reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Amounts are strings in the asset's decimals, to nearest. */
export interface TransferCount {
  readonly reason: string;
  readonly asset: string;
  readonly count: number;
  readonly amount: string;
}

export interface AdlCount {
  readonly asset: string;
  readonly trades: number;
  /** Portfolios that were deleveraged. */
  readonly counterparties: number;
  /** At the price at which they were. */
  readonly notional: string;
  /** Of it what was more than needed at the least. */
  readonly overshoot: string;
  /** What counterparties gave up against the mark. */
  readonly forgone: string;
}

export interface FundHistory {
  readonly asset: string;
  readonly start: string;
  readonly lowest: string;
  readonly end: string;
}

export interface WaterfallSummary {
  readonly stages: readonly StageCount[];
  readonly transfers: readonly TransferCount[];
  readonly adl: readonly AdlCount[];
  readonly funds: readonly FundHistory[];
  /** What the funds of the valuation asset had at the end of every hour, by its first millisecond. */
  readonly fundByHour: readonly { readonly hour: number; readonly balance: string }[];
  /** What the venue took over itself and has, at the last mark. Exact: 18 decimals. */
  readonly venuePositions: readonly PrintedVenuePosition[];
  /** By asset: what everybody has, by account, and Σ, which is zero when money was conserved. Exact, 18 decimals. */
  readonly conservation: readonly {
    readonly asset: string;
    readonly accounts: Readonly<Record<string, string>>;
    readonly sum: string;
  }[];
}

interface AdlSums {
  trades: number;
  readonly counterparties: Set<string>;
  notional: bigint;
  overshoot: bigint;
  forgone: bigint;
}

export class WaterfallTotals {
  private readonly instruments: Instruments;
  private readonly engine: Engine;
  private readonly stages = new Map<
    string,
    { entry: number; stage: string; entered: number; skipped: number; reasons: Map<string, number> }
  >();
  private readonly transfers = new Map<string, { reason: string; asset: number; count: number; amount: bigint }>();
  private readonly adl = new Map<number, AdlSums>();
  /** By asset: at the start of the replay, and the lowest since. */
  private readonly start: readonly bigint[];
  private readonly lowest: bigint[];
  private readonly byHour = new Map<number, bigint>();

  /** Of an engine whose funds have what they have at the start. */
  constructor(engine: Engine) {
    this.engine = engine;
    this.instruments = engine.instruments;
    this.start = this.instruments.assets.map(({ index }) => engine.caseHalf.fund.balance(index));
    this.lowest = [...this.start];
  }

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'stages')
        for (const { entry, stage, event, reason } of effect.rows) this.takeStage(entry, stage, event, reason);
      else if (effect.type === 'transfers') for (const row of effect.rows) this.takeTransfer(row);
      else if (effect.type === 'adl') for (const row of effect.rows) this.takeAdl(row);
    }
  }

  /** After everything that a tick led to. */
  onTick(timeMs: number): void {
    const hour = Math.floor(timeMs / HOUR_MS) * HOUR_MS;
    this.byHour.set(hour, this.engine.caseHalf.fund.balance(this.instruments.valuation.index));
  }

  summary(): WaterfallSummary {
    const { assets } = this.instruments;
    const print = (units: bigint, asset: number): string => {
      const { decimals } = assets[asset];
      return formatUnits(toUnits({ units, decimals: EXACT_DECIMALS }, decimals, 'nearest'), decimals);
    };
    return {
      stages: [...this.stages.values()]
        .sort((a, b) => a.entry - b.entry)
        .map(({ reasons, ...rest }) => ({
          ...rest,
          reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1))),
        })),
      transfers: [...this.transfers.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { reason, asset, count, amount }]) => ({
          reason,
          asset: assets[asset].id,
          count,
          amount: print(amount, asset),
        })),
      adl: [...this.adl.entries()]
        .sort(([a], [b]) => a - b)
        .map(([asset, sums]) => ({
          asset: assets[asset].id,
          trades: sums.trades,
          counterparties: sums.counterparties.size,
          notional: print(sums.notional, asset),
          overshoot: print(sums.overshoot, asset),
          forgone: print(sums.forgone, asset),
        })),
      funds: assets
        .map(({ index, id }) => ({
          asset: id,
          start: print(this.start[index], index),
          lowest: print(this.lowest[index], index),
          end: print(this.engine.caseHalf.fund.balance(index), index),
        }))
        .filter(({ start, end, lowest }) => [start, end, lowest].some((amount) => /[1-9]/.test(amount))),
      fundByHour: [...this.byHour].map(([hour, balance]) => ({
        hour,
        balance: print(balance, this.instruments.valuation.index),
      })),
      venuePositions: venuePositions(this.engine).map((each) => printVenuePosition(each, this.instruments)),
      conservation: this.conservation(),
    };
  }

  private takeStage(entry: number, stage: string, event: 'entered' | 'skipped' | 'left', reason: string): void {
    const key = `${entry} ${stage}`;
    const counted = this.stages.get(key) ?? { entry, stage, entered: 0, skipped: 0, reasons: new Map<string, number>() };
    if (event === 'entered') counted.entered += 1;
    else {
      if (event === 'skipped') counted.skipped += 1;
      counted.reasons.set(reason, (counted.reasons.get(reason) ?? 0) + 1);
    }
    this.stages.set(key, counted);
  }

  private takeTransfer({ reason, asset, amount, debit, credit }: Transfer): void {
    const key = `${reason} ${asset}`;
    const counted = this.transfers.get(key) ?? { reason, asset, count: 0, amount: 0n };
    counted.count += 1;
    counted.amount += amount;
    this.transfers.set(key, counted);
    if (debit.kind !== 'fund' && credit.kind !== 'fund') return;
    const balance = this.engine.caseHalf.fund.balance(asset);
    if (balance < this.lowest[asset]) this.lowest[asset] = balance;
  }

  private takeAdl(row: Extract<Effect, { type: 'adl' }>['rows'][number]): void {
    const market = this.instruments.markets[row.market];
    const sums = this.adl.get(market.settleAsset) ?? {
      trades: 0,
      counterparties: new Set(),
      notional: 0n,
      overshoot: 0n,
      forgone: 0n,
    };
    const worth = (count: number): bigint => notionalUnits(market, count, row.price);
    sums.trades += 1;
    sums.counterparties.add(row.counterparty);
    sums.notional += worth(row.lots);
    sums.overshoot += worth(row.lots - row.needed);
    sums.forgone += row.forgone;
    this.adl.set(market.settleAsset, sums);
  }

  private conservation(): WaterfallSummary['conservation'] {
    const { ledger } = this.engine.caseHalf;
    const { balances } = this.engine.scanHalf.book.totals;
    const sums = ledger.sums().balances;
    const text = (units: bigint): string => formatUnits(units, EXACT_DECIMALS);
    return this.instruments.assets.map(({ index, id }) => {
      const own = ledger.entries().filter(({ asset }) => asset === index);
      const accounts = own.map(({ account, amount }): [string, string] => [account, text(amount)]);
      return {
        asset: id,
        accounts: Object.fromEntries([['portfolios', text(balances[index])], ...accounts]),
        sum: text(sums[index]),
      };
    });
  }
}

function notionalUnits(market: Instruments['markets'][number], count: number, price: Decimal): bigint {
  return fractionToUnits(notionalAt(market, count, price), EXACT_DECIMALS, 'nearest');
}
