/** Saving a loaded book and starting from what was saved: a restored engine is verified before either is timed. */

import { Engine } from '../src/engine/engine.js';
import { stateHash } from '../src/engine/state-hash.js';
import { type NamedBuffer, readFrom } from '../src/model/named-buffers.js';
import { JsBackend } from '../src/scan/js-backend.js';
import { NO_STAGES } from '../src/waterfall/policy.js';
import type { StandardBook } from './book.js';
import { type BenchResult, measureTogether, type Spread } from './measure.js';
import { fallenMarks } from './subject.js';

/** The state hash sorts every portfolio by its text. */
const HASHED_POSITIONS_MAX = 2_000_000;
const EFFORT = { runsMin: 3, runsMax: 11, budgetMs: 5000 };

function engineOf({ instruments }: StandardBook): Engine {
  return new Engine({ instruments, backend: new JsBackend(), policy: NO_STAGES });
}

/** As a file would have them, but in memory: reading and writing files is the journal's to measure. */
function copied(buffers: readonly NamedBuffer[]): NamedBuffer[] {
  return buffers.map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
}

function areEqual(one: readonly NamedBuffer[], other: readonly NamedBuffer[]): boolean {
  return one.length === other.length && one.every(({ bytes }, i) => Buffer.compare(bytes, other[i].bytes) === 0);
}

/** Equal bytes when both are saved again, an equal hash, and equal effects of the next tick. */
function isRestored(engine: Engine, again: Engine, book: StandardBook): boolean {
  if (!areEqual(engine.save(), again.save())) return false;
  if (engine.scanHalf.book.positionCount <= HASHED_POSITIONS_MAX && stateHash(engine) !== stateHash(again)) return false;
  const reports = [engine, again].map(({ scanHalf }) => scanHalf.tick({ marks: fallenMarks(book) }));
  const [found, restored] = reports.map((each) => new Set(each.map(({ portfolio }) => portfolio)));
  return found.size > 0 && found.size === restored.size && [...found].every((portfolio) => restored.has(portfolio));
}

export async function benchSnapshot(book: StandardBook, positions: number): Promise<BenchResult[]> {
  const engine = engineOf(book);
  engine.apply({
    type: 'tick',
    timeUs: 1,
    marks: book.prices.map((price, market) => ({ market, price })),
    indexes: book.indexes,
  });
  for (const account of book.accounts(positions)) engine.load(account);
  const buffers = copied(engine.save());
  const bytes = buffers.reduce((sum, each) => sum + each.bytes.length, 0);
  let again = engineOf(book);
  again.restore(readFrom(buffers));
  const verified = isRestored(engine, again, book);
  const [save, restore] = await measureTogether(
    [
      () => engine.save(),
      {
        before: () => {
          again = engineOf(book);
        },
        run: () => again.restore(readFrom(buffers)),
      },
    ],
    EFFORT,
  );
  const { positionCount, portfolioCount } = engine.scanHalf.book;
  const result = (name: string, spread: Spread): BenchResult => ({
    name,
    backend: 'store',
    positions: positionCount,
    portfolios: portfolioCount,
    threads: 1,
    ...spread,
    positionsPerSecond: (positionCount / spread.medianMs) * 1000,
    bytesPerSecond: (bytes / spread.medianMs) * 1000,
    shareOfReadBandwidth: null,
    verified,
    figures: { megabytes: bytes / 1e6, buffers: buffers.length },
  });
  return [result('snapshot-save', save), result('snapshot-restore', restore)];
}
