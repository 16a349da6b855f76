/** What the readers of accounts, positions and orders share: where problems go, and texts that are decimals. Knows no field's meaning. */
import { type Decimal, exactUnits, formatDecimal, tryParseDecimal } from './decimal.js';
import type { Asset, Instruments, Market } from './instruments.js';
import { member } from './json-path.js';
import { AMOUNT_MAX, DECIMAL_LENGTH_MAX, DECIMALS_MAX, isAmount, LOTS_MAX } from './limits.js';
import { type Cash, cash, EXACT_DECIMALS, type Lots, lots } from './portfolio.js';
import { type ProblemList, show } from './problems.js';
import { wholeLots } from './quantities.js';

/** Where problems go. */
export type ProblemSink = Pick<ProblemList, 'add'>;
export type Fields = Readonly<Record<string, unknown>>;
/** Keys and indexes from the account down to a value. */
type Path = readonly (string | number)[];
/** The rows of an account. */
export type RowList = 'positions' | 'orders';

export const DECIMAL = 'a decimal string such as "0.5"';
const SHORTER = `a decimal string of at most ${DECIMAL_LENGTH_MAX} characters`;
export const AMOUNT_MAX_TEXT = formatDecimal({ units: AMOUNT_MAX, decimals: EXACT_DECIMALS });

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function isLong(text: unknown): boolean {
  return typeof text === 'string' && text.length > DECIMAL_LENGTH_MAX;
}

export function amountOf(value: Decimal): bigint {
  return exactUnits(value, EXACT_DECIMALS);
}

/** One account's reading: what every check needs, and whether all have passed. Places are made only of what is wrong: books are large. */
export class InputChecks {
  readonly instruments: Instruments;
  valid = true;
  private readonly where: string;
  private readonly problems: ProblemSink;

  constructor(instruments: Instruments, where: string, problems: ProblemSink) {
    this.instruments = instruments;
    this.where = where;
    this.problems = problems;
  }

  /** `found` as JSON. */
  fail(path: Path, expected: string, found: unknown): void {
    this.refuse(path, expected, show(found));
  }

  refuse(path: Path, expected: string, found: string): void {
    this.valid = false;
    this.problems.add(path.reduce<string>(member, this.where), expected, found);
  }

  /** A row's decimal of at most 18 decimals. */
  decimal(input: Fields, key: string, list: RowList, index: number): Decimal | null {
    const text = input[key];
    const value = typeof text === 'string' && !isLong(text) ? tryParseDecimal(text) : null;
    if (value !== null && value.decimals <= DECIMALS_MAX) return value;
    const expected = value === null ? DECIMAL : `at most ${DECIMALS_MAX} decimals`;
    this.fail([list, index, key], isLong(text) ? SHORTER : expected, text);
    return null;
  }

  /**
   * An amount of an asset, of at most its decimals where it is known; below zero only where it is `signed`. `expected` is what a text must
   * be at the least.
   */
  amount(
    text: unknown,
    asset: Asset | null,
    expected: string,
    signed: boolean,
    ...path: [string, ...(string | number)[]]
  ): Cash | null {
    const value = typeof text === 'string' && !isLong(text) ? tryParseDecimal(text) : null;
    if (value === null || (value.units < 0n && !signed)) {
      this.fail(path, isLong(text) ? SHORTER : expected, text);
    } else if (value.decimals > (asset?.decimals ?? DECIMALS_MAX)) {
      const decimals = asset === null ? `${DECIMALS_MAX} decimals` : `${asset.decimals} decimals, as ${asset.id} has`;
      this.fail(path, `at most ${decimals}`, text);
    } else {
      const units = amountOf(value);
      if (isAmount(units)) return cash(units);
      this.fail(path, `${signed ? 'a magnitude of ' : ''}at most ${AMOUNT_MAX_TEXT}`, text);
    }
    return null;
  }

  /** A row's size as lots, signed as it is. */
  lots(size: Decimal, market: Market, input: Fields, list: RowList, index: number): Lots | null {
    const count = wholeLots(size, market.lot);
    const rounded = Number(count);
    if (count !== null && rounded !== 0 && Math.abs(rounded) <= LOTS_MAX) return lots(rounded);
    const lot = formatDecimal(market.lot);
    const whole = count !== null && rounded !== 0;
    const expected = whole ? `at most ${LOTS_MAX} lots of ${lot}` : `a multiple of the lot ${lot}, not zero`;
    this.fail([list, index, 'size'], expected, input.size);
    return null;
  }

  /** A row's market. */
  market(input: Fields, list: RowList, index: number): Market | null {
    const at = typeof input.market === 'string' ? this.instruments.marketIndex.get(input.market) : undefined;
    if (at !== undefined) return this.instruments.markets[at];
    this.fail([list, index, 'market'], 'a market of the book', input.market);
    return null;
  }

  /** lots × price, the price being that of `key`. */
  cost(count: Lots, price: Decimal, market: Market, input: Fields, key: 'entry' | 'price', list: RowList, index: number): bigint {
    if (price.units <= 0n && !market.allowNonPositive) this.fail([list, index, key], 'a price above zero', input[key]);
    const units = BigInt(count) * amountOf(price);
    if (isAmount(units)) return units;
    const what = list === 'positions' ? "the position's" : "the order's";
    this.fail([list, index, key], `a price at which ${what} lots times it are at most ${AMOUNT_MAX_TEXT}`, input[key]);
    return 0n;
  }
}
