/**
 * Who is deleveraged first: one side of a market ranked exactly, as far as is asked for. Float64 bounds say who cannot be before whom; what they leave open
 * exact scores decide. It closes nothing.
 */
import { adlScore, fifthOf, lightsOf } from '../model/adl-score.js';
import type { AdlRequest, AdlTarget } from '../model/book-port.js';
import { type Decimal, pow10 } from '../model/decimal.js';
import { AssertionError } from '../model/errors.js';
import {
  compare,
  divide,
  type Fraction,
  fraction,
  fractionToNumber,
  fromDecimal,
  multiply,
  subtract,
} from '../model/fraction.js';
import { lotValue, unitValue } from '../model/margin.js';
import { cash, compareIds, EXACT_DECIMALS, type Lots, lots } from '../model/portfolio.js';
import { type AdlSideOf, ScoreBounds } from './adl-score-bounds.js';
import { CandidateHeap, type Candidates } from './candidates.js';
import { floored, profitOf, spareIn, worthOf } from './exact-position.js';
import type { Scanner } from './scanner.js';

/** A position that can be deleveraged, with its exact score. */
export interface RankedPosition {
  readonly portfolio: string;
  readonly handle: number;
  /** Above zero. */
  readonly lots: Lots;
  readonly score: Fraction;
  /** In the settle asset, without funding. */
  readonly unrealisedPnl: Fraction;
}

/** Where a position stands in its side's queue. */
export interface AdlRank {
  /** From 1, of `count`. */
  readonly rank: number;
  readonly count: number;
  /** 5: in the first fifth of all lots, deleveraged first; 1: in the last. */
  readonly lights: number;
}

/** The realised profit and the settled funding of a closing are each floored by less than 10^-18. */
const BOOKED_LESS: Fraction = fraction(2n, pow10(EXACT_DECIMALS));

/** One side of a market at the present prices; of no use after the next change of the book. */
export class AdlSide {
  private readonly scanner: Scanner;
  private readonly wanted: AdlSideOf;
  private readonly candidates: Candidates;

  constructor(scanner: Scanner, wanted: AdlSideOf) {
    this.scanner = scanner;
    this.wanted = wanted;
    const decide = (handle: number): number | null => {
      const ranked = this.exact(handle);
      return ranked === null ? null : fractionToNumber(ranked.score);
    };
    this.candidates = new ScoreBounds(scanner.book, wanted, decide).candidates;
  }

  /** Score descending, then portfolio id ascending: exact, and no more is decided than is taken. */
  *ranked(isExcluded: (portfolio: string) => boolean = () => false): Generator<RankedPosition> {
    const { candidates, scanner } = this;
    const heap = new CandidateHeap(candidates);
    const next = (into: RankedPosition[]): number => {
      const i = heap.pop();
      const handle = candidates.handles[i];
      if (!isExcluded(scanner.book.store.idOf(handle))) into.push(this.target(handle));
      return candidates.low[i];
    };
    while (!Number.isNaN(heap.top)) {
      // All whose bounds overlap, one with the next: they are before everybody else, and exact scores say in which order.
      const cluster: RankedPosition[] = [];
      let low = next(cluster);
      while (heap.top >= low) low = Math.min(low, next(cluster));
      yield* cluster.sort((a, b) => compare(b.score, a.score) || compareIds(a.portfolio, b.portfolio));
    }
  }

  /** Everybody's places, in order. */
  *places(): Generator<{ readonly portfolio: string; readonly place: AdlRank }> {
    const { count, lots: sizes } = this.candidates;
    let total = 0n;
    for (let i = 0; i < count; i++) total += BigInt(sizes[i]);
    let [rank, cumulative] = [0, 0n];
    for (const { portfolio, lots: size } of this.ranked()) {
      rank += 1;
      cumulative += BigInt(size);
      yield { portfolio, place: { rank, count, lights: lightsOf(fifthOf(cumulative, total)) } };
    }
  }

  /** The place of a portfolio's position in the queue of everybody; null when it has none there, or is no target. */
  rankOf(portfolio: string): AdlRank | null {
    const { candidates, scanner } = this;
    const handle = scanner.book.store.find(portfolio);
    const own = handle < 0 ? -1 : candidates.handles.subarray(0, candidates.count).indexOf(handle);
    if (own < 0) return null;
    const mine = this.target(handle);
    let before = 0;
    let [cumulative, total] = [0n, 0n];
    for (let i = 0; i < candidates.count; i++) {
      const size = BigInt(candidates.lots[i]);
      total += size;
      if (i !== own && !this.isBefore(i, own, mine)) continue;
      cumulative += size;
      before += Number(i !== own);
    }
    return { rank: before + 1, count: candidates.count, lights: lightsOf(fifthOf(cumulative, total)) };
  }

  private isBefore(i: number, own: number, mine: RankedPosition): boolean {
    const { low, high, handles } = this.candidates;
    if (low[i] > high[own]) return true;
    if (high[i] < low[own]) return false;
    const other = this.target(handles[i]);
    return (compare(mine.score, other.score) || compareIds(other.portfolio, mine.portfolio)) < 0;
  }

  private target(handle: number): RankedPosition {
    const ranked = this.exact(handle);
    if (ranked === null) throw new AssertionError('expected a candidate to be a target');
    return ranked;
  }

  /** The position with its exact score; null when it is no target: its portfolio lacks a price or has no equity. */
  private exact(handle: number): RankedPosition | null {
    const { scanner, wanted } = this;
    const { book, verdict } = scanner;
    if (verdict.judge(handle) === 'unpriced') return null;
    const position = book.position(handle, wanted.market, wanted.side === 'long' ? 1 : -1);
    if (position === null || position.lots < 0 !== (wanted.side === 'short')) return null;
    const index = verdict.indexOf(book.instruments.markets[wanted.market].settleAsset);
    if (index === null) return null;
    const worth = worthOf(scanner, position);
    const price = fromDecimal(index);
    const score = adlScore(wanted.method, {
      entryValue: multiply(worth.entry, price),
      markValue: multiply(worth.mark, price),
      equity: verdict.valuation().equity,
    });
    if (score === null) return null;
    const size = lots(Math.abs(position.lots));
    return { portfolio: book.store.idOf(handle), handle, lots: size, score, unrealisedPnl: profitOf(worth) };
  }
}

/** `BookPort.adlQueue`. */
export function adlQueue(scanner: Scanner, request: AdlRequest): AdlTarget[] {
  const { market, side, method, price, hedgeAware, isExcluded } = request;
  if (scanner.verdict.markOf(market) === null) return [];
  const enough = method === 'pro-rata' ? Number.POSITIVE_INFINITY : request.lots;
  const targets: AdlTarget[] = [];
  const hedged: AdlTarget[] = [];
  let found = 0;
  for (const position of new AdlSide(scanner, { market, side, method }).ranked(isExcluded)) {
    if (found >= enough) return targets;
    const most = mostLots(scanner, position, request, price);
    const alone = Math.max(0, position.lots - (hedgeAware ? oppositeLots(scanner, position, request) : 0));
    const net = Math.min(most, alone);
    if (net > 0) targets.push(targetOf(position, net, alone));
    if (most > net) hedged.push(targetOf(position, most - net, position.lots - alone));
    found += net;
  }
  for (const target of hedged) {
    if (found >= enough) break;
    targets.push(target);
    found += target.lots;
  }
  return targets;
}

/** What a part of a position can take, with the part's share of its profit. */
function targetOf({ portfolio, lots: all, score, unrealisedPnl }: RankedPosition, most: number, part: number): AdlTarget {
  const { n, d } = unrealisedPnl;
  const profit = part === all ? unrealisedPnl : { n: n * BigInt(part), d: d * BigInt(all) };
  return { portfolio, lots: lots(most), unrealisedPnl: cash(floored(profit)), score };
}

/** Lots that the portfolio has the other way in the market. */
function oppositeLots({ book }: Scanner, { handle }: RankedPosition, { market, side }: AdlRequest): number {
  if (!book.isHedged(handle)) return 0;
  return Math.abs(book.position(handle, market, side === 'long' ? -1 : 1)?.lots ?? 0);
}

/** How many lots it can close at a price so that an equity is left that is not below zero, whatever is floored when they are booked. */
function mostLots(
  scanner: Scanner,
  { handle, lots: all }: RankedPosition,
  { market: index, side }: AdlRequest,
  price: Decimal,
): number {
  const { book, verdict } = scanner;
  const market = book.instruments.markets[index];
  const mark = verdict.markOf(index);
  if (mark === null || verdict.judge(handle) === 'unpriced') return 0;
  const better = subtract(unitValue(market, fromDecimal(price)), unitValue(market, fromDecimal(mark)));
  const held = multiply(better, lotValue(market));
  const perLot = side === 'long' ? held : { n: -held.n, d: held.d };
  const spare = subtract(spareIn(scanner, market.settleAsset, verdict.valuation().equity), BOOKED_LESS);
  if (perLot.n >= 0n) return compare(spare, { n: -perLot.n, d: perLot.d }) >= 0 ? all : 0;
  if (spare.n <= 0n) return 0;
  const quotient = divide(spare, { n: -perLot.n, d: perLot.d });
  return Number(minimum(quotient.n / quotient.d, BigInt(all)));
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
