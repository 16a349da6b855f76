/** Owns which positions a made-up account has: markets, sides and sizes; the distributions are told in book.ts. Knows no collateral. */
import { type Decimal, decimalToNumber, exactUnits } from '../model/decimal.js';
import { assert } from '../model/errors.js';
import { fractionToNumber } from '../model/fraction.js';
import type { Market } from '../model/instruments.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
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

/** A market in float64, for drawing only: whatever is drawn is then written down exactly. */
export interface Terms {
  readonly market: number;
  readonly isInverse: boolean;
  readonly settleAsset: number;
  price: number;
  /** Of the settle asset, in the valuation asset. */
  index: number;
  /** Of a unit of size · contractSize, in the valuation asset, without its sign. */
  worth: number;
  readonly unit: number;
  readonly tick: number;
  readonly tickUnits: bigint;
  readonly floors: readonly number[];
  readonly rates: readonly number[];
  readonly deductions: readonly number[];
}

export function termsOf({ index, id, kind, settleAsset, lot, contractSize, tick, maintenance }: Market): Terms {
  const { tiers, closeFee, basis } = maintenance;
  assert(basis === 'mark', `synthetic accounts: expected requirements on the mark, was ${id} on the ${basis}`);
  const fee = fractionToNumber(closeFee);
  return {
    ...{ market: index, isInverse: kind === 'inverse', settleAsset },
    ...{ price: Number.NaN, index: 1, worth: Number.NaN },
    unit: decimalToNumber(lot) * decimalToNumber(contractSize),
    tick: decimalToNumber(tick),
    tickUnits: exactUnits(tick, EXACT_DECIMALS),
    floors: tiers.map((tier) => decimalToNumber(tier.floor)),
    rates: tiers.map((tier) => fractionToNumber(tier.rate) + fee),
    deductions: tiers.map((tier) => fractionToNumber(tier.deduction)),
  };
}

/** Of a notional, both in the valuation asset. */
export function requirement({ floors, rates, deductions, index }: Terms, notional: number): number {
  const settled = notional / index;
  let k = floors.length - 1;
  while (k > 0 && settled < floors[k]) k -= 1;
  return (rates[k] * settled - deductions[k]) * index;
}

/** A position while it is being drawn. */
export interface Row {
  readonly terms: Terms;
  readonly side: 1 | -1;
  readonly isolated: boolean;
  readonly lots: number;
  /** In the valuation asset. */
  readonly notional: number;
}

/** Draws the positions of accounts, one account a call, from one stream of random numbers. Every market needs a price before the first. */
export class RowDrawer {
  /** By market index; nothing where it is not drawn from. */
  private readonly byMarket: (Terms | undefined)[] = [];
  /** By popularity. */
  private readonly terms: readonly Terms[];
  private readonly random: Random;
  /** Of each of the terms the last account that took it: keeps an account's markets distinct without clearing a set. */
  private readonly takenBy: Int32Array;
  private account = 0;

  constructor(markets: readonly Market[], random: Random) {
    assert(markets.length > 0, 'synthetic accounts: expected a market to draw from');
    this.terms = markets.map(termsOf);
    for (const terms of this.terms) this.byMarket[terms.market] = terms;
    this.random = random;
    this.takenBy = new Int32Array(this.terms.length);
  }

  /** Also of a market that is not drawn from, which changes nothing. `index`: of its settle asset. */
  setPrice(market: number, price: Decimal, index = 1): void {
    const terms = this.byMarket[market];
    if (terms === undefined) return;
    terms.price = decimalToNumber(price);
    terms.index = index;
    terms.worth = (terms.isInverse ? 1 / terms.price : terms.price) * index;
  }

  /** Of a market that is drawn from. */
  termsOf(market: number): Terms {
    const terms = this.byMarket[market];
    assert(terms !== undefined, `synthetic accounts: expected a market that is drawn from, was ${market}`);
    return terms;
  }

  /** The positions of the next account, 1 to `positionsMax`, and whether it is in hedge mode. */
  next(positionsMax: number): { readonly rows: readonly Row[]; readonly hedgeMode: boolean } {
    assert(positionsMax > 0, `synthetic accounts: expected room for a position, was ${positionsMax}`);
    const maker = this.random.chance(MAKER_SHARE);
    const hedgeMode = !maker && this.random.chance(HEDGE_MODE_SHARE);
    return { rows: this.drawRows(maker, hedgeMode, positionsMax), hedgeMode };
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
    for (const terms of markets) {
      if (hedged) side = side === 1 ? -1 : 1;
      else if (mixed) side = random.chance(0.5) ? 1 : -1;
      rows.push(rowOf(terms, side, scale * exp(spread * random.normal()), random.chance(isolatedShare)));
      if (room <= 0 || random.chance(0.5)) continue;
      room -= 1;
      const other = side === 1 ? -1 : 1;
      rows.push(rowOf(terms, other, scale * random.uniform(), random.chance(isolatedShare)));
    }
    return rows;
  }

  private drawWidth(maker: boolean): number {
    const all = this.terms.length;
    if (maker) return Math.max(1, Math.floor(all * (0.6 + 0.4 * this.random.uniform())));
    return Math.min(all, WIDTH_MAX, Math.floor(this.random.pareto(1, WIDTH_TAIL)));
  }

  /** `count` distinct markets: by popularity, or where that is more than half of all, evenly in their order. */
  private drawMarkets(count: number): Terms[] {
    const { random, takenBy, terms } = this;
    const all = terms.length;
    const markets: Terms[] = [];
    if (2 * count > all) {
      for (let rank = 0; markets.length < count; rank += 1) {
        if (random.uniform() * (all - rank) < count - markets.length) markets.push(terms[rank]);
      }
      return markets;
    }
    this.account += 1;
    while (markets.length < count) {
      const rank = random.zipf(all);
      if (takenBy[rank] === this.account) continue;
      takenBy[rank] = this.account;
      markets.push(terms[rank]);
    }
    return markets;
  }
}

function rowOf(terms: Terms, side: 1 | -1, notional: number, isolated: boolean): Row {
  const { unit, worth } = terms;
  const count = Math.max(1, Math.round(notional / (unit * worth)));
  return { terms, side, isolated, lots: side * count, notional: count * unit * worth };
}
