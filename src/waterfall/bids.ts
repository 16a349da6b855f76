/** Bids in auctions: who may take, at what price, how much, and what that moves. A bid that cannot be taken has no effect. */
import { legOfRow } from '../dispatch/orders.js';
import { compareDecimals, divideRounded } from '../model/decimal.js';
import { divide, fractionToUnits, fromDecimal, multiply, negate, ONE, subtract, ZERO } from '../model/fraction.js';
import { accountOf, cash, EXACT_DECIMALS, type Lots, lots } from '../model/portfolio.js';
import type { Bid, BreachRow } from '../model/records.js';
import { askOf, shareAsk } from './auction-asks.js';
import type { Auction, Case } from './case.js';
import { openRows, rowsIn } from './closing.js';
import type { Context } from './context.js';
import { bufferMargin, largestShare } from './formulas/auction-price.js';
import { atMark, canBear, type Part, tradeInside } from './inside-trades.js';
import { takeReports } from './losses.js';
import type { AuctionStage } from './policy.js';
import { tellAuction } from './stages/auction.js';

/** True when the bid took something. */
export function takeBid(subject: Case, entry: AuctionStage, auction: Auction, bid: Bid, context: Context): boolean {
  const { gates, desk } = context;
  // Whatever keeps orders from going out keeps bids from being taken.
  const isHeld = desk.mode === 'shadow' || (gates.ofPortfolio(subject.portfolio) ?? gates.ofStage(entry.stage)) !== null;
  if (isHeld || subject.report.standing === 'unpriced') return false;
  if (auction.bids.has(bid.bidId) || !mayBid(subject, bid, context)) return false;
  const rows = rowsIn(subject, entry).filter((row) => auction.leg === null || legOfRow(row) === auction.leg);
  if (rows.length === 0 || openRows(rows, context).blocked !== null) return false;
  const isTaken =
    auction.leg === null
      ? takeShare(subject, rows, entry, auction, bid, context)
      : takePosition(subject, rows[0], entry, auction, bid, context);
  if (isTaken) auction.bids.add(bid.bidId);
  return isTaken;
}

/** A registered bidder that has an account, is not in trouble, nor the defaulter. */
function mayBid(subject: Case, { bidder }: Bid, { standby, port, isInCase }: Context): boolean {
  if (!standby.bidders.has(bidder) || accountOf(subject.portfolio) === bidder || isInCase(bidder)) return false;
  const { standing, version } = port.report(bidder);
  return version > 0 && standing === 'healthy';
}

function takePosition(subject: Case, row: BreachRow, entry: AuctionStage, auction: Auction, bid: Bid, context: Context): boolean {
  if (auction.startMark === null) return false;
  const price = askOf(auction.startMark, row, entry, context.now.timeUs - auction.startedUs);
  // An inverse contract is worth nothing definite at a price of zero: nobody can take it there.
  if (price.units <= 0n && context.instruments.markets[row.market].kind === 'inverse') return false;
  // Who takes over a long buys.
  const isWorse = bid.limitPrice === null ? 0 : compareDecimals(price, bid.limitPrice) * Math.sign(row.lots);
  if (isWorse > 0) return false;
  const count = lots(Math.min(bid.lots ?? Math.abs(row.lots), Math.abs(row.lots)));
  const parts: Part[] = [{ row, lots: count, price, counterparty: bid.bidder }];
  if (!canBear(subject, parts, bid.bidder, { more: ZERO, factor: ONE }, context)) return false;
  tellAuction(subject, auction, 'taken', entry, context, { bidder: bid.bidder, lots: count });
  tradeInside(subject, parts, context);
  return true;
}

/**
 * The largest share of the portfolio that may be sold: positions change hands at the mark, each rounded up to whole lots, and the taker is
 * paid (1 − d) of what they are worth, d being the share of it that is asked (Derive); where more than all of it is asked, it pays.
 */
function takeShare(
  subject: Case,
  rows: readonly BreachRow[],
  entry: AuctionStage,
  auction: Auction,
  bid: Bid,
  context: Context,
): boolean {
  const { equity, maintenance } = subject.report;
  const { policy, treasury, out, instruments } = context;
  const ask = shareAsk(entry, context.now.timeUs - auction.startedUs);
  if (equity.n <= 0n || (bid.limitPrice !== null && compareDecimals(ask, bid.limitPrice) > 0)) return false;
  const discount = fromDecimal(ask);
  const buffer = bufferMargin(subtract(equity, maintenance), equity, policy.liquidationTarget);
  const share = largestShare({ buffer, markToMarket: equity, discount, reserved: ZERO });
  const parts = rows.flatMap((row): Part[] => {
    const count = Number(divideRounded(BigInt(Math.abs(row.lots)) * share.n, share.d, 'up'));
    return count === 0 ? [] : [{ row, lots: lots(count) as Lots, price: atMark(row), counterparty: bid.bidder }];
  });
  const paid = multiply(multiply(subtract(ONE, discount), equity), share);
  const more = paid.n < 0n ? negate(paid) : ZERO;
  if (parts.length === 0 || !canBear(subject, parts, bid.bidder, { more, factor: ONE }, context)) return false;
  const asset = instruments.markets[rows[0].market].settleAsset;
  const amount = fractionToUnits(divide(paid, rows[0].index), EXACT_DECIMALS, 'down');
  tellAuction(subject, auction, 'taken', entry, context, { bidder: bid.bidder, lots: null });
  tradeInside(subject, parts, context);
  if (amount === 0n) return true;
  const { portfolio, caseId } = subject;
  const own = { kind: 'portfolio', portfolio } as const;
  const taker = { kind: 'portfolio', portfolio: bid.bidder } as const;
  const [debit, credit] = amount > 0n ? [own, taker] : [taker, own];
  const transfers = [{ debit, credit, asset, amount: cash(amount > 0n ? amount : -amount), reason: 'auction', caseId } as const];
  takeReports(subject, treasury.move(transfers, out));
  return true;
}
