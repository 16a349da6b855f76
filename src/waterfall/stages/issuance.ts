/** Backstop issuance: a claim against the operator's reserve token is recorded for what is missing, up to a cap over all cases. */
import { add, compare, divide, fractionToUnits, fromDecimal, subtract, ZERO } from '../../model/fraction.js';
import { cash, EXACT_DECIMALS } from '../../model/portfolio.js';
import { AGAIN, on, type Stage } from '../context.js';
import { isLoss, payIn, shortfalls, worthOf } from '../losses.js';
import type { IssuanceStage } from '../policy.js';

export const issuance: Stage<IssuanceStage> = (subject, { cap, assets }, context) => {
  if (subject.report.positions > 0) return on('positions-left');
  if (!isLoss(subject.report)) return on('no-loss');
  const { standby, out, now } = context;
  let issued = ZERO;
  const payments = shortfalls(subject.report)
    .filter(({ asset }) => assets === null || assets.has(asset))
    .flatMap(({ asset, index, amount }) => {
      const left = cap === null ? null : subtract(fromDecimal(cap), add(standby.issued, issued));
      const may = left === null ? amount : fractionToUnits(divide(left, index), EXACT_DECIMALS, 'down');
      const part = may < amount ? may : amount;
      if (part <= 0n) return [];
      issued = add(issued, worthOf(part, index));
      return [{ from: { kind: 'issuance' } as const, asset, index, amount: cash(part) }];
    });
  if (compare(issued, ZERO) === 0) return on('capped');
  standby.issue(issued);
  out.alerts.push({
    code: 'issuance',
    text: `claims against the reserve token were issued for ${subject.caseId}`,
    timeUs: now.timeUs,
  });
  payIn(subject, payments, 'issuance', context);
  return isLoss(subject.report) ? on('capped') : AGAIN;
};
