/** Random venues and random records for them, of every kind that the engine takes. Knows how to draw them, not what must come of them. */
import { type Decimal, pow10 } from '../../src/model/decimal.js';
import type { Effect, OrderEvent } from '../../src/model/effects.js';
import type { Instruments } from '../../src/model/instruments.js';
import { type Account, accountOf, cash, EXACT_DECIMALS, lots } from '../../src/model/portfolio.js';
import type { AdminCommand, BookRow, Fill, InputRecord } from '../../src/model/records.js';
import { Random } from '../../src/synthetic/random.js';
import { atTheEdge, type MixedPrices, mixedAccount, mixedVenue, pick } from '../scan/mixed.js';
import { noPrices, wildAccount, wildCost, wildMark, wildPrice, wildSize, wildVenue } from '../scan/wild.js';

/** Decimal magnitudes of a venue; the first is drawn as ordinary venues are. */
const MAGNITUDES = [3, 3, 6, 12];
const STEP_US = 1_000;

/** To the 18 decimals that trades at the mark can be booked with. */
function rounded({ units, decimals }: Decimal): Decimal {
  if (decimals <= EXACT_DECIMALS) return { units, decimals };
  const kept = units / pow10(decimals - EXACT_DECIMALS);
  return { units: kept === 0n && units !== 0n ? 1n : kept, decimals: EXACT_DECIMALS };
}

export class RandomRecords {
  readonly random: Random;
  readonly instruments: Instruments;
  private readonly prices: MixedPrices;
  private readonly big: number;
  private readonly isOrdinary: boolean;
  private readonly accounts = new Map<string, Account>();
  private readonly names: readonly string[];
  private readonly orders: OrderEvent[] = [];
  private readonly auctions: string[] = [];
  private readonly told: Fill[] = [];
  private version = 0;
  private timeUs = 0;
  private isFirst = true;

  constructor(seed: number, accounts: number) {
    this.random = new Random(seed, 'records');
    const { random } = this;
    const magnitude = random.integer(MAGNITUDES.length);
    this.isOrdinary = magnitude < 2;
    this.big = MAGNITUDES[magnitude];
    const venue = { big: this.big, assets: 1 + random.integer(4), markets: 1 + random.integer(5) };
    this.instruments = this.isOrdinary ? mixedVenue(random) : wildVenue(random, venue);
    this.prices = noPrices(this.instruments);
    this.names = Array.from({ length: accounts }, (_, i) => `a${i}`);
  }

  /** Half of the accounts, for before the first record. */
  loaded(): Account[] {
    return this.names.slice(0, this.names.length / 2).map((name) => this.account(name));
  }

  next(): InputRecord {
    const { random } = this;
    this.timeUs += random.chance(0.1) ? 0 : STEP_US;
    const kind = random.integer(13);
    if (this.isFirst || kind <= 3) {
      const share = this.isFirst ? 0.95 : 0.4;
      this.isFirst = false;
      return this.tick(share);
    }
    if (kind <= 5) return { type: 'book', timeUs: this.timeUs, rows: this.rows() };
    if (kind <= 7) return { type: 'fills', timeUs: this.timeUs, fills: this.fills() };
    if (kind === 8) {
      const state = pick(random, ['working', 'cancelled', 'unfilled', 'rejected'] as const);
      return { type: 'acks', timeUs: this.timeUs, acks: [{ orderId: this.order()?.orderId ?? 'nobody', state }] };
    }
    if (kind === 9) return { type: 'admin', timeUs: this.timeUs, commands: [this.command()] };
    if (kind === 10) return { type: 'orders-gone', timeUs: this.timeUs, accounts: [pick(random, this.names)] };
    if (kind === 11) return this.bid();
    if (random.chance(0.1)) return { type: 'restart', timeUs: this.timeUs };
    // Long enough for orders to expire and auctions to end.
    this.timeUs += random.chance(0.3) ? 20_000_000 : 0;
    return { type: 'clock', timeUs: this.timeUs };
  }

  private bid(): InputRecord {
    const { random } = this;
    const limitPrice = random.chance(0.7) ? null : wildPrice(random, this.big);
    const wanted = { lots: random.chance(0.5) ? null : lots(1 + random.integer(1e6)), limitPrice };
    const auctionId = this.auctions.at(-1 - random.integer(4)) ?? 'none';
    const bid = { bidId: `b${random.integer(1e6)}`, auctionId, bidder: pick(random, this.names), ...wanted };
    return { type: 'bids', timeUs: this.timeUs, bids: [bid] };
  }

  private command(): AdminCommand {
    const { random, instruments } = this;
    const account = pick(random, this.names);
    const asset = random.integer(instruments.assets.length);
    const amount = cash(BigInt(random.integer(2e9)) * 10n ** 15n);
    return pick<AdminCommand>(random, [
      { command: 'mode', mode: random.chance(0.3) ? 'shadow' : 'live' },
      { command: 'kill', isOn: random.chance(0.2) },
      { command: pick(random, ['pause', 'resume', 'resume'] as const), scope: 'account', name: account },
      { command: pick(random, ['exempt', 'unexempt', 'unexempt'] as const), account },
      { command: 'bidder', account },
      { command: 'fund', asset, market: null, amount },
    ]);
  }

  /** Takes note of orders that went out. */
  hear(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'orders') for (const row of effect.rows) if (row.event === 'new') this.orders.push(row);
      if (effect.type === 'auctions') for (const { auctionId } of effect.rows) this.auctions.push(auctionId);
    }
  }

  private order(): OrderEvent | null {
    return this.orders.length === 0 ? null : this.orders[Math.max(0, this.orders.length - 1 - this.random.integer(6))];
  }

  private tick(share: number): InputRecord {
    const { random, prices, big, instruments } = this;
    const { markets, assets, valuation } = instruments;
    const marks = markets
      .filter(() => random.chance(share))
      .map((market) => ({ market: market.index, price: rounded(wildMark(random, market, prices.marks[market.index], big)) }));
    const indexes = assets
      .filter((asset) => asset !== valuation && random.chance(share))
      .map(({ index }) => ({ asset: index, price: wildPrice(random, big) }));
    const funding = markets
      .filter(() => random.chance(share / 3))
      .map(({ index }) => {
        const { units, decimals } = wildPrice(random, big, 0);
        return { market: index, index: { units: random.chance(0.5) ? units : -units, decimals } };
      });
    for (const { market, price } of marks) prices.marks[market] = price;
    for (const { asset, price } of indexes) prices.indexes[asset] = price;
    for (const { market, index } of funding) prices.fundings[market] = index;
    return { type: 'tick', timeUs: this.timeUs, marks, indexes, funding };
  }

  private account(id: string): Account {
    const { random, instruments, prices, big } = this;
    const drawn = this.isOrdinary
      ? mixedAccount(random, instruments, id)
      : wildAccount(random, instruments, prices, { id, big, rows: random.chance(0.1) ? 20 : 5 });
    // Funding is refused of a market that told none yet: mostly without, so that most rows are taken.
    const cross = random.chance(0.8)
      ? drawn.cross.map(({ market, lots: size, cost }) => ({ market, lots: size, cost }))
      : drawn.cross;
    const isolated = drawn.isolated.map(({ market, lots: size, cost, collateral }) => ({ market, lots: size, cost, collateral }));
    const account = { ...drawn, cross, isolated };
    const edged = random.chance(0.6) ? atTheEdge(random, account, instruments, prices, BigInt(random.integer(3) - 1)) : account;
    this.accounts.set(id, edged);
    return edged;
  }

  private rows(): BookRow[] {
    return Array.from({ length: 1 + this.random.integer(3) }, (): BookRow => {
      if (!this.random.chance(0.03)) this.version += 1;
      return { account: this.account(pick(this.random, this.names)), version: this.version };
    });
  }

  private fills(): Fill[] {
    const { random, told } = this;
    return Array.from({ length: 1 + random.integer(3) }, (): Fill => {
      const fill = told.length > 0 && random.chance(0.15) ? pick(random, told) : this.fill();
      told.push(fill);
      return fill;
    });
  }

  /** Of some order, or all of it, at its limit or near the mark. */
  private execution({ orderId, portfolio, market, side, lots: most, limitPrice }: OrderEvent): Fill {
    const { random } = this;
    const price = limitPrice ?? this.prices.marks[market] ?? wildPrice(random, this.big, 0);
    const account = accountOf(portfolio);
    const size = random.chance(0.5) ? most : lots(1 + random.integer(most));
    const trade = { tradeId: `t${random.bits()}`, orderId, account, market, side, lots: size, price };
    return { ...trade, margin: account === portfolio ? 'cross' : 'isolated', fee: cash(0n), timeUs: this.timeUs };
  }

  /** Mostly one that closes some of what an account was given. */
  private fill(): Fill {
    const { random, instruments, prices, big } = this;
    const order = random.chance(0.4) ? this.order() : null;
    if (order !== null) return this.execution(order);
    const name = pick(random, this.names);
    const account = this.accounts.get(name);
    const isIsolated = account !== undefined && account.isolated.length > 0 && random.chance(0.4);
    const positions = (isIsolated ? account.isolated : account?.cross) ?? [];
    const held = positions.length > 0 ? pick(random, positions) : null;
    const market = held?.market ?? random.integer(instruments.markets.length);
    const size =
      held === null ? Math.abs(wildSize(random)) : Math.max(1, Math.floor(Math.abs(held.lots) / (1 + random.integer(3))));
    const units = wildCost(random, instruments.markets[market], size, prices.marks[market], big) / BigInt(size);
    const closing = (held?.lots ?? 1) > 0 ? 'sell' : 'buy';
    return {
      tradeId: `t${random.bits()}`,
      orderId: random.chance(0.1) ? (this.order()?.orderId ?? null) : null,
      account: name,
      market,
      margin: isIsolated ? 'isolated' : 'cross',
      side: random.chance(0.8) ? closing : pick(random, ['buy', 'sell'] as const),
      lots: lots(size),
      price: { units, decimals: EXACT_DECIMALS },
      fee: cash(BigInt(random.integer(1e6))),
      timeUs: this.timeUs,
    };
  }
}
