/** A dry run of auto-deleveraging: who would be deleveraged now, and where an account's positions stand. Knows files and the scan; closes and prints nothing. */
import { engineFromFile, type OnLoaded } from '../engine/load.js';
import type { AdlMethod, AdlTarget } from '../model/book-port.js';
import { formatDecimal, pow10, tryParseDecimal } from '../model/decimal.js';
import { assert, badInput } from '../model/errors.js';
import { formatFraction } from '../model/fraction.js';
import type { Market } from '../model/instruments.js';
import { LOTS_MAX } from '../model/limits.js';
import { accountOf, EXACT_DECIMALS, type Lots, lots, sideOf } from '../model/portfolio.js';
import { ProblemList, show } from '../model/problems.js';
import { sizeOf, wholeLots } from '../model/quantities.js';
import { type AdlRank, AdlSide, adlQueue } from '../scan/adl.js';
import { JsBackend } from '../scan/js-backend.js';
import type { Scanner } from '../scan/scanner.js';
import { takenOf } from '../waterfall/stages/adl.js';
import { readPrices } from './prices.js';
import { type OnKept, rulesChange } from './rules.js';

const SCORE_DECIMALS = 6;

export const ADL_METHODS: readonly AdlMethod[] = ['queue', 'hyperliquid', 'pro-rata'];

export interface AdlOptions {
  /** A `.json` or `.jsonl` file, or a Parquet folder. */
  readonly book: string;
  /** A marks file. */
  readonly marks: string;
  /** A market's id. */
  readonly market: string;
  /** Whose positions would be closed: those opposite to the bankrupt one. */
  readonly side: 'long' | 'short';
  /** Of the bankrupt position, above zero, in the market's units as a decimal; nothing: as much as the side can take. */
  readonly size?: string;
  /** At which they would be closed, a decimal; nothing: the mark. */
  readonly price?: string;
  /** `queue` when nobody says. */
  readonly method?: AdlMethod;
  readonly hedgeAware?: boolean;
  /** An account's id: the places of all its positions. */
  readonly account?: string;
  readonly rules?: string;
  readonly onKept?: OnKept;
  readonly onLoaded?: OnLoaded;
}

export interface AdlRow {
  readonly portfolio: string;
  /** In the queue of the side, from 1. */
  readonly rank: number;
  readonly lights: number;
  readonly score: string;
  /** What would be taken, and what could be at most. */
  readonly size: string;
  readonly sizeMax: string;
  readonly unrealizedPnl: string;
}

export interface AdlPlace {
  readonly portfolio: string;
  readonly market: string;
  readonly side: 'long' | 'short';
  readonly size: string;
  /** Null of a position that is no target: its portfolio has no equity or lacks a price, or (`pro-rata`) it has no profit. */
  readonly rank: number | null;
  readonly count: number | null;
  readonly lights: number | null;
}

/** What `adl --json` prints. */
export interface AdlSummary {
  readonly version: 1;
  readonly market: string;
  readonly side: 'long' | 'short';
  readonly method: AdlMethod;
  readonly price: string;
  /** What was asked for; null: all. And what would be closed of it. */
  readonly size: string | null;
  readonly taken: string;
  /** In order of deleveraging. */
  readonly targets: readonly AdlRow[];
  /** Of the account asked for, by portfolio and market; null when none was. */
  readonly positions: readonly AdlPlace[] | null;
}

/**
 * Ranks one side of a market. Portfolios that are liquidatable are no targets, as a case of theirs would be open. Throws `PlimsollError`: `bad-input` with
 * every problem of a file or of the request; `nothing-to-do` for an account that the book does not have.
 */
export async function adl(options: AdlOptions): Promise<AdlSummary> {
  const { side, method = 'queue', hedgeAware = false } = options;
  const change = await rulesChange(options.rules, options.onKept);
  const engine = await engineFromFile(options.book, { backend: new JsBackend(), policy: null }, options.onLoaded, change);
  const { book, scanner } = engine.scanHalf;
  scanner.setPrices(await readPrices(options.marks, engine.instruments, book.funding.markets));
  const { market, wanted, price } = requestOf(options, scanner);
  if (options.account !== undefined && (book.store.find(options.account) < 0 || accountOf(options.account) !== options.account))
    throw badInput('--account', `an account of ${options.book}`, show(options.account), 'nothing-to-do');
  const inCase = new Set(scanner.scan().liquidatable.map((handle) => book.store.idOf(handle)));
  const most = wanted ?? lots(LOTS_MAX);
  const request = { market: market.index, side, method, lots: most, price, hedgeAware };
  const targets = adlQueue(scanner, { ...request, isExcluded: (portfolio) => inCase.has(portfolio) });
  const taken = takenOf(method, most, targets);
  const places = placesOf(new AdlSide(scanner, request), targets);
  return {
    version: 1,
    market: market.id,
    side,
    method,
    price: formatDecimal(price),
    size: wanted === null ? null : sizeText(wanted, market),
    taken: formatDecimal({
      units: taken.reduce((sum, { count }) => sum + BigInt(count), 0n) * market.lot.units,
      decimals: market.lot.decimals,
    }),
    targets: taken.map(({ target, count }) => rowOf(target, count, places.get(target.portfolio), market, scanner)),
    positions: options.account === undefined ? null : placesIn(options.account, method, scanner),
  };
}

function requestOf({ market: id, size, price, marks }: AdlOptions, { book, verdict }: Scanner) {
  const { instruments } = book;
  const problems = new ProblemList();
  const index = instruments.marketIndex.get(id);
  if (index === undefined) throw badInput('--market', 'a market of the book', show(id));
  const market = instruments.markets[index];
  const mark = verdict.markOf(index);
  if (mark === null) problems.add(`${marks}: marks`, `a mark of ${id}`, 'nothing');
  const given = size === undefined ? null : tryParseDecimal(size);
  const count = given === null ? null : wholeLots(given, market.lot);
  if (size !== undefined && (count === null || count <= 0n || count > BigInt(LOTS_MAX)))
    problems.add(
      '--size',
      `a positive multiple of the lot ${formatDecimal(market.lot)}, at most ${LOTS_MAX} of them`,
      show(size),
    );
  const at = price === undefined ? mark : tryParseDecimal(price);
  const isPrice = at !== null && at.decimals <= EXACT_DECIMALS && (at.units > 0n || market.allowNonPositive);
  if (price !== undefined && !isPrice)
    problems.add(
      '--price',
      `a price${market.allowNonPositive ? '' : ' above zero'} of at most ${EXACT_DECIMALS} decimals`,
      show(price),
    );
  problems.throwIfAny();
  assert(at !== null, 'expected a price');
  return { market, wanted: count === null ? null : lots(Number(count)), price: at };
}

/** Ranks and lights of the targets: the side's own order, as far as they go. */
function placesOf(side: AdlSide, targets: readonly AdlTarget[]): Map<string, AdlRank> {
  const wanted = new Set(targets.map(({ portfolio }) => portfolio));
  const places = new Map<string, AdlRank>();
  for (const { portfolio, place } of side.places()) {
    if (places.size === wanted.size) break;
    if (wanted.has(portfolio)) places.set(portfolio, place);
  }
  return places;
}

function rowOf(target: AdlTarget, count: Lots, place: AdlRank | undefined, market: Market, { book }: Scanner): AdlRow {
  assert(place !== undefined, 'expected a target to have a place');
  const { decimals } = book.instruments.assets[market.settleAsset];
  return {
    portfolio: target.portfolio,
    rank: place.rank,
    lights: place.lights,
    score: formatFraction(target.score, SCORE_DECIMALS, 'down'),
    size: sizeText(count, market),
    sizeMax: sizeText(target.lots, market),
    unrealizedPnl: formatFraction({ n: target.unrealisedPnl, d: pow10(EXACT_DECIMALS) }, decimals, 'down'),
  };
}

function placesIn(account: string, method: AdlMethod, scanner: Scanner): AdlPlace[] {
  const { book } = scanner;
  const sides = new Map<string, AdlSide>();
  return book.portfolioIds(account).flatMap((portfolio) => {
    const { positions } = book.portfolio(book.store.find(portfolio));
    return positions
      .toSorted((a, b) => a.market - b.market || b.lots - a.lots)
      .map((position): AdlPlace => {
        const market = book.instruments.markets[position.market];
        const side = sideOf(position.lots);
        const key = `${market.id} ${side}`;
        const ranking = sides.get(key) ?? new AdlSide(scanner, { market: market.index, side, method });
        sides.set(key, ranking);
        const place = ranking.rankOf(portfolio);
        const size = sizeText(lots(Math.abs(position.lots)), market);
        return { portfolio, market: market.id, side, size, ...(place ?? { rank: null, count: null, lights: null }) };
      });
  });
}

function sizeText(count: Lots, market: Market): string {
  return formatDecimal(sizeOf(count, market.lot));
}
