/** Open orders that add risk are cancelled before anything is closed: the venue is asked once, and waited for. */
import { accountOf } from '../../model/portfolio.js';
import type { Case } from '../case.js';
import type { Context, Stage } from '../context.js';
import { on, wait } from '../context.js';
import type { CancelStage } from '../policy.js';

export const cancel: Stage<CancelStage> = (subject, { waitUs }, context) => {
  const { now, desk } = context;
  const { report, memory } = subject;
  if (report.openOrders === 0) return on(memory.askedUs !== null ? 'cancelled' : 'no-orders');
  if (desk.mode === 'shadow') return on('shadow');
  if (memory.askedUs === null) askForOrders(subject, context);
  return now.timeUs - memory.enteredUs < waitUs ? wait('cancelling') : on('not-cancelled');
};

/** The venue is asked to cancel the account's open orders. */
export function askForOrders({ portfolio, memory }: Case, { out, now }: Context): void {
  memory.askedUs = now.timeUs;
  out.cancelOrders.push(accountOf(portfolio));
}
