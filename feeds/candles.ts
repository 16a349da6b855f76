/** Owns recorded prices: folders of one-minute candle files, and the ticks that a replay makes of them. Knows no accounts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareDecimals, type Decimal, divideRounded, pow10, tryParseDecimal } from '../src/model/decimal.js';
import { badInput } from '../src/model/errors.js';
import type { Instruments } from '../src/model/instruments.js';
import { ID_LENGTH_MAX, PRICE_MAX, TIME_MS_MAX } from '../src/model/limits.js';
import { compareIds } from '../src/model/portfolio.js';
import { ProblemList, show } from '../src/model/problems.js';
import type { IndexPrice, Mark, TickRecord } from '../src/model/records.js';

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

/** Where an asset's index price comes from: one series of candles, or one divided by another. */
export interface IndexSource {
  /** Index in `Instruments.assets`; not of the valuation asset. */
  readonly asset: number;
  readonly series: string;
  readonly over: string | null;
}

/** Digits after the point of a price that is one series divided by another. */
const QUOTIENT_DECIMALS = 18;

/** a / b, rounded to 18 decimals, to nearest, ties to even. */
function quotient(a: Decimal, b: Decimal): Decimal {
  const units = divideRounded(a.units * pow10(QUOTIENT_DECIMALS + b.decimals), b.units * pow10(a.decimals), 'nearest');
  return { units, decimals: QUOTIENT_DECIMALS };
}

/** A series while it is replayed. */
interface Cursor {
  readonly candles: readonly Candle[];
  next: number;
  /** The four points of the minute at hand; null when it has none. */
  points: ReturnType<typeof visit> | null;
  /** The last point so far. */
  last: Decimal | null;
}

/** The next minute of a series, when it is this one. */
function enter(cursor: Cursor, timeMs: number): void {
  const candle = cursor.candles[cursor.next];
  const isHere = candle?.timeMs === timeMs;
  cursor.points = isHere ? visit(candle) : null;
  if (isHere) cursor.next += 1;
}

/**
 * Four ticks for every minute in which a market of `instruments`, or a series of `sources`, has a candle in the range, with the marks of all
 * that have one. Symbols that are neither are left out; a missing minute says nothing, so the last price stays. An asset's index price
 * comes in the tick of each point of its series, from the first at which all of them (one or two) have a price.
 */
export function* candleTicks(
  set: CandleSet,
  instruments: Instruments,
  range: CandleRange,
  sources: readonly IndexSource[] = [],
): Generator<TickRecord, void, undefined> {
  const cursors = new Map<string, Cursor>();
  const cursorOf = (symbol: string): Cursor => {
    const cursor = cursors.get(symbol) ?? {
      candles: inRange(set.candles.get(symbol) ?? [], range),
      next: 0,
      points: null,
      last: null,
    };
    cursors.set(symbol, cursor);
    return cursor;
  };
  const markets = instruments.markets.map(({ id, index }) => ({ market: index, cursor: cursorOf(id) }));
  const assets = sources.map(({ asset, series, over }) => ({
    asset,
    price: cursorOf(series),
    unit: over === null ? null : cursorOf(over),
  }));
  const all = [...cursors.values()].filter(({ candles }) => candles.length > 0);
  for (;;) {
    let timeMs = Number.POSITIVE_INFINITY;
    for (const { candles, next } of all) if (next < candles.length) timeMs = Math.min(timeMs, candles[next].timeMs);
    if (timeMs === Number.POSITIVE_INFINITY) return;
    for (const cursor of all) enter(cursor, timeMs);
    for (let step = 0; step < 4; step += 1) {
      for (const cursor of all) cursor.last = cursor.points?.[step] ?? cursor.last;
      const marks = markets.flatMap(({ market, cursor: { points } }): Mark[] => {
        return points === null ? [] : [{ market, price: points[step] }];
      });
      const indexes = assets.flatMap(({ asset, price, unit }): IndexPrice[] => {
        const isNew = price.points !== null || (unit !== null && unit.points !== null);
        if (!isNew || price.last === null) return [];
        if (unit === null) return [{ asset, price: price.last }];
        return unit.last === null ? [] : [{ asset, price: quotient(price.last, unit.last) }];
      });
      const tick = { type: 'tick' as const, timeUs: (timeMs + step * (MINUTE_MS / 4)) * 1000, marks };
      yield indexes.length === 0 ? tick : { ...tick, indexes };
    }
  }
}
