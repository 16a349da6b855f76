/**
 * The scan half against the oracle, through ticks, account rows and trades of extreme venues: what it last said of each portfolio is
 * what holds, and its counts are right. `SCENES=1000` asks for more; `SEED` for others.
 */
import { expect, it } from 'vitest';
import { ScanHalf } from '../../src/engine/scan-half.js';
import { pow10 } from '../../src/model/decimal.js';
import { PlimsollError } from '../../src/model/errors.js';
import { isInsolvent, isLiquidatable, valuePortfolio } from '../../src/model/margin.js';
import { type Account, accountOf, cash, EXACT_DECIMALS, lots } from '../../src/model/portfolio.js';
import type { BookRow, Fill, PortfolioReport, PriceUpdate, Standing } from '../../src/model/records.js';
import { JsBackend } from '../../src/scan/js-backend.js';
import { checkAccount } from '../../src/scan/live-book.js';
import { Random } from '../../src/synthetic/random.js';
import { atTheEdge, type MixedPrices, pick } from '../scan/mixed.js';
import { noPrices, wildAccount, wildMark, wildPrice, wildSize, wildVenue } from '../scan/wild.js';
import { dec } from '../support/books.js';

const SCENES = Number(process.env.SCENES ?? 100);
const SEED = Number(process.env.SEED ?? 1);
const STEPS = 40;
const ACCOUNTS = 5;

const totals = { ticks: 0, rows: 0, booked: 0, refused: 0, liquidatable: 0, insolvent: 0, unpriced: 0, drained: 0 };

class Play {
  private readonly random: Random;
  private readonly big: number;
  private readonly half: ScanHalf;
  private readonly prices: MixedPrices;
  /** What was last said, by portfolio. */
  private readonly said = new Map<string, Standing>();
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
    const kind = this.random.integer(4);
    if (kind <= 1) this.tick();
    else if (kind === 2) this.setAccounts();
    else this.applyFills();
    const now = this.truth();
    if (kind <= 1) this.expectTold(now);
    this.expectDrained(now);
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
    this.hear(half.tick(update));
    totals.ticks += 1;
  }

  /** After a tick: all who are liquidatable were said to be, and nobody else; the counts are those of the scan. */
  private expectTold(now: ReadonlyMap<string, Standing>): void {
    for (const [id, standing] of now) expect(this.said.get(id) === 'liquidatable', id).toBe(standing === 'liquidatable');
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
    this.hear(this.half.setAccounts(rows));
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
    try {
      this.hear(this.half.applyFills(fills).reports);
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

  /** One report a portfolio; the liquidatable ones with all of their rows. */
  private hear(reports: readonly PortfolioReport[]): void {
    expect(new Set(reports.map(({ portfolio }) => portfolio)).size).toBe(reports.length);
    for (const { portfolio, standing, rows, positions } of reports) {
      this.said.set(portfolio, standing);
      if (standing !== 'liquidatable') continue;
      totals.liquidatable += 1;
      expect(rows).toHaveLength(positions);
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
    for (const [what, count] of Object.entries(totals)) expect(count, what).toBeGreaterThan(SCENES / 4);
  },
  60_000 + SCENES * 1_000,
);
