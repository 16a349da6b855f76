/** Where the prices of the moment are from: the record that brought each. Knows no orders. */
import type { Engine } from '../engine/engine.js';
import { type Decimal, formatDecimal } from '../model/decimal.js';
import type { PortfolioReport, TickRecord } from '../model/records.js';
import type { Placed } from './journal-replay.js';

/** A price as a decision saw it. */
export interface WhyPrice {
  /** A market's id; of an index price an asset's. */
  readonly id: string;
  readonly price: string;
  /** The record that brought it; null: it is from before what the journal has kept, or is always so (the valuation asset's 1). */
  readonly seq: number | null;
  readonly timeUs: number | null;
  /** At the decision. */
  readonly ageUs: number | null;
  /** The type of that record. */
  readonly source: TickRecord['type'] | null;
}

export interface WhyPrices {
  /** Of the markets and assets of the portfolio, in the instruments' order. */
  readonly marks: readonly WhyPrice[];
  readonly indexes: readonly WhyPrice[];
  /** Cumulative funding, of markets in which there is any. */
  readonly funding: readonly WhyPrice[];
}

interface Source {
  readonly seq: number;
  readonly timeUs: number;
  readonly price: string;
}

export class PriceSources {
  private readonly marks = new Map<number, Source>();
  private readonly indexes = new Map<number, Source>();
  private readonly funding = new Map<number, Source>();
  private tickTimeUs = 0;

  /** Of ticks that were taken; one that was refused may be noted too where nobody knows: what it says is held against the engine's own prices. */
  note({ seq, record }: Placed): void {
    if (record.type !== 'tick' || record.timeUs < this.tickTimeUs) return;
    const { timeUs } = record;
    this.tickTimeUs = timeUs;
    const source = (price: Decimal): Source => ({ seq, timeUs, price: formatDecimal(price) });
    for (const { market, price } of record.marks) this.marks.set(market, source(price));
    for (const { asset, price } of record.indexes ?? []) this.indexes.set(asset, source(price));
    for (const { market, index } of record.funding ?? []) this.funding.set(market, source(index));
  }

  /** Of a portfolio, at the present moment of the engine. */
  of(report: PortfolioReport, { instruments, scanHalf }: Engine, timeUs: number): WhyPrices {
    const { verdict } = scanHalf.scanner;
    const markets = [...new Set(report.rows.map(({ market }) => market))];
    const assets = report.assets.map(({ asset }) => asset);
    const price = (id: string, now: Decimal | null, source: Source | undefined): WhyPrice[] => {
      if (now === null) return [];
      const text = formatDecimal(now);
      if (source === undefined || source.price !== text)
        return [{ id, price: text, seq: null, timeUs: null, ageUs: null, source: null }];
      return [{ id, price: text, seq: source.seq, timeUs: source.timeUs, ageUs: timeUs - source.timeUs, source: 'tick' }];
    };
    return {
      marks: markets.flatMap((m) => price(instruments.markets[m].id, verdict.markOf(m), this.marks.get(m))),
      indexes: assets.flatMap((a) => price(instruments.assets[a].id, verdict.indexOf(a), this.indexes.get(a))),
      funding: markets
        .filter((m) => verdict.fundingOf(m).units !== 0n)
        .flatMap((m) => price(instruments.markets[m].id, verdict.fundingOf(m), this.funding.get(m))),
    };
  }
}
