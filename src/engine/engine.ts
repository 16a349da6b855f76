/**
 * The engine: a synchronous, deterministic state machine, `apply(record) → effects`. No clock, no randomness, no I/O: time and ids come
 * in with the record, and equal records give equal effects. Its two halves talk only in reports.
 */
import type { FreshnessRule } from '../dispatch/gates.js';
import type { Moment } from '../dispatch/moment.js';
import { Outbox } from '../dispatch/outbox.js';
import type { Effect } from '../model/effects.js';
import { assert, badInput, PlimsollError, type Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { type NamedBuffer, plainBuffer, type ReadBytes, type Saved } from '../model/named-buffers.js';
import type { Account } from '../model/portfolio.js';
import type { Fill, FillsRecord, InputRecord, TickRecord } from '../model/records.js';
import type { Backend } from '../scan/backend.js';
import type { Watched } from '../waterfall/margin-calls.js';
import type { Policy } from '../waterfall/policy.js';
import { CaseHalf } from './case-half.js';
import type { EngineStats } from './link.js';
import { ScanHalf } from './scan-half.js';
import { type Parts, restoreSnapshot, saveSnapshot } from './snapshot.js';
import { TradeMemory, tradeKey } from './trade-memory.js';

export interface EngineOptions {
  readonly instruments: Instruments;
  readonly backend: Backend;
  /** What happens to a default, stage by stage. */
  readonly policy: Policy;
  /** When marks are good enough to liquidate on; left out: always. */
  readonly freshness?: FreshnessRule;
  /** `shadow`: decides and tells, sends and moves nothing. Left out: `live`. */
  readonly mode?: 'shadow' | 'live';
  /** Told of a case when it opens and nothing has been done about it: for reports, which must change nothing. */
  readonly onCaseOpened?: (portfolio: string) => void;
}

const ALWAYS_FRESH: FreshnessRule = { staleUs: null, warmupTicks: 0 };

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
  /** Whether the ledger has what the book had before the first record. */
  private isOpened = false;
  /** When those near the line were last looked for; −1: never. */
  private watchedUs = -1;
  private readonly trades = new TradeMemory();
  private readonly times: Saved = {
    save: () => [plainBuffer('times', [this.ticks, this.tickTimeUs, this.timeUs, this.watchedUs, this.isOpened])],
    restore: (from) => {
      const [ticks, tickTimeUs, timeUs, watchedUs, isOpened] = from.plain('times') as [number, number, number, number, boolean];
      Object.assign(this, { ticks, tickTimeUs, timeUs, watchedUs, isOpened });
    },
  };

  constructor({ instruments, backend, policy, freshness = ALWAYS_FRESH, mode = 'live', onCaseOpened }: EngineOptions) {
    this.instruments = instruments;
    this.backend = backend;
    this.scanHalf = new ScanHalf(instruments, backend);
    this.caseHalf = new CaseHalf({ instruments, policy, port: this.scanHalf.desk, freshness, mode, onCaseOpened });
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
    return { times: this.times, trades: this.trades, scan: this.scanHalf, cases: this.caseHalf };
  }

  /**
   * Applies a record whole, or refuses it whole. What the caller did wrong is a problem; what we did wrong throws: among it that money was not
   * conserved, which is asserted after every record.
   */
  apply(record: InputRecord): Applied {
    this.open();
    const out = new Outbox();
    const { timeUs } = this;
    try {
      this.applyValid(record, out);
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      this.timeUs = timeUs;
      const problems =
        error.problems.length > 0 ? error.problems : [{ where: record.type, expected: error.message, found: 'refused' }];
      return { effects: [], problems };
    }
    this.caseHalf.ledger.check(this.scanHalf.book.totals);
    return { effects: out.effects(this.moment()), problems: [] };
  }

  /** The full check of what `apply` checks by running sums: the book counted anew. */
  checkConservation(): void {
    this.open();
    const { totals } = this.scanHalf.book;
    this.caseHalf.ledger.check(totals.recount());
    const { balances, lots, costs } = this.caseHalf.ledger.sums();
    for (const sum of [...balances, ...lots, ...costs]) assert(sum === 0n, 'expected debits and credits to be equal');
  }

  private open(): void {
    if (this.isOpened) return;
    this.isOpened = true;
    this.caseHalf.onOpening(this.scanHalf.book.totals.changeSince(null));
  }

  private applyValid(record: InputRecord, out: Outbox): void {
    if (record.type === 'tick') {
      this.applyTick(record, out);
      return;
    }
    this.timeUs = Math.max(this.timeUs, record.timeUs);
    const now = this.moment();
    const { caseHalf, scanHalf } = this;
    switch (record.type) {
      case 'book':
        caseHalf.onBook(scanHalf.setAccounts(record.rows), now, out);
        break;
      case 'acks':
        caseHalf.onAcks(record.acks, now, out);
        break;
      case 'fills':
        this.applyFills(record, now, out);
        break;
      case 'clock':
        caseHalf.onClock(now, out);
        break;
      case 'bids':
        caseHalf.onBids(record.bids, now, out);
        break;
      case 'orders-gone':
        caseHalf.onReports(scanHalf.removeOrders(record.accounts), now, out);
        break;
      case 'figures':
        caseHalf.onFigures(record.rows, now, out);
        break;
      case 'admin':
        caseHalf.onAdmin(record.commands, now, out);
        break;
      case 'restart':
        caseHalf.onRestart(now, out);
        break;
      default:
        assert(false, `expected a known type of record, was ${JSON.stringify(record)}`);
    }
  }

  /** Counters for a status line or a wire topic. */
  counters() {
    const { book, counts } = this.scanHalf;
    const { desk, cases } = this.caseHalf;
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
      openCases: cases.openCount,
      liveOrders: desk.table.count,
      unknownOrders: desk.table.unknownCount(this.timeUs),
      liquidations: cases.liquidations,
    } satisfies Omit<EngineStats, 'conflated' | 'tickMs' | 'lagMs'>;
  }

  /** Marks of the past are refused: what they say is no longer so. */
  private applyTick(record: TickRecord, out: Outbox): void {
    if (record.timeUs < this.tickTimeUs)
      throw badInput('tick.timeUs', `a time at or after ${this.tickTimeUs}`, String(record.timeUs));
    const reports = this.scanHalf.tick(record);
    this.ticks += 1;
    this.tickTimeUs = record.timeUs;
    this.timeUs = Math.max(this.timeUs, record.timeUs);
    this.caseHalf.onTick(record, reports, this.nearLine(), this.moment(), out);
  }

  /** Those near the line, when it is time to look for them again. */
  private nearLine(): readonly Watched[] | null {
    const { watch } = this.caseHalf.policy;
    if (watch === null || (this.watchedUs >= 0 && this.tickTimeUs - this.watchedUs < watch.everyUs)) return null;
    this.watchedUs = this.tickTimeUs;
    return this.scanHalf.nearLine(watch.below);
  }

  /** Where it stands in time. */
  moment(): Moment {
    return { timeUs: this.timeUs, tickTimeUs: this.tickTimeUs, priceEpoch: this.ticks };
  }

  private applyFills(record: FillsRecord, now: Moment, out: Outbox): void {
    const fresh = new Map<string, Fill>();
    for (const fill of record.fills) {
      const key = tradeKey(fill);
      if (!this.trades.has(key) && !fresh.has(key)) fresh.set(key, fill);
    }
    const fills = [...fresh.values()];
    this.caseHalf.checkExecutions(fills);
    const booking = this.scanHalf.applyFills(fills);
    for (const key of fresh.keys()) this.trades.remember(key);
    this.caseHalf.onFills(booking, now, out);
  }
}
