/** Finds the candles that a replay takes index prices from. Knows assets and series by name, no prices. */
import type { CandleSet, IndexSource } from '../../feeds/candles.js';
import { PlimsollError } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { ProblemList, show } from '../model/problems.js';

/** An asset's index price is the price of a series of candles, or that divided by another's. */
export interface ReplayIndex {
  readonly asset: string;
  /** A `<SERIES>.csv` of the candle folder; it need not be a market of the book. */
  readonly series: string;
  readonly over?: string;
}

/** By number instead of by name. Bad usage, with every problem: assets that the book does not have, series that the folder does not. */
export function indexSources(indexes: readonly ReplayIndex[], instruments: Instruments, set: CandleSet): IndexSource[] {
  const { assets, valuation } = instruments;
  const problems = new ProblemList();
  const others = assets.filter((asset) => asset !== valuation).map(({ id }) => id);
  const seen = new Set<string>();
  const sources = indexes.map(({ asset, series, over }): IndexSource => {
    const where = `--index ${asset}`;
    if (!others.includes(asset)) {
      const known = others.length === 0 ? 'none, as the book has no asset' : `an asset of the book (${others.join(', ')})`;
      problems.add(where, `${known} but its valuation asset ${valuation.id}`, show(asset));
    } else if (seen.has(asset)) {
      problems.add(where, 'one series for each asset', 'another');
    }
    seen.add(asset);
    for (const name of over === undefined ? [series] : [series, over]) {
      if (!set.candles.has(name))
        problems.add(where, `a series of the folder (${[...set.candles.keys()].join(', ')})`, show(name));
    }
    return { asset: assets.findIndex(({ id }) => id === asset), series, over: over ?? null };
  });
  if (problems.count > 0) throw new PlimsollError('bad-usage', problems.toError().message, { problems: problems.listed });
  return sources;
}
