/** Money: what every portfolio has changes by what is told and by nothing else; trades cost what they say; funds never owe. Keeps its own sums. */
import type { Engine } from '../../src/engine/engine.js';
import type { Decimal } from '../../src/model/decimal.js';
import { fractionToNumber } from '../../src/model/fraction.js';
import type { Instruments } from '../../src/model/instruments.js';
import { entryValue, unitsOf, unitValue } from '../../src/model/margin.js';
import { type MoneyAccount, moneyAccountName, type Transfer } from '../../src/model/money.js';
import { accountOf, type Portfolio } from '../../src/model/portfolio.js';
import type { Fill } from '../../src/model/records.js';
import type { BookView } from './book-view.js';
import { absolute, add, compare, type Fraction, fraction, fromDecimal, multiply, reduce, subtract, ZERO } from './fractions.js';

/** Of the venue's own accounts these are moved by what is told alone. */
const TOLD: ReadonlySet<MoneyAccount['kind']> = new Set(['fund', 'venue', 'issuance', 'conversion']);
const UNIT = fraction(1n, 10n ** 18n);

/** What a record has said of accounts itself. */
export interface Said {
  /** Accounts that a row has replaced. */
  readonly replaced: ReadonlySet<string>;
  /** Trades that were not booked before. */
  readonly fills: readonly Fill[];
  /** Accounts with a trade of their own: what it moved is not told again. */
  readonly traders: ReadonlySet<string>;
}

export class MoneyCheck {
  private readonly venue = new Map<string, bigint>();
  private readonly view: BookView;
  private readonly instruments: Instruments;
  private readonly funding: readonly (Decimal | null)[];
  private readonly fail: (what: string) => never;

  constructor(parts: {
    view: BookView;
    instruments: Instruments;
    funding: readonly (Decimal | null)[];
    fail: (what: string) => never;
  }) {
    this.view = parts.view;
    this.instruments = parts.instruments;
    this.funding = parts.funding;
    this.fail = parts.fail;
  }

  /** The fund of an asset, or of one market of it. */
  fund(market: number | null, asset: number): bigint {
    return this.venue.get(this.key({ kind: 'fund', market }, asset)) ?? 0n;
  }

  onTransfers(transfers: readonly Transfer[]): void {
    for (const { debit, credit, asset, amount } of transfers) {
      if (amount <= 0n) this.fail('a transfer of nothing, or of less');
      this.book(debit, asset, -amount);
      this.book(credit, asset, amount);
    }
  }

  /** What the portfolios that changed have, against what was told. */
  portfolios(transfers: readonly Transfer[], said: Said): void {
    const told = new Map<string, bigint>();
    for (const { debit, credit, asset, amount } of transfers) {
      if (debit.kind === 'portfolio')
        told.set(`${asset} ${debit.portfolio}`, (told.get(`${asset} ${debit.portfolio}`) ?? 0n) - amount);
      if (credit.kind === 'portfolio')
        told.set(`${asset} ${credit.portfolio}`, (told.get(`${asset} ${credit.portfolio}`) ?? 0n) + amount);
    }
    const isFree = (portfolio: string): boolean =>
      said.replaced.has(accountOf(portfolio)) || said.traders.has(accountOf(portfolio));
    for (const [portfolio, { before, after }] of this.view.changed) {
      if (isFree(portfolio)) continue;
      for (const { index } of this.instruments.assets) {
        const key = `${index} ${portfolio}`;
        const moved = this.balance(after, index) - this.balance(before, index);
        if (moved !== (told.get(key) ?? 0n))
          this.fail(`${portfolio} has ${moved} more of asset ${index}, and ${told.get(key) ?? 0n} was told`);
        told.delete(key);
      }
    }
    for (const [key, amount] of told) {
      const portfolio = key.slice(key.indexOf(' ') + 1);
      if (amount !== 0n && !isFree(portfolio)) this.fail(`${amount} of asset ${key} was told, and ${portfolio} has not changed`);
    }
  }

  /** Trades from outside: balance and worth at entry together change by what was traded, what it cost and the fee, and 10^-18 for each floor. */
  trades(transfers: readonly Transfer[], said: Said): void {
    for (const account of new Set(said.fills.map(({ account }) => account))) {
      if (said.replaced.has(account) || this.hasTradedInside(account, said.fills)) continue;
      for (const { index } of this.instruments.assets) {
        let expected = ZERO;
        let floors = 0n;
        for (const fill of said.fills) {
          if (fill.account !== account || this.instruments.markets[fill.market].settleAsset !== index) continue;
          expected = add(expected, this.worthOf(fill));
          floors += 2n;
        }
        for (const { debit, credit, asset, amount, reason } of transfers) {
          if (asset !== index || reason === 'realised' || reason === 'fee' || reason === 'funding') continue;
          if (debit.kind === 'portfolio' && accountOf(debit.portfolio) === account)
            expected = subtract(expected, multiply(fraction(amount), UNIT));
          if (credit.kind === 'portfolio' && accountOf(credit.portfolio) === account)
            expected = add(expected, multiply(fraction(amount), UNIT));
        }
        let moved = ZERO;
        for (const [portfolio, { before, after }] of this.view.changed) {
          if (accountOf(portfolio) === account)
            moved = reduce(add(moved, subtract(this.stake(after, index), this.stake(before, index))));
        }
        if (compare(absolute(subtract(moved, expected)), multiply(fraction(floors), UNIT)) > 0) {
          this.fail(
            `${account} has ${show(moved)} more of asset ${index} than before its trades, expected was ${show(expected)}`,
          );
        }
      }
    }
  }

  /** Whether an account's sizes have changed by more than its trades: something inside has gone on from there. */
  private hasTradedInside(account: string, fills: readonly Fill[]): boolean {
    const lots = this.instruments.markets.map(() => 0);
    for (const fill of fills) if (fill.account === account) lots[fill.market] += fill.side === 'buy' ? fill.lots : -fill.lots;
    for (const [portfolio, { before, after }] of this.view.changed) {
      if (accountOf(portfolio) !== account) continue;
      for (const position of before?.positions ?? []) lots[position.market] += position.lots;
      for (const position of after?.positions ?? []) lots[position.market] -= position.lots;
    }
    return lots.some((left) => left !== 0);
  }

  /** The engine's ledger says the same of every account that is moved by what is told. */
  ledger(engine: Engine): void {
    for (const [key, amount] of this.venue) {
      const [name, asset] = [key.slice(0, key.lastIndexOf(' ')), Number(key.slice(key.lastIndexOf(' ') + 1))];
      const found =
        engine.caseHalf.ledger.entries().find((entry) => entry.account === name && entry.asset === asset)?.amount ?? 0n;
      if (found !== amount) this.fail(`${name} has ${found} of asset ${asset}, and ${amount} was told`);
    }
  }

  private book(account: MoneyAccount, asset: number, amount: bigint): void {
    if (!TOLD.has(account.kind)) return;
    const key = this.key(account, asset);
    const after = (this.venue.get(key) ?? 0n) + amount;
    this.venue.set(key, after);
    if (account.kind === 'fund' && after < 0n) this.fail(`${key} has fallen below zero: ${after}`);
  }

  private key(account: MoneyAccount, asset: number): string {
    return `${moneyAccountName(account, this.instruments.markets)} ${asset}`;
  }

  private balance(portfolio: Portfolio | null, asset: number): bigint {
    if (portfolio === null) return 0n;
    if (asset === this.instruments.valuation.index) return portfolio.cash;
    return portfolio.others?.find((held) => held.asset === asset)?.amount ?? 0n;
  }

  /** Balance in an asset less the worth at entry of what settles in it. */
  private stake(portfolio: Portfolio | null, asset: number): Fraction {
    let sum = multiply(fraction(this.balance(portfolio, asset)), UNIT);
    for (const position of portfolio?.positions ?? []) {
      const market = this.instruments.markets[position.market];
      if (market.settleAsset === asset) sum = subtract(sum, entryValue(market, position));
    }
    return sum;
  }

  /** −fee − units · worth of one at the price + units · funding index: funding is in balances as if none was ever settled. */
  private worthOf({ market: index, side, lots, price, fee }: Fill): Fraction {
    const market = this.instruments.markets[index];
    const units = unitsOf(market, side === 'buy' ? lots : -lots);
    const funding = this.funding[index];
    const paid = multiply(units, unitValue(market, fromDecimal(price)));
    const settled = funding === null ? ZERO : multiply(units, fromDecimal(funding));
    return subtract(subtract(settled, paid), multiply(fraction(fee), UNIT));
  }
}

function show({ n, d }: Fraction): string {
  return String(fractionToNumber({ n, d }));
}
