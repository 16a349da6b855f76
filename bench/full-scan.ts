/** Full scan of the standard book on a backend, against the plain loop on the same book in the same run. */
import { decimalToNumber } from '../src/model/decimal.js';
import { isLiquidatable, pricesOf, valuePortfolio } from '../src/model/margin.js';
import type { Mark } from '../src/model/records.js';
import { HandleList, type Nominations } from '../src/scan/backend.js';
import { JsBackend } from '../src/scan/js-backend.js';
import { LiveBook } from '../src/scan/live-book.js';
import { Scanner } from '../src/scan/scanner.js';
import type { StandardBook } from './book.js';
import type { Machine } from './machine.js';
import { type BenchResult, measureTogether } from './measure.js';
import { PlainLoop } from './plain-loop.js';

/** The fall of every mark before the scan, so that there is something to find. */
const FALL = 0.995;
const ORACLE_SAMPLE = 20_000;

/** A book in the store at its own prices, which then fall a little. */
export function loadScanner(book: StandardBook, positions: number): Scanner {
  const live = new LiveBook(book.instruments);
  const scanner = new Scanner(live, new JsBackend());
  scanner.setPrices({ marks: book.prices.map((price, market) => ({ market, price })), indexes: book.indexes });
  for (const account of book.accounts(positions)) live.setAccount(account, 0);
  scanner.setPrices({ marks: book.prices.map((price, market): Mark => ({ market, price: fallen(price) })) });
  return scanner;
}

function fallen(price: { units: bigint; decimals: number }) {
  return { units: price.units * BigInt(Math.round(FALL * 1000)), decimals: price.decimals + 3 };
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

export function benchFullScan(book: StandardBook, positions: number, machine: Machine): BenchResult[] {
  const scanner = loadScanner(book, positions);
  const { store } = scanner.book;
  const checked = check(scanner);
  const plain = new PlainLoop(scanner.book);
  plain.setMarks(book.instruments, (market) => decimalToNumber(scanner.verdict.markOf(market) ?? book.prices[market]));
  const plainFound = plain.scan();
  const nominations: Nominations = { nominees: new HandleList(), unpriced: new HandleList() };
  const filter = (): void =>
    scanner.backend.scan({
      shelves: store.shelves,
      vectors: scanner.book.lines,
      into: nominations,
      near: null,
      statistics: null,
    });
  const [js, loop] = measureTogether([filter, () => void plain.scan()]);
  const bytes = layoutBytes(scanner);
  const shared = { positions: scanner.book.positionCount, portfolios: store.portfolioCount, threads: 1 };
  const bytesPerSecond = (bytes / js.medianMs) * 1000;
  return [
    {
      name: 'full-scan',
      backend: scanner.backend.name,
      ...shared,
      ...js,
      positionsPerSecond: (shared.positions / js.medianMs) * 1000,
      bytesPerSecond,
      shareOfReadBandwidth: bytesPerSecond / machine.readBytesPerSecond,
      verified: checked.isRight,
      figures: {
        timesPlainLoop: loop.medianMs / js.medianMs,
        liquidatable: checked.liquidatable,
        falseNominations: checked.falseNominations,
        falseShare: checked.falseNominations / checked.liquidatable,
      },
    },
    {
      name: 'full-scan',
      backend: 'plain-loop',
      ...shared,
      ...loop,
      positionsPerSecond: (shared.positions / loop.medianMs) * 1000,
      bytesPerSecond: null,
      shareOfReadBandwidth: null,
      // It has no bound: it may be off by those within a rounding of the line.
      verified: Math.abs(plainFound - checked.liquidatable) <= 2,
      figures: { liquidatable: plainFound },
    },
  ];
}
