/** Marks files, both ways: mark prices, index prices and funding indexes at one time. Knows the instruments they are for, no accounts. */
import { writeFile } from 'node:fs/promises';
import { compareDecimals, type Decimal, formatDecimal, pow10, tryParseDecimal } from '../model/decimal.js';
import type { Instruments, Market } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import { INVERSE_MARK_MIN, PRICE_MAX, TIME_MS_MAX } from '../model/limits.js';
import { ProblemList, show } from '../model/problems.js';
import type { FundingIndex, IndexPrice, Mark, PriceUpdate } from '../model/records.js';
import { addShapeProblems, leaf, object, z } from '../model/shape.js';
import { parseJson, prefixOf } from './json.js';
import { fileError, readText } from './text.js';

const PRICE_TEXT = 'a decimal string of a magnitude of at most 10^30';

/** Prices that hold at one time. */
export interface Marks extends Required<PriceUpdate> {
  /** UTC; null when the file has no time. */
  readonly timeMs: number | null;
}

const prices = (what: string) => z.record(z.string(), z.unknown(), { error: `an object of ${what}` });
const time = leaf<number>(
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TIME_MS_MAX,
  `whole milliseconds UTC from 0 to ${TIME_MS_MAX}`,
);
const MARKS = object(
  {
    version: z.literal(1, { error: 'the number 1' }),
    time: time.optional(),
    marks: prices('marks by market'),
    indexes: prices('index prices by asset').optional(),
    funding: prices('funding indexes by market').optional(),
  },
  'a marks file',
);
type MarksInput = z.infer<typeof MARKS>;

/**
 * The marks at `path` for the markets of a book. Marks and funding of other markets and indexes of other assets are passed over, so that
 * one file serves every book; so is the index of the valuation asset, which is 1. Throws bad input with every problem. See
 * docs/book-format.md.
 */
export async function readMarks(path: string, instruments: Instruments): Promise<Marks> {
  const problems = new ProblemList();
  const prefix = prefixOf({ file: path });
  const input = parseJson(await readText(path), { file: path }, problems);
  if (input === undefined) throw problems.toError();
  const paths = addShapeProblems(MARKS, input, prefix, problems);
  if (paths.some((part) => part.length === 0)) throw problems.toError();
  const broken = paths.map(([key]) => key);
  const given = input as MarksInput;
  const pricesOf = (key: 'marks' | 'indexes' | 'funding'): Entry[] =>
    broken.includes(key) ? [] : readPrices(given[key] ?? {}, member(prefix, key), problems);
  const read = {
    timeMs: given.time ?? null,
    marks: readMarkPrices(pricesOf('marks'), instruments, problems),
    indexes: readIndexes(pricesOf('indexes'), instruments, problems),
    funding: readFunding(pricesOf('funding'), instruments),
  };
  problems.throwIfAny();
  return read;
}

/** A price and where it is said. */
interface Entry {
  readonly id: string;
  readonly price: Decimal;
  readonly where: string;
}

/** Those that are decimals in range. */
function readPrices(input: MarksInput['marks'], holder: string, problems: ProblemList): Entry[] {
  const entries: Entry[] = [];
  for (const [id, text] of Object.entries(input)) {
    const price = typeof text === 'string' ? tryParseDecimal(text) : null;
    const bound = price === null ? 0n : PRICE_MAX * pow10(price.decimals);
    const where = member(holder, id);
    if (price !== null && price.units <= bound && price.units >= -bound) entries.push({ id, price, where });
    else problems.add(where, PRICE_TEXT, show(text));
  }
  return entries;
}

function readMarkPrices(entries: readonly Entry[], { markets, marketIndex }: Instruments, problems: ProblemList): Mark[] {
  const marks: Mark[] = [];
  for (const { id, price, where } of entries) {
    const market = marketIndex.get(id);
    if (market === undefined) continue;
    const expected = markExpected(price, markets[market]);
    if (expected !== null) problems.add(where, expected, show(formatDecimal(price)));
    marks.push({ market, price });
  }
  return marks;
}

/** What is expected of a market's mark that is not as it should be, else null. */
function markExpected(price: Decimal, { kind, allowNonPositive }: Market): string | null {
  if (price.units <= 0n) return allowNonPositive ? null : 'a mark above zero';
  const tooSmall = kind === 'inverse' && compareDecimals(price, INVERSE_MARK_MIN) < 0;
  return tooSmall ? 'a mark of at least 10^-30, as the contract is inverse' : null;
}

/** Of every asset, of the book or not, what its index must be is checked. */
function readIndexes(entries: readonly Entry[], { assets, valuation }: Instruments, problems: ProblemList): IndexPrice[] {
  const byId = new Map(assets.map(({ id, index }) => [id, index]));
  const indexes: IndexPrice[] = [];
  for (const { id, price, where } of entries) {
    if (id === valuation.id) {
      const isOne = compareDecimals(price, { units: 1n, decimals: 0 }) === 0;
      if (!isOne) problems.add(where, '"1", as this is the valuation asset', show(formatDecimal(price)));
      continue;
    }
    if (price.units <= 0n) problems.add(where, 'an index price above zero', show(formatDecimal(price)));
    const asset = byId.get(id);
    if (asset !== undefined) indexes.push({ asset, price });
  }
  return indexes;
}

function readFunding(entries: readonly Entry[], { marketIndex }: Instruments): FundingIndex[] {
  return entries.flatMap(({ id, price: index }) => {
    const market = marketIndex.get(id);
    return market === undefined ? [] : [{ market, index }];
  });
}

/** Writes a marks file; without the parts that say nothing. */
export async function writeMarks(
  path: string,
  { timeMs, marks, indexes = [], funding = [] }: PriceUpdate & Pick<Marks, 'timeMs'>,
  { markets, assets }: Instruments,
): Promise<void> {
  const texts = (pairs: readonly (readonly [id: string, price: Decimal])[]): Record<string, string> =>
    Object.fromEntries(pairs.map(([id, price]) => [id, formatDecimal(price)]));
  const text = JSON.stringify({
    version: 1,
    ...(timeMs === null ? {} : { time: timeMs }),
    marks: texts(marks.map(({ market, price }) => [markets[market].id, price])),
    ...(indexes.length === 0 ? {} : { indexes: texts(indexes.map(({ asset, price }) => [assets[asset].id, price])) }),
    ...(funding.length === 0 ? {} : { funding: texts(funding.map(({ market, index }) => [markets[market].id, index])) }),
  });
  await writeFile(path, `${text}\n`).catch((error: unknown) => {
    throw fileError(path, 'a file that can be written', error);
  });
}
