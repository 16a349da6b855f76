/** One scan of a book file at the prices of a marks file: filter, then verdict. Knows files and the scan; prints nothing. */
import { type BackendChoice, openBackendTold } from '../backends/open.js';
import { compareRanked, ranked } from '../dispatch/ranking.js';
import type { Engine } from '../engine/engine.js';
import { engineFromFile, type OnLoaded } from '../engine/load.js';
import { compareIds, type Portfolio } from '../model/portfolio.js';
import { type PrintedValuation, printValuation } from '../model/print.js';
import { readPrices } from './prices.js';
import { type OnKept, rulesChange } from './rules.js';

export interface ScanOptions {
  /** A `.json` or `.jsonl` file, or a Parquet folder. */
  readonly book: string;
  /** A marks file. */
  readonly marks: string;
  /** A rule set in place of the book's own rules: a shipped one's name, or a `.json` file. */
  readonly rules?: string;
  readonly onKept?: OnKept;
  /** What scans; `auto` when nobody says. Every backend decides alike. */
  readonly backend?: BackendChoice;
  /** When faster backends cannot be had, or a device fails and another takes over. */
  readonly onAlert?: (text: string) => void;
  readonly onLoaded?: OnLoaded;
}

/** A portfolio that lacks prices: its state is unknown. */
export interface UnpricedRow {
  readonly portfolio: string;
  /** Markets without a mark and assets without an index price, by id in code-unit order. */
  readonly missing: readonly string[];
}

/** Nothing left to liquidate (maintenance 0), and less than nothing left. Amounts as in `LiquidatableRow`. */
export interface InsolventRow {
  readonly portfolio: string;
  readonly equity: string;
  readonly badDebt: string;
}

/** Amounts are strings in the valuation asset's decimals: equity rounded down, maintenance up. */
export interface LiquidatableRow extends PrintedValuation {
  readonly portfolio: string;
  readonly mode: Portfolio['mode'];
}

/** What `scan --json` prints. */
export interface ScanSummary {
  readonly version: 1;
  readonly accounts: number;
  readonly positions: number;
  readonly portfolios: number;
  readonly backend: string;
  /** By portfolio id in code-unit order. */
  readonly unpriced: readonly UnpricedRow[];
  /** Largest bad debt first (exact), ties by portfolio id. */
  readonly insolvent: readonly InsolventRow[];
  /** Largest deficit first (exact), ties by portfolio id in code-unit order. */
  readonly liquidatable: readonly LiquidatableRow[];
}

/**
 * Scans a book once. Throws `PlimsollError`: `bad-input` with every problem of a file, `nothing-to-do` for a book without accounts. A
 * scan that finds nobody is a result.
 */
export async function scan(options: ScanOptions): Promise<ScanSummary> {
  const change = await rulesChange(options.rules, options.onKept);
  const backend = await openBackendTold(options.backend ?? 'auto', options.onAlert ?? (() => undefined));
  const engine = await engineFromFile(options.book, { backend, policy: null }, options.onLoaded, change);
  const { book, scanner, drained } = engine.scanHalf;
  scanner.setPrices(await readPrices(options.marks, engine.instruments, book.funding.markets));
  const found = scanner.scan();
  const { decimals } = engine.instruments.valuation;
  const rank = (handles: readonly number[]) => handles.map((handle) => judged(engine, handle)).sort(compareRanked);
  return {
    version: 1,
    accounts: book.accountCount,
    positions: book.positionCount,
    portfolios: book.portfolioCount,
    backend: engine.backendName,
    unpriced: unpricedRows(engine, found.unpriced),
    insolvent: rank([...found.insolvent, ...[...drained].map((id) => book.store.find(id))]).map((report) => {
      const { equity, badDebt } = printValuation(report, false, decimals);
      return { portfolio: report.portfolio, equity, badDebt };
    }),
    liquidatable: rank(found.liquidatable).map((report) => ({
      portfolio: report.portfolio,
      mode: report.mode,
      ...printValuation(report, true, decimals),
    })),
  };
}

function judged(engine: Engine, handle: number) {
  const { book, scanner } = engine.scanHalf;
  scanner.verdict.judge(handle);
  const mode: Portfolio['mode'] = book.isIsolated(handle) ? 'isolated' : 'cross';
  return ranked({
    portfolio: book.store.idOf(handle),
    mode,
    ...scanner.verdict.valuation(),
  });
}

function unpricedRows(engine: Engine, handles: Uint32Array): UnpricedRow[] {
  const { book, scanner } = engine.scanHalf;
  const rows = Array.from(handles, (handle): UnpricedRow => {
    return { portfolio: book.store.idOf(handle), missing: scanner.verdict.missing(handle).sort(compareIds) };
  });
  return rows.sort((a, b) => compareIds(a.portfolio, b.portfolio));
}
