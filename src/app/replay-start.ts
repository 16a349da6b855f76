/** Prices that no candle gives a replay: they hold from its first tick, until a candle says otherwise. */
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import type { PriceUpdate, TickRecord } from '../model/records.js';
import { readPrices } from './prices.js';

const NOTHING: PriceUpdate = { marks: [] };

/** What a marks file says; none is bad usage for a book whose positions ask for funding indexes (`funded`, by market). */
export async function startPrices(
  path: string | undefined,
  instruments: Instruments,
  funded: ReadonlySet<number>,
): Promise<PriceUpdate> {
  if (path !== undefined) return readPrices(path, instruments, funded);
  const [market] = [...funded].sort((a, b) => a - b);
  if (market === undefined) return NOTHING;
  const expected = `a file with the funding index of ${instruments.markets[market].id}, as positions of the book say up to which theirs is settled`;
  throw badInput('--marks', expected, 'nothing', 'bad-usage');
}

/** The first tick with what holds at the start; where both have a price the tick's is the one. */
export function startingWith({ marks, indexes = [], funding = [] }: PriceUpdate, tick: TickRecord): TickRecord {
  const marked = new Set(tick.marks.map(({ market }) => market));
  const indexed = new Set((tick.indexes ?? []).map(({ asset }) => asset));
  const allIndexes = [...indexes.filter(({ asset }) => !indexed.has(asset)), ...(tick.indexes ?? [])];
  return {
    ...tick,
    marks: [...marks.filter(({ market }) => !marked.has(market)), ...tick.marks],
    ...(allIndexes.length === 0 ? {} : { indexes: allIndexes }),
    ...(funding.length === 0 ? {} : { funding }),
  };
}
