/** Full liquidation: everything is closed by orders, one a position. */
import { close, rowsIn, whole } from '../closing.js';
import type { Stage } from '../context.js';
import { on } from '../context.js';
import type { FullStage } from '../policy.js';

export const full: Stage<FullStage> = (subject, entry, context) => {
  const rows = rowsIn(subject, entry);
  return rows.length === 0 ? on('no-position') : close(subject, whole(rows), 'full', entry, context);
};
