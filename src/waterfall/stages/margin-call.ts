/** A margin call's grace: the owner of a breached portfolio has time to bring more, as long as something is left. */
import type { Stage } from '../context.js';
import { on, wait } from '../context.js';
import type { MarginCallStage } from '../policy.js';

export const marginCall: Stage<MarginCallStage> = (subject, { graceUs }, { now }) => {
  if (graceUs === 0) return on('no-grace');
  if (subject.report.equity.n <= 0n) return on('nothing-left');
  return now.timeUs - subject.openedUs < graceUs ? wait('grace') : on('grace-over');
};
