/** What the gateway and the command line may ask of a running engine, wherever it runs (same thread or worker). */
import type { AlertCode } from '../model/case-effects.js';
import type { Effect } from '../model/effects.js';
import type { Problem } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { InputRecord } from '../model/records.js';
import type { BookStatistics } from '../scan/statistics.js';
import type { CaseWait, Inspections } from './inspections.js';

/** Counters of a running engine. Rates and times are statistics: they never enter a decision. */
export interface EngineStats {
  readonly backend: string;
  readonly accounts: number;
  readonly portfolios: number;
  readonly positions: number;
  /** Ticks applied, and ticks merged into a later one because the engine was busy. */
  readonly ticks: number;
  readonly conflated: number;
  readonly priceEpoch: number;
  readonly tickTimeUs: number;
  /** Of the last tick: wall milliseconds of filter, verdict and dispatch together. */
  readonly tickMs: number;
  /** Wall milliseconds from the last tick's time until it was applied; 0 in a replay. */
  readonly lagMs: number;
  readonly nominees: number;
  readonly unpriced: number;
  readonly liquidatable: number;
  readonly insolvent: number;
  /** Sum over the liquidatable portfolios, in the valuation asset. */
  readonly deficit: number;
  readonly openCases: number;
  /** Orders that are out, unknown ones included. */
  readonly liveOrders: number;
  /** Orders past their expiry that nobody has ended: each blocks its position until the executor has said what became of it. */
  readonly unknownOrders: number;
  /** Cases in which something was closed, since the start. */
  readonly liquidations: number;
}

/** What the engine scans with. */
export interface BackendReport {
  /** What the backend runs on, in a few words. */
  readonly detail: string;
  /** Better backends that this machine does not have, each with why. */
  readonly refused: readonly string[];
}

/** What somebody should look at. */
export interface EngineAlert {
  readonly timeUs: number;
  /**
   * `backend`: what scanned has failed, and another has taken over; `journal`: a snapshot could not be written. Both depend on the machine. The
   * others are the engine's effects.
   */
  readonly code: 'backend' | 'journal' | AlertCode;
  readonly text: string;
}

export type { BookStatistics } from '../scan/statistics.js';
export { STAGE_NAMES } from '../waterfall/policy.js';
export type { CaseStatus, CaseWait, FundBalance, Inspections, ModeStatus } from './inspections.js';
export { printVenuePosition } from './venue-positions.js';

export interface EngineLink {
  readonly instruments: Instruments;
  /**
   * Queues a record behind those already submitted. Resolves once it is applied, with no problems, or once it is refused as a
   * whole, with the problems that it has. A tick may be merged into a later one.
   */
  submit(record: InputRecord): Promise<readonly Problem[]>;
  /** Effects but for alerts and executions, in the order in which they happened, one batch a record. Returns the unsubscribe. */
  subscribe(listener: (effects: readonly Effect[]) => void): () => void;
  /** Why cases wait, when that has changed, after the effects that led to it. Returns the unsubscribe. */
  onWaits(listener: (waits: readonly CaseWait[]) => void): () => void;
  /** Alerts, each once. Returns the unsubscribe. */
  onAlert(listener: (alert: EngineAlert) => void): () => void;
  /** Takes a backend that failed back into use; one that has not failed stays as it is. Resolves with the problem when it cannot be. */
  resumeBackend(): Promise<readonly Problem[]>;
  /** Resolves behind everything submitted before, with what is so then. */
  inspect<Question extends keyof Inspections>(question: Question): Promise<Inspections[Question]>;
  stats(): EngineStats;
  /** Of the last scan that made them, once a second at most; null before the first. */
  statistics(): BookStatistics | null;
  close(): Promise<void>;
}
