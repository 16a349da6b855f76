/** Owns made-up prices: a correlated jump-diffusion, the same for the same seed, with an optional crash. Knows no accounts. */
import { type Decimal, decimalToNumber } from '../src/model/decimal.js';
import { assert } from '../src/model/errors.js';
import type { Instruments } from '../src/model/instruments.js';
import type { FundingIndex, IndexPrice, Mark, TickRecord } from '../src/model/records.js';
import { exp, ln } from '../src/synthetic/math.js';
import { Random } from '../src/synthetic/random.js';

/** A fall of the common factor by `depth` (0.3: 30 %), even in the logarithm, from one tick on over so many. It does not recover. */
export interface Crash {
  readonly atTick: number;
  readonly depth: number;
  readonly durationTicks: number;
}

export interface SyntheticTicksOptions {
  readonly instruments: Instruments;
  /** By market index, at the start; all above zero. */
  readonly prices: readonly Decimal[];
  /** Index prices at the start, of assets that need one. */
  readonly indexes?: readonly IndexPrice[];
  /** Funding indexes: told with the first tick, and nothing accrues after. */
  readonly funding?: readonly FundingIndex[];
  readonly seed: number;
  readonly startUs: number;
  readonly intervalUs: number;
  readonly crash?: Crash;
}

const YEAR_US = 365.25 * 86_400 * 1e6;
const DAY_US = 86_400 * 1e6;
/** Volatilities are of the log price, per square root of a year. */
const COMMON_VOLATILITY = 0.55;
const OWN_VOLATILITY_LEAST = 0.3;
const OWN_VOLATILITY_SPAN = 0.6;
const COMMON_JUMPS_PER_DAY = 2;
const COMMON_JUMP_SIZE = 0.006;
const OWN_JUMPS_PER_DAY = 2;
const OWN_JUMP_SIZE = 0.015;
/** Per year: brings factors back to 0 so slowly that no session sees it, and keeps prices in bounds for ever. */
const REVERSION = 5;

/** One mean-reverting jump-diffusion of a log price. */
class Factor {
  value = 0;
  private readonly keep: number;
  private readonly deviation: number;
  private readonly jumpChance: number;
  private readonly jumpSize: number;

  constructor(volatility: number, jumpsPerDay: number, jumpSize: number, intervalUs: number) {
    this.keep = exp((-REVERSION * intervalUs) / YEAR_US);
    this.deviation = volatility * Math.sqrt(intervalUs / YEAR_US);
    this.jumpChance = 1 - exp((-jumpsPerDay * intervalUs) / DAY_US);
    this.jumpSize = jumpSize;
  }

  step(random: Random): void {
    this.value = this.value * this.keep + this.deviation * random.normal();
    if (random.chance(this.jumpChance)) this.value += this.jumpSize * random.normal();
  }
}

/** How a base's price moves against the common factor. */
interface Path {
  readonly beta: number;
  readonly own: Factor;
}

/** A price at the start, as a number of steps. */
interface Start {
  readonly steps: number;
  readonly step: Decimal;
  readonly path: Path;
}

/** Digits of an index price. */
const INDEX_DIGITS = 9;

/** In steps of its ninth digit, or of 1. */
function indexStart(price: Decimal, path: Path): Start {
  const decimals = Math.max(0, INDEX_DIGITS - (price.units.toString().length - price.decimals));
  const step = { units: 1n, decimals };
  return { steps: decimalToNumber(price) / decimalToNumber(step), step, path };
}

function priceAt({ steps, step, path }: Start, shared: number): Decimal {
  const moved = Math.max(1, Math.round(steps * exp(path.beta * shared + path.own.value)));
  return { units: BigInt(moved) * step.units, decimals: step.decimals };
}

/**
 * Ticks n = 0, 1, 2, … without end at startUs + n·intervalUs, each with all markets:
 *
 *     price_i(n) = price_i(0) · exp(β_i · (C(n) + crash(n)) + X_i(n)), rounded to the market's tick, at least one tick
 *
 * C and X_i are independent mean-reverting jump-diffusions (C of 55 % a year, X_i of 30 to 90 %), β_0 = 1, the others 0.7 to 1.5. Markets on
 * one base move together, and so does its index price, in nine digits; that of an asset on which no market is based stands still.
 */
export function* syntheticTicks(options: SyntheticTicksOptions): Generator<TickRecord, never, undefined> {
  const { instruments, prices, funding = [], seed, startUs, intervalUs, crash } = options;
  const count = instruments.markets.length;
  assert(prices.length === count, `synthetic feed: expected ${count} prices, was ${prices.length}`);
  assert(Number.isSafeInteger(intervalUs) && intervalUs > 0, `synthetic feed: expected an interval above 0, was ${intervalUs}`);
  const depth = crash?.depth ?? 0;
  assert(depth >= 0 && depth < 1, `synthetic feed: expected a depth from 0 to below 1, was ${depth}`);
  const random = new Random(seed, 'prices');
  const common = new Factor(COMMON_VOLATILITY, COMMON_JUMPS_PER_DAY, COMMON_JUMP_SIZE, intervalUs);
  const paths = new Map<string, Path>();
  const marketStarts = instruments.markets.map(({ index, base, tick }): Start => {
    const volatility = OWN_VOLATILITY_LEAST + OWN_VOLATILITY_SPAN * random.uniform();
    const beta = 0.7 + 0.8 * random.uniform();
    const own = new Factor(volatility, OWN_JUMPS_PER_DAY, OWN_JUMP_SIZE, intervalUs);
    const path = paths.get(base) ?? { beta: index === 0 ? 1 : beta, own };
    paths.set(base, path);
    return { steps: decimalToNumber(prices[index]) / decimalToNumber(tick), step: tick, path };
  });
  const assets = (options.indexes ?? []).map((given) => {
    const path = paths.get(instruments.assets[given.asset].id);
    return { given, start: path === undefined ? null : indexStart(given.price, path) };
  });
  for (let n = 0; ; n += 1) {
    const shared = common.value + (crash === undefined ? 0 : crashAt(crash, n));
    const marks = marketStarts.map((start, market): Mark => ({ market, price: priceAt(start, shared) }));
    const indexes = assets.map(({ given, start }): IndexPrice => {
      return start === null ? given : { asset: given.asset, price: priceAt(start, shared) };
    });
    const tick = { type: 'tick' as const, timeUs: startUs + n * intervalUs, marks };
    const first = n === 0 && funding.length > 0 ? { funding } : {};
    yield indexes.length === 0 ? { ...tick, ...first } : { ...tick, indexes, ...first };
    common.step(random);
    for (const { own } of paths.values()) own.step(random);
  }
}

/** ln(1 − depth), as far as it has come by tick n. */
function crashAt({ atTick, depth, durationTicks }: Crash, n: number): number {
  const progress = Math.max(0, Math.min(1, (n - atTick) / Math.max(1, durationTicks)));
  return ln(1 - depth) * progress;
}
