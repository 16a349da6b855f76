/**
 * A hash of the engine's logical state by id, never of its layout: two engines that agree on it decide alike from there on, but for trades
 * told again, whose ids it leaves out.
 */
import { createHash } from 'node:crypto';
import { type Decimal, formatDecimal } from '../model/decimal.js';
import type { Instruments } from '../model/instruments.js';
import { encodePlain } from '../model/plain.js';
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

/**
 * SHA-256, hex, over marks and funding by market, index prices by asset, accounts and portfolios by id with position modes and source
 * versions, and all that the case half knows: cases, orders, money, limits, gates, what was last said.
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
  hash.update(encodePlain(engine.caseHalf.state()));
  return hash.digest('hex');
}
