/** Socialised loss: those who have positions share what is missing, by their gains or by their size. Who has no open position never pays. */
import type { Winner } from '../../model/book-port.js';
import { add, reduce } from '../../model/fraction.js';
import type { Transfer } from '../../model/money.js';
import { accountOf, type Cash, cash } from '../../model/portfolio.js';
import type { Case } from '../case.js';
import { AGAIN, type Context, on, type Stage } from '../context.js';
import { type SharedLoss, shareLoss } from '../formulas/loss-sharing.js';
import { isLoss, type Shortfall, shortfalls, takeReports, worthOf } from '../losses.js';
import type { SocialiseStage } from '../policy.js';

export const socialise: Stage<SocialiseStage> = (subject, entry, context) => {
  if (subject.report.positions > 0) return on('positions-left');
  if (!isLoss(subject.report)) return on('no-loss');
  let isShared = false;
  for (const shortfall of shortfalls(subject.report)) {
    if (entry.assets !== null && !entry.assets.has(shortfall.asset)) continue;
    isShared = share(subject, shortfall, entry, context) || isShared;
  }
  if (!isShared) return on('nobody-to-share');
  return isLoss(subject.report) ? on('insufficient') : AGAIN;
};

/** Markets whose positions share: the case's own, or all that settle in the asset. */
function marketsOf(subject: Case, asset: number, { from, markets: scope }: SocialiseStage, { instruments }: Context): number[] {
  const markets = from === 'market' ? [...subject.markets].sort((a, b) => a - b) : instruments.markets.map(({ index }) => index);
  return markets.filter((market) => instruments.markets[market].settleAsset === asset && (scope === null || scope.has(market)));
}

/** Whether anything was collected. */
function share(subject: Case, { asset, index, amount }: Shortfall, entry: SocialiseStage, context: Context): boolean {
  const own = accountOf(subject.portfolio);
  const isExcluded = (portfolio: string): boolean => accountOf(portfolio) === own || context.isInCase(portfolio);
  const markets = marketsOf(subject, asset, entry, context);
  if (markets.length === 0) return false;
  const winners = context.port.winners(markets, isExcluded);
  const isByGain = entry.method === 'gains';
  const weights = winners.map(({ gain, lots }): bigint => (isByGain ? gain : BigInt(lots)));
  // A gain can be cut to nothing and no further; a payment by size is bounded by the equity alone.
  const caps = winners.map(({ gain, takeMax }): bigint => (isByGain && gain < takeMax ? gain : takeMax));
  const shares = withRemainder(shareLoss(amount, weights, caps), caps, entry);
  const { portfolio, caseId } = subject;
  const transfers: Transfer[] = winners.flatMap((winner: Winner, i) => {
    if (shares.of[i] === 0n) return [];
    const debit = { kind: 'portfolio', portfolio: winner.portfolio } as const;
    return [transferOf(debit, portfolio, asset, cash(shares.of[i]), caseId)];
  });
  if (transfers.length === 0) return false;
  if (shares.byVenue > 0n) transfers.push(transferOf({ kind: 'venue' }, portfolio, asset, cash(shares.byVenue), caseId));
  const collected = transfers.reduce((sum, transfer) => sum + transfer.amount, 0n);
  subject.absorbed = reduce(add(subject.absorbed, worthOf(collected, index)));
  takeReports(subject, context.treasury.move(transfers, context.out));
  return true;
}

/** The remainder of flooring with the party that the policy names; the last who can still pay, when it is one of those who share. */
function withRemainder({ shares, remainder }: SharedLoss, caps: readonly bigint[], { remainder: party }: SocialiseStage) {
  const of = [...shares];
  let left = remainder;
  for (let i = of.length - 1; i >= 0 && left > 0n && party === 'last'; i--) {
    if (of[i] === 0n) continue;
    const room = caps[i] - of[i];
    const more = room < left ? room : left;
    of[i] += more;
    left -= more;
  }
  return { of, byVenue: left };
}

function transferOf(debit: Transfer['debit'], portfolio: string, asset: number, amount: Cash, caseId: string): Transfer {
  return { debit, credit: { kind: 'portfolio', portfolio }, asset, amount, reason: 'socialised', caseId };
}
