/** Full scan of a realistic multi-asset book, and what its haircuts and borrow tables cost: against the same accounts without any. */
import type { BackendChoice } from '../src/backends/open.js';
import type { Scanner } from '../src/scan/scanner.js';
import { multiAssetBooks } from './book.js';
import { fastestOfEach } from './contenders.js';
import { rates } from './full-scan.js';
import type { Machine } from './machine.js';
import { type BenchResult, measureTogether } from './measure.js';
import { fullPass, nominations, Subject } from './subject.js';

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

export async function benchMultiAsset(positions: number, choice: BackendChoice, machine: Machine): Promise<BenchResult[]> {
  const { haircut, plain } = multiAssetBooks();
  const subjects = [await Subject.load(haircut, positions, choice), await Subject.load(plain, positions, choice)];
  // Backend by backend, with haircuts and without.
  const pairs = fastestOfEach(subjects[0].contenders).flatMap((_, i) =>
    subjects.map((subject) => ({ subject, contender: fastestOfEach(subject.contenders)[i], into: nominations() })),
  );
  const scans = pairs.map(({ subject, contender, into }) => {
    const pass = fullPass(subject.scanner, into);
    return () => contender.backend.scan(pass);
  });
  const spreads = await measureTogether(scans);
  const results = pairs.map(({ subject, contender, into }, i): BenchResult => {
    const { liquidatable, falseNominations } = subject.checked;
    const isPlain = subject === subjects[1];
    return {
      name: isPlain ? 'multi-asset-plain' : 'multi-asset',
      backend: contender.backend.name,
      positions: subject.size.positions,
      portfolios: subject.scanner.book.portfolioCount,
      threads: contender.threads,
      ...spreads[i],
      ...rates(subject, contender, spreads[i], machine),
      verified: subject.isRight(into),
      figures: {
        ...(isPlain
          ? {}
          : { timesPlain: spreads[i].medianMs / spreads[i + 1].medianMs, groupedShare: groupedShare(subject.scanner) }),
        liquidatable,
        falseNominations,
        falseShare: falseNominations / liquidatable,
      },
    };
  });
  for (const subject of subjects) subject.close();
  return results;
}
