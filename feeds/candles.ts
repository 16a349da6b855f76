/** Owns recorded prices: folders of one-minute candle files, and the ticks that a replay makes of them. Knows no accounts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareDecimals, type Decimal, pow10, tryParseDecimal } from '../src/model/decimal.js';
import { badInput } from '../src/model/errors.js';
import type { Instruments } from '../src/model/instruments.js';
import { ID_LENGTH_MAX, PRICE_MAX, TIME_MS_MAX } from '../src/model/limits.js';
import { compareIds } from '../src/model/portfolio.js';
import { ProblemList, show } from '../src/model/problems.js';
import type { Mark, TickRecord } from '../src/model/records.js';

/** One minute of a market. */
export interface Candle {
  /** Start of the minute, milliseconds UTC. */
  readonly timeMs: number;
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
}

export interface CandleSet {
  /** By symbol in code-unit order; in order of time, at least one. */
  readonly candles: ReadonlyMap<string, readonly Candle[]>;
}

/** The candles that start in [fromMs, toMs). */
export interface CandleRange {
  readonly fromMs?: number;
  readonly toMs?: number;
}

const HEADER = 'timestamp_ms,open,high,low,close,volume';
const COLUMNS = HEADER.split(',');
const SUFFIX = '.csv';
const MINUTE_MS = 60_000;
const TIME_TEXT = `milliseconds on the minute, the minute within ${TIME_MS_MAX}`;
const SYMBOL = new RegExp(`^[!-~]{1,${ID_LENGTH_MAX}}$`);
const INTEGER = /^(0|[1-9][0-9]{0,14})$/;
const NUMBER = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

/**
 * Reads every `<SYMBOL>.csv` of a folder. Every bad line of every file is listed in one bad-input error; a folder that is not
 * there is bad input too; a folder without a single bar is nothing-to-do.
 */
export function readCandles(directory: string): CandleSet {
  const problems = new ProblemList();
  const candles = new Map<string, readonly Candle[]>();
  for (const file of listFiles(directory)) {
    const path = join(directory, file);
    const symbol = file.slice(0, -SUFFIX.length);
    if (!SYMBOL.test(symbol)) problems.add(path, `a symbol of 1 to ${ID_LENGTH_MAX} printable characters`, show(symbol));
    const bars = parseCandles(readText(path), path, problems);
    if (bars.length > 0) candles.set(symbol, bars);
  }
  problems.throwIfAny();
  if (candles.size === 0) throw badInput(directory, `<SYMBOL>${SUFFIX} files with bars`, 'none', 'nothing-to-do');
  return { candles };
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(SUFFIX))
      .sort((a, b) => compareIds(a.slice(0, -SUFFIX.length), b.slice(0, -SUFFIX.length)));
  } catch (cause) {
    throw badInput(directory, 'a folder of candle files', cause instanceof Error ? cause.message : String(cause));
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw badInput(path, 'a readable file', cause instanceof Error ? cause.message : String(cause));
  }
}

function parseCandles(text: string, path: string, problems: ProblemList): Candle[] {
  const lines = text.split(/\r?\n/);
  if (lines[lines.length - 1] === '') lines.pop();
  if (lines[0] !== HEADER) {
    problems.add(`${path}:1`, `the header ${HEADER}`, show(lines[0]));
    return [];
  }
  const bars: Candle[] = [];
  let lastMs = -1;
  for (let i = 1; i < lines.length; i += 1) {
    const candle = parseCandle(lines[i], `${path}:${i + 1}`, lastMs, problems);
    if (candle === null) continue;
    lastMs = candle.timeMs;
    bars.push(candle);
  }
  return bars;
}

/** The candle of one line, or null when a problem was added. */
function parseCandle(line: string, where: string, lastMs: number, problems: ProblemList): Candle | null {
  const fields = line.split(',');
  if (fields.length !== COLUMNS.length) {
    problems.add(where, `${COLUMNS.length} columns`, String(fields.length));
    return null;
  }
  const before = problems.count;
  const timeMs = INTEGER.test(fields[0]) ? Number(fields[0]) : Number.NaN;
  if (timeMs % MINUTE_MS !== 0 || timeMs + MINUTE_MS > TIME_MS_MAX)
    problems.add(`${where} timestamp_ms`, TIME_TEXT, show(fields[0]));
  else if (timeMs <= lastMs) problems.add(`${where} timestamp_ms`, `a time after ${lastMs}`, show(fields[0]));
  const prices = [1, 2, 3, 4].map((column) => parsePrice(fields[column], `${where} ${COLUMNS[column]}`, problems));
  if (!NUMBER.test(fields[5])) problems.add(`${where} volume`, 'a number', show(fields[5]));
  const [open, high, low, close] = prices;
  if (open === null || high === null || low === null || close === null) return null;
  if ([open, low, close].some((price) => compareDecimals(high, price) < 0)) {
    problems.add(`${where} high`, 'a price at or above open, low and close', show(fields[2]));
  } else if (compareDecimals(low, open) > 0 || compareDecimals(low, close) > 0) {
    problems.add(`${where} low`, 'a price at or below open and close', show(fields[3]));
  }
  return problems.count > before ? null : { timeMs, open, high, low, close };
}

function parsePrice(text: string, where: string, problems: ProblemList): Decimal | null {
  const price = tryParseDecimal(text);
  if (price === null) problems.add(where, 'a decimal such as "9700.5"', show(text));
  else if (price.units <= 0n || price.units > PRICE_MAX * pow10(price.decimals)) {
    problems.add(where, 'a price above 0 and up to 10^30', show(text));
    return null;
  }
  return price;
}

function inRange(candles: readonly Candle[], { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: CandleRange): readonly Candle[] {
  return candles.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
}

/** The open of every symbol's first candle in the range: what a book at the start of a replay is made at. */
export function openingPrices(set: CandleSet, range: CandleRange): ReadonlyMap<string, Decimal> {
  const prices = new Map<string, Decimal>();
  for (const [symbol, candles] of set.candles) {
    const [first] = inRange(candles, range);
    if (first !== undefined) prices.set(symbol, first.open);
  }
  return prices;
}

/** The four points of a candle at +0, +15, +30 and +45 s; of the extremes the one nearer to the open first, on a tie the low. */
function visit({ open, high, low, close }: Candle): readonly [Decimal, Decimal, Decimal, Decimal] {
  // high − open < open − low, exactly.
  const highIsNearer = compareDecimals(sum(high, low), sum(open, open)) < 0;
  return highIsNearer ? [open, high, low, close] : [open, low, high, close];
}

function sum(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  return { units: a.units * pow10(decimals - a.decimals) + b.units * pow10(decimals - b.decimals), decimals };
}

/**
 * Four ticks for every minute in which a market of `instruments` has a candle in the range, with the marks of all that have one.
 * Symbols that are no market there are left out; a missing minute says nothing, so the last price stays.
 */
export function* candleTicks(
  set: CandleSet,
  instruments: Instruments,
  range: CandleRange,
): Generator<TickRecord, void, undefined> {
  const cursors = instruments.markets.flatMap(({ id, index }) => {
    const candles = inRange(set.candles.get(id) ?? [], range);
    return candles.length === 0 ? [] : [{ market: index, candles, next: 0 }];
  });
  for (;;) {
    let timeMs = Number.POSITIVE_INFINITY;
    for (const { candles, next } of cursors) if (next < candles.length) timeMs = Math.min(timeMs, candles[next].timeMs);
    if (timeMs === Number.POSITIVE_INFINITY) return;
    const steps: Mark[][] = [[], [], [], []];
    for (const cursor of cursors) {
      const candle = cursor.candles[cursor.next];
      if (candle?.timeMs !== timeMs) continue;
      cursor.next += 1;
      for (const [step, price] of visit(candle).entries()) steps[step].push({ market: cursor.market, price });
    }
    for (let step = 0; step < 4; step += 1) {
      yield { type: 'tick', timeUs: (timeMs + step * (MINUTE_MS / 4)) * 1000, marks: steps[step] };
    }
  }
}
