/** A row of each topic as `tail` prints it. */
import type {
  AdlRow,
  AuctionRow,
  CancelRow,
  CaseRow,
  FreezeRow,
  MarginCallRow,
  OrderRow,
  ReconciliationRow,
  Rows,
  SignalRow,
  StatsRow,
  TransferRow,
} from '../client/client.js';
import { alertLine } from './alert-line.js';
import { compact, grouped } from './format.js';

/** Of a message that a row came in; a snapshot has no tick. */
export interface Origin {
  readonly seq: number;
  readonly tickTimeUs: number | null;
}

/** One JSON object. */
export function jsonLine(topic: keyof Rows, row: object, { seq, tickTimeUs }: Origin): string {
  return JSON.stringify(topic === 'signals' ? { seq, tickTimeUs, ...row } : { seq, ...row });
}

function utc(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}

function signalLine(row: SignalRow, { tickTimeUs }: Origin): string {
  const { portfolio, state, deficit, equity, maintenance, badDebt, marginRatio } = row;
  const time = tickTimeUs === null ? 'snapshot'.padEnd(24) : utc(tickTimeUs);
  const figures = `deficit ${deficit}  equity ${equity}  maintenance ${maintenance}  bad debt ${badDebt}  ratio ${marginRatio ?? '-'}`;
  return `${time}  ${state.padEnd(9)}  ${portfolio}  ${figures}`;
}

function orderLine(row: OrderRow): string {
  const { tickTimeUs, event, side, size, market, limitPrice, portfolio, expiryUs, orderId } = row;
  const price = limitPrice === null ? 'at market' : `at ${limitPrice}`;
  return `${utc(tickTimeUs)}  ${event.padEnd(6)}  ${side} ${size} ${market} ${price}  ${portfolio}  until ${utc(expiryUs)}  ${orderId}`;
}

function statsLine(row: StatsRow): string {
  const { timeUs, ticks, positions, nominees, liquidatable, unpriced, insolvent, deficit, openCases, liveOrders, liquidations } =
    row;
  const states = `nominees ${grouped(nominees)}  liquidatable ${grouped(liquidatable)}  unpriced ${grouped(unpriced)}  insolvent ${grouped(insolvent)}`;
  const cases = `cases ${grouped(openCases)}  orders ${grouped(liveOrders)}  liquidations ${grouped(liquidations)}`;
  return `${utc(timeUs)}  ticks ${grouped(ticks)}  positions ${grouped(positions)}  ${states}  deficit ${compact(deficit)}  ${cases}`;
}

function caseLine(row: CaseRow): string {
  const { timeUs, event, stage, entry, reason, portfolio, deficit, badDebt } = row;
  const where = stage === null ? '' : `  ${stage} (${entry})`;
  const why = reason === '' ? '' : `  ${reason}`;
  const borne = badDebt === null ? '' : `  bad debt ${badDebt}`;
  return `${utc(timeUs)}  ${event.padEnd(7)}  ${portfolio}${where}${why}  deficit ${deficit ?? '-'}${borne}  ${row.case}`;
}

function marginCallLine({ timeUs, event, portfolio, threshold, equity, maintenance }: MarginCallRow): string {
  const figures = threshold === null ? '' : `  below ${threshold}  equity ${equity}  maintenance ${maintenance}`;
  return `${utc(timeUs)}  ${event.padEnd(7)}  ${portfolio}${figures}`;
}

function freezeLine({ timeUs, event, account, portfolio, freeCollateral }: FreezeRow): string {
  return `${utc(timeUs)}  ${event.padEnd(8)}  ${account}  for ${portfolio}  free ${freeCollateral}`;
}

function auctionLine(row: AuctionRow): string {
  const { timeUs, event, portfolio, market, side, size, price, bidder, auctionId } = row;
  const what = market === null ? `whole portfolio for ${price} of its worth` : `${side} ${size} ${market} at ${price}`;
  return `${utc(timeUs)}  ${event.padEnd(6)}  ${what}  ${portfolio}${bidder === null ? '' : `  by ${bidder}`}  ${auctionId}`;
}

function adlLine({ timeUs, counterparty, size, market, side, price, needed, forgone, portfolio }: AdlRow): string {
  const trade = `${side} ${size} ${market} at ${price} (needed ${needed})`;
  return `${utc(timeUs)}  adl  ${trade}  of ${portfolio}  against ${counterparty}, who forgoes ${forgone}`;
}

function transferLine(row: TransferRow): string {
  const { timeUs, amount, asset, debit, credit, reason } = row;
  return `${utc(timeUs)}  ${reason.padEnd(15)}  ${amount} ${asset}  ${debit} -> ${credit}${row.case === null ? '' : `  ${row.case}`}`;
}

function cancelLine({ timeUs, account }: CancelRow): string {
  return `${utc(timeUs)}  cancel the open orders of ${account}`;
}

function reconciliationLine(row: ReconciliationRow): string {
  const { timeUs, portfolio, isEqual, equity, venueEquity, maintenance, venueMaintenance } = row;
  const figures = `equity ${equity ?? '-'} (venue ${venueEquity})  maintenance ${maintenance ?? '-'} (venue ${venueMaintenance})`;
  return `${utc(timeUs)}  ${isEqual ? 'equal  ' : 'differs'}  ${portfolio}  ${figures}`;
}

const LINES: { readonly [Topic in keyof Rows]: (row: Rows[Topic], origin: Origin) => string } = {
  signals: signalLine,
  orders: orderLine,
  stats: statsLine,
  alerts: alertLine,
  cases: caseLine,
  margincalls: marginCallLine,
  freezes: freezeLine,
  auctions: auctionLine,
  adl: adlLine,
  transfers: transferLine,
  cancels: cancelLine,
  shadow: orderLine,
  reconciliation: reconciliationLine,
};

/** A line for people. */
export function textLine<Topic extends keyof Rows>(topic: Topic, row: Rows[Topic], origin: Origin): string {
  return LINES[topic](row, origin);
}
