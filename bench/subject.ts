/** What contenders are measured on: one loaded book, judged once by the verdict and the oracle, which all of them share. */
import type { BackendChoice } from '../src/backends/open.js';
import { decimalToNumber } from '../src/model/decimal.js';
import { isLiquidatable, pricesOf, valuePortfolio } from '../src/model/margin.js';
import type { Mark } from '../src/model/records.js';
import { HandleList, type Nominations, type Pass } from '../src/scan/backend.js';
import { JsBackend } from '../src/scan/js-backend.js';
import { LiveBook } from '../src/scan/live-book.js';
import { Scanner } from '../src/scan/scanner.js';
import type { StandardBook } from './book.js';
import { type Contender, openContenders } from './contenders.js';
import { PlainLoop } from './plain-loop.js';

/** The fall of every mark before the scan, so that there is something to find. */
const FALL = 0.995;
const ORACLE_SAMPLE = 20_000;

function fallen(price: { units: bigint; decimals: number }) {
  return { units: price.units * BigInt(Math.round(FALL * 1000)), decimals: price.decimals + 3 };
}

/** The prices of a book after the fall. */
export function fallenMarks(book: StandardBook): Mark[] {
  return book.prices.map((price, market) => ({ market, price: fallen(price) }));
}

/** A book in the store at its own prices, which then fall a little. */
export function loadScanner(book: StandardBook, positions: number): Scanner {
  const live = new LiveBook(book.instruments);
  const scanner = new Scanner(live, new JsBackend());
  scanner.setPrices({ marks: book.prices.map((price, market) => ({ market, price })), indexes: book.indexes });
  for (const account of book.accounts(positions)) live.setAccount(account, 0);
  scanner.setPrices({ marks: fallenMarks(book) });
  return scanner;
}

/** Bytes that one scan reads: line id and size of every row that stands on a shelf, and cash of every lane. */
export function layoutBytes(scanner: Scanner): number {
  let bytes = 0;
  for (const shelf of scanner.book.store.shelves) if (shelf !== undefined) bytes += shelf.sliceCount * 32 * (shelf.width * 8 + 4);
  return bytes;
}

export interface Checked {
  readonly isRight: boolean;
  readonly liquidatable: number;
  readonly falseNominations: number;
}

/** Every portfolio judged by the verdict, and a sample of them by the oracle; the scan must have found the same. */
export function check(scanner: Scanner): Checked {
  const { verdict } = scanner;
  const { store, instruments } = scanner.book;
  const found = scanner.scan();
  const scanned = new Set(found.liquidatable);
  const step = Math.max(1, Math.floor(store.handleEnd / ORACLE_SAMPLE));
  let isRight = true;
  let liquidatable = 0;
  for (let handle = 0; handle < store.handleEnd; handle++) {
    if (!store.isLive(handle)) continue;
    const isBreached = verdict.judge(handle) === 'liquidatable';
    if (isBreached) liquidatable += 1;
    if (isBreached !== scanned.has(handle)) isRight = false;
    if (!isBreached && handle % step !== 0) continue;
    const value = valuePortfolio(
      scanner.book.portfolio(handle),
      instruments,
      pricesOf(
        (market) => verdict.markOf(market),
        (asset) => verdict.indexOf(asset),
      ),
    );
    if (!value.priced || isLiquidatable(value, instruments.liquidateWhen) !== isBreached) isRight = false;
  }
  return { isRight, liquidatable, falseNominations: found.nominees - liquidatable };
}

export function nominations(): Nominations {
  return { nominees: new HandleList(), unpriced: new HandleList() };
}

/** A full scan of a scanner's book that nominates and does nothing else. */
export function fullPass({ book }: Scanner, into: Nominations): Pass {
  return { shelves: book.store.shelves, vectors: book.lines, into, near: null, statistics: null };
}

export function sortedNominees({ nominees }: Nominations): Uint32Array {
  return nominees.view().slice().sort();
}

export function areEqual(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((handle, i) => handle === b[i]);
}

export class Subject {
  readonly book: StandardBook;
  readonly scanner: Scanner;
  contenders: readonly Contender[] = [];
  readonly checked: Checked;
  /** Of the js filter, at the fallen prices. */
  readonly nominees: Uint32Array;
  readonly bytes: number;
  private loop: PlainLoop | null = null;

  private constructor(book: StandardBook, scanner: Scanner) {
    this.book = book;
    this.scanner = scanner;
    this.checked = check(scanner);
    const found = nominations();
    new JsBackend().scan(fullPass(scanner, found));
    this.nominees = sortedNominees(found);
    this.bytes = layoutBytes(scanner);
  }

  static async load(book: StandardBook, positions: number, choice: BackendChoice): Promise<Subject> {
    const subject = new Subject(book, loadScanner(book, positions));
    // After the check, whose scans take note of what has changed: a device that is opened now takes the book as it is.
    subject.contenders = await openContenders(choice, positions);
    return subject;
  }

  /** Made when it is first asked for: it has the whole book once more. */
  get plain(): PlainLoop {
    if (this.loop === null) {
      const { book, scanner } = this;
      this.loop = new PlainLoop(scanner.book);
      this.loop.setMarks(book.instruments, (market) => decimalToNumber(scanner.verdict.markOf(market) ?? book.prices[market]));
    }
    return this.loop;
  }

  /** How large it is, as results have it. */
  get size(): { readonly positions: number; readonly portfolios: number } {
    const { book } = this.scanner;
    return { positions: book.positionCount, portfolios: book.store.portfolioCount };
  }

  /** Whether a scan of the whole book nominated what the js filter does, whose nominees were judged one by one. */
  isRight(found: Nominations): boolean {
    return this.checked.isRight && areEqual(sortedNominees(found), this.nominees);
  }

  close(): void {
    for (const { backend } of this.contenders) backend.close();
  }
}
