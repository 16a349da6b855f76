/**
 * The engine: a synchronous, deterministic state machine, `apply(record) → effects`. No clock, no randomness, no I/O: time and ids come
 * in with the record, and equal records give equal effects. Its two halves talk only in reports.
 */
import type { Moment } from '../dispatch/cases.js';
import { assert, badInput, PlimsollError, type Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { countsBuffer, type NamedBuffer, type ReadBytes, type Saved } from '../model/named-buffers.js';
import type { Account } from '../model/portfolio.js';
import type { Effect, Fill, FillsRecord, InputRecord, TickRecord } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import { CaseHalf } from './case-half.js';
import type { EngineStats } from './link.js';
import { ScanHalf } from './scan-half.js';
import { type Parts, restoreSnapshot, saveSnapshot } from './snapshot.js';
import { TradeMemory, tradeKey } from './trade-memory.js';

export interface EngineOptions {
  readonly instruments: Instruments;
  readonly backend: Backend;
  /** Life of an order from the moment that made it. */
  readonly orderTtlUs: number;
}

/** Effects of one record; or its problems, and then nothing of it was applied. */
export interface Applied {
  readonly effects: readonly Effect[];
  readonly problems: readonly Problem[];
}

export class Engine {
  readonly instruments: Instruments;
  readonly scanHalf: ScanHalf;
  readonly caseHalf: CaseHalf;
  private readonly backend: Backend;
  ticks = 0;
  tickTimeUs = 0;
  private timeUs = 0;
  private readonly trades = new TradeMemory();
  private readonly times: Saved = {
    save: () => [countsBuffer('times', [this.ticks, this.tickTimeUs, this.timeUs])],
    restore: (from) => {
      [this.ticks, this.tickTimeUs, this.timeUs] = from.counts('times', 3);
    },
  };

  constructor({ instruments, backend, orderTtlUs }: EngineOptions) {
    this.instruments = instruments;
    this.backend = backend;
    this.scanHalf = new ScanHalf(instruments, backend);
    this.caseHalf = new CaseHalf(instruments, orderTtlUs);
  }

  /** What scans now: a backend that fails hands over to another. */
  get backendName(): string {
    return this.backend.name;
  }

  /** Puts an account into the book before the first record, without a report. */
  load(account: Account): void {
    this.scanHalf.load(account);
  }

  /** What it is between two records. Buffers are views: written out or copied before the next. */
  save(): NamedBuffer[] {
    return saveSnapshot(this.instruments, this.parts);
  }

  /** Makes a fresh engine what a saved one was: equal records then give equal effects. See `restoreSnapshot` for what is refused. */
  restore(read: ReadBytes): void {
    restoreSnapshot(this.instruments, this.parts, read);
  }

  private get parts(): Parts {
    return { times: this.times, trades: this.trades, scan: this.scanHalf };
  }

  /** Applies a record whole, or refuses it whole. What the caller did wrong is a problem; what we did wrong throws. */
  apply(record: InputRecord): Applied {
    try {
      return { effects: this.applyValid(record), problems: [] };
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      const problems =
        error.problems.length > 0 ? error.problems : [{ where: record.type, expected: error.message, found: 'refused' }];
      return { effects: [], problems };
    }
  }

  private applyValid(record: InputRecord): readonly Effect[] {
    if (record.type === 'tick') return this.applyTick(record);
    this.timeUs = Math.max(this.timeUs, record.timeUs);
    const now = this.moment();
    if (record.type === 'book') return this.caseHalf.onReports(this.scanHalf.setAccounts(record.rows), now);
    if (record.type === 'acks') return this.caseHalf.onAcks(record.acks, now);
    if (record.type === 'fills') return this.applyFills(record, now);
    assert(record.type === 'clock', `expected a known type of record, was ${JSON.stringify(record)}`);
    return [];
  }

  /** Counters for a status line or a wire topic. */
  counters() {
    const { book, counts } = this.scanHalf;
    const { desk } = this.caseHalf;
    return {
      backend: this.backendName,
      accounts: book.accountCount,
      portfolios: book.portfolioCount,
      positions: book.positionCount,
      ticks: this.ticks,
      priceEpoch: this.ticks,
      tickTimeUs: this.tickTimeUs,
      nominees: counts.nominees,
      unpriced: counts.unpriced,
      insolvent: counts.insolvent,
      liquidatable: this.caseHalf.liquidatable,
      deficit: this.caseHalf.deficit,
      openCases: desk.openCount,
      liveOrders: desk.orders.count,
      unknownOrders: desk.orders.unknownCount(this.timeUs),
      liquidations: this.caseHalf.liquidations,
    } satisfies Omit<EngineStats, 'conflated' | 'tickMs' | 'lagMs'>;
  }

  /** Marks of the past are refused: what they say is no longer so. */
  private applyTick(record: TickRecord): readonly Effect[] {
    if (record.timeUs < this.tickTimeUs)
      throw badInput('tick.timeUs', `a time at or after ${this.tickTimeUs}`, String(record.timeUs));
    const reports = this.scanHalf.tick(record);
    this.ticks += 1;
    this.tickTimeUs = record.timeUs;
    this.timeUs = Math.max(this.timeUs, record.timeUs);
    return this.caseHalf.onTick(reports, this.moment());
  }

  private moment(): Moment {
    return { timeUs: this.timeUs, tickTimeUs: this.tickTimeUs, priceEpoch: this.ticks };
  }

  private applyFills(record: FillsRecord, now: Moment): readonly Effect[] {
    const fresh = new Map<string, Fill>();
    for (const fill of record.fills) {
      const key = tradeKey(fill);
      if (!this.trades.has(key) && !fresh.has(key)) fresh.set(key, fill);
    }
    const fills = [...fresh.values()];
    this.caseHalf.checkExecutions(fills);
    const { booked, reports } = this.scanHalf.applyFills(fills);
    for (const key of fresh.keys()) this.trades.remember(key);
    return this.caseHalf.onFills(booked, reports, now);
  }
}
