/** Positions and open orders as files and the gateway write them: what is valid, and the way to and from the model. Knows no account. */
import { type Decimal, formatDecimal, pow10 } from './decimal.js';
import { assert } from './errors.js';
import { absolute, divide, fractionToUnits, fromDecimal } from './fraction.js';
import { AMOUNT_MAX_TEXT, DECIMAL, type Fields, type InputChecks, isObject } from './input-checks.js';
import { boundedDecimal } from './instrument-schema.js';
import type { Instruments, Market } from './instruments.js';
import { DECIMAL_LENGTH_MAX, isAmount } from './limits.js';
import { entryValue } from './margin.js';
import { type Cash, cash, cost, EXACT_DECIMALS, type IsolatedPosition, type OpenOrder, type Position } from './portfolio.js';
import { entryDecimal, fundingIndexOf, fundingUnits, sizeOf } from './quantities.js';

/** Decimals are strings: `-?digits[.digits]`. */
export interface PositionInput {
  readonly market: string;
  /** Signed, a multiple of the market's lot, not zero. */
  readonly size: string;
  /** Average entry price. */
  readonly entry: string;
  /** `cross` when left out. */
  readonly margin?: 'cross' | 'isolated' | undefined;
  /** Of an isolated position, in the settle asset; not part of `balances`. With a leverage it may be left out: initial margin at entry. */
  readonly collateral?: string | undefined;
  /** Above 0. */
  readonly leverage?: string | undefined;
  /** Of an isolated position: added to the collateral, or, below 0, removed from it. */
  readonly extraMargin?: string | undefined;
  /** The market's funding index up to which the position's funding is in the balance already; "0" when left out. */
  readonly fundingIndex?: string | undefined;
}

export interface OrderInput {
  readonly market: string;
  readonly side: 'buy' | 'sell';
  /** What is left of it: above 0, a multiple of the market's lot. */
  readonly size: string;
  /** Limit price. */
  readonly price: string;
  /** `false` when left out. */
  readonly reduceOnly?: boolean | undefined;
}

const POSITION_KEYS = 'market, size, entry, margin, collateral, leverage, extraMargin, fundingIndex';
const ORDER_KEYS = 'market, side, size, price, reduceOnly';
const COLLATERAL = 'a decimal string of zero or more on an isolated position';
const BOUNDED = 'a decimal string of at most 18 decimals, at most 10^30';

function isPositionKey(key: string): boolean {
  return (
    key === 'market' ||
    key === 'size' ||
    key === 'entry' ||
    key === 'margin' ||
    key === 'collateral' ||
    key === 'leverage' ||
    key === 'extraMargin' ||
    key === 'fundingIndex'
  );
}

/** The position of `positions[index]`, or null when it cannot be read; the checks know whether anything was wrong. */
export function readPosition(checks: InputChecks, input: unknown, index: number): Position | IsolatedPosition | null {
  if (!isObject(input)) {
    checks.fail(['positions', index], 'a position object', input);
    return null;
  }
  for (const key in input) {
    if (isPositionKey(key)) continue;
    checks.fail(['positions', index, key], `no such key (a position has ${POSITION_KEYS})`, input[key]);
  }
  const market = checks.market(input, 'positions', index);
  const size = checks.decimal(input, 'size', 'positions', index);
  const entry = checks.decimal(input, 'entry', 'positions', index);
  const leverage = input.leverage === undefined ? undefined : readLeverage(checks, input, index);
  const given = readCollateral(checks, input, market, index);
  const fundingIndex = input.fundingIndex === undefined ? null : readBounded(checks, input, 'fundingIndex', index);
  if (market === null) return null;
  const count = size === null ? null : checks.lots(size, market, input, 'positions', index);
  if (count === null || entry === null) return null;
  const units = checks.cost(count, entry, market, input, 'entry', 'positions', index);
  const at = market.index;
  if (leverage === undefined && fundingIndex === null && typeof given === 'bigint' && input.extraMargin === undefined) {
    return { market: at, lots: count, cost: cost(units), collateral: given };
  }
  const plain = { market: at, lots: count, cost: cost(units) };
  const funding = fundingIndex === null ? cash(0n) : fundingOf(checks, fundingIndex, plain, market, index);
  const known = leverage === undefined && funding === 0n ? plain : withExtras(plain, leverage ?? undefined, funding);
  if (given === 'cross') return known;
  const collateral = given === 'by leverage' ? openingMargin(checks, known, market) : given;
  return { ...known, collateral: withExtraMargin(checks, input, collateral, funding, market, index) };
}

function withExtras(position: Position, leverage: Decimal | undefined, funding: Cash): Position {
  return { ...position, ...(leverage === undefined ? {} : { leverage }), ...(funding === 0n ? {} : { funding }) };
}

/** A decimal of at most 18 decimals and a magnitude of at most 10^30. */
function readBounded(checks: InputChecks, input: Fields, key: string, index: number): Decimal | null {
  const text = input[key];
  const value = typeof text === 'string' && text.length <= DECIMAL_LENGTH_MAX ? boundedDecimal(text) : null;
  if (value === null) checks.fail(['positions', index, key], BOUNDED, text);
  return value;
}

function readLeverage(checks: InputChecks, input: Fields, index: number): Decimal | null {
  const leverage = readBounded(checks, input, 'leverage', index);
  if (leverage === null || leverage.units > 0n) return leverage;
  checks.fail(['positions', index, 'leverage'], 'a leverage above zero', input.leverage);
  return null;
}

/** What an isolated position says of its collateral; extra margin comes on top. */
function readCollateral(
  checks: InputChecks,
  input: Fields,
  market: Market | null,
  index: number,
): Cash | 'cross' | 'by leverage' {
  const { margin = 'cross', collateral, extraMargin, leverage } = input;
  if (margin !== 'isolated') {
    if (margin !== 'cross') checks.fail(['positions', index, 'margin'], '"cross" or "isolated"', margin);
    if (margin === 'cross' && collateral !== undefined) {
      checks.fail(['positions', index, 'collateral'], 'nothing on a cross position', collateral);
    }
    if (margin === 'cross' && extraMargin !== undefined) {
      checks.fail(['positions', index, 'extraMargin'], 'nothing on a cross position', extraMargin);
    }
    return 'cross';
  }
  if (collateral === undefined && leverage !== undefined) return 'by leverage';
  const expected = collateral === undefined ? `${COLLATERAL} without a leverage` : COLLATERAL;
  const asset = market === null ? null : checks.instruments.assets[market.settleAsset];
  return checks.amount(collateral, asset, expected, false, 'positions', index, 'collateral') ?? cash(0n);
}

/**
 * Initial margin at entry: |worth at the entry price| / leverage in the settle asset, rounded up to its decimals. Null, as what it is
 * made of may be missing, where something was wrong already.
 */
function openingMargin(checks: InputChecks, position: Position, market: Market): Cash | null {
  if (position.leverage === undefined || !checks.valid) return null;
  const { decimals } = checks.instruments.assets[market.settleAsset];
  const margin = divide(absolute(entryValue(market, position)), fromDecimal(position.leverage));
  return cash(fractionToUnits(margin, decimals, 'up') * pow10(EXACT_DECIMALS - decimals));
}

/** Collateral (null: not known) with the extra margin of the input, if any. */
function withExtraMargin(
  checks: InputChecks,
  input: Fields,
  collateral: Cash | null,
  funding: Cash,
  market: Market,
  index: number,
): Cash {
  let total = collateral ?? cash(0n);
  if (input.extraMargin !== undefined) {
    const asset = checks.instruments.assets[market.settleAsset];
    const extra = checks.amount(input.extraMargin, asset, DECIMAL, true, 'positions', index, 'extraMargin') ?? cash(0n);
    total = cash(total + extra);
    if (total < 0n && collateral !== null)
      checks.fail(['positions', index, 'extraMargin'], 'no more removed than the collateral', input.extraMargin);
  }
  if (!isAmount(total) || !isAmount(total + funding)) {
    const expected = `a collateral that is at most ${AMOUNT_MAX_TEXT}, with its extra margin and funding`;
    checks.refuse(['positions', index], expected, 'more');
  }
  return total;
}

/** lots · lot · contractSize · index in the settle asset. Exact: an index that gives more than 18 decimals is refused. */
function fundingOf(checks: InputChecks, fundingIndex: Decimal, position: Position, market: Market, index: number): Cash {
  const units = fundingUnits(market, position.lots, fundingIndex);
  const where = ['positions', index, 'fundingIndex'];
  const shown = formatDecimal(fundingIndex);
  if (units === null) {
    checks.fail(where, `an index at which the position's funding, size · contractSize · index, has at most 18 decimals`, shown);
  } else if (!isAmount(units)) {
    checks.fail(where, `an index at which the position's funding is at most ${AMOUNT_MAX_TEXT}`, shown);
  }
  return cash(units !== null && isAmount(units) ? units : 0n);
}

/** The order of `orders[index]`, or null when it cannot be read; the checks know whether anything was wrong. */
export function readOrder(checks: InputChecks, input: unknown, index: number): OpenOrder | null {
  if (!isObject(input)) {
    checks.fail(['orders', index], 'an order object', input);
    return null;
  }
  for (const key in input) {
    const known = key === 'market' || key === 'side' || key === 'size' || key === 'price' || key === 'reduceOnly';
    if (!known) checks.fail(['orders', index, key], `no such key (an order has ${ORDER_KEYS})`, input[key]);
  }
  const { side, reduceOnly = false } = input;
  const market = checks.market(input, 'orders', index);
  if (side !== 'buy' && side !== 'sell') checks.fail(['orders', index, 'side'], '"buy" or "sell"', side);
  if (typeof reduceOnly !== 'boolean') checks.fail(['orders', index, 'reduceOnly'], 'true or false', reduceOnly);
  const size = checks.decimal(input, 'size', 'orders', index);
  const price = checks.decimal(input, 'price', 'orders', index);
  if (size !== null && size.units < 0n) checks.fail(['orders', index, 'size'], 'a size above zero', input.size);
  if (market === null || size === null || price === null || size.units < 0n) return null;
  const signed = side === 'sell' ? { ...size, units: -size.units } : size;
  const count = checks.lots(signed, market, input, 'orders', index);
  if (count === null) return null;
  const units = checks.cost(count, price, market, input, 'price', 'orders', index);
  return { market: market.index, lots: count, cost: cost(units), reduceOnly: reduceOnly === true };
}

export function positionToInput(position: Position | IsolatedPosition, { markets }: Instruments): PositionInput {
  const market = markets[position.market];
  const { leverage, funding = 0n } = position;
  const plain = {
    market: market.id,
    size: formatDecimal(sizeOf(position.lots, market.lot)),
    entry: formatDecimal(entryDecimal(position)),
  };
  const isolated = 'collateral' in position ? { margin: 'isolated' as const, collateral: amountText(position.collateral) } : {};
  if (leverage === undefined && funding === 0n) return { ...plain, ...isolated };
  const fundingIndex = fundingIndexOf(market, position.lots, cash(funding));
  assert(fundingIndex !== null, 'expected funding of an index that ends within 18 decimals');
  return {
    ...plain,
    ...isolated,
    ...(leverage === undefined ? {} : { leverage: formatDecimal(leverage) }),
    ...(funding === 0n ? {} : { fundingIndex: formatDecimal(fundingIndex) }),
  };
}

export function orderToInput(order: OpenOrder, { markets }: Instruments): OrderInput {
  const market = markets[order.market];
  const { units, decimals } = sizeOf(order.lots, market.lot);
  return {
    market: market.id,
    side: order.lots < 0 ? 'sell' : 'buy',
    size: formatDecimal({ units: units < 0n ? -units : units, decimals }),
    price: formatDecimal(entryDecimal(order)),
    ...(order.reduceOnly ? { reduceOnly: true } : {}),
  };
}

export function amountText(units: Cash): string {
  return formatDecimal({ units, decimals: EXACT_DECIMALS });
}
