/**
 * Accounts as files and the gateway write them: what is valid, and the way to and from the model. Knows the instruments, not
 * where an input comes from: `where` is whatever prefix its owner uses.
 */
import { AMOUNT_MAX_TEXT, DECIMAL, type Fields, InputChecks, isObject, type ProblemSink } from './input-checks.js';
import type { Instruments } from './instruments.js';
import { place } from './json-path.js';
import { ID_LENGTH_MAX, isAmount, ORDERS_MAX } from './limits.js';
import {
  type Account,
  type Balance,
  type Cash,
  cash,
  type IsolatedPosition,
  type OpenOrder,
  type Position,
} from './portfolio.js';
import {
  amountText,
  type OrderInput,
  orderToInput,
  type PositionInput,
  positionToInput,
  readOrder,
  readPosition,
} from './position-input.js';
import { show } from './problems.js';

export interface AccountInput {
  readonly id: string;
  /** `net` when left out. */
  readonly positionMode?: 'net' | 'hedge' | undefined;
  /** Asset id to amount. */
  readonly balances: Readonly<Record<string, string>>;
  readonly positions: readonly PositionInput[];
  readonly orders?: readonly OrderInput[] | undefined;
}

const ACCOUNT_KEYS = 'id, positionMode, balances, positions, orders';

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
  if (isObject(input)) return new AccountReader(new InputChecks(instruments, where, problems)).read(input);
  problems.add(place(where), 'an account object', show(input));
  return null;
}

class AccountReader {
  private readonly checks: InputChecks;
  private balance: Cash = cash(0n);
  private others: Balance[] | undefined;
  /** Greatest magnitude of a balance that is left when all funding of the cross positions is taken into account. */
  private used = 0n;

  constructor(checks: InputChecks) {
    this.checks = checks;
  }

  read(input: Fields): Account | null {
    const { checks } = this;
    for (const key in input) {
      const known = key === 'id' || key === 'balances' || key === 'positions' || key === 'positionMode' || key === 'orders';
      if (!known) checks.fail([key], `no such key (an account has ${ACCOUNT_KEYS})`, input[key]);
    }
    const { id, positionMode = 'net' } = input;
    if (typeof id !== 'string' || !isAccountId(id)) {
      checks.fail(['id'], 'an account id of 1 to 64 characters of A-Z a-z 0-9 . _ -', id);
    }
    if (positionMode !== 'net' && positionMode !== 'hedge') checks.fail(['positionMode'], '"net" or "hedge"', positionMode);
    this.readBalances(input.balances);
    const cross: Position[] = [];
    const isolated: IsolatedPosition[] = [];
    this.readPositions(input.positions, positionMode, cross, isolated);
    const orders = input.orders === undefined ? undefined : this.readOrders(input.orders);
    if (!checks.valid) return null;
    const account = {
      id: id as string,
      positionMode: positionMode as Account['positionMode'],
      balance: this.balance,
      cross,
      isolated,
    };
    const { others } = this;
    if (others === undefined && orders === undefined) return account;
    return { ...account, ...(others === undefined ? {} : { others }), ...(orders === undefined ? {} : { orders }) };
  }

  private readBalances(balances: unknown): void {
    const { checks } = this;
    if (!isObject(balances)) {
      checks.fail(['balances'], 'an object of amounts by asset', balances);
      return;
    }
    const { valuation, assets } = checks.instruments;
    for (const id in balances) {
      const text = balances[id];
      const asset = id === valuation.id ? valuation : assets.find((declared) => declared.id === id);
      if (asset === undefined) checks.fail(['balances', id], 'a declared asset', id);
      const amount = checks.amount(text, asset ?? null, DECIMAL, true, 'balances', id);
      if (asset === undefined || amount === null || amount === 0n) continue;
      const magnitude = amount < 0n ? -amount : amount;
      if (magnitude > this.used) this.used = magnitude;
      if (asset === valuation) {
        this.balance = amount;
      } else {
        this.others ??= [];
        this.others.push({ asset: asset.index, amount });
      }
    }
    this.others?.sort((a, b) => a.asset - b.asset);
  }

  private readPositions(positions: unknown, mode: unknown, cross: Position[], isolated: IsolatedPosition[]): void {
    const { checks } = this;
    if (!Array.isArray(positions)) {
      checks.fail(['positions'], 'an array of positions', positions);
      return;
    }
    const slots = positions.length > 1 ? new Set<number>() : null;
    for (let i = 0; i < positions.length; i += 1) {
      const input: unknown = positions[i];
      const position = readPosition(checks, input, i);
      if (position === null) continue;
      const alone = 'collateral' in position;
      // In net mode the two sides share a slot.
      const slot = position.market * 4 + (alone ? 2 : 0) + (mode === 'hedge' && position.lots < 0 ? 1 : 0);
      if (slots?.has(slot)) {
        const { market, size } = input as PositionInput;
        const margin = alone ? 'isolated' : 'cross';
        const side = mode === 'hedge' ? (position.lots < 0 ? ' short' : ' long') : '';
        const expected = `one ${margin}${side} position in ${market} (position mode ${String(mode)})`;
        checks.refuse(['positions', i], expected, `another of size ${size}`);
      }
      slots?.add(slot);
      if (alone) {
        isolated.push(position as IsolatedPosition);
      } else {
        if (position.funding !== undefined) this.addFunding(position.funding, i);
        cross.push(position);
      }
    }
  }

  /** Funding is held with the balance of its asset: whichever that is, both together must fit. */
  private addFunding(funding: Cash, index: number): void {
    this.used += funding < 0n ? -funding : funding;
    if (isAmount(this.used)) return;
    const expected = `an index at which the positions' funding and a balance together are at most ${AMOUNT_MAX_TEXT}`;
    this.checks.refuse(['positions', index, 'fundingIndex'], expected, 'more');
  }

  /** None, when the account has none. */
  private readOrders(orders: unknown): readonly OpenOrder[] | undefined {
    const { checks } = this;
    if (!Array.isArray(orders)) {
      checks.fail(['orders'], 'an array of orders', orders);
      return undefined;
    }
    if (orders.length > ORDERS_MAX) checks.refuse(['orders'], `at most ${ORDERS_MAX} orders`, String(orders.length));
    const read = orders.slice(0, ORDERS_MAX).map((order: unknown, i) => readOrder(checks, order, i));
    return read.length === 0 ? undefined : read.filter((order) => order !== null);
  }
}

/** The canonical input of an account: `accountFromInput` gives the same account back when every entry ends within 18 decimals. */
export function accountToInput(account: Account, instruments: Instruments): AccountInput {
  const { id, positionMode, balance, others = [], orders = [] } = account;
  const balances: Record<string, string> = {};
  if (balance !== 0n) balances[instruments.valuation.id] = amountText(balance);
  for (const { asset, amount } of others) balances[instruments.assets[asset].id] = amountText(amount);
  const positions = [...account.cross, ...account.isolated].map((position) => positionToInput(position, instruments));
  return {
    id,
    ...(positionMode === 'net' ? {} : { positionMode }),
    balances,
    positions,
    ...(orders.length === 0 ? {} : { orders: orders.map((order) => orderToInput(order, instruments)) }),
  };
}
