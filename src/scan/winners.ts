/** Who has positions in markets that settle in one asset: gains, sizes and what can be taken from each, exact. It takes nothing. */
import type { Winner } from '../model/book-port.js';
import { assert } from '../model/errors.js';
import { add, type Fraction, ZERO } from '../model/fraction.js';
import { LOTS_MAX } from '../model/limits.js';
import { cash, compareIds, lots } from '../model/portfolio.js';
import { HandleList } from './backend.js';
import { floored, profitOf, spareIn, worthOf } from './exact-position.js';
import type { Scanner } from './scanner.js';
import { findStale } from './stale.js';

/** `BookPort.winners`. */
export function winners(scanner: Scanner, markets: readonly number[], isExcluded: (portfolio: string) => boolean): Winner[] {
  const { book, verdict } = scanner;
  const wanted = new Set(markets);
  const [settleAsset] = markets.map((market) => book.instruments.markets[market].settleAsset);
  const marked = new Uint8Array(book.lines.kindOf.length);
  for (const market of markets) {
    const { firstLine, orderLine } = book.lines.markets[market];
    assert(book.instruments.markets[market].settleAsset === settleAsset, 'expected markets that settle in one asset');
    marked.fill(1, firstLine, orderLine);
  }
  const found: Winner[] = [];
  for (const handle of findStale(book.store, marked, new HandleList())) {
    const portfolio = book.store.idOf(handle);
    if (isExcluded(portfolio) || verdict.judge(handle) === 'unpriced') continue;
    const { equity } = verdict.valuation();
    if (equity.n <= 0n) continue;
    const takeMax = floored(spareIn(scanner, settleAsset, equity));
    if (takeMax <= 0n) continue;
    let gain: Fraction = ZERO;
    let size = 0;
    for (const position of book.portfolio(handle).positions) {
      if (!wanted.has(position.market)) continue;
      size += Math.abs(position.lots);
      const profit = profitOf(worthOf(scanner, position));
      if (profit.n > 0n) gain = add(gain, profit);
    }
    found.push({ portfolio, gain: cash(floored(gain)), lots: lots(Math.min(size, LOTS_MAX)), takeMax: cash(takeMax) });
  }
  return found.sort((a, b) => compareIds(a.portfolio, b.portfolio));
}
