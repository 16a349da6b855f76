/**
 * A hash of the engine's logical state by id, never of its layout: two engines that agree on it decide alike from there on, but for trades
 * told again, whose ids it leaves out.
 */
import { createHash } from 'node:crypto';
import type { Case } from '../dispatch/cases.js';
import type { Order } from '../dispatch/orders.js';
import { type Decimal, formatDecimal } from '../model/decimal.js';
import type { Instruments } from '../model/instruments.js';
import { compareIds, type Portfolio } from '../model/portfolio.js';
import type { Engine } from './engine.js';

function portfolioLine(portfolio: Portfolio, { assets, markets }: Instruments): string {
  const { positions, others = [], orders = [] } = portfolio;
  const rows = [
    ...positions.map(({ market, lots, cost }) => `${markets[market].id} ${lots} ${cost}`),
    ...others.map(({ asset, amount }) => `balance ${assets[asset].id} ${amount}`),
    ...orders.map(({ market, lots, cost, reduceOnly }) => `order ${markets[market].id} ${lots} ${cost} ${reduceOnly}`),
  ];
  return `${portfolio.id}|${portfolio.mode}|${portfolio.cash}|${rows.sort(compareIds).join('|')}\n`;
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
 * SHA-256, hex, over marks and funding by market, index prices by asset, accounts and portfolios by id with position modes and source
 * versions, open cases and orders in the order in which they were opened, and what was last said of each liquidatable portfolio.
 */
export function stateHash(engine: Engine): string {
  const { book, scanner } = engine.scanHalf;
  const { store, instruments } = book;
  const hash = createHash('sha256');
  const priceLine = (id: string, price: Decimal | null): string => `${id}=${price === null ? '' : formatDecimal(price)}\n`;
  const { verdict } = scanner;
  for (const { index, id } of instruments.markets) {
    hash.update(priceLine(id, verdict.markOf(index)));
    if (verdict.fundingOf(index).units !== 0n) hash.update(priceLine(`funding ${id}`, verdict.fundingOf(index)));
  }
  for (const asset of instruments.assets)
    if (asset !== instruments.valuation) hash.update(priceLine(`index ${asset.id}`, verdict.indexOf(asset.index)));
  // Empty accounts too: what they know of versions decides which rows are taken.
  const handles: number[] = [];
  for (let handle = 0; handle < store.handleEnd; handle++) if (store.isLive(handle)) handles.push(handle);
  const ids = new Map(handles.map((handle) => [handle, store.idOf(handle)]));
  handles.sort((a, b) => compareIds(ids.get(a) ?? '', ids.get(b) ?? ''));
  for (const handle of handles) {
    const mode = book.isHedged(handle) ? 'hedge' : 'net';
    hash.update(`${store.sourceVersionOf(handle)}|${mode}|${portfolioLine(book.portfolio(handle), instruments)}`);
  }
  const { desk, signals } = engine.caseHalf;
  hash.update(`${desk.openedCount}\n`);
  for (const open of desk.open()) hash.update(caseLine(open));
  for (const order of desk.orders.all()) hash.update(orderLine(order));
  const said = [...signals.deficitsSaid()].sort(([a], [b]) => compareIds(a, b));
  for (const [portfolio, deficit] of said) hash.update(`${portfolio} ${deficit}\n`);
  return hash.digest('hex');
}
