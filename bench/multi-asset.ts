/** Full scan of a realistic multi-asset book, and what its haircuts and borrow tables cost: against the same accounts without any. */
import { HandleList, type Nominations } from '../src/scan/backend.js';
import type { Scanner } from '../src/scan/scanner.js';
import { multiAssetBooks } from './book.js';
import { check, layoutBytes, loadScanner } from './full-scan.js';
import type { Machine } from './machine.js';
import { type BenchResult, measureTogether } from './measure.js';

/** Share of portfolios with rows that stand on shelves of groups. */
function groupedShare({ book: { store } }: Scanner): number {
  let grouped = 0;
  let all = 0;
  for (let handle = 0; handle < store.handleEnd; handle++) {
    if (!store.isLive(handle) || store.rowsOf(handle) === 0) continue;
    all += 1;
    if (store.methodOf(handle) !== 'lines') grouped += 1;
  }
  return grouped / all;
}

export function benchMultiAsset(positions: number, machine: Machine): BenchResult[] {
  const { haircut, plain } = multiAssetBooks();
  const scanners = [loadScanner(haircut, positions), loadScanner(plain, positions)];
  const checked = scanners.map(check);
  const nominations: Nominations = { nominees: new HandleList(), unpriced: new HandleList() };
  const spreads = measureTogether(
    scanners.map(
      ({ backend, book }) =>
        () =>
          backend.scan({ shelves: book.store.shelves, vectors: book.lines, into: nominations, near: null, statistics: null }),
    ),
  );
  return scanners.map((scanner, i) => {
    const { isRight, liquidatable, falseNominations } = checked[i];
    const { medianMs } = spreads[i];
    const { book, backend } = scanner;
    const bytesPerSecond = (layoutBytes(scanner) / medianMs) * 1000;
    return {
      name: i === 0 ? 'multi-asset' : 'multi-asset-plain',
      backend: backend.name,
      positions: book.positionCount,
      portfolios: book.portfolioCount,
      threads: 1,
      ...spreads[i],
      positionsPerSecond: (book.positionCount / medianMs) * 1000,
      bytesPerSecond,
      shareOfReadBandwidth: bytesPerSecond / machine.readBytesPerSecond,
      verified: isRight,
      figures: {
        ...(i === 0 ? { timesPlain: medianMs / spreads[1].medianMs, groupedShare: groupedShare(scanner) } : {}),
        liquidatable,
        falseNominations,
        falseShare: falseNominations / liquidatable,
      },
    };
  });
}
