/**
 * How much may go out: new orders per account, market and altogether, and notional per market against its depth. Buckets of tokens in
 * integers, full at the start and refilled evenly. Knows no order and no case.
 */
import type { Decimal } from '../model/decimal.js';
import { type Fraction, fractionToUnits, fromDecimal, multiply } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import { notionalAt } from '../model/margin.js';
import { EXACT_DECIMALS, type Lots, lots } from '../model/portfolio.js';

/** Tokens: so many at once, refilled evenly within `perUs`. */
export interface Rate {
  readonly count: number;
  readonly perUs: number;
}

export interface DispatchLimits {
  /** New orders; null: no limit. */
  readonly perAccount: Rate | null;
  readonly perMarket: Rate | null;
  readonly global: Rate | null;
  /** Notional sent per market within `perUs`, as a share of the market's depth. */
  readonly notional: { readonly share: Fraction; readonly perUs: number } | null;
  /** Depth by market index, in the settle asset; of others the floor of their dearest tier. A market without either has no limit. */
  readonly depth: ReadonlyMap<number, Decimal>;
}

export const NO_LIMITS: DispatchLimits = { perAccount: null, perMarket: null, global: null, notional: null, depth: new Map() };

/** In `perUs`-ths of a token, so that refilling never rounds. */
type BucketState = readonly [level: bigint, lastUs: number];

class Bucket {
  private level: bigint;
  private lastUs: number;
  private readonly capacity: bigint;
  private readonly perUs: bigint;

  constructor(capacity: bigint, perUs: number, timeUs: number) {
    this.capacity = capacity;
    this.perUs = BigInt(perUs);
    this.level = capacity * this.perUs;
    this.lastUs = timeUs;
  }

  /** Whole tokens that are there. */
  available(timeUs: number): bigint {
    const full = this.capacity * this.perUs;
    if (timeUs > this.lastUs) {
      const level = this.level + this.capacity * BigInt(timeUs - this.lastUs);
      this.level = level < full ? level : full;
      this.lastUs = timeUs;
    }
    return this.level / this.perUs;
  }

  isFull(timeUs: number): boolean {
    return this.available(timeUs) === this.capacity;
  }

  /** What is taken beyond what is there is owed. */
  take(tokens: bigint): void {
    this.level -= tokens * this.perUs;
  }

  save(): BucketState {
    return [this.level, this.lastUs];
  }

  restore([level, lastUs]: BucketState): void {
    this.level = level;
    this.lastUs = lastUs;
  }
}

/** Plain data: what a snapshot keeps. */
export interface LimitsState {
  readonly accounts: readonly (readonly [string, BucketState])[];
  readonly markets: readonly (readonly [number, BucketState])[];
  readonly notional: readonly (readonly [number, BucketState])[];
  readonly global: BucketState | null;
  readonly sweptUs: number;
}

/** Account buckets kept before full ones are dropped: a full one says nothing. */
const ACCOUNTS_KEPT = 1 << 16;

export class Limits {
  private readonly limits: DispatchLimits;
  private readonly instruments: Instruments;
  private readonly accounts = new Map<string, Bucket>();
  private readonly markets = new Map<number, Bucket>();
  private readonly notional = new Map<number, Bucket>();
  private readonly global: Bucket | null;
  /** When full buckets of accounts were last looked for: once a moment, as none is full again before the next. */
  private sweptUs = -1;

  constructor(instruments: Instruments, limits: DispatchLimits) {
    this.instruments = instruments;
    this.limits = limits;
    this.global = limits.global === null ? null : bucketOf(limits.global, 0);
  }

  /** At most so many of the wanted lots may go out now in an order of the account; 0: it has to wait. */
  allowed(account: string, market: number, wanted: Lots, mark: Decimal, timeUs: number): Lots {
    const { perAccount, perMarket } = this.limits;
    if (this.global !== null && this.global.available(timeUs) < 1n) return lots(0);
    if (perMarket !== null && this.marketBucket(market, perMarket, timeUs).available(timeUs) < 1n) return lots(0);
    if (perAccount !== null && this.accountBucket(account, perAccount, timeUs).available(timeUs) < 1n) return lots(0);
    const bucket = this.notionalBucket(market, timeUs);
    if (bucket === null) return wanted;
    const one = notionalUnits(this.instruments.markets[market], 1, mark);
    if (one === 0n) return wanted;
    const fitting = bucket.available(timeUs) / one;
    if (fitting >= BigInt(wanted)) return wanted;
    // A lot that is worth more than the whole bucket goes out alone, when the bucket is full.
    return lots(Math.max(Number(fitting > 0n ? fitting : 0n), bucket.isFull(timeUs) ? 1 : 0));
  }

  /** Counts an order that goes out; it was allowed at the same moment. */
  take(account: string, market: number, sent: Lots, mark: Decimal, timeUs: number): void {
    const { perAccount, perMarket } = this.limits;
    this.global?.take(1n);
    if (perMarket !== null) this.marketBucket(market, perMarket, timeUs).take(1n);
    if (perAccount !== null) this.accountBucket(account, perAccount, timeUs).take(1n);
    this.notionalBucket(market, timeUs)?.take(notionalUnits(this.instruments.markets[market], sent, mark));
  }

  private accountBucket(account: string, rate: Rate, timeUs: number): Bucket {
    if (this.accounts.size >= ACCOUNTS_KEPT && timeUs > this.sweptUs) {
      this.sweptUs = timeUs;
      for (const [id, bucket] of this.accounts) if (bucket.isFull(timeUs)) this.accounts.delete(id);
    }
    return present(this.accounts, account, () => bucketOf(rate, timeUs));
  }

  private marketBucket(market: number, rate: Rate, timeUs: number): Bucket {
    return present(this.markets, market, () => bucketOf(rate, timeUs));
  }

  private notionalBucket(market: number, timeUs: number): Bucket | null {
    const { notional } = this.limits;
    const depth = notional === null ? null : depthOf(this.instruments.markets[market], this.limits);
    if (notional === null || depth === null) return null;
    const capacity = fractionToUnits(multiply(notional.share, depth), EXACT_DECIMALS, 'down');
    return present(this.notional, market, () => new Bucket(capacity, notional.perUs, timeUs));
  }

  save(): LimitsState {
    const states = <Key>(buckets: Map<Key, Bucket>): [Key, BucketState][] =>
      [...buckets].map(([key, bucket]) => [key, bucket.save()]);
    return {
      accounts: states(this.accounts),
      markets: states(this.markets),
      notional: states(this.notional),
      global: this.global?.save() ?? null,
      sweptUs: this.sweptUs,
    };
  }

  restore({ accounts, markets, notional, global, sweptUs }: LimitsState): void {
    const { perAccount, perMarket } = this.limits;
    for (const [id, state] of accounts) {
      if (perAccount !== null) present(this.accounts, id, () => bucketOf(perAccount, 0)).restore(state);
    }
    this.sweptUs = sweptUs;
    for (const [market, state] of markets) if (perMarket !== null) this.marketBucket(market, perMarket, 0).restore(state);
    for (const [market, state] of notional) this.notionalBucket(market, 0)?.restore(state);
    if (global !== null) this.global?.restore(global);
  }
}

/** In the settle asset: what the policy says, or the floor of the dearest tier, at which the venue itself thinks a position too large; null: unknown. */
export function depthOf(market: Market, { depth }: Pick<DispatchLimits, 'depth'>): Fraction | null {
  const given = depth.get(market.index);
  if (given !== undefined) return fromDecimal(given);
  const { tiers } = market.maintenance;
  const top = tiers[tiers.length - 1].floor;
  return top.units > 0n ? fromDecimal(top) : null;
}

function notionalUnits(market: Market, count: number, mark: Decimal): bigint {
  return fractionToUnits(notionalAt(market, count, mark), EXACT_DECIMALS, 'up');
}

function bucketOf({ count, perUs }: Rate, timeUs: number): Bucket {
  return new Bucket(BigInt(count), perUs, timeUs);
}

function present<Key>(buckets: Map<Key, Bucket>, key: Key, make: () => Bucket): Bucket {
  let bucket = buckets.get(key);
  if (bucket === undefined) {
    bucket = make();
    buckets.set(key, bucket);
  }
  return bucket;
}
