/** The limit of a closing order by the price policy `bankruptcy`. */
import { limitOf } from '../../src/dispatch/sizing.js';
import { type BankruptRow, bankruptcyPrice } from '../../src/model/bankruptcy.js';
import type { Decimal } from '../../src/model/decimal.js';
import type { Market } from '../../src/model/instruments.js';
import type { BreachRow, PortfolioReport } from '../../src/model/records.js';

/** What leaves exactly zero after the taker fee, on the market's ticks. */
export function closingLimit(
  market: Market,
  row: BankruptRow & Pick<BreachRow, 'lots'>,
  portfolio: Pick<PortfolioReport, 'maintenance' | 'lossToZero'>,
): Decimal | null {
  return limitOf(bankruptcyPrice(market, row, portfolio, market.takerFee), market, row);
}
