/**
 * The ledger: double entry for every movement of money. What portfolios have is in the book; here is what the venue's own accounts have, what
 * all portfolios together must have, and the sizes and costs on the other side of every trade. Nothing is made or lost: that is asserted.
 */
import type { BookTotals } from '../model/book-port.js';
import { assert } from '../model/errors.js';
import { fractionToUnits } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import { entryValue } from '../model/margin.js';
import { type MoneyAccount, moneyAccountName, type Transfer } from '../model/money.js';
import { type Cash, cash, cost as costOf, EXACT_DECIMALS, lots as lotsOf } from '../model/portfolio.js';

/** Who has the other side of positions: whoever traded with portfolios, the venue itself where it took positions over, and what came from outside. */
export type PositionHolder = 'clearing' | 'venue' | 'outside';

interface Holding {
  lots: bigint;
  cost: bigint;
  /**
   * The venue's, of an inverse contract: worth at entry in 10^-18 of the settle asset, of each position that it took over rounded up. That of several is
   * no function of their lots and costs together; of all other contracts it is lots of cost.
   */
  inverseWorth: bigint;
}

const NOTHING: Readonly<Holding> = { lots: 0n, cost: 0n, inverseWorth: 0n };

/** Plain data: what a snapshot keeps. */
export interface LedgerState {
  readonly balances: readonly (readonly [string, bigint])[];
  readonly portfolios: readonly bigint[];
  readonly lots: readonly bigint[];
  readonly costs: readonly bigint[];
  readonly holdings: readonly (readonly [string, bigint, bigint, bigint])[];
}

export class Ledger {
  private readonly instruments: Instruments;
  /** Of the venue's accounts, by name and asset. */
  private readonly balances = new Map<string, bigint>();
  private readonly holdings = new Map<string, Holding>();
  /** What all portfolios together must have, as the transfers and trades say. */
  private portfolios: bigint[];
  private lots: bigint[];
  private costs: bigint[];

  constructor(instruments: Instruments) {
    this.instruments = instruments;
    this.portfolios = instruments.assets.map(() => 0n);
    this.lots = instruments.markets.map(() => 0n);
    this.costs = instruments.markets.map(() => 0n);
  }

  /** In 10^-18 of the asset. Not of portfolios: they are in the book. */
  balanceOf(account: Exclude<MoneyAccount, { kind: 'portfolio' }>, asset: number): Cash {
    return cash(this.balances.get(this.key(account, asset)) ?? 0n);
  }

  /** Books a transfer: debit and credit at once, or not at all. */
  transfer({ debit, credit, asset, amount }: Transfer): void {
    assert(amount > 0n, 'expected a transfer of an amount above zero');
    this.add(debit, asset, -amount);
    this.add(credit, asset, amount);
  }

  /** What portfolios' positions in a market changed by; the holder's change by the opposite. */
  trade(holder: PositionHolder, market: number, lots: bigint, cost: bigint): void {
    this.lots[market] += lots;
    this.costs[market] += cost;
    const key = `${holder} ${market}`;
    const held = this.holdings.get(key) ?? { ...NOTHING };
    held.lots -= lots;
    held.cost -= cost;
    const traded = this.instruments.markets[market];
    if (holder === 'venue' && traded.kind === 'inverse') held.inverseWorth += worthAtEntry(traded, -lots, -cost);
    this.holdings.set(key, held);
  }

  holdingOf(holder: PositionHolder, market: number): Readonly<Holding> {
    return this.holdings.get(`${holder} ${market}`) ?? NOTHING;
  }

  /**
   * Asserts that the book has what the ledger says it must have, and that debits and credits are equal: a conservation that is broken halts
   * the engine. Incremental: as long as the book's totals are kept up at its writes.
   */
  check(book: BookTotals): void {
    for (const { index, id } of this.instruments.assets) {
      const expected = this.portfolios[index];
      if (book.balances[index] !== expected) halt(`balances in ${id}`, expected, book.balances[index]);
    }
    for (const { index, id } of this.instruments.markets) {
      if (book.lots[index] !== this.lots[index]) halt(`lots of ${id}`, this.lots[index], book.lots[index]);
      if (book.costs[index] !== this.costs[index]) halt(`entry costs of ${id}`, this.costs[index], book.costs[index]);
    }
  }

  /** Σ over everybody by asset, Σ lots and Σ costs by market: zero, all of them. For the full check and the conservation line. */
  sums(): { readonly balances: readonly bigint[]; readonly lots: readonly bigint[]; readonly costs: readonly bigint[] } {
    const balances = [...this.portfolios];
    for (const [key, amount] of this.balances) balances[Number(key.slice(key.lastIndexOf(' ') + 1))] += amount;
    const lots = [...this.lots];
    const costs = [...this.costs];
    for (const [key, held] of this.holdings) {
      const market = Number(key.slice(key.lastIndexOf(' ') + 1));
      lots[market] += held.lots;
      costs[market] += held.cost;
    }
    return { balances, lots, costs };
  }

  /** Every account of the venue that is not at zero: name, asset, amount. By name and asset. */
  entries(): readonly { readonly account: string; readonly asset: number; readonly amount: Cash }[] {
    return [...this.balances]
      .filter(([, amount]) => amount !== 0n)
      .map(([key, amount]) => {
        const space = key.lastIndexOf(' ');
        return { account: key.slice(0, space), asset: Number(key.slice(space + 1)), amount: cash(amount) };
      })
      .sort((a, b) => (a.account < b.account ? -1 : a.account > b.account ? 1 : a.asset - b.asset));
  }

  save(): LedgerState {
    return {
      balances: [...this.balances].sort(([a], [b]) => (a < b ? -1 : 1)),
      portfolios: this.portfolios,
      lots: this.lots,
      costs: this.costs,
      holdings: [...this.holdings]
        .map(([key, { lots, cost, inverseWorth }]) => [key, lots, cost, inverseWorth] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    };
  }

  restore(state: LedgerState): void {
    for (const [key, amount] of state.balances) this.balances.set(key, amount);
    for (const [key, lots, cost, inverseWorth] of state.holdings) this.holdings.set(key, { lots, cost, inverseWorth });
    this.portfolios = [...state.portfolios];
    this.lots = [...state.lots];
    this.costs = [...state.costs];
  }

  private add(account: MoneyAccount, asset: number, amount: bigint): void {
    if (account.kind === 'portfolio') {
      this.portfolios[asset] += amount;
      return;
    }
    const key = this.key(account, asset);
    this.balances.set(key, (this.balances.get(key) ?? 0n) + amount);
  }

  private key(account: Exclude<MoneyAccount, { kind: 'portfolio' }>, asset: number): string {
    return `${moneyAccountName(account, this.instruments.markets)} ${asset}`;
  }
}

function worthAtEntry(market: Market, size: bigint, cost: bigint): bigint {
  const worth = entryValue(market, { lots: lotsOf(Number(size)), cost: costOf(cost) });
  return fractionToUnits(worth, EXACT_DECIMALS, 'up');
}

function halt(what: string, expected: bigint, found: bigint): never {
  assert(false, `expected ${expected} as the sum of ${what}, was ${found}: money is not conserved`);
}
