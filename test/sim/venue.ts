/**
 * A venue that executes orders badly: partly, late, not at all; that loses, delays and repeats what it says. What it has executed is the truth.
 * It knows orders, prices and what the book says of positions; nothing of cases.
 */
import { compareDecimals, type Decimal, divideRounded } from '../../src/model/decimal.js';
import type { OrderEvent } from '../../src/model/effects.js';
import { fractionToUnits, multiply } from '../../src/model/fraction.js';
import type { Instruments } from '../../src/model/instruments.js';
import { notionalAt } from '../../src/model/margin.js';
import { accountOf, cash, EXACT_DECIMALS, lots } from '../../src/model/portfolio.js';
import type { Fill, InputRecord, OrderAck } from '../../src/model/records.js';
import type { Chance } from './chance.js';

type State = 'travelling' | 'live' | 'done' | 'cancelled' | 'unfilled' | 'rejected' | 'absent';

interface VenueOrder {
  readonly order: OrderEvent;
  state: State;
  arrivesUs: number;
  left: number;
  trades: number;
  /** Executed, and not yet known to have reached the engine. */
  readonly untold: Map<string, Fill>;
}

type Message = { readonly dueUs: number } & ({ readonly fill: Fill } | { readonly ack: OrderAck } | { readonly goneFor: string });

/** How often each fault happens, in the safety phase. */
export interface Faults {
  readonly loseOrder: number;
  readonly reject: number;
  readonly loseAck: number;
  readonly loseFill: number;
  readonly repeat: number;
  readonly unknown: number;
  /** Longest delay of anything said. */
  readonly delayUs: number;
  /** That an order is tried at all when the venue looks at it. */
  readonly liquidity: number;
  readonly partial: number;
}

export const NO_FAULTS: Faults = {
  loseOrder: 0,
  reject: 0,
  loseAck: 0,
  loseFill: 0,
  repeat: 0,
  unknown: 0,
  delayUs: 0,
  liquidity: 1,
  partial: 0,
};

export function drawFaults(chance: Chance): Faults {
  const often = (most: number): number => (chance.chance(0.4) ? 0 : chance.within(0, most));
  return {
    loseOrder: often(0.2),
    reject: often(0.15),
    loseAck: often(0.4),
    loseFill: often(0.2),
    repeat: often(0.3),
    unknown: often(0.5),
    delayUs: chance.pick([0, 500_000, 4_000_000]),
    liquidity: chance.pick([0.1, 0.4, 0.9]),
    partial: chance.pick([0, 0.3, 0.8]),
  };
}

/** Lots that a leg of a portfolio has: of a long for a sell, of a short for a buy. */
export type LotsOf = (portfolio: string, market: number, side: 'buy' | 'sell') => number;

export class SimulatedVenue {
  faults: Faults;
  /** Every order that was ever sent here. */
  readonly orders = new Map<string, VenueOrder>();
  private readonly open = new Set<VenueOrder>();
  private readonly queue: Message[] = [];
  private readonly chance: Chance;
  private readonly instruments: Instruments;
  private readonly violation: (what: string) => never;

  constructor(instruments: Instruments, faults: Faults, chance: Chance, violation: (what: string) => never) {
    this.instruments = instruments;
    this.faults = faults;
    this.chance = chance;
    this.violation = violation;
  }

  onOrders(rows: readonly OrderEvent[], timeUs: number): void {
    for (const order of rows) {
      if (order.event === 'new') this.onNew(order, timeUs);
      else if (order.event === 'cancel') this.onCancel(order, timeUs);
      else if (order.event === 'query') this.onQuery(order, timeUs);
    }
  }

  /** What is lost is lost for good: it has to be asked for again. */
  onCancelOrders(accounts: readonly string[], timeUs: number): void {
    for (const account of accounts) {
      if (!this.chance.chance(this.faults.loseAck)) this.say({ dueUs: this.later(timeUs), goneFor: account });
    }
  }

  /** Says again what was lost: in the end a venue tells all of its trades. */
  retell(timeUs: number): void {
    for (const { untold } of this.orders.values()) for (const fill of untold.values()) this.say({ dueUs: timeUs, fill });
  }

  /** Accounts whose positions the book does not know yet. */
  hasUntold(account: string): boolean {
    for (const { order, untold } of this.orders.values())
      if (untold.size > 0 && accountOf(order.portfolio) === account) return true;
    return false;
  }

  /** Executes what can be, and lets orders expire. */
  trade(timeUs: number, marks: readonly (Decimal | null)[], lotsOf: LotsOf): void {
    const { chance, faults } = this;
    for (const each of [...this.open]) {
      if (each.state === 'travelling' && each.arrivesUs <= timeUs) this.arrive(each, timeUs);
      if (each.state !== 'live') continue;
      if (chance.chance(faults.liquidity)) this.execute(each, timeUs, marks, lotsOf);
      if (each.state === 'live' && timeUs >= each.order.expiryUs) this.end(each, 'unfilled', timeUs);
    }
  }

  /** What has been said by now, in the order in which it arrives; several of a kind in one record. */
  due(timeUs: number): InputRecord[] {
    const records: InputRecord[] = [];
    for (const message of this.queue.splice(0)) {
      if (message.dueUs > timeUs) {
        this.queue.push(message);
        continue;
      }
      const last = records.at(-1);
      if ('fill' in message) {
        if (last?.type === 'fills') records[records.length - 1] = { ...last, fills: [...last.fills, message.fill] };
        else records.push({ type: 'fills', timeUs, fills: [message.fill] });
      } else if ('ack' in message) {
        if (last?.type === 'acks') records[records.length - 1] = { ...last, acks: [...last.acks, message.ack] };
        else records.push({ type: 'acks', timeUs, acks: [message.ack] });
      } else {
        records.push({ type: 'orders-gone', timeUs, accounts: [message.goneFor] });
      }
    }
    return records;
  }

  /** A trade has reached the book. */
  onBooked({ tradeId, orderId }: Fill): void {
    if (orderId !== null) this.orders.get(orderId)?.untold.delete(tradeId);
  }

  private onNew(order: OrderEvent, timeUs: number): void {
    if (this.orders.has(order.orderId)) this.violation(`order ${order.orderId} was sent twice`);
    const isLost = this.chance.chance(this.faults.loseOrder);
    const arrivesUs = isLost ? Number.POSITIVE_INFINITY : this.later(timeUs);
    const each: VenueOrder = { order, state: 'travelling', arrivesUs, left: order.lots, trades: 0, untold: new Map() };
    this.orders.set(order.orderId, each);
    this.open.add(each);
    if (arrivesUs <= timeUs) this.arrive(each, timeUs);
  }

  private arrive(each: VenueOrder, timeUs: number): void {
    if (this.chance.chance(this.faults.reject)) {
      this.end(each, 'rejected', timeUs);
    } else {
      each.state = 'live';
      this.answer(each, 'working', timeUs);
    }
  }

  private onCancel({ orderId }: OrderEvent, timeUs: number): void {
    const each = this.orders.get(orderId);
    if (each === undefined) this.violation(`a cancel of ${orderId}, which was never sent`);
    if (each.state === 'live') this.end(each, 'cancelled', timeUs);
    // What is still on its way when its cancel comes never gets in.
    else if (each.state === 'travelling') this.end(each, 'absent', timeUs);
    else if (each.state !== 'done') this.answer(each, each.state, timeUs);
  }

  private onQuery({ orderId }: OrderEvent, timeUs: number): void {
    const each = this.orders.get(orderId);
    if (each === undefined) this.violation(`${orderId}, which was never sent, was asked for`);
    if (this.chance.chance(this.faults.unknown)) {
      this.answer(each, 'unknown', timeUs);
      return;
    }
    for (const fill of each.untold.values()) this.say({ dueUs: timeUs, fill });
    if (each.state === 'travelling') this.end(each, 'absent', timeUs);
    else if (each.state === 'live') this.answer(each, 'working', timeUs);
    else if (each.state !== 'done') this.answer(each, each.state, timeUs);
  }

  private execute(each: VenueOrder, timeUs: number, marks: readonly (Decimal | null)[], lotsOf: LotsOf): void {
    const { chance, faults } = this;
    const { order } = each;
    const mark = marks[order.market];
    const price = mark === null ? null : this.priceFor(order, mark);
    if (price === null) return;
    // Reduce-only: no more than is there, trades included of which the book has not heard.
    let untold = 0;
    for (const other of this.orders.values()) {
      if (other.order.portfolio !== order.portfolio || other.order.market !== order.market) continue;
      for (const fill of other.untold.values()) untold += fill.side === order.side ? fill.lots : 0;
    }
    const most = Math.min(each.left, lotsOf(order.portfolio, order.market, order.side) - untold);
    if (most <= 0) {
      this.end(each, 'cancelled', timeUs);
      return;
    }
    const count = chance.chance(faults.partial) ? chance.between(1, most) : most;
    const market = this.instruments.markets[order.market];
    each.trades += 1;
    each.left -= count;
    const fee = fractionToUnits(multiply(market.takerFee, notionalAt(market, count, price)), EXACT_DECIMALS, 'up');
    const fill: Fill = {
      tradeId: `${order.orderId}.${each.trades}`,
      orderId: order.orderId,
      account: accountOf(order.portfolio),
      market: order.market,
      margin: order.portfolio.includes('/') ? 'isolated' : 'cross',
      side: order.side,
      lots: lots(count),
      price,
      fee: cash(fee),
      timeUs,
    };
    each.untold.set(fill.tradeId, fill);
    if (!chance.chance(faults.loseFill)) this.tell({ dueUs: this.later(timeUs), fill });
    if (each.left === 0) {
      each.state = 'done';
      this.open.delete(each);
    }
  }

  /** The mark, a little worse, if the limit allows that. */
  private priceFor({ market: index, side, limitPrice }: OrderEvent, mark: Decimal): Decimal | null {
    const { tick, allowNonPositive } = this.instruments.markets[index];
    const worse = this.faults.delayUs === 0 ? 0 : this.chance.between(0, 30);
    const size = mark.units < 0n ? -mark.units : mark.units;
    const moved = mark.units + (side === 'sell' ? -1n : 1n) * divideRounded(size * BigInt(worse), 1_000n, 'up');
    const price = { units: allowNonPositive || moved > 0n ? moved : tick.units, decimals: mark.decimals };
    if (limitPrice === null) return price;
    const above = compareDecimals(price, limitPrice);
    return (side === 'sell' ? above >= 0 : above <= 0) ? price : null;
  }

  private end(each: VenueOrder, state: Exclude<State, 'travelling' | 'live' | 'done'>, timeUs: number): void {
    each.state = state;
    this.open.delete(each);
    this.answer(each, state, timeUs);
  }

  private answer({ order: { orderId } }: VenueOrder, state: OrderAck['state'], timeUs: number): void {
    if (!this.chance.chance(this.faults.loseAck)) this.tell({ dueUs: this.later(timeUs), ack: { orderId, state } });
  }

  private tell(message: Message): void {
    this.say(message);
    if (this.chance.chance(this.faults.repeat)) this.say({ ...message, dueUs: this.later(message.dueUs) });
  }

  private say(message: Message): void {
    this.queue.push(message);
  }

  private later(timeUs: number): number {
    const { delayUs } = this.faults;
    return delayUs === 0 ? timeUs : timeUs + this.chance.integer(delayUs);
  }
}
