/**
 * The library: `import { … } from 'plimsoll'`. The command line is a thin face over the same functions, with the same schemas and
 * errors; whatever the caller did wrong is a `PlimsollError`. The subscriber's client is `plimsoll/client`.
 */
export { type AdlOptions, type AdlPlace, type AdlRow, type AdlSummary, adl } from './app/adl.js';
export { type ComparedRow, type ComparedValuation, type CompareOptions, type Comparison, compareRules } from './app/compare.js';
export { type ExplainOptions, type Explanation, explain, type TargetPrice } from './app/explain.js';
export type { ExplainedChange } from './app/explain-since.js';
export type {
  ExplainedAsset,
  ExplainedOrder,
  ExplainedPortfolio,
  ExplainedPosition,
  InitialFigures,
  PositionFigures,
} from './app/explanation.js';
export { type Generated, type GenerateOptions, generate } from './app/generate.js';
export { type ReplayOptions, type ReplayPictures, type ReplaySummary, replay } from './app/replay.js';
export type { ReplayCauses } from './app/replay-causes.js';
export type { ReplayIndex } from './app/replay-indexes.js';
export type { ReplayHour, ReplaySums } from './app/replay-totals.js';
export {
  importRules,
  type ListedRules,
  listRules,
  loadRules,
  type OnKept,
  type ShownAsset,
  type ShownMarket,
  type ShownRules,
  type ShownTable,
  type ShownTier,
  shownRules,
} from './app/rules.js';
export {
  type InsolventRow,
  type LiquidatableRow,
  type ScanOptions,
  type ScanSummary,
  scan,
  type UnpricedRow,
} from './app/scan.js';
export { type Server, type ServerOptions, startServer } from './app/serve.js';
export { type HeaderChange, readBook } from './files/book.js';
export type { BookCounts, BookSink } from './files/intake.js';
export { type Marks, readMarks } from './files/marks.js';
export type { BreachCause } from './model/cause.js';
export type { Decimal } from './model/decimal.js';
export { ERROR_CODES, type ErrorCode, PlimsollError, type Problem } from './model/errors.js';
export type { Fraction } from './model/fraction.js';
export type { Asset, Instruments, MarginRule, Market, Tier } from './model/instruments.js';
export type { Account, Cash, Cost, IsolatedPosition, Lots, Position, Side } from './model/portfolio.js';
export type { PrintedValuation } from './model/print.js';
export type { Mark } from './model/records.js';
export type { RuleSet } from './rules/rule-set.js';
