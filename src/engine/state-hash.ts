/**
 * A hash of the engine's logical state by id, never of its layout: two engines that agree on it decide alike from there on, but for trades
 * told again, whose ids it leaves out.
 */
import { createHash } from 'node:crypto';
import type { Case } from '../dispatch/cases.js';
import type { Order } from '../dispatch/orders.js';
import { formatDecimal } from '../model/decimal.js';
import { compareIds, type Portfolio } from '../model/portfolio.js';
import type { Engine } from './engine.js';

function portfolioLine(portfolio: Portfolio, marketId: (index: number) => string): string {
  const rows = portfolio.positions.map(({ market, lots, cost }) => `${marketId(market)} ${lots} ${cost}`).sort(compareIds);
  return `${portfolio.id}|${portfolio.mode}|${portfolio.cash}|${rows.join('|')}\n`;
}

function caseLine(open: Case): string {
  const legs = (set: ReadonlySet<number> | null): string => [...(set ?? [])].sort((a, b) => a - b).join(',');
  return `${open.caseId}|${open.orderCount}|${legs(open.unfilled)}|${legs(open.rejected)}\n`;
}

function orderLine({ orderId, market, side, remaining, cancelling, limitPrice, expiryUs }: Order): string {
  const limit = limitPrice === null ? '' : formatDecimal(limitPrice);
  return `${orderId}|${market}|${side}|${remaining}|${cancelling}|${limit}|${expiryUs}\n`;
}

/**
 * SHA-256, hex, over marks by market, portfolios by id with their accounts' source versions, open cases and orders in the order in which they
 * were opened, and what was last said of each liquidatable portfolio.
 */
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
  for (const handle of handles)
    hash.update(`${store.sourceVersionOf(handle)}|${portfolioLine(book.portfolio(handle), marketId)}`);
  const { desk, signals } = engine.caseHalf;
  hash.update(`${desk.openedCount}\n`);
  for (const open of desk.open()) hash.update(caseLine(open));
  for (const order of desk.orders.all()) hash.update(orderLine(order));
  const said = [...signals.deficitsSaid()].sort(([a], [b]) => compareIds(a, b));
  for (const [portfolio, deficit] of said) hash.update(`${portfolio} ${deficit}\n`);
  return hash.digest('hex');
}
