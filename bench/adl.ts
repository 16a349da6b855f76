/** The queue of deleveraging of the largest side of a market, and the place of one position in it. */
import { adlScore } from '../src/model/adl-score.js';
import type { AdlRequest } from '../src/model/book-port.js';
import { compare, type Fraction, ONE } from '../src/model/fraction.js';
import { entryValue, pricesOf, valuePortfolio } from '../src/model/margin.js';
import { lots } from '../src/model/portfolio.js';
import { AdlSide, adlQueue } from '../src/scan/adl.js';
import type { Scanner } from '../src/scan/scanner.js';
import { type BenchResult, measureTogether } from './measure.js';
import type { Subject } from './subject.js';

/** How many of the others are asked whether they should have been before those that were found. */
const ORACLE_SAMPLE = 20_000;
/** A bankrupt position of so large a share of the side. */
const SHARE = 1e-3;

interface Side {
  readonly request: AdlRequest;
  readonly positions: number;
}

/** The longs of the market that has most of them. */
function largestSide({ book, verdict }: Scanner): Side {
  const counts = new Float64Array(book.instruments.markets.length);
  const sizes = new Float64Array(book.instruments.markets.length);
  for (let handle = 0; handle < book.store.handleEnd; handle++) {
    if (!book.store.isLive(handle)) continue;
    for (const { market, lots: size } of book.portfolio(handle).positions) {
      if (size < 0) continue;
      counts[market] += 1;
      sizes[market] += size;
    }
  }
  const market = counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0));
  const price = verdict.markOf(market);
  if (price === null) throw new Error('expected a mark');
  const size = lots(Math.max(1, Math.floor(sizes[market] * SHARE)));
  const request = {
    market,
    side: 'long',
    method: 'queue',
    lots: size,
    price,
    hedgeAware: false,
    isExcluded: () => false,
  } as const;
  return { request, positions: counts[market] };
}

/** A portfolio's score by the oracle; null when it is no target. */
function scoreOf({ book, verdict }: Scanner, handle: number, { market, method }: AdlRequest): Fraction | null {
  const prices = pricesOf(
    (index) => verdict.markOf(index),
    () => null,
    (index) => verdict.fundingOf(index),
  );
  const value = valuePortfolio(book.portfolio(handle), book.instruments, prices);
  if (!value.priced) return null;
  const row = value.positions.find(({ position }) => position.market === market && position.lots > 0);
  if (row === undefined) return null;
  const entry = entryValue(book.instruments.markets[market], row.position);
  return adlScore(method, { entryValue: entry, markValue: row.notional, equity: value.equity });
}

/** In order by the oracle's scores, and nobody of a sample should have been before the last. */
function isRight(scanner: Scanner, { request, positions }: Side): boolean {
  const { store } = scanner.book;
  const targets = adlQueue(scanner, request);
  const handles = targets.map(({ portfolio }) => store.find(portfolio));
  const scores = handles.map((handle) => scoreOf(scanner, handle, request) ?? ONE);
  const isOrdered = scores.every(
    (score, i) => compare(score, targets[i].score) === 0 && (i === 0 || compare(scores[i - 1], score) >= 0),
  );
  const found = new Set(handles);
  const last = scores[scores.length - 1];
  const step = Math.max(1, Math.floor(store.handleEnd / ORACLE_SAMPLE));
  for (let handle = 0; handle < store.handleEnd; handle += step) {
    if (!store.isLive(handle) || found.has(handle)) continue;
    const score = scoreOf(scanner, handle, request);
    if (score !== null && compare(score, last) > 0) return false;
  }
  const total = targets.reduce((sum, target) => sum + target.lots, 0);
  return isOrdered && total >= request.lots && total - targets[targets.length - 1].lots < request.lots && positions > 0;
}

export async function benchAdl(subject: Subject): Promise<BenchResult[]> {
  const { scanner } = subject;
  const side = largestSide(scanner);
  const verified = isRight(scanner, side);
  const ranking = new AdlSide(scanner, side.request);
  const targets = adlQueue(scanner, side.request);
  const spreads = await measureTogether([() => adlQueue(scanner, side.request), () => ranking.rankOf(targets[0].portfolio)]);
  return [
    {
      name: 'adl',
      backend: 'js',
      ...subject.size,
      threads: 1,
      ...spreads[0],
      positionsPerSecond: null,
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      verified,
      figures: { sidePositions: side.positions, targets: targets.length, rankMs: spreads[1].medianMs },
    },
  ];
}
