/** Open orders that add risk are cancelled before anything is closed: the venue is asked once, and waited for. */
import { accountOf } from '../../model/portfolio.js';
import type { Stage } from '../context.js';
import { on, wait } from '../context.js';
import type { CancelStage } from '../policy.js';

export const cancel: Stage<CancelStage> = (subject, { waitUs }, { now, out, desk }) => {
  const { report, memory } = subject;
  if (report.openOrders === 0) return on(memory.isAsked ? 'cancelled' : 'no-orders');
  if (desk.mode === 'shadow') return on('shadow');
  if (!memory.isAsked) {
    memory.isAsked = true;
    out.cancelOrders.push(accountOf(subject.portfolio));
  }
  return now.timeUs - memory.enteredUs < waitUs ? wait('cancelling') : on('not-cancelled');
};
