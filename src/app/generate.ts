/** Writes a made-up book and the marks that it was made at. Knows files and made-up venues; the same bytes for the same seed. */
import { join } from 'node:path';
import { writeMarks } from '../files/marks.js';
import { writeBookJsonLines, writeBookParquet } from '../files/write-book.js';
import { syntheticAccounts } from '../synthetic/book.js';
import { defaultMarkets, syntheticInstruments } from '../synthetic/instruments.js';
import { type MadeUpVenue, multiAssetVenue } from '../synthetic/multi-asset-venue.js';

export interface GenerateOptions {
  /** How many there are in the book, over all accounts. */
  readonly positions: number;
  /** How many the venue has. */
  readonly markets: number;
  /** With USDC and coins as collateral, contracts that settle in them, debts and orders; left out: USDT alone. */
  readonly multiAsset?: boolean;
  /** 0 to 2^32 − 1. */
  readonly seed: number;
  /** The folder to write into, made when it is not there. */
  readonly out: string;
  /** `jsonl`: one file, `book.jsonl`; `parquet`: the folder `book`. */
  readonly format: 'jsonl' | 'parquet';
  /** Told now and then how many positions are written. */
  readonly onWritten?: (positions: number) => void;
}

/** Paths, and what was written. */
export interface Generated {
  readonly book: string;
  readonly marks: string;
  readonly accounts: number;
  readonly positions: number;
}

/** A venue in USDT alone. */
function plainVenue(markets: number): MadeUpVenue {
  const seeds = defaultMarkets(markets);
  const instruments = syntheticInstruments(seeds, 'USDT');
  return { instruments, prices: seeds.map(({ price }) => price), indexes: [{ units: 1n, decimals: 0 }] };
}

/**
 * Writes the book, then `marks.json` beside it: the prices that it was made at, where nobody is liquidatable. See src/synthetic/book.ts for what
 * the book is like. Throws `bad-input` for a folder that cannot be written.
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { markets, multiAsset = false, positions, seed, out, format, onWritten } = options;
  const venue = multiAsset ? multiAssetVenue(markets) : plainVenue(markets);
  const { instruments, prices, indexes } = venue;
  const accounts = syntheticAccounts({ ...venue, positions, seed });
  const [write, name] =
    format === 'parquet' ? ([writeBookParquet, 'book'] as const) : ([writeBookJsonLines, 'book.jsonl'] as const);
  const book = join(out, name);
  const marks = join(out, 'marks.json');
  const counts = await write(book, instruments, accounts, (written) => onWritten?.(written.positions));
  const others = instruments.assets.filter((asset) => asset !== instruments.valuation);
  const moment = {
    timeMs: null,
    marks: prices.map((price, market) => ({ market, price })),
    indexes: others.map(({ index }) => ({ asset: index, price: indexes[index] })),
  };
  await writeMarks(marks, moment, instruments);
  return { book, marks, ...counts };
}
