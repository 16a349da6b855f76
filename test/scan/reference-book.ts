/** A book kept by hand, plainly: what updates make of portfolios, without rows, lines or shelves. Knows no prices. */
import { type Decimal, divideRounded, pow10 } from '../../src/model/decimal.js';
import type { Instruments } from '../../src/model/instruments.js';
import { isAmount } from '../../src/model/limits.js';
import {
  type Account,
  type Balance,
  cash,
  compareIds,
  cost,
  crossOf,
  EXACT_DECIMALS,
  isolatedId,
  lots,
  type Portfolio,
  type Position,
  portfoliosOf,
} from '../../src/model/portfolio.js';
import type { Fill } from '../../src/model/records.js';
import { fillPosition } from '../../src/scan/fill.js';

interface Held {
  readonly mode: Portfolio['mode'];
  readonly hedge: boolean;
  /** By asset, in 10^-18, as they would be had no funding been settled. */
  readonly balances: Map<number, bigint>;
  /** By market, in hedge mode by leg. */
  readonly positions: Map<string, Position>;
  readonly orders: NonNullable<Portfolio['orders']>;
}

function slotOf({ hedge }: Held, market: number, leg: number): string {
  return hedge ? `${market}:${leg < 0}` : `${market}`;
}

export class ReferenceBook {
  readonly instruments: Instruments;
  private readonly portfolios = new Map<string, Held>();

  constructor(instruments: Instruments) {
    this.instruments = instruments;
  }

  get ids(): string[] {
    return [...this.portfolios.keys()].sort(compareIds);
  }

  get accountCount(): number {
    return this.ids.filter((id) => !this.isIsolated(id)).length;
  }

  isIsolated(id: string): boolean {
    return this.held(id).mode === 'isolated';
  }

  isHedged(id: string): boolean {
    return this.held(id).hedge;
  }

  /** A cross portfolio that holds nothing is none yet. */
  isEmpty(id: string): boolean {
    const { mode, balances, positions, orders } = this.held(id);
    return mode === 'cross' && balances.size + positions.size + orders.length === 0;
  }

  balance(id: string, asset: number): bigint {
    return this.held(id).balances.get(asset) ?? 0n;
  }

  positions(id: string): Position[] {
    return [...this.held(id).positions.values()];
  }

  portfolio(id: string): Portfolio {
    const { mode, balances, orders } = this.held(id);
    const valuation = this.instruments.valuation.index;
    const others = [...balances]
      .filter(([asset]) => asset !== valuation)
      .sort(([a], [b]) => a - b)
      .map(([asset, amount]): Balance => ({ asset, amount: cash(amount) }));
    return {
      id,
      mode,
      cash: cash(this.balance(id, valuation)),
      positions: this.positions(id),
      ...(others.length === 0 ? {} : { others }),
      ...(orders.length === 0 ? {} : { orders }),
    };
  }

  setAccount(account: Account): void {
    for (const id of this.ids) if (id === account.id || id.startsWith(`${account.id}/`)) this.portfolios.delete(id);
    const isolated = portfoliosOf(account, this.instruments).filter(({ mode }) => mode === 'isolated');
    for (const portfolio of [crossOf(account), ...isolated]) this.hold(portfolio, account.positionMode === 'hedge');
  }

  /** 0 lots remove the position, or the leg whose sign is that of `leg`. */
  setPosition(id: string, market: number, after: Pick<Position, 'lots' | 'cost'>, leg: number): void {
    const held = this.held(id);
    const slot = slotOf(held, market, after.lots || leg);
    if (after.lots === 0) held.positions.delete(slot);
    else held.positions.set(slot, { market, lots: after.lots, cost: after.cost });
  }

  add(id: string, asset: number, units: bigint): void {
    const { balances } = this.held(id);
    const amount = this.balance(id, asset) + units;
    if (amount === 0n) balances.delete(asset);
    else balances.set(asset, amount);
  }

  removeIsolated(id: string): void {
    this.portfolios.delete(id);
  }

  /** Trades that the live book took; `fundings` by market. Closed isolated positions give back what is left when all are booked. */
  bookFills(fills: readonly Fill[], fundings: readonly Decimal[]): void {
    const touched = fills.map((fill) => ({ id: this.bookFill(fill, fundings[fill.market]), fill }));
    for (const { id, fill } of touched) if (this.portfolios.has(id) && this.isIsolated(id)) this.release(id, fill.account);
  }

  private bookFill(fill: Fill, funding: Decimal): string {
    const market = this.instruments.markets[fill.market];
    const traded = fill.side === 'buy' ? fill.lots : -fill.lots;
    const mode = this.isHedged(fill.account) ? 'hedge' : 'net';
    const side = traded < 0 ? 'long' : 'short';
    const id = fill.margin === 'cross' ? fill.account : isolatedId(fill.account, market.id, mode, side);
    const held = this.held(id);
    const before = held.positions.get(slotOf(held, fill.market, -traded)) ?? { lots: 0, cost: 0n };
    const after = fillPosition(before, traded, fill.price.units * pow10(EXACT_DECIMALS - fill.price.decimals), market);
    this.setPosition(id, fill.market, after, -traded);
    // What the lots would have paid since the funding index 0 comes back, as they were not there.
    const paid = BigInt(traded) * funding.units * market.lot.units * market.contractSize.units * pow10(EXACT_DECIMALS);
    const unit = pow10(funding.decimals + market.lot.decimals + market.contractSize.decimals);
    this.add(id, market.settleAsset, after.realised - fill.fee + divideRounded(paid, unit, 'down'));
    return id;
  }

  private release(id: string, account: string): void {
    const { balances, positions } = this.held(id);
    const canGo = [...balances].every(([asset, units]) => units > 0n && isAmount(this.balance(account, asset) + units));
    if (positions.size > 0 || !canGo) return;
    for (const [asset, units] of balances) this.add(account, asset, units);
    this.portfolios.delete(id);
  }

  private hold(portfolio: Portfolio, hedge: boolean): void {
    const { id, mode, orders = [], others = [], positions } = portfolio;
    const held: Held = { mode, hedge, balances: new Map(), positions: new Map(), orders };
    this.portfolios.set(id, held);
    this.add(id, this.instruments.valuation.index, portfolio.cash);
    for (const { asset, amount } of others) this.add(id, asset, amount);
    for (const { market, lots: size, cost: units, funding = 0n } of positions) {
      this.setPosition(id, market, { lots: lots(size), cost: cost(units) }, size);
      this.add(id, this.instruments.markets[market].settleAsset, funding);
    }
  }

  private held(id: string): Held {
    const held = this.portfolios.get(id);
    if (held === undefined) throw new Error(`expected a portfolio, was ${id}`);
    return held;
  }
}
