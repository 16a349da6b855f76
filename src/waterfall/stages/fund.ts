/**
 * The insurance fund: as long as it covers what closing may cost beyond the portfolio's equity, positions are closed at its expense; when nothing is
 * left to close it pays what is missing.
 */
import { cash } from '../../model/portfolio.js';
import type { Case } from '../case.js';
import { close, rowsIn, whole } from '../closing.js';
import type { Context, Stage, Step } from '../context.js';
import { AGAIN, on } from '../context.js';
import { isCovered } from '../expected-loss.js';
import { isLoss, payIn, shortfalls } from '../losses.js';
import type { FundStage } from '../policy.js';

export const fund: Stage<FundStage> = (subject, entry, context) => {
  const rows = rowsIn(subject, entry);
  if (rows.length > 0) {
    if (!isCovered(subject, entry, context)) return on('insufficient');
    const step = close(subject, whole(rows), 'fund', entry, context);
    if (step.next === 'on') subject.isUnfillable = true;
    return step;
  }
  if (subject.report.positions > 0) return on('positions-left');
  return isLoss(subject.report) ? pay(subject, entry, context) : on('no-loss');
};

/** Pays the shortfall as far as it may, the funds of its markets first. */
function pay(subject: Case, entry: FundStage, context: Context): Step {
  const { fund: rules, now, out } = context;
  const { caseId, markets } = subject;
  const payments = shortfalls(subject.report)
    .filter(({ asset }) => entry.assets === null || entry.assets.has(asset))
    .flatMap(({ asset, index, amount }) => {
      let left: bigint = amount;
      const may = rules.available(caseId, asset, markets, index, entry, now.timeUs);
      if (may < left) left = may;
      return rules.fundsOf(asset, markets).flatMap((market) => {
        const free = rules.freeFor(caseId, asset, market);
        const part = free < left ? free : left;
        if (part <= 0n) return [];
        left -= part;
        return [{ from: { kind: 'fund', market } as const, asset, index, amount: cash(part) }];
      });
    });
  if (payments.length === 0) {
    out.alerts.push({ code: 'fund-empty', text: `the insurance fund pays nothing into ${caseId}`, timeUs: now.timeUs });
    return on('insufficient');
  }
  for (const { from, asset, amount } of payments) rules.onPaid(caseId, asset, from.market, amount, now.timeUs);
  payIn(subject, payments, 'fund', context);
  return isLoss(subject.report) ? on('insufficient') : AGAIN;
}
