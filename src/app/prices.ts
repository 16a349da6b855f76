/** Prices for a book: the marks file at a path, which must say the funding that the book's positions ask for. */
import { type Marks, readMarks } from '../files/marks.js';
import type { Instruments } from '../model/instruments.js';
import { member } from '../model/json-path.js';
import { ProblemList } from '../model/problems.js';

/**
 * Reads marks for a book. `funded`: markets in which positions say up to which funding index theirs is in the balance. Without the market's
 * own index nobody knows what they have accrued since: bad input, not an index of 0.
 */
export async function readPrices(path: string, instruments: Instruments, funded: Iterable<number>): Promise<Marks> {
  const read = await readMarks(path, instruments);
  const known = new Set(read.funding.map(({ market }) => market));
  const problems = new ProblemList();
  for (const market of [...funded].sort((a, b) => a - b)) {
    if (known.has(market)) continue;
    const where = member(`${path}: funding`, instruments.markets[market].id);
    problems.add(where, 'its funding index, as positions of the book say up to which theirs is in the balance', 'nothing');
  }
  problems.throwIfAny();
  return read;
}
