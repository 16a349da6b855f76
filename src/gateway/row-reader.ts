/** What a value in a row may be, and where it is wrong: the columns that batches have in common. It must not know what a row means. */
import { isAccountId } from '../model/account-input.js';
import { type Decimal, exactUnits, formatDecimal, tryParseDecimal } from '../model/decimal.js';
import type { Asset, Instruments, Market } from '../model/instruments.js';
import { AMOUNT_MAX, DECIMALS_MAX, isAmount, LOTS_MAX, PROBLEMS_LISTED_MAX } from '../model/limits.js';
import { type Cash, cash, EXACT_DECIMALS, type Lots, lots } from '../model/portfolio.js';
import { type ProblemList, show } from '../model/problems.js';
import { wholeLots } from '../model/quantities.js';
import { LIMITS } from './limits.js';

/** A value with a problem comes out as one that must not be used: whoever reads asks the problem list first. */
export class RowReader {
  readonly instruments: Instruments;
  readonly problems: ProblemList;

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

  /** The row's columns; none, and a problem, when it is no array of them. */
  columns(value: unknown, fields: readonly string[], columnsMin: number, where: string): readonly unknown[] {
    if (Array.isArray(value) && value.length >= columnsMin && value.length <= fields.length) return value;
    const found = Array.isArray(value) ? `${value.length} columns` : show(value);
    this.problems.add(where, `the columns ${fields.join(', ')}`, found);
    return [];
  }

  text(value: unknown, where: string, lengthMax: number): string {
    if (typeof value === 'string' && value.length > 0 && value.length <= lengthMax) return value;
    this.problems.add(where, `a text of 1 to ${lengthMax} characters`, show(value));
    return '';
  }

  account(value: unknown, where: string): string {
    if (typeof value === 'string' && isAccountId(value)) return value;
    this.problems.add(where, 'an account id', show(value));
    return '';
  }

  market(value: unknown, where: string): Market | null {
    const index = typeof value === 'string' ? this.instruments.marketIndex.get(value) : undefined;
    if (index !== undefined) return this.instruments.markets[index];
    this.problems.add(where, 'a market of the book', show(value));
    return null;
  }

  asset(value: unknown, where: string): Asset | null {
    const asset = this.instruments.assets.find(({ id }) => id === value);
    if (asset === undefined) this.problems.add(where, 'an asset of the book', show(value));
    return asset ?? null;
  }

  integer(value: unknown, where: string): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    this.problems.add(where, 'an integer from 0 to 2^53 - 1', show(value));
    return 0;
  }

  oneOf<Choice extends string>(value: unknown, choices: readonly [Choice, ...Choice[]], where: string): Choice {
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    this.problems.add(where, choices.map((candidate) => `"${candidate}"`).join(' or '), show(value));
    return choices[0];
  }

  decimal(value: unknown, where: string, decimalsMax: number): Decimal | null {
    const parsed = typeof value === 'string' && value.length <= LIMITS.decimalLengthMax ? tryParseDecimal(value) : null;
    if (parsed !== null && parsed.decimals <= decimalsMax) return parsed;
    this.problems.add(where, `a decimal text of at most ${decimalsMax} decimals`, show(value));
    return null;
  }

  size(value: unknown, market: Market, where: string): Lots {
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

  price(value: unknown, market: Market, where: string): Decimal {
    const price = this.decimal(value, where, DECIMALS_MAX);
    if (price !== null && price.units <= 0n && !market.allowNonPositive)
      this.problems.add(where, 'a price above zero', show(value));
    return price ?? { units: 0n, decimals: 0 };
  }

  /** Signed, in 10^-18; `decimalsMax` of the asset. */
  amount(value: unknown, decimalsMax: number, where: string): Cash {
    const amount = this.decimal(value, where, decimalsMax);
    const units = amount === null ? 0n : exactUnits(amount, EXACT_DECIMALS);
    if (!isAmount(units)) this.problems.add(where, `a magnitude of at most ${AMOUNT_MAX} in 10^-18`, show(value));
    return cash(units);
  }
}
