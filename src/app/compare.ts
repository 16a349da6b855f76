/** A book under two rule sets at the same prices: whose margin ratio or standing differs. Knows files and the verdict; prints nothing. */
import { compareRanked, ranked } from '../dispatch/ranking.js';
import type { Engine } from '../engine/engine.js';
import { engineFromFile, type OnLoaded } from '../engine/load.js';
import { assert } from '../model/errors.js';
import { absolute, compare, divide, type Fraction, fractionToUnits, subtract } from '../model/fraction.js';
import { compareIds } from '../model/portfolio.js';
import { printValuation } from '../model/print.js';
import type { Valuation } from '../model/records.js';
import { JsBackend } from '../scan/js-backend.js';
import { readPrices } from './prices.js';
import { type OnKept, rulesChange } from './rules.js';
import type { UnpricedRow } from './scan.js';

/** The name of the book's own rules. */
export const OWN_RULES = 'book';

export interface CompareOptions {
  /** A `.json` or `.jsonl` file, or a Parquet folder. */
  readonly book: string;
  /** A marks file. */
  readonly marks: string;
  /** Before and after: a shipped set's name, a `.json` file, or `book` for the book's own rules. */
  readonly rules: readonly [before: string, after: string];
  readonly onKept?: OnKept;
  readonly onLoaded?: OnLoaded;
}

/** Amounts are strings in the valuation asset's decimals: equity rounded down, maintenance up; the ratio is null when maintenance is 0. */
export interface ComparedValuation {
  readonly equity: string;
  readonly maintenance: string;
  readonly marginRatio: string | null;
  readonly liquidatable: boolean;
}

export interface ComparedRow {
  readonly portfolio: string;
  readonly before: ComparedValuation;
  readonly after: ComparedValuation;
}

/** What `compare --json` prints. */
export interface Comparison {
  readonly version: 1;
  readonly accounts: number;
  readonly portfolios: number;
  /** How many `changes` there are. */
  readonly changed: number;
  /** Ids, in the order of `changes`. */
  readonly newlyLiquidatable: readonly string[];
  readonly noLongerLiquidatable: readonly string[];
  /** Portfolios that lack a price under either: unknown, and in no other list. By portfolio id in code-unit order. */
  readonly unpriced: readonly UnpricedRow[];
  /**
   * Portfolios whose exact margin ratio differs, or whether they are liquidatable. First the newly liquidatable, largest exact deficit after
   * first; then by the relative change of the ratio, largest first (one that comes to be or ceases to be: infinite). Ties by portfolio id.
   */
  readonly changes: readonly ComparedRow[];
}

interface Judged extends Valuation {
  readonly isLiquidatable: boolean;
}

interface Change {
  readonly portfolio: string;
  readonly before: Judged;
  readonly after: Judged;
}

/**
 * Values every portfolio under both rule sets, exactly. Throws `PlimsollError`: `bad-usage` for a rule set that is none, `bad-input` with every
 * problem of a file, `nothing-to-do` for a book without accounts.
 */
export async function compareRules(options: CompareOptions): Promise<Comparison> {
  const before = await loaded(options, options.rules[0]);
  const after = await loaded(options, options.rules[1]);
  const { changes, unpriced } = judgeAll(before, after);
  const newly = byDeficitAfter(changes.filter(isNewlyLiquidatable));
  const rest = byRatioChange(changes.filter((change) => !isNewlyLiquidatable(change)));
  const ids = (rows: readonly Change[]): string[] => rows.map(({ portfolio }) => portfolio);
  const { decimals } = before.instruments.valuation;
  return {
    version: 1,
    accounts: before.scanHalf.book.accountCount,
    portfolios: before.scanHalf.book.portfolioCount,
    changed: changes.length,
    newlyLiquidatable: ids(newly),
    noLongerLiquidatable: ids(rest.filter((change) => change.before.isLiquidatable && !change.after.isLiquidatable)),
    unpriced: unpriced.sort((a, b) => compareIds(a.portfolio, b.portfolio)),
    changes: [...newly, ...rest].map(({ portfolio, ...change }) => ({
      portfolio,
      before: printed(change.before, decimals),
      after: printed(change.after, decimals),
    })),
  };
}

async function loaded({ book, marks, onKept, onLoaded }: CompareOptions, rules: string): Promise<Engine> {
  const change = await rulesChange(rules === OWN_RULES ? undefined : rules, onKept);
  // Every portfolio is judged: nothing is scanned.
  const engine = await engineFromFile(book, { backend: new JsBackend(), policy: null }, onLoaded, change);
  const { scanner, book: held } = engine.scanHalf;
  scanner.setPrices(await readPrices(marks, engine.instruments, held.funding.markets));
  return engine;
}

function judgeAll(before: Engine, after: Engine): { changes: Change[]; unpriced: UnpricedRow[] } {
  const changes: Change[] = [];
  const unpriced: UnpricedRow[] = [];
  const { book } = before.scanHalf;
  const other = after.scanHalf.book.store;
  for (let handle = 0; handle < book.store.handleEnd; handle += 1) {
    if (!book.exists(handle)) continue;
    const portfolio = book.store.idOf(handle);
    const otherHandle = other.find(portfolio);
    assert(otherHandle >= 0, `expected ${portfolio} under both rule sets`);
    const [a, b] = [judge(before, handle), judge(after, otherHandle)];
    // What a portfolio needs prices of is a matter of the book: the rules do not change it.
    if (a === null || b === null) unpriced.push({ portfolio, missing: before.scanHalf.scanner.verdict.missing(handle) });
    else if (isChange(a, b)) changes.push({ portfolio, before: a, after: b });
  }
  return { changes, unpriced };
}

/** Null: unpriced. */
function judge(engine: Engine, handle: number): Judged | null {
  const { verdict } = engine.scanHalf.scanner;
  const standing = verdict.judge(handle);
  return standing === 'unpriced' ? null : { ...verdict.valuation(), isLiquidatable: standing === 'liquidatable' };
}

/** Exact equity / exact maintenance; null when maintenance is 0. */
function ratioOf({ equity, maintenance }: Valuation): Fraction | null {
  return maintenance.n === 0n ? null : divide(equity, maintenance);
}

function isChange(before: Judged, after: Judged): boolean {
  if (before.isLiquidatable !== after.isLiquidatable) return true;
  const [a, b] = [ratioOf(before), ratioOf(after)];
  return a === null || b === null ? a !== b : compare(a, b) !== 0;
}

function isNewlyLiquidatable({ before, after }: Change): boolean {
  return !before.isLiquidatable && after.isLiquidatable;
}

function byDeficitAfter(changes: readonly Change[]): Change[] {
  const rows = changes.map((change) => ({ change, ...ranked({ portfolio: change.portfolio, ...change.after }) }));
  return rows.sort(compareRanked).map(({ change }) => change);
}

/** Decimals at which relative changes are compared: an order to read in, in which nothing is decided. */
const CHANGE_DECIMALS = 18;

/** The largest |after − before| / |before| of the ratio first; where a ratio is missing or was 0 it is infinite. */
function byRatioChange(changes: readonly Change[]): Change[] {
  const rows = changes.map((change) => ({ change, size: ratioChange(ratioOf(change.before), ratioOf(change.after)) }));
  rows.sort((a, b) => compareSizes(b.size, a.size) || compareIds(a.change.portfolio, b.change.portfolio));
  return rows.map(({ change }) => change);
}

/** In units of 10^-18, rounded down; null: infinite. */
function ratioChange(before: Fraction | null, after: Fraction | null): bigint | null {
  if (before === null || after === null || before.n === 0n) return null;
  return fractionToUnits(absolute(divide(subtract(after, before), before)), CHANGE_DECIMALS, 'down');
}

function compareSizes(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function printed(judged: Judged, decimals: number): ComparedValuation {
  const { equity, maintenance, marginRatio } = printValuation(judged, judged.isLiquidatable, decimals);
  return { equity, maintenance, marginRatio, liquidatable: judged.isLiquidatable };
}
