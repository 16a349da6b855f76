/**
 * The book and its prices as named buffers. Saved is what was told or is not a function of it: the store's columns, windows and prices; slopes, counts
 * and what is near follow. Knows nothing of reports.
 */
import { type Decimal, formatUnits } from '../model/decimal.js';
import {
  type BufferReader,
  columnsBuffers,
  isCount,
  isText,
  type NamedBuffer,
  plainBuffer,
  under,
} from '../model/named-buffers.js';
import type { PriceUpdate } from '../model/records.js';
import { LANES } from '../store/shelf.js';
import { ROW } from './lines.js';
import type { LiveBook } from './live-book.js';
import type { Scanner } from './scanner.js';

/** Finer money scales than this are not to be had from prices that a message can hold. */
const SCALE_MAX = 2 ** 24;

/** A decimal with the digits that it has, trailing zeros included; null while unknown. By market or asset. */
type PriceTexts = readonly (string | null)[];

interface SavedPrices {
  readonly marks: PriceTexts;
  readonly indexes: PriceTexts;
  readonly funding: PriceTexts;
  /** Markets whose positions said up to which funding index theirs is in the balance. */
  readonly funded: ReadonlySet<number>;
  /** Digits of the verdict's money: finer than the prices of now need when those of before did. */
  readonly scale: number;
}

export function saveScanner({ book, verdict }: Scanner): NamedBuffer[] {
  const { markets, assets, valuation } = book.instruments;
  const prices: SavedPrices = {
    marks: markets.map(({ index }) => textOf(verdict.markOf(index))),
    indexes: assets.map(({ index }) => (index === valuation.index ? null : textOf(verdict.indexOf(index)))),
    funding: markets.map(({ index }) => (book.funding.isKnown(index) ? textOf(book.funding.of(index)) : null)),
    funded: book.funding.markets,
    scale: verdict.scale,
  };
  return [
    ...under('store', book.store.save()),
    ...under('windows', columnsBuffers(book.windows.columns())),
    plainBuffer('prices', prices),
  ];
}

/** Into a fresh scanner. Its first scan reads everything, and so finds what the saved one's next would have. */
export function restoreScanner(scanner: Scanner, from: BufferReader): void {
  const { book, verdict } = scanner;
  book.store.restore(from.under('store'));
  countBook(book, from.under('store'));
  // Before the prices: each market is in its window, so that none is re-tiered.
  from.under('windows').columns(book.windows.columns());
  const prices = readPrices(from);
  for (const market of prices.funded) book.funding.markets.add(market);
  verdict.refine(prices.scale);
  scanner.setPrices(updateOf(prices));
}

/** What the book counts along the way, and whether its lines are lines and its links lead from accounts to what is theirs. */
function countBook(book: LiveBook, from: BufferReader): void {
  const { store, lines } = book;
  let isolated = 0;
  let linked = 0;
  for (let handle = 0; handle < store.handleEnd; handle++) {
    if (!store.isLive(handle)) continue;
    if (book.isIsolated(handle)) {
      isolated += 1;
      continue;
    }
    book.accountTotal += 1;
    if (!book.exists(handle)) book.emptyAnchors += 1;
    // Never further than there are isolated portfolios: links may lead in a circle.
    for (let next = store.linkOf(handle); next >= 0 && linked <= store.portfolioCount; next = store.linkOf(next))
      linked += book.isIsolated(next) ? 1 : store.portfolioCount + 1;
  }
  if (linked !== isolated) throw from.damaged('portfolios', `links to ${isolated} isolated portfolios`, String(linked));
  const kinds = lines.kindOf;
  for (const [index, shelf] of store.shelves.entries()) {
    for (const [c, { line }] of (shelf?.chunks ?? []).entries()) {
      const end = (shelf?.slicesIn(c) ?? 0) * LANES * (shelf?.width ?? 0);
      let others = 0;
      for (let row = 0; row < end; row++) if (kinds[line[row]] !== ROW.position) others += countOther(kinds[line[row]]);
      if (Number.isNaN(others)) throw from.damaged(`shelf/${index}/${c}/line`, `lines below ${kinds.length}`, 'more');
      book.otherRows += others;
    }
  }
}

/** NaN of what is no line. */
function countOther(kind: number | undefined): number {
  if (kind === undefined) return Number.NaN;
  return kind === ROW.padding ? 0 : 1;
}

function readPrices(from: BufferReader): SavedPrices {
  const members = from.members('prices');
  return {
    marks: members.list('marks', isPriceText),
    indexes: members.list('indexes', isPriceText),
    funding: members.list('funding', isPriceText),
    funded: new Set(members.list('funded', isCount)),
    scale: members.count('scale', SCALE_MAX),
  };
}

function updateOf({ marks, indexes, funding }: SavedPrices): PriceUpdate {
  return {
    marks: known(marks, (market, price) => ({ market, price })),
    indexes: known(indexes, (asset, price) => ({ asset, price })),
    funding: known(funding, (market, index) => ({ market, index })),
  };
}

function known<Row>(texts: PriceTexts, row: (index: number, price: Decimal) => Row): Row[] {
  return texts.flatMap((text, index) => (text === null ? [] : [row(index, decimalOf(text))]));
}

function textOf(price: Decimal | null): string | null {
  return price === null ? null : formatUnits(price.units, price.decimals);
}

function isPriceText(text: unknown): text is string | null {
  return text === null || (isText(text) && /^-?\d+(\.\d+)?$/.test(text));
}

/** With the digits that it was written with: `1.50` is 150 of 10^-2. */
function decimalOf(text: string): Decimal {
  const point = text.indexOf('.');
  return { units: BigInt(text.replace('.', '')), decimals: point < 0 ? 0 : text.length - point - 1 };
}
