/** A hash of the engine's logical state by id, never of its layout: two engines that agree on it will decide alike. */
import { createHash } from 'node:crypto';
import { formatDecimal } from '../model/decimal.js';
import { compareIds, type Portfolio } from '../model/portfolio.js';
import type { Engine } from './engine.js';

function portfolioLine(portfolio: Portfolio, marketId: (index: number) => string): string {
  const rows = portfolio.positions.map(({ market, lots, cost }) => `${marketId(market)} ${lots} ${cost}`).sort(compareIds);
  return `${portfolio.id}|${portfolio.mode}|${portfolio.cash}|${rows.join('|')}\n`;
}

/** SHA-256, hex, over marks by market, portfolios by id, and open cases and orders in the order in which they were opened. */
export function stateHash(engine: Engine): string {
  const { book, scanner } = engine.scanHalf;
  const { store, instruments } = book;
  const marketId = (index: number): string => instruments.markets[index].id;
  const hash = createHash('sha256');
  for (const { index, id } of instruments.markets) {
    const mark = scanner.verdict.markOf(index);
    hash.update(`${id}=${mark === null ? '' : formatDecimal(mark)}\n`);
  }
  const handles: number[] = [];
  for (let handle = 0; handle < store.handleEnd; handle++) if (store.isLive(handle) && book.exists(handle)) handles.push(handle);
  const ids = new Map(handles.map((handle) => [handle, store.idOf(handle)]));
  handles.sort((a, b) => compareIds(ids.get(a) ?? '', ids.get(b) ?? ''));
  for (const handle of handles) hash.update(portfolioLine(book.portfolio(handle), marketId));
  const { desk } = engine.caseHalf;
  for (const { caseId } of desk.open()) hash.update(`${caseId}\n`);
  for (const order of desk.orders.all()) hash.update(`${order.orderId} ${order.remaining} ${order.cancelling}\n`);
  return hash.digest('hex');
}
