/**
 * Accounts as files and the gateway write them: what is valid, and the way to and from the model. Knows the instruments, not
 * where an input comes from: `where` is whatever prefix its owner uses.
 */
import { type Decimal, exactUnits, formatDecimal, tryParseDecimal } from './decimal.js';
import type { Instruments, Market } from './instruments.js';
import { member, place } from './json-path.js';
import { AMOUNT_MAX, DECIMAL_LENGTH_MAX, DECIMALS_MAX, ID_LENGTH_MAX, isAmount, LOTS_MAX } from './limits.js';
import { type Account, type Cash, cash, cost, EXACT_DECIMALS, type IsolatedPosition, lots, type Position } from './portfolio.js';
import { type ProblemList, show } from './problems.js';
import { entryDecimal, sizeOf, wholeLots } from './quantities.js';

/** Decimals are strings: `-?digits[.digits]`. */
export interface PositionInput {
  readonly market: string;
  /** Signed, a multiple of the market's lot, not zero. */
  readonly size: string;
  /** Average entry price. */
  readonly entry: string;
  /** `cross` when left out. */
  readonly margin?: 'cross' | 'isolated' | undefined;
  /** Of an isolated position, in the settle asset; not part of `balances`. */
  readonly collateral?: string | undefined;
}

export interface AccountInput {
  readonly id: string;
  /** `net` when left out. */
  readonly positionMode?: 'net' | 'hedge' | undefined;
  /** Asset id to amount. */
  readonly balances: Readonly<Record<string, string>>;
  readonly positions: readonly PositionInput[];
}

/** Where problems go. */
export type ProblemSink = Pick<ProblemList, 'add'>;

type Fields = Readonly<Record<string, unknown>>;

const ACCOUNT_KEYS = 'id, positionMode, balances, positions';
const POSITION_KEYS = 'market, size, entry, margin, collateral';
const DECIMAL = 'a decimal string such as "0.5"';
const SHORTER = `a decimal string of at most ${DECIMAL_LENGTH_MAX} characters`;
const AMOUNT_MAX_TEXT = formatDecimal({ units: AMOUNT_MAX, decimals: EXACT_DECIMALS });

/** Whether a text is an account id: `[A-Za-z0-9._-]{1,64}`. */
export function isAccountId(text: string): boolean {
  if (text.length === 0 || text.length > ID_LENGTH_MAX) return false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const digit = code >= 48 && code <= 57;
    const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
    if (!digit && !letter && code !== 46 && code !== 95 && code !== 45) return false;
  }
  return true;
}

/**
 * The account that an input (an `AccountInput` until proven otherwise) describes, or null when something is wrong with it; then
 * every problem has been added, each placed under `where`, such as `rows[0]`.
 */
export function accountFromInput(input: unknown, instruments: Instruments, where: string, problems: ProblemSink): Account | null {
  return new AccountReader(instruments, where, problems).read(input);
}

/** One account's reading: the arguments that every check needs, and whether all have passed. */
class AccountReader {
  private readonly instruments: Instruments;
  private readonly where: string;
  private readonly problems: ProblemSink;
  private valid = true;

  constructor(instruments: Instruments, where: string, problems: ProblemSink) {
    this.instruments = instruments;
    this.where = where;
    this.problems = problems;
  }

  read(input: unknown): Account | null {
    if (!isObject(input)) {
      this.problems.add(place(this.where), 'an account object', show(input));
      return null;
    }
    for (const key in input) {
      if (key !== 'id' && key !== 'balances' && key !== 'positions' && key !== 'positionMode') {
        this.fail(member(this.where, key), `no such key (an account has ${ACCOUNT_KEYS})`, input[key]);
      }
    }
    const { id, positionMode = 'net' } = input;
    if (typeof id !== 'string' || !isAccountId(id)) {
      this.fail(member(this.where, 'id'), 'an account id of 1 to 64 characters of A-Z a-z 0-9 . _ -', id);
    }
    if (positionMode !== 'net' && positionMode !== 'hedge') {
      this.fail(member(this.where, 'positionMode'), '"net" or "hedge"', positionMode);
    }
    const balance = this.readBalances(input.balances);
    const cross: Position[] = [];
    const isolated: IsolatedPosition[] = [];
    this.readPositions(input.positions, positionMode, cross, isolated);
    if (!this.valid) return null;
    return { id: id as string, positionMode: positionMode as Account['positionMode'], balance, cross, isolated };
  }

  private fail(where: string, expected: string, found: unknown): void {
    this.refuse(where, expected, show(found));
  }

  private refuse(where: string, expected: string, found: string): void {
    this.valid = false;
    this.problems.add(where, expected, found);
  }

  private readBalances(balances: unknown): Cash {
    if (!isObject(balances)) {
      this.fail(member(this.where, 'balances'), 'an object of amounts by asset', balances);
      return cash(0n);
    }
    const { valuation } = this.instruments;
    let balance = 0n;
    for (const id in balances) {
      const text = balances[id];
      const asset = id === valuation.id ? valuation : this.instruments.assets.find((declared) => declared.id === id);
      const amount = decimalOf(text);
      if (asset === undefined) this.fail(this.inBalances(id), 'a declared asset', id);
      if (amount === null) this.fail(this.inBalances(id), isLong(text) ? SHORTER : DECIMAL, text);
      if (asset === undefined || amount === null) continue;
      if (amount.decimals > asset.decimals) {
        this.fail(this.inBalances(id), `at most ${asset.decimals} decimals, as ${id} has`, text);
      } else if (asset !== valuation && amount.units !== 0n) {
        const expected = `"0" (collateral other than the valuation asset ${valuation.id} comes with a later release)`;
        this.fail(this.inBalances(id), expected, text);
      } else if (asset === valuation) {
        balance = amountOf(amount);
        if (!isAmount(balance)) this.fail(this.inBalances(id), `a magnitude of at most ${AMOUNT_MAX_TEXT}`, text);
      }
    }
    return cash(balance);
  }

  private inBalances(id: string): string {
    return member(member(this.where, 'balances'), id);
  }

  private readPositions(positions: unknown, mode: unknown, cross: Position[], isolated: IsolatedPosition[]): void {
    if (!Array.isArray(positions)) {
      this.fail(member(this.where, 'positions'), 'an array of positions', positions);
      return;
    }
    const slots = positions.length > 1 ? new Set<number>() : null;
    for (let i = 0; i < positions.length; i += 1) {
      const input: unknown = positions[i];
      const position = this.readPosition(input, i);
      if (position === null) continue;
      const alone = 'collateral' in position;
      // In net mode the two sides share a slot.
      const slot = position.market * 4 + (alone ? 2 : 0) + (mode === 'hedge' && position.lots < 0 ? 1 : 0);
      if (slots?.has(slot)) {
        const { market, size } = input as PositionInput;
        const margin = alone ? 'isolated' : 'cross';
        const side = mode === 'hedge' ? (position.lots < 0 ? ' short' : ' long') : '';
        const expected = `one ${margin}${side} position in ${market} (position mode ${String(mode)})`;
        this.refuse(this.inPosition(i), expected, `another of size ${size}`);
      }
      slots?.add(slot);
      if (alone) isolated.push(position as IsolatedPosition);
      else cross.push(position);
    }
  }

  private inPosition(index: number, key?: string): string {
    const where = member(member(this.where, 'positions'), index);
    return key === undefined ? where : member(where, key);
  }

  private readPosition(input: unknown, index: number): Position | IsolatedPosition | null {
    if (!isObject(input)) {
      this.fail(this.inPosition(index), 'a position object', input);
      return null;
    }
    for (const key in input) {
      if (key !== 'market' && key !== 'size' && key !== 'entry' && key !== 'margin' && key !== 'collateral') {
        this.fail(this.inPosition(index, key), `no such key (a position has ${POSITION_KEYS})`, input[key]);
      }
    }
    const marketIndex = typeof input.market === 'string' ? this.instruments.marketIndex.get(input.market) : undefined;
    if (marketIndex === undefined) this.fail(this.inPosition(index, 'market'), 'a market of the book', input.market);
    const market = marketIndex === undefined ? undefined : this.instruments.markets[marketIndex];
    const size = this.readDecimal(input, 'size', index);
    const entry = this.readDecimal(input, 'entry', index);
    const collateral = this.readCollateral(input, index);
    if (market === undefined) return null;
    const count = size === null ? null : this.readLots(size, market, input, index);
    if (count === null || entry === null) return null;
    if (entry.units <= 0n && !market.allowNonPositive) {
      this.fail(this.inPosition(index, 'entry'), 'a price above zero', input.entry);
    }
    const entryCost = BigInt(count) * amountOf(entry);
    if (!isAmount(entryCost)) {
      const expected = `a price at which the position's lots times it are at most ${AMOUNT_MAX_TEXT}`;
      this.fail(this.inPosition(index, 'entry'), expected, input.entry);
    }
    const at = market.index;
    if (collateral === null) return { market: at, lots: lots(count), cost: cost(entryCost) };
    return { market: at, lots: lots(count), cost: cost(entryCost), collateral };
  }

  private readDecimal(input: Fields, key: string, index: number): Decimal | null {
    const text = input[key];
    const value = decimalOf(text);
    if (value !== null && value.decimals <= DECIMALS_MAX) return value;
    const expected = value === null ? DECIMAL : `at most ${DECIMALS_MAX} decimals`;
    this.fail(this.inPosition(index, key), isLong(text) ? SHORTER : expected, text);
    return null;
  }

  private readLots(size: Decimal, market: Market, input: Fields, index: number): number | null {
    const count = wholeLots(size, market.lot);
    const rounded = Number(count);
    if (count !== null && rounded !== 0 && Math.abs(rounded) <= LOTS_MAX) return rounded;
    const lot = formatDecimal(market.lot);
    const whole = count !== null && rounded !== 0;
    const expected = whole ? `at most ${LOTS_MAX} lots of ${lot}` : `a multiple of the lot ${lot}, not zero`;
    this.fail(this.inPosition(index, 'size'), expected, input.size);
    return null;
  }

  /** Null for a cross position. */
  private readCollateral(input: Fields, index: number): Cash | null {
    const { margin = 'cross', collateral: text } = input;
    if (margin !== 'isolated') {
      if (margin !== 'cross') this.fail(this.inPosition(index, 'margin'), '"cross" or "isolated"', margin);
      else if (text !== undefined) this.fail(this.inPosition(index, 'collateral'), 'nothing on a cross position', text);
      return null;
    }
    // Every market settles in the valuation asset.
    const { id, decimals } = this.instruments.valuation;
    const amount = decimalOf(text);
    const where = 'collateral';
    if (isLong(text)) {
      this.fail(this.inPosition(index, where), SHORTER, text);
    } else if (amount === null || amount.units < 0n) {
      this.fail(this.inPosition(index, where), 'a decimal string of zero or more on an isolated position', text);
    } else if (amount.decimals > decimals) {
      this.fail(this.inPosition(index, where), `at most ${decimals} decimals, as ${id} has`, text);
    } else {
      const units = amountOf(amount);
      if (!isAmount(units)) this.fail(this.inPosition(index, where), `at most ${AMOUNT_MAX_TEXT}`, text);
      return cash(units);
    }
    return cash(0n);
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function isLong(text: unknown): boolean {
  return typeof text === 'string' && text.length > DECIMAL_LENGTH_MAX;
}

function decimalOf(text: unknown): Decimal | null {
  return typeof text === 'string' && !isLong(text) ? tryParseDecimal(text) : null;
}

function amountOf(value: Decimal): bigint {
  return exactUnits(value, EXACT_DECIMALS);
}

/** The canonical input of an account: `accountFromInput` gives the same account back when every entry ends within 18 decimals. */
export function accountToInput(account: Account, instruments: Instruments): AccountInput {
  const { id, positionMode, balance } = account;
  const balances = balance === 0n ? {} : { [instruments.valuation.id]: amountText(balance) };
  const positions = [
    ...account.cross.map((position) => positionToInput(position, instruments)),
    ...account.isolated.map(
      (position): PositionInput => ({
        ...positionToInput(position, instruments),
        margin: 'isolated',
        collateral: amountText(position.collateral),
      }),
    ),
  ];
  return positionMode === 'net' ? { id, balances, positions } : { id, positionMode, balances, positions };
}

function positionToInput(position: Position, instruments: Instruments): PositionInput {
  const market = instruments.markets[position.market];
  return {
    market: market.id,
    size: formatDecimal(sizeOf(position.lots, market.lot)),
    entry: formatDecimal(entryDecimal(position)),
  };
}

function amountText(units: Cash): string {
  return formatDecimal({ units, decimals: EXACT_DECIMALS });
}
