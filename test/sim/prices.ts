/** Paths of marks, index prices and funding indexes: calm, storms, gaps, crashes and recoveries. Knows no accounts. */
import type { Decimal } from '../../src/model/decimal.js';
import type { FundingIndex, IndexPrice, Mark, PriceUpdate } from '../../src/model/records.js';
import { type Chance, decimalOf } from './chance.js';
import type { Venue } from './draw-instruments.js';

type Weather = 'calm' | 'storm' | 'halt';

/** How far a path may stray from where it began. */
const FALL_MOST = 0.01;
const RISE_MOST = 30;
const INDEX_DECIMALS = 6;
const FUNDING_DECIMALS = 9;

interface Path {
  readonly base: number;
  level: number;
  weather: Weather;
}

export class Prices {
  /** By market: the last mark told; null before the first. */
  readonly marks: (Decimal | null)[];
  /** By asset: the last index price told; null before the first. */
  readonly indexes: (Decimal | null)[];
  /** By market, as told. */
  readonly funding: (Decimal | null)[];
  private readonly venue: Venue;
  private readonly marketPaths: Path[];
  private readonly assetPaths: Path[];
  private readonly chance: Chance;

  constructor(venue: Venue, chance: Chance) {
    this.venue = venue;
    this.chance = chance;
    const path = (base: number): Path => ({ base, level: base, weather: 'calm' });
    this.marketPaths = venue.prices.map(path);
    this.assetPaths = venue.indexes.map(path);
    this.marks = venue.prices.map(() => null);
    this.indexes = venue.indexes.map((_, asset) => (asset === venue.instruments.valuation.index ? decimalOf(1, 0) : null));
    this.funding = venue.prices.map(() => null);
  }

  /** About the present price, told or not. */
  levelOf(market: number): number {
    return this.marketPaths[market].level;
  }

  indexLevelOf(asset: number): number {
    return this.assetPaths[asset].level;
  }

  /** Moves every path, and tells most of them. */
  step(): PriceUpdate {
    const { chance, venue } = this;
    for (const path of this.marketPaths) this.move(path, 1);
    for (const path of this.assetPaths.slice(1)) this.move(path, 0.3);
    const marks: Mark[] = [];
    for (const [market, path] of this.marketPaths.entries()) {
      if (path.weather === 'halt' || chance.chance(0.1)) continue;
      marks.push(this.markOf(market));
    }
    const indexes: IndexPrice[] = [];
    for (let asset = 1; asset < venue.indexes.length; asset++) {
      if (!chance.chance(0.6)) continue;
      indexes.push(this.indexOf(asset));
    }
    const funding: FundingIndex[] = [];
    if (chance.chance(0.06)) {
      const market = chance.integer(venue.prices.length);
      const last = this.funding[market] ?? { units: 0n, decimals: FUNDING_DECIMALS };
      const { kind } = venue.instruments.markets[market];
      const worth = kind === 'inverse' ? 1 / this.levelOf(market) : this.levelOf(market);
      const step = BigInt(Math.round(worth * chance.within(-0.002, 0.002) * 10 ** FUNDING_DECIMALS));
      this.funding[market] = { units: last.units + step, decimals: FUNDING_DECIMALS };
      funding.push({ market, index: this.funding[market] });
    }
    return update(marks, indexes, funding);
  }

  /** Every price as it is, without a move. */
  all(): PriceUpdate {
    const marks = this.marketPaths.map((_, market) => this.markOf(market));
    const indexes = this.venue.indexes.slice(1).map((_, i) => this.indexOf(i + 1));
    return update(marks, indexes, []);
  }

  private markOf(market: number): Mark {
    const { tick, allowNonPositive } = this.venue.instruments.markets[market];
    const unit = Number(tick.units) / 10 ** tick.decimals;
    const ticks = Math.round(this.marketPaths[market].level / unit);
    const price = { units: BigInt(allowNonPositive ? ticks : Math.max(1, ticks)) * tick.units, decimals: tick.decimals };
    this.marks[market] = price;
    return { market, price };
  }

  private indexOf(asset: number): IndexPrice {
    const price = decimalOf(this.assetPaths[asset].level, INDEX_DECIMALS);
    this.indexes[asset] = price;
    return { asset, price };
  }

  private move(path: Path, scale: number): void {
    const { chance } = this;
    if (chance.chance(0.02)) path.weather = chance.weighted({ calm: 6, storm: 3, halt: 1 });
    if (path.weather !== 'halt') path.level *= 1 + (path.weather === 'storm' ? 0.02 : 0.0015) * scale * chance.normal();
    const jump = chance.uniform();
    if (jump < 0.006) path.level *= 1 + chance.within(-0.12, 0.12) * scale;
    else if (jump < 0.008) path.level *= 1 - chance.within(0.2, 0.7) * scale;
    else if (jump < 0.0095) path.level *= 1 + chance.within(0.2, 1.5) * scale;
    else if (jump < 0.0125) path.level = path.base;
    path.level = Math.min(path.base * RISE_MOST, Math.max(path.base * FALL_MOST, path.level));
  }
}

function update(marks: readonly Mark[], indexes: readonly IndexPrice[], funding: readonly FundingIndex[]): PriceUpdate {
  return { marks, ...(indexes.length === 0 ? {} : { indexes }), ...(funding.length === 0 ? {} : { funding }) };
}
