/** Owns how one made-up account is drawn at given prices; the distributions are told in book.ts. Knows no book and no time. */
import { type Decimal, decimalToNumber, exactUnits, pow10 } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import { fractionToNumber } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import {
  type Account,
  type Cash,
  type Cost,
  cash,
  cost,
  EXACT_DECIMALS,
  type IsolatedPosition,
  lots,
  type Position,
} from '../model/portfolio.js';
import { exp } from './math.js';
import type { Random } from './random.js';

const MAKER_SHARE = 1 / 2000;
const HEDGE_MODE_SHARE = 0.04;
const ISOLATED_ACCOUNT_SHARE = 0.12;
const ISOLATED_ROW_SHARE = 0.6;
const LONG_ONLY_SHARE = 0.4;
const SHORT_ONLY_SHARE = 0.15;
const MIXED_SHARE = 0.25;
const WIDTH_TAIL = 1.15;
const WIDTH_MAX = 80;
const SCALE_LEAST = 100;
const SCALE_TAIL = 0.8;
const SCALE_MAX = 5e7;
const MAKER_SCALE_LEAST = 2e4;
const MAKER_SCALE_MAX = 2e6;
const CROSS_LEVERAGE_LEAST = 1;
const ISOLATED_LEVERAGE_LEAST = 3;
const LEVERAGE_TAIL = 1;
const LEVERAGE_MAX = 100;
/** At opening, equity is at least this multiple of the requirement. */
const OPENING_RATIO_LEAST = 1.25;
/** Share of the opening buffer that is left at the least: far above the float error of the sums here. */
const BUFFER_LEFT_LEAST = 1e-3;
const DRIFT_MAX = 0.3;

/** A market in float64, for drawing only: whatever is drawn is then written down exactly. */
interface Terms {
  price: number;
  readonly unit: number;
  readonly tick: number;
  readonly tickUnits: bigint;
  readonly floors: readonly number[];
  readonly rates: readonly number[];
  readonly deductions: readonly number[];
}

function termsOf(market: Market): Terms {
  const { tiers, closeFee, basis } = market.maintenance;
  assert(basis === 'mark', `synthetic accounts: expected requirements on the mark, was ${market.id} on the ${basis}`);
  const fee = fractionToNumber(closeFee);
  return {
    price: Number.NaN,
    unit: decimalToNumber(market.lot) * decimalToNumber(market.contractSize),
    tick: decimalToNumber(market.tick),
    tickUnits: exactUnits(market.tick, EXACT_DECIMALS),
    floors: tiers.map((tier) => decimalToNumber(tier.floor)),
    rates: tiers.map((tier) => fractionToNumber(tier.rate) + fee),
    deductions: tiers.map((tier) => fractionToNumber(tier.deduction)),
  };
}

function requirement(terms: Terms, notional: number): number {
  let k = terms.floors.length - 1;
  while (k > 0 && notional < terms.floors[k]) k -= 1;
  return terms.rates[k] * notional - terms.deductions[k];
}

/** A position while it is being drawn. */
interface Row {
  readonly market: number;
  readonly side: 1 | -1;
  readonly isolated: boolean;
  readonly lots: number;
  readonly notional: number;
}

/** Draws accounts, one a call, from one stream of random numbers. Every market needs a price before the first. */
export class AccountMaker {
  private readonly terms: readonly Terms[];
  private readonly random: Random;
  private readonly amountScale: number;
  private readonly amountUnits: bigint;
  /** By market, the last account that took it: keeps an account's markets distinct without clearing a set. */
  private readonly takenBy: Int32Array;
  private account = 0;

  constructor(instruments: Instruments, random: Random) {
    const { decimals } = instruments.valuation;
    this.terms = instruments.markets.map(termsOf);
    this.random = random;
    this.amountScale = Number(pow10(decimals));
    this.amountUnits = pow10(EXACT_DECIMALS - decimals);
    this.takenBy = new Int32Array(this.terms.length);
  }

  setPrice(market: number, price: Decimal): void {
    this.terms[market].price = decimalToNumber(price);
  }

  /** The next account, with 1 to `positionsMax` positions. */
  next(id: string, positionsMax: number): Account {
    assert(positionsMax > 0, `synthetic accounts: expected room for a position, was ${positionsMax}`);
    const { random } = this;
    const maker = random.chance(MAKER_SHARE);
    const hedgeMode = !maker && random.chance(HEDGE_MODE_SHARE);
    const rows = this.drawRows(maker, hedgeMode, positionsMax);
    const crossRows = rows.filter((row) => !row.isolated);
    const cross =
      crossRows.length > 0
        ? this.open(crossRows, random.pareto(CROSS_LEVERAGE_LEAST, LEVERAGE_TAIL))
        : this.openNothing(rows[0].notional);
    const isolated = rows
      .filter((row) => row.isolated)
      .map((row): IsolatedPosition => {
        const { cash: collateral, positions } = this.open([row], random.pareto(ISOLATED_LEVERAGE_LEAST, LEVERAGE_TAIL));
        return { ...positions[0], collateral };
      });
    const positionMode = hedgeMode ? 'hedge' : 'net';
    return { id, positionMode, balance: cross.cash, cross: cross.positions, isolated };
  }

  private drawRows(maker: boolean, hedgeMode: boolean, positionsMax: number): Row[] {
    const { random } = this;
    const markets = this.drawMarkets(Math.min(this.drawWidth(maker), positionsMax));
    const scale = maker
      ? Math.min(MAKER_SCALE_MAX, random.pareto(MAKER_SCALE_LEAST, 1))
      : Math.min(SCALE_MAX, random.pareto(SCALE_LEAST, SCALE_TAIL));
    const lean = maker ? 1 : random.uniform();
    const hedged = lean >= LONG_ONLY_SHARE + SHORT_ONLY_SHARE + MIXED_SHARE;
    const spread = hedged ? 0.15 : 0.8;
    const isolatedShare = !maker && random.chance(ISOLATED_ACCOUNT_SHARE) ? ISOLATED_ROW_SHARE : 0;
    let side: 1 | -1 = random.chance(0.5) ? 1 : -1;
    if (lean < LONG_ONLY_SHARE) side = 1;
    else if (lean < LONG_ONLY_SHARE + SHORT_ONLY_SHARE) side = -1;
    const mixed = !hedged && lean >= LONG_ONLY_SHARE + SHORT_ONLY_SHARE;
    let room = hedgeMode ? positionsMax - markets.length : 0;
    const rows: Row[] = [];
    for (const market of markets) {
      if (hedged) side = side === 1 ? -1 : 1;
      else if (mixed) side = random.chance(0.5) ? 1 : -1;
      rows.push(this.drawRow(market, side, scale * exp(spread * random.normal()), random.chance(isolatedShare)));
      if (room <= 0 || random.chance(0.5)) continue;
      room -= 1;
      const other = side === 1 ? -1 : 1;
      rows.push(this.drawRow(market, other, scale * random.uniform(), random.chance(isolatedShare)));
    }
    return rows;
  }

  private drawRow(market: number, side: 1 | -1, notional: number, isolated: boolean): Row {
    const { unit, price } = this.terms[market];
    const count = Math.max(1, Math.round(notional / (unit * price)));
    return { market, side, isolated, lots: side * count, notional: count * unit * price };
  }

  private drawWidth(maker: boolean): number {
    const all = this.terms.length;
    if (maker) return Math.max(1, Math.floor(all * (0.6 + 0.4 * this.random.uniform())));
    return Math.min(all, WIDTH_MAX, Math.floor(this.random.pareto(1, WIDTH_TAIL)));
  }

  /** `count` distinct markets: by popularity, or where that is more than half of all, evenly in their order. */
  private drawMarkets(count: number): number[] {
    const { random, takenBy } = this;
    const all = this.terms.length;
    const markets: number[] = [];
    if (2 * count > all) {
      for (let market = 0; markets.length < count; market += 1) {
        if (random.uniform() * (all - market) < count - markets.length) markets.push(market);
      }
      return markets;
    }
    this.account += 1;
    while (markets.length < count) {
      const market = random.zipf(all);
      if (takenBy[market] === this.account) continue;
      takenBy[market] = this.account;
      markets.push(market);
    }
    return markets;
  }

  /** A portfolio of these rows, opened at about `leverage` and since then driven by the market: its positions and its cash. */
  private open(rows: readonly Row[], leverage: number): { cash: Cash; positions: Position[] } {
    const { random } = this;
    let gross = 0;
    let maintenance = 0;
    for (const row of rows) {
      gross += row.notional;
      maintenance += requirement(this.terms[row.market], row.notional);
    }
    const opened = Math.min(leverage, LEVERAGE_MAX, gross / (maintenance * OPENING_RATIO_LEAST));
    // Share of the opening buffer that is left: where a random walk that never touched 0 ends (a Brownian meander is Rayleigh).
    const left = Math.max(BUFFER_LEFT_LEAST, 0.8 * Math.sqrt(2 * random.exponential()));
    const equity = maintenance + (gross / opened - maintenance) * left;
    let profit = 0;
    const positions = rows.map((row): Position => {
      const { price, unit, tick, tickUnits } = this.terms[row.market];
      const drift = ((left - 1) * 0.5 + 0.3 * random.normal()) / opened;
      const favour = row.side * Math.max(-DRIFT_MAX, Math.min(DRIFT_MAX, drift));
      const entryTicks = Math.max(1, Math.round((price * (1 - favour)) / tick));
      profit += row.lots * unit * (price - entryTicks * tick);
      return { market: row.market, lots: lots(row.lots), cost: exactCost(row.lots, entryTicks, tickUnits) };
    });
    return { cash: this.toCash(equity - profit), positions };
  }

  /** The cross portfolio of an account whose positions are all isolated: half of them keep some money there. */
  private openNothing(scale: number): { cash: Cash; positions: Position[] } {
    return { cash: this.toCash(this.random.chance(0.5) ? 0 : scale * this.random.uniform()), positions: [] };
  }

  /** Up to the asset's last decimal; never below zero, as a venue lets no profit out that is not realised. */
  private toCash(amount: number): Cash {
    return cash(BigInt(Math.ceil(Math.max(0, amount) * this.amountScale)) * this.amountUnits);
  }
}

function exactCost(count: number, entryTicks: number, tickUnits: bigint): Cost {
  const product = count * entryTicks;
  const exact = Number.isSafeInteger(product) ? BigInt(product) : BigInt(count) * BigInt(entryTicks);
  return cost(exact * tickUnits);
}
