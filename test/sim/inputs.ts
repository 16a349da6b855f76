/** What else comes in: account rows, trades, bids, an operator's commands, the venue's figures. Draws records that the engine may take; bad ones are elsewhere. */
import { decimalToNumber } from '../../src/model/decimal.js';
import { fractionToUnits } from '../../src/model/fraction.js';
import type { Instruments } from '../../src/model/instruments.js';
import { type Account, accountOf, cash, EXACT_DECIMALS, lots, type Portfolio } from '../../src/model/portfolio.js';
import type { AdminCommand, Bid, BookRow, Fill, InputRecord } from '../../src/model/records.js';
import { STAGE_NAMES } from '../../src/waterfall/policy.js';
import type { BookView } from './book-view.js';
import { amountOf, type Chance, decimalOf } from './chance.js';
import type { Accounts } from './draw-accounts.js';
import { BACKSTOP } from './draw-policy.js';
import type { Prices } from './prices.js';
import type { SimulatedVenue } from './venue.js';

export const BIDDERS = ['bidder1', 'bidder2'];

/** An auction that is held, as its events told. */
export interface HeldAuction {
  readonly auctionId: string;
  readonly price: number;
}

export class Inputs {
  /** By account: the version that was last told. */
  readonly versions = new Map<string, number>();
  readonly auctions = new Map<string, HeldAuction>();
  private trades = 0;
  private bids = 0;
  private readonly chance: Chance;
  private readonly instruments: Instruments;
  private readonly accounts: Accounts;
  private readonly prices: Prices;
  private readonly view: BookView;
  private readonly venue: SimulatedVenue;
  private readonly ids: readonly string[];

  constructor(parts: {
    chance: Chance;
    instruments: Instruments;
    accounts: Accounts;
    prices: Prices;
    view: BookView;
    venue: SimulatedVenue;
    ids: readonly string[];
  }) {
    this.chance = parts.chance;
    this.instruments = parts.instruments;
    this.accounts = parts.accounts;
    this.prices = parts.prices;
    this.view = parts.view;
    this.venue = parts.venue;
    this.ids = parts.ids;
  }

  /** An account becomes another, or has more or less money. Of one with trades on their way nothing: the venue would know better. */
  book(timeUs: number): InputRecord | null {
    const rows: BookRow[] = [];
    for (let i = this.chance.between(1, 2); i > 0; i--) {
      const id = this.chance.pick(this.ids);
      if (this.venue.hasUntold(id) || rows.some(({ account }) => account.id === id)) continue;
      const account = this.chance.chance(0.5) ? this.accounts.draw(id) : this.moved(id);
      if (account !== null) rows.push({ version: this.nextVersion(id), account });
    }
    return rows.length === 0 ? null : { type: 'book', timeUs, rows };
  }

  private nextVersion(id: string): number {
    const version = (this.versions.get(id) ?? 0) + this.chance.pick([1, 1, 1, 7]);
    this.versions.set(id, version);
    return version;
  }

  /** A deposit or a withdrawal: the rest as it is. */
  private moved(id: string): Account | null {
    const cross = this.view.known.get(id)?.portfolio;
    if (cross === undefined) return null;
    const isolated = [...this.view.known.values()].flatMap(({ portfolio }) =>
      portfolio.mode === 'isolated' && accountOf(portfolio.id) === id ? this.isolatedOf(portfolio) : [],
    );
    const change = this.accounts.scale * (this.chance.chance(0.6) ? this.chance.within(0, 0.1) : this.chance.within(-0.1, 0));
    const { others, orders } = cross;
    return {
      id,
      positionMode: this.modeOf(id),
      balance: cash(cross.cash + amountOf(change)),
      ...(others === undefined ? {} : { others }),
      cross: cross.positions,
      isolated,
      ...(orders === undefined ? {} : { orders }),
    };
  }

  modes = new Map<string, Account['positionMode']>();

  modeOf(id: string): Account['positionMode'] {
    return this.modes.get(id) ?? 'net';
  }

  private isolatedOf({ positions, cash: units, others = [] }: Portfolio): Account['isolated'] {
    return positions.map((position) => {
      const { settleAsset } = this.instruments.markets[position.market];
      const collateral =
        settleAsset === this.instruments.valuation.index
          ? units
          : (others.find(({ asset }) => asset === settleAsset)?.amount ?? cash(0n));
      return { ...position, collateral };
    });
  }

  /** Two accounts trade with each other, or one with somebody who is not in the book. */
  trade(timeUs: number): InputRecord | null {
    const { chance } = this;
    const market = chance.integer(this.instruments.markets.length);
    const mark = this.prices.marks[market];
    if (mark === null || (mark.units <= 0n && this.instruments.markets[market].kind === 'inverse')) return null;
    this.trades += 1;
    const fills: Fill[] = [];
    for (const side of chance.chance(0.7) ? (['buy', 'sell'] as const) : [chance.pick(['buy', 'sell'] as const)]) {
      const id = chance.pick(this.ids);
      if (this.venue.hasUntold(id) || fills.some(({ account }) => account === id)) continue;
      const size = this.view.lotsOf(id, market, side);
      if (size === 0 && (this.modeOf(id) === 'hedge' || !this.view.known.has(id))) continue;
      const most = size === 0 ? 100 : size;
      fills.push({
        tradeId: `t${this.trades}`,
        orderId: null,
        account: id,
        market,
        margin: 'cross',
        side,
        lots: lots(chance.between(1, most)),
        price: mark,
        fee: cash(amountOf(chance.pick([0, 0.01, 1]))),
        timeUs,
      });
    }
    return fills.length === 0 ? null : { type: 'fills', timeUs, fills: chance.chance(0.1) ? [...fills, fills[0]] : fills };
  }

  bid(timeUs: number): InputRecord | null {
    const { chance } = this;
    if (this.auctions.size === 0) return null;
    const bids: Bid[] = [];
    for (let i = chance.between(1, 3); i > 0; i--) {
      const { auctionId, price } = chance.pick([...this.auctions.values()]);
      this.bids += chance.chance(0.9) ? 1 : 0;
      bids.push({
        bidId: `b${this.bids}`,
        auctionId,
        bidder: chance.chance(0.75) ? chance.pick(BIDDERS) : chance.pick([...this.ids, 'nobody', BACKSTOP]),
        lots: chance.maybe(0.4, () => lots(chance.pick([1, 100, 1_000_000_000]))),
        limitPrice: chance.maybe(0.5, () => decimalOf(price * chance.within(0.5, 1.5), 6)),
      });
    }
    return { type: 'bids', timeUs, bids };
  }

  figures(timeUs: number): InputRecord {
    const id = this.chance.pick(this.ids);
    const value = this.view.value(id);
    const wrong = this.chance.chance(0.3) ? 1_000_000n : 0n;
    const figure = (n: bigint) => ({ units: n, decimals: EXACT_DECIMALS });
    const equity = value === null ? 0n : fractionToUnits(value.equity, EXACT_DECIMALS, 'down');
    const maintenance = value === null ? 0n : fractionToUnits(value.maintenance, EXACT_DECIMALS, 'up');
    return {
      type: 'figures',
      timeUs,
      rows: [{ portfolio: id, equity: figure(equity + wrong * 10n ** 12n), maintenance: figure(maintenance) }],
    };
  }

  admin(timeUs: number, isKilled: boolean, isShadow: boolean): InputRecord {
    const { chance } = this;
    const commands: AdminCommand[] = [];
    for (let i = chance.between(1, 2); i > 0; i--) commands.push(this.command(isKilled, isShadow));
    return { type: 'admin', timeUs, commands };
  }

  private command(isKilled: boolean, isShadow: boolean): AdminCommand {
    const { chance, instruments } = this;
    if (isKilled && chance.chance(0.6)) return { command: 'kill', isOn: false };
    if (isShadow && chance.chance(0.6)) return { command: 'mode', mode: 'live' };
    switch (chance.weighted({ kill: 1, mode: 1, pause: 3, resume: 6, exempt: 1, unexempt: 2, bidder: 3, noBidder: 1, fund: 4 })) {
      case 'kill':
        return { command: 'kill', isOn: true };
      case 'mode':
        return { command: 'mode', mode: chance.chance(0.5) ? 'shadow' : 'live' };
      case 'pause':
        return { command: 'pause', ...this.scope() };
      case 'resume':
        return { command: 'resume', ...this.scope() };
      case 'exempt':
        return { command: 'exempt', account: chance.pick(this.ids) };
      case 'unexempt':
        return { command: 'unexempt', account: chance.pick(this.ids) };
      case 'bidder':
        return { command: 'bidder', account: chance.pick([...BIDDERS, ...BIDDERS, ...this.ids, 'nobody']) };
      case 'noBidder':
        return { command: 'no-bidder', account: chance.pick(BIDDERS) };
      case 'fund': {
        const market = chance.maybe(0.3, () => chance.integer(instruments.markets.length));
        const asset = market === null ? chance.integer(instruments.assets.length) : instruments.markets[market].settleAsset;
        const money = (this.accounts.scale * chance.pick([0.001, 0.1, 1])) / this.prices.indexLevelOf(asset);
        return { command: 'fund', asset, market, amount: cash(amountOf(chance.chance(0.7) ? money : -money) || 1n) };
      }
    }
  }

  private scope(): { readonly scope: 'market' | 'account' | 'stage'; readonly name: string } {
    const { chance } = this;
    const scope = chance.pick(['market', 'account', 'stage'] as const);
    if (scope === 'market') return { scope, name: chance.pick(this.instruments.markets).id };
    return { scope, name: scope === 'account' ? chance.pick(this.ids) : chance.pick([...STAGE_NAMES]) };
  }
}

export function priceNumber(units: { readonly units: bigint; readonly decimals: number }): number {
  return decimalToNumber(units);
}
