/** From marks in host memory to nominees in host memory: slopes of all markets, then a full scan, tick by tick along a calm market. */
import { JsBackend } from '../src/scan/js-backend.js';
import { fastestOfEach } from './contenders.js';
import { rates } from './full-scan.js';
import type { Machine } from './machine.js';
import { type BenchResult, quantile, spreadOf } from './measure.js';
import { areEqual, fallenMarks, fullPass, nominations, type Subject, sortedNominees } from './subject.js';
import { walk } from './walk.js';

const WARMUP_TICKS = 20;
const TICKS = 400;
/** One in so many is compared with the js filter. */
const COMPARED_EVERY = 50;

export function benchTicks(subject: Subject, machine: Machine): BenchResult[] {
  const { scanner, book } = subject;
  const ours = fastestOfEach(subject.contenders);
  const [found, expected] = [nominations(), nominations()];
  const js = new JsBackend();
  const runs = ours.map(() => ({ totalMs: [] as number[], pricesMs: [] as number[], isRight: subject.checked.isRight }));
  const prices = walk(book, 1);
  for (let tick = 0; tick < WARMUP_TICKS + TICKS; tick++) {
    // Each contender has ticks of its own: a second update to the same prices would find nothing to move.
    for (const [c, { backend }] of ours.entries()) {
      const record = prices.next().value;
      const start = performance.now();
      scanner.setPrices(record);
      const set = performance.now();
      backend.scan(fullPass(scanner, found));
      const end = performance.now();
      if (tick >= WARMUP_TICKS) {
        runs[c].totalMs.push(end - start);
        runs[c].pricesMs.push(set - start);
      }
      if (tick % COMPARED_EVERY !== 0) continue;
      js.scan(fullPass(scanner, expected));
      if (!areEqual(sortedNominees(found), sortedNominees(expected))) runs[c].isRight = false;
    }
  }
  scanner.setPrices({ marks: fallenMarks(book) });
  return ours.map((contender, c): BenchResult => {
    const { totalMs, pricesMs, isRight } = runs[c];
    const sorted = totalMs.toSorted((a, b) => a - b);
    const spread = spreadOf(totalMs);
    return {
      name: 'marks-to-nominees',
      backend: contender.backend.name,
      ...subject.size,
      threads: contender.threads,
      ...spread,
      ...rates(subject, contender, spread, machine),
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      verified: isRight,
      figures: {
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        maxMs: quantile(sorted, 1),
        pricesMs: spreadOf(pricesMs).medianMs,
        markets: book.prices.length,
      },
    };
  });
}
