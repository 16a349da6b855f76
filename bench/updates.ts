/** Position updates by handle, one thread; and an exact verdict by handle. */
import type { Scanner } from '../src/scan/scanner.js';
import type { StandardBook } from './book.js';
import { type BenchResult, measureTogether } from './measure.js';
import { loadScanner } from './subject.js';

const UPDATES = 200_000;
const VERDICTS = 50_000;
/** Spreads the touched portfolios over the store, so that the caches do not flatter. */
const STRIDE = 7919;

interface Update {
  readonly handle: number;
  readonly market: number;
  readonly lots: number;
  readonly cost: bigint;
}

/** Each update takes a position to twice its size or back; applied twice, the book is as before. */
function planUpdates(scanner: Scanner, double: boolean): Update[] {
  const { book } = scanner;
  const updates: Update[] = [];
  for (let i = 0; updates.length < UPDATES; i++) {
    const handle = (i * STRIDE) % book.store.handleEnd;
    if (!book.store.isLive(handle) || book.store.rowsOf(handle) === 0) continue;
    const [position] = book.portfolio(handle).positions;
    const factor = double ? 2 : 1;
    updates.push({ handle, market: position.market, lots: position.lots * factor, cost: position.cost * BigInt(factor) });
  }
  return updates;
}

export async function benchUpdates(book: StandardBook, positions: number): Promise<BenchResult[]> {
  const scanner = loadScanner(book, positions);
  const { store } = scanner.book;
  const doubled = planUpdates(scanner, true);
  const plain = planUpdates(scanner, false);
  const apply = (updates: readonly Update[]): void => {
    for (const { handle, market, lots, cost } of updates) scanner.book.setPosition(handle, market, lots, cost);
  };
  const before = scanner.scan().liquidatable.length;
  apply(doubled);
  const isChanged = doubled.every(({ handle, market, lots }) => scanner.book.position(handle, market, lots)?.lots === lots);
  apply(plain);
  const verified = isChanged && scanner.scan().liquidatable.length === before;
  let turn = false;
  const [spread] = await measureTogether([
    () => {
      turn = !turn;
      apply(turn ? doubled : plain);
    },
  ]);
  const fourRows: number[] = [];
  for (let handle = 0; handle < store.handleEnd && fourRows.length < VERDICTS; handle++) {
    if (store.isLive(handle) && store.rowsOf(handle) === 4) fourRows.push(handle);
  }
  let healthy = 0;
  const [verdicts] = await measureTogether([
    () => {
      healthy = 0;
      for (const handle of fourRows) if (scanner.verdict.judge(handle) === 'healthy') healthy += 1;
    },
  ]);
  const shared = { backend: 'store', positions: store.rowCount, portfolios: store.portfolioCount, threads: 1 };
  const none = { positionsPerSecond: null, bytesPerSecond: null, shareOfReadBandwidth: null };
  return [
    {
      name: 'updates',
      ...shared,
      ...none,
      ...spread,
      verified,
      figures: { updatesPerSecond: (UPDATES / spread.medianMs) * 1000 },
    },
    {
      name: 'verdict-four-rows',
      ...shared,
      backend: 'verdict',
      ...none,
      ...verdicts,
      verified: healthy > 0,
      figures: { microsecondsEach: (verdicts.medianMs / fourRows.length) * 1000 },
    },
  ];
}
