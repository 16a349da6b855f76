/** Other assets are sold to pay what is owed, once nothing is left to close. */

import { AGAIN, on, type Stage } from '../context.js';
import { convertAll } from '../conversion.js';
import type { ConvertStage } from '../policy.js';

export const convert: Stage<ConvertStage> = (subject, _entry, context) => {
  if (subject.report.positions > 0) return on('positions-left');
  return convertAll(subject, context) ? AGAIN : on('nothing-to-sell');
};
