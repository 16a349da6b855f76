/** Compares the venue's own figures of portfolios with ours, at the present prices. Decides nothing. */
import type { Outbox } from '../dispatch/outbox.js';
import type { BookPort } from '../model/book-port.js';
import { type Decimal, pow10 } from '../model/decimal.js';
import { absolute, compare, type Fraction, fraction, fromDecimal, subtract } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import type { VenueFigures } from '../model/records.js';

export function reconcile(
  rows: readonly VenueFigures[],
  port: BookPort,
  { valuation }: Instruments,
  timeUs: number,
  out: Outbox,
): void {
  const unit = fraction(1n, pow10(valuation.decimals));
  const agree = (own: Fraction, theirs: Decimal): boolean => compare(absolute(subtract(own, fromDecimal(theirs))), unit) <= 0;
  let differing = 0;
  for (const { portfolio, equity: venueEquity, maintenance: venueMaintenance } of rows) {
    const { standing, version, equity, maintenance } = port.report(portfolio);
    const isKnown = standing !== 'unpriced' && version > 0;
    const isEqual = isKnown && agree(equity, venueEquity) && agree(maintenance, venueMaintenance);
    if (!isEqual) differing += 1;
    const own = isKnown ? { equity, maintenance } : { equity: null, maintenance: null };
    out.reconciliation.push({ portfolio, ...own, venueEquity, venueMaintenance, isEqual, timeUs });
  }
  if (differing === 0) return;
  out.alerts.push({
    code: 'reconciliation',
    text: `${differing} of ${rows.length} portfolios differ from the venue's figures`,
    timeUs,
  });
}
