/** A Dutch auction of positions, or of a share of the whole portfolio: its price falls until somebody takes it, it is started anew, or it is given up. */
import { closedBy, legOfRow } from '../../dispatch/orders.js';
import type { AuctionEvent } from '../../model/case-effects.js';
import { compare, multiply } from '../../model/fraction.js';
import { type Lots, lots } from '../../model/portfolio.js';
import type { BreachRow } from '../../model/records.js';
import { askOf, shareAsk } from '../auction-asks.js';
import type { Auction, Case } from '../case.js';
import { openRows, passBy, rowsIn } from '../closing.js';
import { type Context, on, type Stage, type Step, wait } from '../context.js';
import { auctionShare } from '../formulas/auction-price.js';
import type { AuctionStage } from '../policy.js';

export const auction: Stage<AuctionStage> = (subject, entry, context) => {
  const rows = rowsIn(subject, entry);
  if (rows.length === 0) return on('no-position');
  if (context.standby.bidders.size < entry.biddersMin) return on('too-few-bidders');
  if (entry.of === 'position') return holdEach(subject, rows, entry, context);
  if (subject.report.equity.n <= 0n) return on('insolvent');
  const { blocked } = openRows(subject.report.rows, context);
  return blocked === null ? hold(subject, null, entry, context) : wait(blocked);
};

/** One for each row that may be acted on; the others keep nobody. */
function holdEach(subject: Case, rows: readonly BreachRow[], entry: AuctionStage, context: Context): Step {
  const { open, closed, blocked } = openRows(rows, context);
  if (blocked !== null && open.length === 0) return wait(blocked);
  const step = open.map((row) => hold(subject, row, entry, context)).reduce(worse);
  if (step.next === 'on') passBy(subject, closed);
  return step;
}

/** Waits as long as one of two waits. */
function worse(a: Step, b: Step): Step {
  return a.next === 'wait' ? a : b;
}

/** Opens the auction of a row (null: of the whole portfolio), or looks whether the one that is held has to be started anew. */
function hold(subject: Case, row: BreachRow | null, entry: AuctionStage, context: Context): Step {
  const { now } = context;
  const leg = row === null ? null : legOfRow(row);
  const held = subject.memory.auctions.find((each) => each.leg === leg);
  if (held === undefined) {
    subject.auctionCount += 1;
    const auctionId = `${subject.caseId}!${subject.auctionCount}`;
    const opened: Auction = { auctionId, leg, startedUs: now.timeUs, startMark: row?.mark ?? null, resets: 0, bids: new Set() };
    subject.memory.auctions.push(opened);
    tellAuction(subject, opened, 'opened', entry, context);
    return wait('bids');
  }
  const ageUs = now.timeUs - held.startedUs;
  const hasDropped = compare(auctionShare(entry, ageUs), multiply(entry.start, entry.resetDrop)) < 0;
  if (ageUs < entry.resetAgeUs && !hasDropped) return wait('bids');
  if (held.resets >= entry.resetsMax) return on('no-bids');
  held.resets += 1;
  held.startedUs = now.timeUs;
  held.startMark = row?.mark ?? null;
  tellAuction(subject, held, 'reset', entry, context);
  return wait('bids');
}

export function tellAuction(
  subject: Case,
  { auctionId, leg, startMark, startedUs }: Auction,
  event: AuctionEvent['event'],
  entry: AuctionStage,
  { out, now }: Pick<Context, 'out' | 'now'>,
  taken: { readonly bidder: string; readonly lots: Lots | null } | null = null,
): void {
  const ageUs = now.timeUs - startedUs;
  const closes = leg === null ? null : closedBy(leg);
  // Its position may be gone when it ends.
  const left = closes && lots(Math.abs(subject.report.rows.find((row) => legOfRow(row) === leg)?.lots ?? 0));
  out.auctions.push({
    auctionId,
    caseId: subject.caseId,
    portfolio: subject.portfolio,
    event,
    market: closes?.market ?? null,
    side: closes?.side ?? null,
    lots: taken === null ? left : taken.lots,
    price:
      closes === null || startMark === null
        ? shareAsk(entry, ageUs)
        : askOf(startMark, { lots: lots(closes.side === 'sell' ? 1 : -1) }, entry, ageUs),
    bidder: taken?.bidder ?? null,
    timeUs: now.timeUs,
  });
}
