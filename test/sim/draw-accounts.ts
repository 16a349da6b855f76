/** Draws accounts near the line at the present prices: sizes that make things happen. */

import type { Market } from '../../src/model/instruments.js';
import {
  type Account,
  type Balance,
  cash,
  cost,
  type IsolatedPosition,
  lots,
  type OpenOrder,
  type Position,
} from '../../src/model/portfolio.js';
import { amountOf, type Chance } from './chance.js';
import type { Venue } from './draw-instruments.js';
import type { Prices } from './prices.js';

/** In the valuation asset: what one lot is worth at a price. */
function worthOfLot(market: Market, price: number, index: number): number {
  const units =
    (Number(market.lot.units) / 10 ** market.lot.decimals) *
    (Number(market.contractSize.units) / 10 ** market.contractSize.decimals);
  return Math.abs(market.kind === 'inverse' ? units / price : units * price) * index;
}

/** Entry prices keep so many digits more than a tick. */
const ENTRY_DIGITS = 2;

interface Drawn {
  readonly position: Position;
  /** In the valuation asset, at the present price. */
  readonly notional: number;
  readonly pnl: number;
}

export class Accounts {
  private readonly venue: Venue;
  private readonly prices: Prices;
  private readonly chance: Chance;
  /** About the notional of a position. */
  readonly scale: number;

  constructor(venue: Venue, prices: Prices, chance: Chance) {
    this.venue = venue;
    this.prices = prices;
    this.chance = chance;
    this.scale = chance.pick([3_000, 30_000, 150_000]);
  }

  /** One with positions; `wealth`: its equity as a share of its notional, left out: near the line mostly. */
  draw(id: string, wealth?: number): Account {
    const { chance } = this;
    const positionMode = chance.chance(0.25) ? 'hedge' : 'net';
    const slots = new Set<string>();
    const cross = this.positions(chance.pick([0, 1, 1, 1, 2, 3]), positionMode, slots);
    const alone = this.positions(chance.pick([0, 0, 0, 1, 1, 2]), positionMode, new Set());
    const share = wealth ?? this.wealth();
    const isolated = alone.map(({ position, notional, pnl }): IsolatedPosition => {
      const index = this.prices.indexLevelOf(this.venue.instruments.markets[position.market].settleAsset);
      return { ...position, collateral: cash(amountOf(Math.max(0, notional * (wealth ?? this.wealth()) - pnl) / index)) };
    });
    const wanted =
      cross.reduce((sum, { notional, pnl }) => sum + notional * share - pnl, 0) +
      (chance.chance(0.1) ? chance.within(0, this.scale) : 0);
    const { balance, others } = this.balances(wanted);
    const orders = chance.chance(0.25) ? this.orders() : [];
    return {
      id,
      positionMode,
      balance: cash(balance),
      ...(others.length === 0 ? {} : { others }),
      cross: cross.map(({ position }) => position),
      isolated,
      ...(orders.length === 0 ? {} : { orders }),
    };
  }

  /** About the notional of the largest positions: of a single lot where that is worth more than others. */
  largest(): number {
    const lotsWorth = this.venue.instruments.markets.map((market) =>
      worthOfLot(market, this.prices.levelOf(market.index), this.prices.indexLevelOf(market.settleAsset)),
    );
    return Math.ceil(Math.max(this.scale, ...lotsWorth.map((worth) => 4 * worth)));
  }

  /** By market: about the lots of a position. */
  typicalLots(): number[] {
    return this.venue.instruments.markets.map((market) => {
      const worth = worthOfLot(market, this.prices.levelOf(market.index), this.prices.indexLevelOf(market.settleAsset));
      return Math.max(1, Math.round(this.scale / worth));
    });
  }

  /** One with money and nothing else: a bidder, a backstop. */
  rich(id: string, money: number): Account {
    return {
      id,
      positionMode: this.chance.chance(0.3) ? 'hedge' : 'net',
      balance: cash(amountOf(money)),
      cross: [],
      isolated: [],
    };
  }

  private wealth(): number {
    const { chance } = this;
    return chance.pick([chance.within(0.002, 0.02), chance.within(0.01, 0.06), chance.within(0.02, 0.2), chance.within(0.1, 1)]);
  }

  private positions(count: number, mode: Account['positionMode'], slots: Set<string>): Drawn[] {
    const drawn: Drawn[] = [];
    for (let i = 0; i < count; i++) {
      const market = this.chance.integer(this.venue.instruments.markets.length);
      const isShort = this.chance.chance(0.5);
      const slot = `${market}${mode === 'hedge' && isShort}`;
      if (slots.has(slot)) continue;
      slots.add(slot);
      drawn.push(this.position(market, isShort));
    }
    return drawn;
  }

  private position(index: number, isShort: boolean): Drawn {
    const { chance, prices } = this;
    const market = this.venue.instruments.markets[index];
    const price = Math.max(prices.levelOf(index), Number(market.tick.units) / 10 ** market.tick.decimals);
    const settle = prices.indexLevelOf(market.settleAsset);
    const worth = worthOfLot(market, price, settle);
    const count = Math.max(1, Math.round((this.scale * chance.within(0.1, 2)) / worth));
    const size = isShort ? -count : count;
    const decimals = market.tick.decimals + ENTRY_DIGITS;
    const entry = BigInt(Math.max(1, Math.round(price * chance.within(0.93, 1.07) * 10 ** decimals)));
    const paid = Number(entry) / 10 ** decimals;
    const gain = market.kind === 'inverse' ? worth * (price / paid - 1) : (worth * (price - paid)) / price;
    const position = { market: index, lots: lots(size), cost: cost(BigInt(size) * entry * 10n ** BigInt(18 - decimals)) };
    return { position: this.funded(position), notional: worth * count, pnl: gain * size };
  }

  /** Now and then the balance has the market's funding up to now already. */
  private funded(position: Position): Position {
    const index = this.prices.funding[position.market];
    if (index === null || !this.chance.chance(0.3)) return position;
    const { lot, contractSize } = this.venue.instruments.markets[position.market];
    const units = BigInt(position.lots) * lot.units * contractSize.units * index.units;
    return { ...position, funding: cash(units * 10n ** BigInt(18 - lot.decimals - contractSize.decimals - index.decimals)) };
  }

  /** Money worth so much, in one asset or several; now and then one is owed. */
  private balances(wanted: number): { balance: bigint; others: Balance[] } {
    const { chance, prices, venue } = this;
    let left = wanted;
    const others: Balance[] = [];
    for (let asset = 1; asset < venue.indexes.length; asset++) {
      if (!chance.chance(0.35)) continue;
      const worth = chance.chance(0.2) ? -Math.abs(wanted) * chance.within(0.05, 0.5) : Math.abs(wanted) * chance.within(0.1, 1);
      const amount = amountOf(worth / prices.indexLevelOf(asset));
      if (amount === 0n) continue;
      others.push({ asset, amount: cash(amount) });
      left -= worth;
    }
    return { balance: amountOf(left), others };
  }

  private orders(): OpenOrder[] {
    return Array.from({ length: this.chance.between(1, 2) }, () => {
      const { position } = this.position(this.chance.integer(this.venue.instruments.markets.length), this.chance.chance(0.5));
      return { market: position.market, lots: position.lots, cost: position.cost, reduceOnly: this.chance.chance(0.3) };
    });
  }
}
