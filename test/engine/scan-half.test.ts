/**
 * The scan half against the oracle, through ticks, account rows, trades and what cases ask for, of extreme venues: what it last said of each
 * portfolio is what holds, its counts and sums are right, and what it told of each record is what changed. `SCENES=1000` asks for more; `SEED` for
 * others.
 */
import { expect, it } from 'vitest';
import { ScanHalf } from '../../src/engine/scan-half.js';
import type { BalanceMove, BookTotals, InternalTrade, TradesBooked } from '../../src/model/book-port.js';
import { pow10 } from '../../src/model/decimal.js';
import { AssertionError, PlimsollError } from '../../src/model/errors.js';
import { isAmount } from '../../src/model/limits.js';
import { isInsolvent, isLiquidatable, valuePortfolio } from '../../src/model/margin.js';
import { type Account, accountOf, cash, EXACT_DECIMALS, lots } from '../../src/model/portfolio.js';
import type { BookedFill, BookRow, Fill, PortfolioReport, PriceUpdate, Release, Standing } from '../../src/model/records.js';
import { checkAccount } from '../../src/scan/check-account.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import type { LiveBook } from '../../src/scan/live-book.js';
import { Random } from '../../src/synthetic/random.js';
import { atTheEdge, type MixedPrices, pick } from '../scan/mixed.js';
import { noPrices, wildAccount, wildAmount, wildMark, wildPrice, wildSize, wildVenue } from '../scan/wild.js';
import { dec } from '../support/books.js';

const SCENES = Number(process.env.SCENES ?? 100);
const SEED = Number(process.env.SEED ?? 1);
const STEPS = 40;
const ACCOUNTS = 5;

const totals = {
  ...{ ticks: 0, rows: 0, booked: 0, refused: 0, liquidatable: 0, insolvent: 0, unpriced: 0, drained: 0 },
  ...{ followed: 0, traded: 0, opened: 0, moved: 0, released: 0, kept: 0, ordersGone: 0 },
};

class Play {
  private readonly random: Random;
  private readonly big: number;
  private readonly half: ScanHalf;
  private readonly prices: MixedPrices;
  /** What was last said, by portfolio. */
  private readonly said = new Map<string, Standing>();
  private readonly followed = new Set<string>();
  private version = 0;

  constructor(seed: number) {
    this.random = new Random(seed, 'scan half');
    const { random } = this;
    this.big = pick(random, [3, 6, 9]);
    const instruments = wildVenue(random, { big: this.big, assets: 1 + random.integer(4), markets: 1 + random.integer(5) });
    this.half = new ScanHalf(instruments, new JsBackend());
    this.prices = noPrices(instruments);
    // Positions may say up to which funding index theirs is settled only where the market's own was told.
    this.half.tick({ marks: [], funding: instruments.markets.map(({ index }) => ({ market: index, index: dec(0) })) });
  }

  step(): void {
    const kind = this.random.integer(9);
    if (kind <= 2) this.tick();
    else if (kind === 3) this.setAccounts();
    else if (kind === 4) this.applyFills();
    else if (kind === 5) this.follow();
    else if (kind === 6) this.trade();
    else if (kind === 7) this.move();
    else this.removeOrders();
    const now = this.truth();
    if (kind <= 2) this.expectTold(now);
    this.expectDrained(now);
    expectSums(this.half.book);
    // What was said to be liquidatable is so still: no update of the book leaves it unsaid that it ceased to be.
    for (const [id, standing] of this.said) if (standing === 'liquidatable') expect(now.get(id)).toBe(standing);
  }

  private tick(): void {
    const { random, half, prices, big } = this;
    const { markets, assets, valuation } = half.book.instruments;
    const marks = markets
      .filter(() => random.chance(0.5))
      .map((market) => ({ market: market.index, price: wildMark(random, market, prices.marks[market.index], big) }));
    const indexes = assets
      .filter((asset) => asset !== valuation && random.chance(0.4))
      .map(({ index }) => ({ asset: index, price: wildPrice(random, big) }));
    const update: PriceUpdate = { marks, indexes };
    for (const { market, price } of marks) prices.marks[market] = price;
    for (const { asset, price } of indexes) prices.indexes[asset] = price;
    const reports = half.tick(update);
    const heard = new Set(reports.map(({ portfolio }) => portfolio));
    for (const portfolio of this.followed) expect(heard.has(portfolio), portfolio).toBe(true);
    for (const { portfolio, standing } of reports) {
      if (this.followed.has(portfolio) || standing !== 'insolvent') continue;
      expect(this.said.get(portfolio), `${portfolio} is told once`).not.toBe('insolvent');
    }
    this.hear(reports);
    totals.ticks += 1;
  }

  /** After a tick: all who are liquidatable were said to be, and nobody else; the counts are those of the scan. */
  private expectTold(now: ReadonlyMap<string, Standing>): void {
    for (const [id, standing] of now) expect(this.said.get(id) === 'liquidatable', id).toBe(standing === 'liquidatable');
    for (const [id, standing] of now) expect(this.said.get(id) === 'insolvent', id).toBe(standing === 'insolvent');
    const standings = [...now.values()];
    for (const what of ['insolvent', 'unpriced'] as const) {
      const count = standings.filter((standing) => standing === what).length;
      expect(this.half.counts[what]).toBe(count);
      totals[what] += count;
    }
  }

  private setAccounts(): void {
    const rows = Array.from({ length: 1 + this.random.integer(3) }, (): BookRow => {
      this.version += 1;
      return { account: this.drawAccount(), version: this.version };
    });
    try {
      for (const { account } of rows) checkAccount(account);
    } catch (error) {
      expectRefusal(error);
      return;
    }
    const before = this.half.book.totals.copy();
    const { change, reports } = this.half.setAccounts(rows);
    expect(change).toEqual(this.half.book.totals.changeSince(before));
    this.hear(reports);
    totals.rows += rows.length;
  }

  private drawAccount(): Account {
    const { random, half, prices, big } = this;
    const { instruments } = half.book;
    const drawn = wildAccount(random, instruments, prices, { id: `a${random.integer(ACCOUNTS)}`, big, rows: 4 });
    const { orders: _, ...withoutOrders } = drawn;
    const account = random.chance(0.3) ? { ...withoutOrders, cross: [] } : drawn;
    return random.chance(0.5) ? atTheEdge(random, account, instruments, prices, BigInt(random.integer(3) - 1)) : account;
  }

  private applyFills(): void {
    const fills = Array.from({ length: 1 + this.random.integer(3) }, (_, i) => this.drawFill(`t${i}`));
    const before = this.half.book.totals.copy();
    try {
      const { booked, releases, reports } = this.half.applyFills(fills);
      expect(booked.map(({ fill }) => fill)).toEqual(fills);
      this.expectBooked(booked, before);
      this.expectReleased(releases);
      this.hear(reports);
      totals.booked += 1;
    } catch (error) {
      expectRefusal(error);
      totals.refused += 1;
    }
  }

  /** Mostly one that closes what an account holds. */
  private drawFill(tradeId: string): Fill {
    const { random } = this;
    const { book } = this.half;
    const account = `a${random.integer(ACCOUNTS)}`;
    const ids = book.portfolioIds(account);
    const id = ids.length === 0 ? account : pick(random, ids);
    const positions = ids.length === 0 ? [] : book.portfolio(book.store.find(id)).positions;
    const held = positions.length === 0 ? null : pick(random, positions);
    const size = held === null ? 1 + (Math.abs(wildSize(random)) % 1_000) : random.chance(0.7) ? Math.abs(held.lots) : 1;
    return {
      tradeId,
      orderId: null,
      account: accountOf(id),
      market: held?.market ?? random.integer(book.instruments.markets.length),
      margin: id === account ? 'cross' : 'isolated',
      side: held !== null && held.lots > 0 ? 'sell' : 'buy',
      lots: lots(size),
      price: { units: BigInt(1 + random.integer(1e9)) * pow10(random.integer(12)), decimals: EXACT_DECIMALS },
      fee: cash(BigInt(random.integer(1e6))),
      timeUs: 0,
    };
  }

  private follow(): void {
    const { half } = this;
    const portfolio = this.anyPortfolio();
    if (portfolio === null) return;
    if (!this.followed.has(portfolio)) {
      expect(half.desk.follow(portfolio, true)).toEqual([]);
      this.followed.add(portfolio);
      return;
    }
    this.followed.delete(portfolio);
    const releases = half.desk.follow(portfolio, false);
    this.expectReleased(releases);
    // A release is no record: who asks for it asks for its account, too.
    for (const id of [portfolio, accountOf(portfolio)])
      if (half.desk.report(id).standing === 'healthy') this.said.set(id, 'healthy');
  }

  /** One that closes what somebody has, against somebody or nobody. */
  private trade(): void {
    const { random, half } = this;
    const { book } = half;
    const portfolio = this.anyPortfolio();
    const counterparty = random.chance(0.3) ? null : this.anyPortfolio();
    if (portfolio === null || portfolio === counterparty) return;
    const positions = book.portfolio(book.store.find(portfolio)).positions;
    if (positions.length === 0) return;
    const { market, lots: held } = pick(random, positions);
    const size = random.chance(0.6) ? Math.abs(held) : Math.max(1, Math.floor(Math.abs(held) / 3));
    const price = { units: BigInt(1 + random.integer(1e9)) * pow10(random.integer(12)), decimals: EXACT_DECIMALS };
    const side = held > 0 ? ('sell' as const) : ('buy' as const);
    const trade: InternalTrade = { tradeId: 'i', portfolio, side, counterparty, market, lots: lots(size), price };
    const before = book.totals.copy();
    const other = counterparty === null ? [] : book.portfolio(book.store.find(counterparty)).positions;
    let done: TradesBooked;
    try {
      done = half.desk.trade([trade]);
    } catch (error) {
      // What an isolated leg cannot open, and amounts beyond what can be held: ours to avoid, and nothing is booked.
      if (!(error instanceof AssertionError)) throw error;
      expect(book.totals.copy()).toEqual(before);
      totals.refused += 1;
      return;
    }
    const { booked, releases, reports } = done;
    expect(booked[0].portfolio).toBe(portfolio);
    for (const { fill } of booked) expect([fill.orderId, fill.fee, fill.market]).toEqual([null, 0n, market]);
    const traded = booked.reduce((sum, { lotsChange }) => sum + BigInt(lotsChange), 0n);
    expect(traded).toBe(counterparty === null ? BigInt(held > 0 ? -size : size) : 0n);
    this.expectBooked(booked, before);
    this.expectReleased(releases);
    this.hear(reports);
    totals.traded += 1;
    if (counterparty !== null && other.every((position) => position.market !== market)) totals.opened += 1;
  }

  private move(): void {
    const { random, half, big } = this;
    const { book } = half;
    const moves = Array.from({ length: 1 + random.integer(3) }, () => this.anyPortfolio()).flatMap((portfolio): BalanceMove[] => {
      if (portfolio === null) return [];
      const asset = random.integer(book.instruments.assets.length);
      const present = book.balanceOf(book.store.find(portfolio), asset);
      const amount = random.chance(0.4) ? -present : wildAmount(random, big);
      return isAmount((present + amount) * 4n) ? [{ portfolio, asset, amount: cash(amount) }] : [];
    });
    const before = book.totals.copy();
    const balances = book.instruments.assets.map(() => 0n);
    for (const { asset, amount } of moves) balances[asset] += amount;
    const reports = half.desk.move(moves);
    expect(book.totals.copy().balances).toEqual(before.balances.map((units, asset) => units + balances[asset]));
    expect(reports.map(({ portfolio }) => portfolio)).toEqual([...new Set(moves.map(({ portfolio }) => portfolio))]);
    this.hear(reports);
    totals.moved += moves.length;
  }

  private removeOrders(): void {
    const { random, half } = this;
    const accounts = Array.from({ length: 1 + random.integer(2) }, () => `a${random.integer(ACCOUNTS)}`);
    const { book } = half;
    const versions = accounts
      .map((account) => book.store.find(account))
      .map((handle) => handle >= 0 && book.store.versionOf(handle));
    try {
      const reports = half.removeOrders(accounts);
      for (const { portfolio, openOrders } of reports) {
        expect(openOrders).toBe(0);
        expect(book.portfolio(book.store.find(portfolio)).orders).toBeUndefined();
      }
      this.hear(reports);
      totals.ordersGone += 1;
    } catch (error) {
      expectRefusal(error);
      expect(versions).toContain(false);
      expect(
        accounts.map((account) => book.store.find(account)).map((handle) => handle >= 0 && book.store.versionOf(handle)),
      ).toEqual(versions);
    }
  }

  /** Mostly one with positions. */
  private anyPortfolio(): string | null {
    const { random, half } = this;
    const ids = half.book.portfolioIds(`a${random.integer(ACCOUNTS)}`);
    return ids.length === 0 ? null : pick(random, ids);
  }

  /** What was told of trades is by how much all sums changed. */
  private expectBooked(booked: readonly BookedFill[], before: BookTotals): void {
    const { book } = this.half;
    const [balances, sizes, costs] = [[...before.balances], [...before.lots], [...before.costs]];
    for (const { fill, realised, funding, lotsChange, costChange } of booked) {
      balances[book.instruments.markets[fill.market].settleAsset] += realised + funding - fill.fee;
      sizes[fill.market] += BigInt(lotsChange);
      costs[fill.market] += costChange;
    }
    expect(book.totals.copy()).toEqual({ balances, lots: sizes, costs });
    for (const { portfolio } of booked) {
      const handle = book.store.find(portfolio);
      if (!this.followed.has(portfolio) || handle < 0) continue;
      if (book.isIsolated(handle) && book.positionsIn(handle) === 0) totals.kept += 1;
    }
  }

  private expectReleased(releases: readonly Release[]): void {
    for (const { portfolio, account, amount } of releases) {
      expect(this.half.book.store.find(portfolio)).toBe(-1);
      expect(this.followed.has(portfolio)).toBe(false);
      expect(account).toBe(accountOf(portfolio));
      expect(amount > 0n).toBe(true);
      totals.released += 1;
    }
  }

  /** One report a portfolio; the liquidatable ones with all of their rows. */
  private hear(reports: readonly PortfolioReport[]): void {
    expect(new Set(reports.map(({ portfolio }) => portfolio)).size).toBe(reports.length);
    for (const { portfolio, standing, rows, positions } of reports) {
      this.said.set(portfolio, standing);
      const isFollowed = this.followed.has(portfolio) && standing !== 'unpriced';
      expect(rows).toHaveLength(isFollowed || standing === 'liquidatable' ? positions : 0);
      if (standing === 'liquidatable') totals.liquidatable += 1;
      else if (isFollowed) totals.followed += 1;
    }
  }

  private expectDrained(now: ReadonlyMap<string, Standing>): void {
    const { store } = this.half.book;
    const drained = [...now.keys()].filter((id) => {
      const handle = store.find(id);
      return store.rowsOf(handle) === 0 && store.cashOf(handle) < 0n;
    });
    expect([...this.half.drained].sort()).toEqual(drained.sort());
    totals.drained += drained.length;
  }

  /** What the oracle says of every portfolio. */
  private truth(): Map<string, Standing> {
    const { book } = this.half;
    const standings = new Map<string, Standing>();
    for (let handle = 0; handle < book.store.handleEnd; handle++) {
      if (!book.store.isLive(handle)) continue;
      const value = valuePortfolio(book.portfolio(handle), book.instruments, this.prices);
      let standing: Standing = 'healthy';
      if (!value.priced) standing = 'unpriced';
      else if (isLiquidatable(value, book.instruments.liquidateWhen)) standing = 'liquidatable';
      else if (isInsolvent(value)) standing = 'insolvent';
      standings.set(book.store.idOf(handle), standing);
    }
    return standings;
  }
}

function expectSums({ totals: kept }: LiveBook): void {
  expect(kept.copy()).toEqual(kept.recount());
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof PlimsollError)) throw error;
}

it(
  `${SCENES} scenes of ${STEPS} records`,
  () => {
    for (let scene = 0; scene < SCENES; scene++) {
      const play = new Play(scene + 100_000 * SEED);
      for (let step = 0; step < STEPS; step++) {
        try {
          play.step();
        } catch (error) {
          throw new Error(`scene ${scene} of seed ${SEED}, step ${step}: ${error}`, { cause: error });
        }
      }
    }
    // The scenes must be worth the name.
    for (const [what, count] of Object.entries(totals)) expect(count, what).toBeGreaterThan(SCENES / 50);
  },
  60_000 + SCENES * 1_000,
);
