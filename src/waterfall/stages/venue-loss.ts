/** Always last: what nobody else would bear is the venue's. It takes over what could not be closed, sells what is left, and pays what is missing. */
import { ASK_AGAIN_US } from '../../dispatch/order-desk.js';
import { lots } from '../../model/portfolio.js';
import type { Case, StageMemory } from '../case.js';
import { openRows } from '../closing.js';
import { AGAIN, type Context, type Step, wait } from '../context.js';
import { convertAll } from '../conversion.js';
import { bankruptcyOrMark, tradeInside } from '../inside-trades.js';
import { isLoss, payIn, shortfalls } from '../losses.js';
import { askForOrders } from './cancel.js';

export function venueLoss(subject: Case, context: Context): Step {
  const { open, blocked } = openRows(subject.report.rows, context);
  if (open.length > 0) {
    const parts = open.map((row) => ({
      row,
      lots: lots(Math.abs(row.lots)),
      price: bankruptcyOrMark(subject, row, context),
      counterparty: null,
    }));
    alert(subject, 'takes over the positions', context);
    tradeInside(subject, parts, context);
    return AGAIN;
  }
  if (blocked !== null) return wait(blocked);
  if (convertAll(subject, context)) return AGAIN;
  if (!isLoss(subject.report)) {
    // Margin of open orders is all that keeps it in default. Nobody may have asked for them to go, and what was asked may have been lost: no stage comes after.
    if (subject.report.openOrders > 0 && isDue(subject.memory, context)) askForOrders(subject, context);
    return wait('nothing-to-bear');
  }
  const payments = shortfalls(subject.report).map(({ asset, index, amount }) => ({
    from: { kind: 'venue' } as const,
    asset,
    index,
    amount,
  }));
  alert(subject, 'bears the loss', context);
  payIn(subject, payments, 'venue-loss', context);
  return AGAIN;
}

function isDue({ askedUs }: StageMemory, { now }: Context): boolean {
  return askedUs === null || now.timeUs - askedUs >= ASK_AGAIN_US;
}

function alert(subject: Case, what: string, { out, now }: Context): void {
  out.alerts.push({ code: 'venue-loss', text: `the venue ${what} of ${subject.caseId}`, timeUs: now.timeUs });
}
