/** Random updates of every kind, given alike to a live book and to the book kept by hand. Knows how to draw them, not what must hold after. */

import { PlimsollError } from '../../src/model/errors.js';
import type { Instruments } from '../../src/model/instruments.js';
import { isAmount } from '../../src/model/limits.js';
import { accountOf, cash, cost, EXACT_DECIMALS, lots, type Position } from '../../src/model/portfolio.js';
import type { Fill, PriceUpdate } from '../../src/model/records.js';
import { bookFills } from '../../src/scan/booking.js';
import { checkAccount } from '../../src/scan/check-account.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { LiveBook } from '../../src/scan/live-book.js';
import { Scanner } from '../../src/scan/scanner.js';
import { Random } from '../../src/synthetic/random.js';
import { dec } from '../support/books.js';
import { atTheEdge, type MixedPrices, mixedVenue, pick } from './mixed.js';
import { ReferenceBook } from './reference-book.js';
import { noPrices, wildAccount, wildAmount, wildCost, wildMark, wildPrice, wildSize, wildVenue } from './wild.js';

const ACCOUNTS = 6;
/** Decimal magnitudes of a venue; the first is drawn as ordinary venues are. */
const MAGNITUDES = [3, 6, 12, 18, 29];

export class Scene {
  readonly random: Random;
  readonly instruments: Instruments;
  readonly prices: MixedPrices;
  readonly scanner: Scanner;
  /** The same lines and windows, and no portfolio: it has seen every price. */
  readonly twin: LiveBook;
  readonly reference: ReferenceBook;
  /** What was done, for the message of a failure. */
  readonly log: string[] = [];
  /** Batches of fills that were booked, and that were refused. */
  readonly batches = { booked: 0, refused: 0 };
  private readonly big: number;
  private version = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 'scene');
    const { random } = this;
    const magnitude = random.integer(MAGNITUDES.length);
    const isLarge = random.chance(0.03);
    const [assets, markets] = isLarge ? [200, 60] : [1 + random.integer(5), 1 + random.integer(6)];
    this.big = MAGNITUDES[magnitude];
    this.instruments = magnitude === 0 ? mixedVenue(random) : wildVenue(random, { big: this.big, assets, markets });
    this.prices = noPrices(this.instruments);
    this.scanner = new Scanner(new LiveBook(this.instruments), new JsBackend());
    this.twin = new LiveBook(this.instruments);
    this.reference = new ReferenceBook(this.instruments);
    if (random.chance(0.8)) this.tick(0.93);
  }

  /** One random update. */
  step(): void {
    const { random } = this;
    const { ids } = this.reference;
    const kind = random.integer(10);
    if (kind <= 1) this.tick(0.3);
    else if (kind <= 3 || ids.length === 0) this.setAccount();
    else if (kind === 4) this.setPosition(pick(random, ids));
    else if (kind === 5) this.addToBalance(pick(random, ids));
    else if (kind === 6) this.setTraded(pick(random, ids));
    else if (kind === 7) this.removeIsolated(pick(random, ids));
    else this.bookFills(ids);
  }

  /** New prices of `share` of the markets and assets. */
  private tick(share: number): void {
    const { random, instruments, prices, big } = this;
    const { markets, assets, valuation } = instruments;
    const marks = markets
      .filter(() => random.chance(share))
      .map((market) => ({ market: market.index, price: wildMark(random, market, prices.marks[market.index], big) }));
    const indexes = assets
      .filter((asset) => asset !== valuation && random.chance(share))
      .map(({ index }) => ({ asset: index, price: wildPrice(random, big) }));
    const funding = markets.filter(() => random.chance(share / 3)).map(({ index }) => ({ market: index, index: this.funding() }));
    const update: PriceUpdate = { marks, indexes, funding };
    for (const { market, price } of marks) prices.marks[market] = price;
    for (const { asset, price } of indexes) prices.indexes[asset] = price;
    for (const { market, index } of funding) prices.fundings[market] = index;
    this.log.push('tick');
    this.scanner.setPrices(update);
    this.twin.update(update);
  }

  private funding() {
    const { random, big } = this;
    if (random.chance(0.1)) return dec(0);
    const { units, decimals } = wildPrice(random, big, random.chance(0.1) ? big : 0);
    return { units: random.chance(0.5) ? units : -units, decimals };
  }

  private setAccount(): void {
    const { random, instruments, prices, big } = this;
    const wanted = { id: `a${random.integer(ACCOUNTS)}`, big, rows: random.chance(0.1) ? 30 : 6 };
    let account = wildAccount(random, instruments, prices, wanted);
    if (random.chance(0.5)) account = atTheEdge(random, account, instruments, prices, BigInt(random.integer(3) - 1));
    try {
      checkAccount(account);
    } catch (error) {
      this.expectRefusal(error);
      return;
    }
    this.version += 1;
    this.log.push(`setAccount ${account.id}`);
    this.scanner.book.setAccount(account, this.version);
    this.reference.setAccount(account);
  }

  private setPosition(id: string): void {
    const { book } = this.scanner;
    const { market, after, leg } = this.drawPosition();
    this.log.push(`setPosition ${id} ${market} ${after.lots}`);
    book.setPosition(book.store.find(id), market, after.lots, after.cost, leg);
    this.reference.setPosition(id, market, after, leg);
  }

  private addToBalance(id: string): void {
    const { random, reference, instruments } = this;
    const { book } = this.scanner;
    const asset = random.integer(instruments.assets.length);
    const present = reference.balance(id, asset);
    const units = random.chance(0.3) ? -present : wildAmount(random, this.big);
    if (!isHeld(present + units)) return;
    this.log.push(`addToBalance ${id} ${asset} ${units}`);
    book.addToBalance(book.store.find(id), asset, units);
    reference.add(id, asset, units);
  }

  private setTraded(id: string): void {
    const { reference, instruments } = this;
    const { book } = this.scanner;
    const { market, after, leg } = this.drawPosition();
    const { settleAsset } = instruments.markets[market];
    const units = wildAmount(this.random, Math.min(this.big, 12));
    if (!isHeld(reference.balance(id, settleAsset) + units)) return;
    this.log.push(`setTraded ${id} ${market} ${after.lots}`);
    book.setTraded(book.store.find(id), market, after, units, leg);
    reference.add(id, settleAsset, units);
    reference.setPosition(id, market, after, leg);
  }

  private removeIsolated(id: string): void {
    if (!this.reference.isIsolated(id)) return;
    const { book } = this.scanner;
    this.log.push(`removeIsolated ${id}`);
    book.removeIsolated(book.store.find(accountOf(id)), book.store.find(id));
    this.reference.removeIsolated(id);
  }

  /** A batch is booked whole, or nothing is changed by it. */
  private bookFills(ids: readonly string[]): void {
    const { random, reference, prices } = this;
    const { book } = this.scanner;
    const fills = Array.from({ length: 1 + random.integer(4) }, (_, i) => this.drawFill(pick(random, ids), `t${i}`));
    const versions = (): number[] => ids.map((id) => book.store.versionOf(book.store.find(id)));
    const before = versions();
    this.log.push(`fills ${fills.map(({ account, market, lots: size, side }) => `${account} ${market} ${side} ${size}`)}`);
    try {
      bookFills(book, fills, () => false);
    } catch (error) {
      this.expectRefusal(error);
      this.batches.refused += 1;
      if (`${versions()}` !== `${before}`) throw new Error('expected versions as before a refused batch', { cause: error });
      return;
    }
    this.batches.booked += 1;
    reference.bookFills(fills, prices.fundings);
  }

  /** Mostly one that closes some, all or more than all of what is held. */
  private drawFill(id: string, tradeId: string): Fill {
    const { random, reference, instruments, prices, big } = this;
    const positions = reference.positions(id);
    const held = positions.length > 0 && random.chance(0.8) ? pick(random, positions) : null;
    const market = held?.market ?? random.integer(instruments.markets.length);
    const size = held === null ? Math.abs(wildSize(random)) : this.sizeAround(Math.abs(held.lots));
    const closes = held?.lots ?? 0;
    const closing = closes > 0 ? 'sell' : 'buy';
    const units = wildCost(random, instruments.markets[market], size, prices.marks[market], big) / BigInt(size);
    return {
      tradeId,
      orderId: null,
      account: random.chance(0.04) ? 'nobody' : accountOf(id),
      market,
      margin: reference.isIsolated(id) ? 'isolated' : 'cross',
      side: held !== null && random.chance(0.8) ? closing : pick(random, ['buy', 'sell'] as const),
      lots: lots(size),
      price: { units, decimals: EXACT_DECIMALS },
      fee: cash(BigInt(random.integer(1e6))),
      timeUs: 0,
    };
  }

  private sizeAround(size: number): number {
    const third = Math.max(1, Math.floor(size / 3));
    return pick(this.random, [1, third, size, size, Math.min(Number.MAX_SAFE_INTEGER, size * 2)]);
  }

  /** Some position of some market, or none any more. */
  private drawPosition(): { market: number; after: Pick<Position, 'lots' | 'cost'>; leg: number } {
    const { random, instruments, prices, big } = this;
    const market = random.integer(instruments.markets.length);
    if (random.chance(0.35)) return { market, after: { lots: lots(0), cost: cost(0n) }, leg: random.chance(0.5) ? 1 : -1 };
    const size = wildSize(random);
    const units = wildCost(random, instruments.markets[market], size, prices.marks[market], big);
    return { market, after: { lots: lots(size), cost: cost(units) }, leg: size };
  }

  private expectRefusal(error: unknown): void {
    if (!(error instanceof PlimsollError)) throw error;
  }
}

/** With room for what trades add. */
function isHeld(units: bigint): boolean {
  return isAmount(units * 2n);
}
