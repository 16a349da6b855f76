/** What a tick costs with the hot set, its resets included, against a full scan at each tick of the same walk. */
import type { Nominations } from '../src/scan/backend.js';
import { HotSet } from '../src/scan/hot-set.js';
import type { Scanner } from '../src/scan/scanner.js';
import { type Contender, fastestOfEach } from './contenders.js';
import { type BenchResult, spreadOf } from './measure.js';
import { areEqual, fallenMarks, fullPass, nominations, type Subject, sortedNominees } from './subject.js';
import { walk } from './walk.js';

/** Until the radius is where it belongs, and then ten minutes. */
const WARMUP_TICKS = 2_000;
const TICKS = 6_000;
/** The first ticks are compared one by one, then one in so many, which is also when a full scan is timed. */
const COMPARED_FIRST = 100;
const FULL_EVERY = 20;
const VOLATILITIES = [1, 3] as const;

/** Of a small book, which shows that the benchmark works and nothing else. */
const SMALL_POSITIONS = 50_000;
const SMALL_SHARE = 20;

/** Whether both found the same in trouble: what one alone nominated must be healthy. */
function foundTheSame({ verdict }: Scanner, few: Nominations, all: Nominations): boolean {
  const [some, every] = [sortedNominees(few), sortedNominees(all)];
  if (areEqual(some, every)) return true;
  const [inSome, inEvery] = [new Set(some), new Set(every)];
  return [...some, ...every].every(
    (handle) => (inSome.has(handle) && inEvery.has(handle)) || verdict.judge(handle) === 'healthy',
  );
}

interface Walked {
  readonly hotMs: number[];
  readonly fullMs: number[];
  readonly isRight: boolean;
  readonly fullScans: number;
  readonly ticks: number;
  readonly hotLanesMean: number;
  readonly warmScans: number;
}

/** Prices are set outside of what is timed, for both. */
function follow({ scanner, book }: Subject, { backend }: Contender, volatility: number): Walked {
  const { store, lines } = scanner.book;
  const hot = new HotSet(lines, store.shelves, backend);
  const [few, all] = [nominations(), nominations()];
  const full = fullPass(scanner, all);
  const share = scanner.book.positionCount < SMALL_POSITIONS ? SMALL_SHARE : 1;
  const warmup = WARMUP_TICKS / share;
  const ticks = TICKS / share;
  const [hotMs, fullMs]: [number[], number[]] = [[], []];
  let isRight = true;
  let lanes = 0;
  let fullBefore = 0;
  let warmBefore = 0;
  const prices = walk(book, volatility);
  for (let tick = 0; tick < warmup + ticks; tick++) {
    scanner.setPrices(prices.next().value);
    if (tick === warmup) [fullBefore, warmBefore] = [hot.counts.full, hot.counts.warm];
    const start = performance.now();
    hot.scan(few, null);
    const ms = performance.now() - start;
    const isTimed = tick >= warmup;
    if (isTimed) hotMs.push(ms);
    if (isTimed) lanes += hot.counts.lanes;
    if (tick >= COMPARED_FIRST && tick % FULL_EVERY !== 0) continue;
    const before = performance.now();
    backend.scan(full);
    if (isTimed) fullMs.push(performance.now() - before);
    isRight &&= foundTheSame(scanner, few, all);
  }
  const fullScans = hot.counts.full - fullBefore;
  return { hotMs, fullMs, isRight, fullScans, ticks, hotLanesMean: lanes / ticks, warmScans: hot.counts.warm - warmBefore };
}

export function benchHotSet(subject: Subject): BenchResult[] {
  const { scanner, book, contenders } = subject;
  const results: BenchResult[] = [];
  for (const contender of fastestOfEach(contenders)) {
    const { backend, threads } = contender;
    if (!backend.findsNear) continue;
    for (const volatility of VOLATILITIES) {
      const walked = follow(subject, contender, volatility);
      const { hotMs, fullMs, ticks, fullScans } = walked;
      const meanMs = hotMs.reduce((sum, ms) => sum + ms, 0) / ticks;
      const full = spreadOf(fullMs);
      results.push({
        name: 'hot-set',
        backend: backend.name,
        ...subject.size,
        threads,
        ...spreadOf(hotMs),
        positionsPerSecond: (subject.size.positions / meanMs) * 1000,
        bytesPerSecond: null,
        shareOfReadBandwidth: null,
        verified: walked.isRight,
        figures: {
          volatility,
          timesFullScan: full.medianMs / meanMs,
          meanMs,
          fullScanMs: full.medianMs,
          ticks,
          fullScanShare: fullScans / ticks,
          warmScanShare: walked.warmScans / ticks,
          hotLanes: walked.hotLanesMean,
          hotLanesShare: walked.hotLanesMean / subject.size.portfolios,
        },
      });
    }
  }
  // Back to where other benchmarks of this book expect it.
  scanner.setPrices({ marks: fallenMarks(book) });
  return results;
}
