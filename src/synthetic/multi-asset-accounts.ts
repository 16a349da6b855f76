/**
 * Owns how one made-up account with several assets is drawn: what it holds and owes, and its open orders; the distributions are told in
 * book.ts. Knows no book and no time.
 */
import type { Decimal } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { type Account, type Balance, type IsolatedPosition, lots, type OpenOrder, type Position } from '../model/portfolio.js';
import { AccountMaker, drawLeverage } from './accounts.js';
import { AssetTerms } from './asset-terms.js';
import { drawOpening, exactCost, openRows } from './opening.js';
import type { Random } from './random.js';
import { type Row, RowDrawer } from './rows.js';

const SEVERAL_SHARE = 0.25;
const HELD_MAX = 3;
const SETTLE_HELD_SHARE = 0.8;
const OWES_VALUATION_SHARE = 0.3;
const OWES_COIN_SHARE = 0.1;
const COIN_DEBT_MAX = 0.3;
const DEBTOR_SHARE = 0.2;
const DEBT_LEVERAGE_LEAST = 2;
const SEVERAL_ORDERS_SHARE = 0.3;
const PLAIN_ORDERS_SHARE = 0.05;
const ORDERS_MAX = 3;
const ORDER_DISTANCE_MAX = 0.05;
const REDUCE_ONLY_SHARE = 0.5;
const LEVERAGES: readonly bigint[] = [2n, 3n, 5n, 10n, 20n, 25n, 50n];

/** What an account has beside its isolated positions. */
type Cross = Pick<Account, 'balance' | 'others' | 'cross'>;

/** An amount of an asset that is owed. */
interface Debt {
  readonly terms: AssetTerms;
  readonly amount: number;
}

/** Draws accounts, one a call, from one stream of random numbers. Every market needs a price before the first. */
export class MultiAssetMaker {
  private readonly random: Random;
  private readonly plain: AccountMaker;
  private readonly drawer: RowDrawer;
  private readonly settleAssets: readonly number[];
  private readonly valuation: AssetTerms;
  private readonly assets: readonly AssetTerms[];
  /** All but the valuation asset, by popularity. */
  private readonly coins: readonly AssetTerms[];

  /** `indexes`: prices by asset index, 1 for the valuation asset. */
  constructor(instruments: Instruments, indexes: readonly Decimal[], random: Random) {
    const { assets, markets, valuation, orderMargin } = instruments;
    assert(orderMargin === 'initial', 'synthetic accounts: expected orders that need no maintenance');
    this.random = random;
    this.plain = new AccountMaker(instruments, random);
    this.drawer = new RowDrawer(markets, random);
    this.settleAssets = markets.map(({ settleAsset }) => settleAsset);
    this.assets = assets.map((asset) => new AssetTerms(asset, indexes[asset.index]));
    this.valuation = this.assets[valuation.index];
    this.coins = this.assets.filter((terms) => terms !== this.valuation);
  }

  setPrice(market: number, price: Decimal): void {
    this.plain.setPrice(market, price);
    this.drawer.setPrice(market, price, this.assets[this.settleAssets[market]].price);
  }

  /** The next account, with 1 to `positionsMax` positions. */
  next(id: string, positionsMax: number): Account {
    const { random } = this;
    if (!random.chance(SEVERAL_SHARE)) return this.withOrders(this.plain.next(id, positionsMax), PLAIN_ORDERS_SHARE);
    const { rows, hedgeMode } = this.drawer.next(positionsMax);
    const leverages = new Map<number, bigint>();
    const withLeverage = <Some extends Position>(position: Some): Some => {
      const units = leverages.get(position.market) ?? LEVERAGES[random.integer(LEVERAGES.length)];
      leverages.set(position.market, units);
      return { ...position, leverage: { units, decimals: 0 } };
    };
    const crossRows = rows.filter((row) => !row.isolated);
    const { cross, ...held } = crossRows.length > 0 ? this.openCross(crossRows) : this.openNothing(rows[0].notional);
    const isolated = rows.filter((row) => row.isolated).map((row) => withLeverage(this.openIsolated(row)));
    const positionMode = hedgeMode ? 'hedge' : 'net';
    const account: Account = { id, positionMode, ...held, cross: cross.map(withLeverage), isolated };
    return this.withOrders(account, SEVERAL_ORDERS_SHARE);
  }

  private openIsolated(row: Row): IsolatedPosition {
    const { positions, equity, profits } = openRows([row], drawLeverage('isolated', this.random), 0, this.random);
    const { settleAsset } = row.terms;
    const terms = this.assets[settleAsset];
    const collateral = terms.equityFor(equity) - (profits.get(settleAsset) ?? 0);
    return { ...positions[0], collateral: terms.toCash(Math.max(0, collateral)) };
  }

  private openCross(rows: readonly Row[]): Cross {
    const { random } = this;
    const held = this.drawHeld(rows);
    const debt = this.drawDebt(rows, held);
    const needs = debt === null ? 0 : debt.terms.owedNeeds(debt.amount);
    const { positions, equity, profits } = openRows(rows, drawLeverage('cross', random), needs, random);
    const equities = new Map<AssetTerms, number>();
    let target = equity;
    for (const [asset, profit] of profits) {
      const terms = this.assets[asset];
      if (terms === this.valuation || held.includes(terms)) continue;
      // A loss in what the account does not hold is owed.
      equities.set(terms, profit);
      if (profit < 0) target += terms.owedNeeds(-profit);
    }
    if (debt !== null) equities.set(debt.terms, -debt.amount);
    const owes = random.chance(OWES_VALUATION_SHARE);
    const share = owes ? 1.1 + random.uniform() : 0.3 + 0.7 * random.uniform();
    const weights = held.map(() => random.uniform());
    const total = weights.reduce((sum, weight) => sum + weight);
    for (const [i, terms] of held.entries()) equities.set(terms, terms.equityFor((target * share * weights[i]) / total));
    return { ...this.balances(target, equities, profits, owes), cross: positions };
  }

  /** Balances that leave these equities in their assets, and the rest of `target` in the valuation asset. */
  private balances(
    target: number,
    equities: ReadonlyMap<AssetTerms, number>,
    profits: ReadonlyMap<number, number>,
    owes: boolean,
  ): Omit<Cross, 'cross'> {
    let rest = target;
    const others: Balance[] = [];
    for (const terms of this.coins) {
      const equity = equities.get(terms);
      if (equity === undefined) continue;
      rest -= terms.counted(equity);
      const amount = equity - (profits.get(terms.index) ?? 0);
      // As a venue lets no profit out that is not realised.
      const units = terms.toCash(equity > 0 ? Math.max(0, amount) : amount);
      if (units !== 0n) others.push({ asset: terms.index, amount: units });
    }
    const balance = rest - (profits.get(this.valuation.index) ?? 0);
    return { balance: this.valuation.toCash(owes ? balance : Math.max(0, balance)), ...(others.length === 0 ? {} : { others }) };
  }

  /** Coins by popularity, and most of what the positions settle in. */
  private drawHeld(rows: readonly Row[]): AssetTerms[] {
    const { random, coins } = this;
    const held = new Set<AssetTerms>();
    const count = 1 + random.integer(HELD_MAX);
    for (let i = 0; i < count; i += 1) held.add(coins[random.zipf(coins.length)]);
    const settled = new Set(rows.map(({ terms }) => this.assets[terms.settleAsset]));
    for (const terms of settled) if (terms !== this.valuation && random.chance(SETTLE_HELD_SHARE)) held.add(terms);
    return [...held];
  }

  /** A coin that is neither held nor settled in. */
  private drawDebt(rows: readonly Row[], held: readonly AssetTerms[]): Debt | null {
    const { random } = this;
    if (!random.chance(OWES_COIN_SHARE)) return null;
    const free = this.coins.filter(
      (terms) => !held.includes(terms) && rows.every((row) => row.terms.settleAsset !== terms.index),
    );
    if (free.length === 0) return null;
    const terms = free[random.integer(free.length)];
    const gross = rows.reduce((sum, { notional }) => sum + notional, 0);
    return { terms, amount: (gross * COIN_DEBT_MAX * random.uniform()) / terms.price };
  }

  /** The cross portfolio of an account whose positions are all isolated: nothing, a coin, or a coin that is owed against the valuation asset. */
  private openNothing(scale: number): Cross {
    const { random, coins, valuation } = this;
    const terms = coins[random.zipf(coins.length)];
    const cross: Position[] = [];
    if (random.chance(DEBTOR_SHARE)) {
      const needs = terms.owedNeeds(scale / terms.price);
      const { equity } = drawOpening(scale, needs, random.pareto(DEBT_LEVERAGE_LEAST, 1), random);
      return { balance: valuation.toCash(equity + scale), others: [owed(terms, scale / terms.price)], cross };
    }
    const amount = terms.toCash(random.chance(0.5) ? 0 : (scale * random.uniform()) / terms.price);
    return { balance: valuation.toCash(0), ...(amount === 0n ? {} : { others: [{ asset: terms.index, amount }] }), cross };
  }

  /** Some accounts wait with orders in the markets of their cross positions: to close a part, or to trade more. */
  private withOrders(account: Account, share: number): Account {
    const { random } = this;
    if (account.cross.length === 0 || !random.chance(share)) return account;
    const orders = Array.from({ length: 1 + random.integer(ORDERS_MAX) }, (): OpenOrder => {
      const position = account.cross[random.integer(account.cross.length)];
      const { price, tick, tickUnits } = this.drawer.termsOf(position.market);
      const reduceOnly = random.chance(REDUCE_ONLY_SHARE);
      const size = Math.max(1, Math.round(Math.abs(position.lots) * random.uniform()));
      const isBuy = reduceOnly ? position.lots < 0 : random.chance(0.5);
      const away = (isBuy ? -1 : 1) * ORDER_DISTANCE_MAX * random.uniform();
      const ticks = Math.max(1, Math.round((price * (1 + away)) / tick));
      const count = isBuy ? size : -size;
      return { market: position.market, lots: lots(count), cost: exactCost(count, ticks, tickUnits), reduceOnly };
    });
    return { ...account, orders };
  }
}

function owed(terms: AssetTerms, amount: number): Balance {
  return { asset: terms.index, amount: terms.toCash(-amount) };
}
