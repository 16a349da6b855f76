/** The watch list: everybody below a multiple of their maintenance. */
import { compare, type Fraction, fraction, multiply } from '../src/model/fraction.js';
import { nearLine } from '../src/scan/near-line.js';
import type { Scanner } from '../src/scan/scanner.js';
import { type BenchResult, measureTogether } from './measure.js';
import type { Subject } from './subject.js';

const BELOW = fraction(5n, 4n);

/** Everybody judged one by one. */
function isRight({ book, verdict }: Scanner, found: ReadonlySet<string>, below: Fraction): boolean {
  let count = 0;
  for (let handle = 0; handle < book.store.handleEnd; handle++) {
    if (!book.store.isLive(handle) || verdict.judge(handle) === 'unpriced') continue;
    const { equity, maintenance } = verdict.valuation();
    if (maintenance.n <= 0n || compare(equity, multiply(below, maintenance)) >= 0) continue;
    if (!found.has(book.store.idOf(handle))) return false;
    count += 1;
  }
  return count === found.size;
}

export async function benchNearLine(subject: Subject): Promise<BenchResult[]> {
  const { scanner } = subject;
  const found = new Set(nearLine(scanner, BELOW).map(({ portfolio }) => portfolio));
  const verified = isRight(scanner, found, BELOW);
  const [spread] = await measureTogether([() => nearLine(scanner, BELOW)]);
  return [
    {
      name: 'near-line',
      backend: 'js',
      ...subject.size,
      threads: 1,
      ...spread,
      positionsPerSecond: (subject.size.positions / spread.medianMs) * 1000,
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      verified,
      figures: { listed: found.size },
    },
  ];
}
