/** Batches of the wire as input records: what a row may say, and where it is wrong. It must not know sockets, roles or state. */
import { accountFromInput } from '../model/account-input.js';
import { exactUnits } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { AMOUNT_MAX, DECIMALS_MAX, isAmount, PORTFOLIO_ID_LENGTH_MAX } from '../model/limits.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import { ProblemList, show } from '../model/problems.js';
import type { BatchRecord, Bid, BookRow, Fill, OrderAck, VenueFigures } from '../model/records.js';
import { LIMITS } from './limits.js';
import { ACK_STATES, type BatchType, FIELDS } from './messages.js';
import { RowReader } from './row-reader.js';

/** What rows refer to. */
export interface Known {
  readonly instruments: Instruments;
  /** The market of an auction that is held; null: of a whole portfolio; undefined: it is not held. */
  auctionMarket(auctionId: string): number | null | undefined;
}

/**
 * The record of a batch. Problems are placed as `rows[3].size`. Throws a `PlimsollError` `bad-input` that lists them.
 */
export function batchRecord(type: BatchType, rows: unknown, known: Known, timeUs: number): BatchRecord {
  const problems = new ProblemList();
  const reader = new RowReader(known.instruments, problems);
  const record = readBatch(type, batchRows(rows), reader, known, timeUs);
  problems.throwIfAny();
  return record;
}

/** A batch of any kind has rows, and no more than the limit. */
export function batchRows(rows: unknown): readonly unknown[] {
  if (Array.isArray(rows) && rows.length > 0 && rows.length <= LIMITS.batchRowsMax) return rows;
  const found = Array.isArray(rows) ? `${rows.length} rows` : show(rows);
  throw badInput('rows', `an array of 1 to ${LIMITS.batchRowsMax} rows`, found);
}

/** Rows with a problem come out with values that must not be used: the caller asks the problem list first. */
function readBatch(type: BatchType, rows: readonly unknown[], reader: RowReader, known: Known, timeUs: number): BatchRecord {
  switch (type) {
    case 'book':
      return { type, timeUs, rows: reader.all(rows, (row, where) => readBook(reader, row, where)) };
    case 'fills':
    case 'fill':
      return { type: 'fills', timeUs, fills: reader.all(rows, (row, where) => readFill(reader, row, where, type === 'fill')) };
    case 'ack':
      return { type: 'acks', timeUs, acks: reader.all(rows, (row, where) => readAck(reader, row, where)) };
    case 'reject':
      return { type: 'acks', timeUs, acks: reader.all(rows, (row, where) => readReject(reader, row, where)) };
    case 'bid':
      return { type: 'bids', timeUs, bids: reader.all(rows, (row, where) => readBid(reader, row, where, known)) };
    case 'orders-gone':
      return { type, timeUs, accounts: reader.all(rows, (row, where) => readAccount(reader, row, where)) };
    case 'figures':
      return { type, timeUs, rows: reader.all(rows, (row, where) => readFigures(reader, row, where)) };
  }
}

function readBook(reader: RowReader, value: unknown, where: string): BookRow[] {
  const [id, version, balances, positions, positionMode = 'net', orders = null] = reader.columns(value, FIELDS.book, 4, where);
  if (id === undefined) return [];
  const rows = {
    positions: positionInputs(reader, positions, where),
    ...(orders === null ? {} : { orders: orderInputs(reader, orders, where) }),
  };
  const input = { id, balances, positionMode, ...rows };
  const account = accountFromInput(input, reader.instruments, where, reader.problems);
  const known = reader.integer(version, `${where}.version`);
  return account === null ? [] : [{ version: known, account }];
}

/** As objects, for the reader that files share. What is no array is left for it to refuse. */
function positionInputs(reader: RowReader, value: unknown, where: string): unknown {
  if (!isArrayOfMost(reader, value, 'positions', LIMITS.accountPositionsMax, where)) return Array.isArray(value) ? [] : value;
  return value.flatMap((row: unknown, i) => {
    const columns = reader.columns(row, FIELDS.positions, 3, `${where}.positions[${i}]`);
    if (columns.length === 0) return [];
    const [market, size, entry, margin = 'cross', collateral = null, leverage = null, fundingIndex = null] = columns;
    const input: Record<string, unknown> = { market, size, entry, margin };
    if (collateral !== null) input.collateral = collateral;
    if (leverage !== null) input.leverage = leverage;
    if (fundingIndex !== null) input.fundingIndex = fundingIndex;
    return input;
  });
}

function orderInputs(reader: RowReader, value: unknown, where: string): unknown {
  if (!isArrayOfMost(reader, value, 'orders', LIMITS.accountOrdersMax, where)) return Array.isArray(value) ? [] : value;
  return value.flatMap((row: unknown, i) => {
    const columns = reader.columns(row, FIELDS.openOrders, 4, `${where}.orders[${i}]`);
    if (columns.length === 0) return [];
    const [market, side, size, price, reduceOnly = false] = columns;
    return { market, side, size, price, reduceOnly };
  });
}

function isArrayOfMost(reader: RowReader, value: unknown, what: string, most: number, where: string): value is unknown[] {
  if (!Array.isArray(value)) return false;
  if (value.length > most) reader.problems.add(`${where}.${what}`, `at most ${most} ${what}`, `${value.length}`);
  return value.length <= most;
}

function readFill(reader: RowReader, value: unknown, where: string, isExecution: boolean): Fill[] {
  const columns = reader.columns(value, FIELDS.fills, FIELDS.fills.length, where);
  if (columns.length === 0) return [];
  const [tradeId, orderId, account, marketId, margin, side, size, price, fee, timeUs] = columns;
  const { problems, instruments } = reader;
  const market = reader.market(marketId, `${where}.market`);
  const known = reader.account(account, `${where}.account`);
  if (orderId === null && isExecution) problems.add(`${where}.orderId`, 'the order that was executed', 'null');
  const row = {
    tradeId: reader.text(tradeId, `${where}.tradeId`, LIMITS.tradeIdLengthMax),
    orderId: orderId === null ? null : reader.text(orderId, `${where}.orderId`, LIMITS.orderIdLengthMax),
    margin: reader.oneOf(margin, ['cross', 'isolated'], `${where}.margin`),
    side: reader.oneOf(side, ['buy', 'sell'], `${where}.side`),
    timeUs: reader.integer(timeUs, `${where}.timeUs`),
  };
  if (market === null) return [];
  const executed = {
    lots: reader.size(size, market, `${where}.size`),
    price: reader.price(price, market, `${where}.price`),
    // In the settle asset; a rebate is negative.
    fee: reader.amount(fee, instruments.assets[market.settleAsset].decimals, `${where}.fee`),
  };
  const cost = BigInt(executed.lots) * exactUnits(executed.price, EXACT_DECIMALS);
  if (!isAmount(cost)) problems.add(`${where}.price`, `at most ${AMOUNT_MAX} in lots times 10^-18`, show(price));
  return [{ ...row, ...executed, account: known, market: market.index }];
}

function readAck(reader: RowReader, value: unknown, where: string): OrderAck[] {
  const columns = reader.columns(value, FIELDS.acks, FIELDS.acks.length, where);
  if (columns.length === 0) return [];
  const [orderId, state, timeUs] = columns;
  reader.integer(timeUs, `${where}.timeUs`);
  const name = typeof state === 'number' ? ACK_STATES[state] : undefined;
  const expected = ACK_STATES.map((word, i) => `${word} ${i}`).join(', ');
  if (name === undefined) reader.problems.add(`${where}.state`, `one of ${expected}`, show(state));
  return [{ orderId: reader.text(orderId, `${where}.orderId`, LIMITS.orderIdLengthMax), state: name ?? 'working' }];
}

function readReject(reader: RowReader, value: unknown, where: string): OrderAck[] {
  const columns = reader.columns(value, FIELDS.rejects, FIELDS.rejects.length, where);
  if (columns.length === 0) return [];
  const [orderId, reason, timeUs] = columns;
  reader.integer(timeUs, `${where}.timeUs`);
  const ack = {
    orderId: reader.text(orderId, `${where}.orderId`, LIMITS.orderIdLengthMax),
    state: 'rejected' as const,
    reason: reader.text(reason, `${where}.reason`, LIMITS.reasonLengthMax),
  };
  return [ack];
}

/** Of one position so many lots at a price; of a whole portfolio all that may be had, at a share of its worth. */
function readBid(reader: RowReader, value: unknown, where: string, known: Known): Bid[] {
  const columns = reader.columns(value, FIELDS.bids, FIELDS.bids.length, where);
  if (columns.length === 0) return [];
  const [bidId, auctionId, bidder, size, limitPrice] = columns;
  const { problems, instruments } = reader;
  const row = {
    bidId: reader.text(bidId, `${where}.bidId`, LIMITS.idLengthMax),
    auctionId: reader.text(auctionId, `${where}.auctionId`, LIMITS.orderIdLengthMax),
    bidder: reader.account(bidder, `${where}.bidder`),
  };
  const index = row.auctionId === '' ? undefined : known.auctionMarket(row.auctionId);
  if (index === undefined) {
    if (row.auctionId !== '') problems.add(`${where}.auctionId`, 'an auction that is held', show(auctionId));
    return [];
  }
  if (index === null) {
    if (size !== null) problems.add(`${where}.size`, 'null: the auction is of a whole portfolio', show(size));
    const share = limitPrice === null ? null : reader.decimal(limitPrice, `${where}.limitPrice`, DECIMALS_MAX);
    if (share !== null && share.units < 0n) problems.add(`${where}.limitPrice`, 'a share of zero or more', show(limitPrice));
    return [{ ...row, lots: null, limitPrice: share }];
  }
  const market = instruments.markets[index];
  const lots = size === null ? null : reader.size(size, market, `${where}.size`);
  return [{ ...row, lots, limitPrice: limitPrice === null ? null : reader.price(limitPrice, market, `${where}.limitPrice`) }];
}

function readAccount(reader: RowReader, value: unknown, where: string): string[] {
  const columns = reader.columns(value, FIELDS.ordersGone, FIELDS.ordersGone.length, where);
  return columns.length === 0 ? [] : [reader.account(columns[0], `${where}.account`)];
}

function readFigures(reader: RowReader, value: unknown, where: string): VenueFigures[] {
  const columns = reader.columns(value, FIELDS.figures, FIELDS.figures.length, where);
  if (columns.length === 0) return [];
  const [portfolio, equity, maintenance] = columns;
  const id = reader.text(portfolio, `${where}.portfolio`, PORTFOLIO_ID_LENGTH_MAX);
  const own = reader.decimal(equity, `${where}.equity`, DECIMALS_MAX);
  const required = reader.decimal(maintenance, `${where}.maintenance`, DECIMALS_MAX);
  if (required !== null && required.units < 0n) reader.problems.add(`${where}.maintenance`, 'zero or more', show(maintenance));
  return own === null || required === null ? [] : [{ portfolio: id, equity: own, maintenance: required }];
}
