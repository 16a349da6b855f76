/** Marks files, both ways: mark prices at one time. Knows the instruments they are for, no accounts. */
import { writeFile } from 'node:fs/promises';
import { compareDecimals, type Decimal, formatDecimal, pow10, tryParseDecimal } from '../model/decimal.js';
import type { Instruments } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import { PRICE_MAX, TIME_MS_MAX } from '../model/limits.js';
import { ProblemList, show } from '../model/problems.js';
import type { Mark } from '../model/records.js';
import { addShapeProblems, leaf, object, z } from '../model/shape.js';
import { parseJson, prefixOf } from './json.js';
import { fileError, readText } from './text.js';

const PRICE_TEXT = 'a decimal string of a magnitude of at most 10^30';

/** Mark prices that hold at one time. */
export interface Marks {
  /** UTC; null when the file has no time. */
  readonly timeMs: number | null;
  readonly marks: readonly Mark[];
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
  },
  'a marks file',
);
type MarksInput = z.infer<typeof MARKS>;

/**
 * The marks at `path` for the markets of a book. Marks of other markets and indexes of other assets are passed over, so that one file serves
 * every book. Throws bad input with every problem. See docs/book-format.md.
 */
export async function readMarks(path: string, instruments: Instruments): Promise<Marks> {
  const problems = new ProblemList();
  const prefix = prefixOf({ file: path });
  const input = parseJson(await readText(path), { file: path }, problems);
  if (input === undefined) throw problems.toError();
  const paths = addShapeProblems(MARKS, input, prefix, problems);
  if (paths.some((part) => part.length === 0)) throw problems.toError();
  const broken = paths.map(([key]) => key);
  const { time: timeMs = null, marks, indexes = {} } = input as MarksInput;
  const read = broken.includes('marks') ? [] : readPrices(marks, instruments, member(prefix, 'marks'), problems);
  if (!broken.includes('indexes')) checkIndexes(indexes, instruments, member(prefix, 'indexes'), problems);
  problems.throwIfAny();
  return { timeMs, marks: read };
}

function readPrices(input: MarksInput['marks'], instruments: Instruments, where: string, problems: ProblemList): Mark[] {
  const marks: Mark[] = [];
  for (const [id, text] of Object.entries(input)) {
    const price = readPrice(text, member(where, id), problems);
    const index = instruments.marketIndex.get(id);
    if (index === undefined || price === null) continue;
    if (price.units <= 0n && !instruments.markets[index].allowNonPositive) {
      problems.add(member(where, id), 'a mark above zero', show(text));
    }
    marks.push({ market: index, price });
  }
  return marks;
}

function readPrice(text: unknown, where: string, problems: ProblemList): Decimal | null {
  const price = typeof text === 'string' ? tryParseDecimal(text) : null;
  const bound = price === null ? 0n : PRICE_MAX * pow10(price.decimals);
  if (price !== null && price.units <= bound && price.units >= -bound) return price;
  problems.add(where, PRICE_TEXT, show(text));
  return null;
}

/** Only the valuation asset's index is used, and it is 1; the others, of assets of the book or not, are checked for what they are. */
function checkIndexes(input: Record<string, unknown>, instruments: Instruments, where: string, problems: ProblemList): void {
  const { valuation } = instruments;
  for (const [id, text] of Object.entries(input)) {
    const price = readPrice(text, member(where, id), problems);
    if (price === null) continue;
    if (id === valuation.id && compareDecimals(price, { units: 1n, decimals: 0 }) !== 0) {
      problems.add(member(where, id), '"1", as this is the valuation asset', show(text));
    } else if (price.units <= 0n) {
      problems.add(member(where, id), 'an index price above zero', show(text));
    }
  }
}

/** Writes a marks file. */
export async function writeMarks(path: string, { timeMs, marks }: Marks, instruments: Instruments): Promise<void> {
  const texts = Object.fromEntries(marks.map(({ market, price }) => [instruments.markets[market].id, formatDecimal(price)]));
  const text = JSON.stringify({ version: 1, ...(timeMs === null ? {} : { time: timeMs }), marks: texts });
  await writeFile(path, `${text}\n`).catch((error: unknown) => {
    throw fileError(path, 'a file that can be written', error);
  });
}
