/** A full scan that makes statistics against one that does not. */
import type { Backend } from '../src/scan/backend.js';
import { Statistics } from '../src/scan/statistics.js';
import { fastestOfEach } from './contenders.js';
import { rates } from './full-scan.js';
import type { Machine } from './machine.js';
import { type BenchResult, measureTogether } from './measure.js';
import { fullPass, nominations, type Subject } from './subject.js';

/** Sums of float32 sizes against sums of float64 ones. */
const EQUITY_TOLERANCE = 1e-5;
/** A requirement is that of the row's line: near the end of a window above the exact one, never below. */
const MAINTENANCE_ABOVE_MAX = 0.05;

/** Against a plain sum over account-ordered rows, and every portfolio that needs a margin is in a band. */
function isRight(subject: Subject, backend: Backend): boolean {
  const { scanner, plain } = subject;
  const statistics = new Statistics(scanner.book.lines.slopes.length);
  const into = nominations();
  backend.scan({ ...fullPass(scanner, into), statistics });
  const { equity, maintenance } = plain.totals();
  const banded = statistics.bandCount.reduce((sum, count) => sum + count, 0);
  return (
    subject.isRight(into) &&
    Math.abs(statistics.equity - equity) <= EQUITY_TOLERANCE * Math.abs(equity) + (statistics.maintenance - maintenance) &&
    statistics.maintenance >= maintenance * (1 - EQUITY_TOLERANCE) &&
    statistics.maintenance <= maintenance * (1 + MAINTENANCE_ABOVE_MAX) &&
    banded === plain.handles.length
  );
}

export async function benchStatistics(subject: Subject, machine: Machine): Promise<BenchResult[]> {
  const { scanner } = subject;
  const ours = fastestOfEach(subject.contenders);
  const verified = ours.map(({ backend }) => isRight(subject, backend));
  const pass = fullPass(scanner, nominations());
  const statistics = new Statistics(scanner.book.lines.slopes.length);
  const spreads = await measureTogether(
    ours.flatMap(({ backend }) => [() => backend.scan({ ...pass, statistics }), () => backend.scan(pass)]),
  );
  return ours.map((contender, i): BenchResult => {
    const [made, without] = [spreads[2 * i], spreads[2 * i + 1]];
    return {
      name: 'statistics',
      backend: contender.backend.name,
      ...subject.size,
      threads: contender.threads,
      ...made,
      ...rates(subject, contender, made, machine),
      // Statistics read more than the filter's layout.
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      verified: verified[i],
      figures: { withoutMs: without.medianMs, timesWithout: made.medianMs / without.medianMs },
    };
  });
}
