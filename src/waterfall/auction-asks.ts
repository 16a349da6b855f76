/** What auctions ask at a moment, as decimals. */
import { type Decimal, divideRounded, pow10 } from '../model/decimal.js';
import { EXACT_DECIMALS, sideOf } from '../model/portfolio.js';
import type { BreachRow } from '../model/records.js';
import { auctionPrice, auctionShare } from './formulas/auction-price.js';
import { insidePrice } from './inside-trades.js';
import type { AuctionStage } from './policy.js';

/** Price of a position's auction that was started at a mark, 18 decimals, rounded in the defaulter's favour. */
export function askOf(startMark: Decimal, row: Pick<BreachRow, 'lots'>, entry: AuctionStage, ageUs: number): Decimal {
  return insidePrice(auctionPrice(startMark, sideOf(row.lots), entry, ageUs), row);
}

/** Share of its worth that is asked for a whole portfolio, 18 decimals, rounded up. */
export function shareAsk(entry: AuctionStage, ageUs: number): Decimal {
  const { n, d } = auctionShare(entry, ageUs);
  return { units: divideRounded(n * pow10(EXACT_DECIMALS), d, 'up'), decimals: EXACT_DECIMALS };
}
