/** Batches of the wire as input records: what a row may say, and where it is wrong. It must not know sockets, roles or state. */
import { accountFromInput, isAccountId } from '../model/account-input.js';
import { type Decimal, exactUnits, formatDecimal, tryParseDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Instruments, Market } from '../model/instruments.js';
import { AMOUNT_MAX, DECIMALS_MAX, isAmount, LOTS_MAX, PROBLEMS_LISTED_MAX } from '../model/limits.js';
import { type Cash, cash, EXACT_DECIMALS, type Lots, lots } from '../model/portfolio.js';
import { ProblemList, show } from '../model/problems.js';
import { wholeLots } from '../model/quantities.js';
import type { BookRow, Fill, InputRecord, OrderAck } from '../model/records.js';
import { LIMITS } from './limits.js';
import { ACK_STATES, type BatchType, FIELDS } from './messages.js';

/**
 * The record of a batch. Problems are placed as `rows[3].size`. Throws a `PlimsollError` `bad-input` that lists them.
 */
export function batchRecord(type: BatchType, rows: unknown, instruments: Instruments, timeUs: number): InputRecord {
  const problems = new ProblemList();
  const reader = new RowReader(instruments, problems);
  const record = readBatch(type, batchRows(rows), reader, timeUs);
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
function readBatch(type: BatchType, rows: readonly unknown[], reader: RowReader, timeUs: number): InputRecord {
  if (type === 'book') return { type: 'book', timeUs, rows: reader.all(rows, (row, where) => reader.book(row, where)) };
  if (type === 'ack') return { type: 'acks', timeUs, acks: reader.all(rows, (row, where) => reader.ack(row, where)) };
  if (type === 'reject') return { type: 'acks', timeUs, acks: reader.all(rows, (row, where) => reader.reject(row, where)) };
  const isExecution = type === 'fill';
  return { type: 'fills', timeUs, fills: reader.all(rows, (row, where) => reader.fill(row, where, isExecution)) };
}

class RowReader {
  private readonly instruments: Instruments;
  private readonly problems: ProblemList;

  constructor(instruments: Instruments, problems: ProblemList) {
    this.instruments = instruments;
    this.problems = problems;
  }

  /** Every row; after the last problem that is listed nobody needs the others, of which a hostile batch may have millions. */
  all<Row>(rows: readonly unknown[], read: (row: unknown, where: string) => readonly Row[]): Row[] {
    const known: Row[] = [];
    for (let i = 0; i < rows.length && this.problems.count < PROBLEMS_LISTED_MAX; i += 1)
      known.push(...read(rows[i], `rows[${i}]`));
    return known;
  }

  book(value: unknown, where: string): BookRow[] {
    const [id, version, balances, positions, positionMode = 'net', orders = null] = this.columns(value, FIELDS.book, 4, where);
    if (id === undefined) return [];
    const rows = {
      positions: this.positions(positions, where),
      ...(orders === null ? {} : { orders: this.orders(orders, where) }),
    };
    const input = { id, balances, positionMode, ...rows };
    const account = accountFromInput(input, this.instruments, where, this.problems);
    const known = this.integer(version, `${where}.version`);
    return account === null ? [] : [{ version: known, account }];
  }

  /** As objects, for the reader that files share. What is no array is left for it to refuse. */
  private positions(value: unknown, where: string): unknown {
    if (!this.isArrayOfMost(value, 'positions', LIMITS.accountPositionsMax, where)) return Array.isArray(value) ? [] : value;
    return value.flatMap((row: unknown, i) => {
      const columns = this.columns(row, FIELDS.positions, 3, `${where}.positions[${i}]`);
      if (columns.length === 0) return [];
      const [market, size, entry, margin = 'cross', collateral = null, leverage = null, fundingIndex = null] = columns;
      const input: Record<string, unknown> = { market, size, entry, margin };
      if (collateral !== null) input.collateral = collateral;
      if (leverage !== null) input.leverage = leverage;
      if (fundingIndex !== null) input.fundingIndex = fundingIndex;
      return input;
    });
  }

  private orders(value: unknown, where: string): unknown {
    if (!this.isArrayOfMost(value, 'orders', LIMITS.accountOrdersMax, where)) return Array.isArray(value) ? [] : value;
    return value.flatMap((row: unknown, i) => {
      const columns = this.columns(row, FIELDS.openOrders, 4, `${where}.orders[${i}]`);
      if (columns.length === 0) return [];
      const [market, side, size, price, reduceOnly = false] = columns;
      return { market, side, size, price, reduceOnly };
    });
  }

  private isArrayOfMost(value: unknown, what: string, most: number, where: string): value is unknown[] {
    if (!Array.isArray(value)) return false;
    if (value.length > most) this.problems.add(`${where}.${what}`, `at most ${most} ${what}`, `${value.length}`);
    return value.length <= most;
  }

  fill(value: unknown, where: string, isExecution: boolean): Fill[] {
    const columns = this.columns(value, FIELDS.fills, FIELDS.fills.length, where);
    if (columns.length === 0) return [];
    const [tradeId, orderId, account, marketId, margin, side, size, price, fee, timeUs] = columns;
    const index = typeof marketId === 'string' ? this.instruments.marketIndex.get(marketId) : undefined;
    if (index === undefined) this.problems.add(`${where}.market`, 'a market of the book', show(marketId));
    if (typeof account !== 'string' || !isAccountId(account))
      this.problems.add(`${where}.account`, 'an account id', show(account));
    if (orderId === null && isExecution) this.problems.add(`${where}.orderId`, 'the order that was executed', 'null');
    const row = {
      tradeId: this.text(tradeId, `${where}.tradeId`, LIMITS.tradeIdLengthMax),
      orderId: orderId === null ? null : this.text(orderId, `${where}.orderId`, LIMITS.orderIdLengthMax),
      margin: this.oneOf(margin, ['cross', 'isolated'] as const, `${where}.margin`),
      side: this.oneOf(side, ['buy', 'sell'] as const, `${where}.side`),
      timeUs: this.integer(timeUs, `${where}.timeUs`),
    };
    if (index === undefined) return [];
    const market = this.instruments.markets[index];
    const executed = {
      lots: this.size(size, market, `${where}.size`),
      price: this.price(price, market, `${where}.price`),
      fee: this.fee(fee, market, `${where}.fee`),
    };
    const cost = BigInt(executed.lots) * exactUnits(executed.price, EXACT_DECIMALS);
    if (!isAmount(cost)) this.problems.add(`${where}.price`, `at most ${AMOUNT_MAX} in lots times 10^-18`, show(price));
    return [{ ...row, ...executed, account: account as string, market: index }];
  }

  ack(value: unknown, where: string): OrderAck[] {
    const columns = this.columns(value, FIELDS.acks, FIELDS.acks.length, where);
    if (columns.length === 0) return [];
    const [orderId, state, timeUs] = columns;
    this.integer(timeUs, `${where}.timeUs`);
    const name = typeof state === 'number' ? ACK_STATES[state] : undefined;
    if (name === undefined) this.problems.add(`${where}.state`, 'working 0, cancelled 1 or unfilled 2', show(state));
    return [{ orderId: this.text(orderId, `${where}.orderId`, LIMITS.orderIdLengthMax), state: name ?? 'working' }];
  }

  reject(value: unknown, where: string): OrderAck[] {
    const columns = this.columns(value, FIELDS.rejects, FIELDS.rejects.length, where);
    if (columns.length === 0) return [];
    const [orderId, reason, timeUs] = columns;
    this.integer(timeUs, `${where}.timeUs`);
    const ack = {
      orderId: this.text(orderId, `${where}.orderId`, LIMITS.orderIdLengthMax),
      state: 'rejected' as const,
      reason: this.text(reason, `${where}.reason`, LIMITS.reasonLengthMax),
    };
    return [ack];
  }

  /** The row's columns; none, and a problem, when it is no array of them. */
  private columns(value: unknown, fields: readonly string[], columnsMin: number, where: string): readonly unknown[] {
    if (Array.isArray(value) && value.length >= columnsMin && value.length <= fields.length) return value;
    const found = Array.isArray(value) ? `${value.length} columns` : show(value);
    this.problems.add(where, `the columns ${fields.join(', ')}`, found);
    return [];
  }

  private text(value: unknown, where: string, lengthMax: number): string {
    if (typeof value === 'string' && value.length > 0 && value.length <= lengthMax) return value;
    this.problems.add(where, `a text of 1 to ${lengthMax} characters`, show(value));
    return '';
  }

  private integer(value: unknown, where: string): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    this.problems.add(where, 'an integer from 0 to 2^53 - 1', show(value));
    return 0;
  }

  private oneOf<Choice extends string>(value: unknown, choices: readonly [Choice, Choice], where: string): Choice {
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    this.problems.add(where, choices.map((candidate) => `"${candidate}"`).join(' or '), show(value));
    return choices[0];
  }

  private decimal(value: unknown, where: string, decimalsMax: number): Decimal | null {
    const parsed = typeof value === 'string' && value.length <= LIMITS.decimalLengthMax ? tryParseDecimal(value) : null;
    if (parsed !== null && parsed.decimals <= decimalsMax) return parsed;
    this.problems.add(where, `a decimal text of at most ${decimalsMax} decimals`, show(value));
    return null;
  }

  private size(value: unknown, market: Market, where: string): Lots {
    const size = this.decimal(value, where, DECIMALS_MAX);
    if (size === null) return lots(0);
    const count = wholeLots(size, market.lot);
    if (count !== null && count > 0n && count <= BigInt(LOTS_MAX)) return lots(Number(count));
    this.problems.add(
      where,
      `a positive multiple of the lot ${formatDecimal(market.lot)}, at most ${LOTS_MAX} of them`,
      show(value),
    );
    return lots(0);
  }

  private price(value: unknown, market: Market, where: string): Decimal {
    const price = this.decimal(value, where, DECIMALS_MAX);
    if (price !== null && price.units <= 0n && !market.allowNonPositive)
      this.problems.add(where, 'a price above zero', show(value));
    return price ?? { units: 0n, decimals: 0 };
  }

  /** In the settle asset; a rebate is negative. */
  private fee(value: unknown, market: Market, where: string): Cash {
    const asset = this.instruments.assets.find((candidate) => candidate.id === market.settle);
    const fee = this.decimal(value, where, asset?.decimals ?? DECIMALS_MAX);
    const units = fee === null ? 0n : exactUnits(fee, EXACT_DECIMALS);
    if (!isAmount(units)) this.problems.add(where, `a magnitude of at most ${AMOUNT_MAX} in 10^-18`, show(value));
    return cash(units);
  }
}
