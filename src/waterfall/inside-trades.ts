/** Prices and trades that are made inside: at the bankruptcy price or at the mark, with another portfolio or with the venue itself. */
import { closingSide } from '../dispatch/orders.js';
import { bankruptcyPrice } from '../model/bankruptcy.js';
import type { InternalTrade } from '../model/book-port.js';
import type { Decimal } from '../model/decimal.js';
import { compare, type Fraction, fractionToUnits, fromDecimal, multiply, reduce, subtract } from '../model/fraction.js';
import { unitsOf, unitValue } from '../model/margin.js';
import { EXACT_DECIMALS, type Lots } from '../model/portfolio.js';
import type { BreachRow } from '../model/records.js';
import type { Case } from './case.js';
import type { Context } from './context.js';
import { takeReports } from './losses.js';

/** A price of 18 decimals, rounded in the closing portfolio's favour: sells up, buys down. */
export function insidePrice(exact: Fraction, row: Pick<BreachRow, 'lots'>): Decimal {
  const units = fractionToUnits(exact, EXACT_DECIMALS, row.lots > 0 ? 'up' : 'down');
  return { units, decimals: EXACT_DECIMALS };
}

/** The mark as the price of a trade: of 18 decimals at most. */
export function atMark(row: Pick<BreachRow, 'lots' | 'mark'>): Decimal {
  return insidePrice(fromDecimal(row.mark), row);
}

/** The price at which closing all of a case's positions leaves exactly zero; the mark where there is no such price. */
export function bankruptcyOrMark(subject: Case, row: BreachRow, { instruments }: Context): Decimal {
  const market = instruments.markets[row.market];
  const exact = bankruptcyPrice(market, row, subject.report);
  const price = exact === null ? null : insidePrice(exact, row);
  return price === null || (price.units <= 0n && !market.allowNonPositive) ? atMark(row) : price;
}

/** Part of a row that goes to a counterparty; null: to the venue. */
export interface Part {
  readonly row: BreachRow;
  readonly lots: Lots;
  readonly price: Decimal;
  readonly counterparty: string | null;
}

/** What whoever takes a part over loses by it at the mark, in the valuation asset; below zero: gains. */
export function lossAtMark({ row, lots, price }: Part, { instruments }: Context): Fraction {
  const market = instruments.markets[row.market];
  const worse = subtract(unitValue(market, fromDecimal(price)), unitValue(market, fromDecimal(row.mark)));
  return reduce(multiply(multiply(unitsOf(market, row.lots > 0 ? lots : -lots), worse), row.index));
}

/** Parts of a case's positions as trades; their ids are those of the next that are booked. */
function tradesOf({ caseId, portfolio, tradeCount }: Case, parts: readonly Part[]): InternalTrade[] {
  return parts.map(({ row, lots, price, counterparty }, i) => {
    const tradeId = `${caseId}~${tradeCount + i + 1}`;
    return { tradeId, portfolio, side: closingSide(row), counterparty, market: row.market, lots, price };
  });
}

/** Whether a portfolio that takes parts over, and loses `more` beside, has an equity of at least so many times its maintenance then, whatever else it has. */
export function canBear(
  subject: Case,
  parts: readonly Part[],
  taker: string,
  { more, factor }: { readonly more: Fraction; readonly factor: Fraction },
  { port }: Context,
): boolean {
  const after = port.after(taker, tradesOf(subject, parts));
  return after !== null && compare(subtract(after.equity, more), multiply(factor, after.maintenance)) >= 0;
}

/** Books parts of a case's positions and takes in its new report. */
export function tradeInside(subject: Case, parts: readonly Part[], { treasury, out }: Context): void {
  const trades = tradesOf(subject, parts);
  subject.tradeCount += parts.length;
  subject.hasClosed = true;
  takeReports(subject, treasury.trade(trades, subject.caseId, out));
}
