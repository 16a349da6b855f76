/** Prices of auctions with time: curves, what a taker of a part gets and owes, and what share of a portfolio may be sold. Knows no bidders. */
import type { Decimal } from '../../model/decimal.js';
import { toUnits } from '../../model/decimal.js';
import { assert } from '../../model/errors.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  ONE,
  reduce,
  subtract,
  ZERO,
} from '../../model/fraction.js';
import type { Side } from '../../model/portfolio.js';
import type { AuctionCurve, AuctionStage } from '../policy.js';

const RAY_DECIMALS = 27;
/** 1 in ray arithmetic: 27 decimals. */
export const RAY = 10n ** 27n;

/** (τ − t) / τ of the elapsed time t; 0 from τ on. */
export function linearShare(elapsedUs: number, durationUs: number): Fraction {
  assert(elapsedUs >= 0 && durationUs > 0, 'expected an elapsed time of 0 or more, and a duration');
  return elapsedUs >= durationUs ? ZERO : reduce(fraction(BigInt(durationUs - elapsedUs), BigInt(durationUs)));
}

/** a·b in ray, truncated (Maker's rmul). */
export function rayMultiply(a: bigint, b: bigint): bigint {
  return (a * b) / RAY;
}

/** a·b in ray, half up: each multiplication of Maker's rpow. */
function rayMultiplyRounded(a: bigint, b: bigint): bigint {
  return (a * b + RAY / 2n) / RAY;
}

/** base^exponent in ray by squaring, each product rounded half up (Maker's rpow). The exponent is a whole number from 0. */
export function rayPower(base: bigint, exponent: number): bigint {
  assert(Number.isSafeInteger(exponent) && exponent >= 0, 'expected a whole exponent from 0');
  let power = exponent % 2 === 0 ? RAY : base;
  let square = base;
  for (let rest = Math.floor(exponent / 2); rest > 0; rest = Math.floor(rest / 2)) {
    square = rayMultiplyRounded(square, square);
    if (rest % 2 === 1) power = rayMultiplyRounded(power, square);
  }
  return power;
}

/** cut^⌊t/step⌋ in ray. Maker, dss/src/abaci.sol, StairstepExponentialDecrease. */
export function stairShare(cut: bigint, stepUs: number, elapsedUs: number): bigint {
  assert(elapsedUs >= 0 && stepUs > 0, 'expected an elapsed time of 0 or more, and a step');
  return rayPower(cut, Math.floor(elapsedUs / stepUs));
}

/** What is left of an auction's start: 1 when it begins, 0 from its duration on. A cut's digits beyond a ray's 27 are dropped. */
export function curveShare(curve: AuctionCurve, elapsedUs: number): Fraction {
  if (curve.kind === 'linear') return linearShare(elapsedUs, curve.durationUs);
  if (elapsedUs >= curve.durationUs) return ZERO;
  return reduce(fraction(stairShare(toUnits(curve.cut, RAY_DECIMALS, 'down'), curve.stepUs, elapsedUs), RAY));
}

/** The share of the mark that is asked after so long: max(reserve, start · what the curve leaves). Of a whole portfolio, of its worth. */
export function auctionShare(
  { curve, start, reserve }: Pick<AuctionStage, 'curve' | 'start' | 'reserve'>,
  elapsedUs: number,
): Fraction {
  const share = multiply(start, curveShare(curve, elapsedUs));
  return compare(share, reserve) < 0 ? reserve : share;
}

/**
 * Price of a position's auction. A long is sold at mark · share; a short is bought back at that mirrored about the mark, 2·mark − mark · share.
 * (A mark below zero moves by the same part of its magnitude, against the defaulter.) Exact, not on the market's tick.
 */
export function auctionPrice(
  mark: Decimal,
  side: Side,
  stage: Pick<AuctionStage, 'curve' | 'start' | 'reserve'>,
  elapsedUs: number,
): Fraction {
  const at = fromDecimal(mark);
  const given = multiply(absolute(at), subtract(ONE, auctionShare(stage, elapsedUs)));
  return reduce(side === 'long' ? subtract(at, given) : add(at, given));
}

/** A sale that covers a debt: `tab` to be raised, `lot` for sale, at `price`; `tab` in the unit of lot · price. */
export interface MakerSale {
  readonly tab: bigint;
  readonly lot: bigint;
  readonly price: bigint;
  /** What a taker wants, at most. */
  readonly amount: bigint;
  /** A partial take leaves at least so much of the tab. */
  readonly chost: bigint;
}

/** What the taker pays and gets, and what is left. */
export interface MakerTake {
  readonly owed: bigint;
  readonly slice: bigint;
  readonly tab: bigint;
  readonly lot: bigint;
}

/**
 * A taker gets min(lot, amount) and owes that · price, at most the tab. A part must leave no tab below `chost`: the take is made smaller, and refused
 * (null) when the whole tab is no larger than that. A slice is rounded down, for the seller. Maker, dss/src/clip.sol, take.
 */
export function makerTake({ tab, lot, price, amount, chost }: MakerSale): MakerTake | null {
  const wanted = amount < lot ? amount : lot;
  const take = (owed: bigint, slice: bigint): MakerTake => ({ owed, slice, tab: tab - owed, lot: lot - slice });
  const owed = wanted * price;
  if (owed > tab) return take(tab, tab / price);
  if (owed < tab && wanted < lot && tab - owed < chost) return tab > chost ? take(tab - chost, (tab - chost) / price) : null;
  return take(owed, wanted);
}

/** A solvent auction's phases: from `start` down to `cutoff` in `fastUs`, from there to 0 in `slowUs`. */
export interface TwoPhases {
  readonly start: Fraction;
  readonly cutoff: Fraction;
  readonly fastUs: number;
  readonly slowUs: number;
}

/** Share of the mark-to-market that is asked. Exact. Derive, v2-core/src/liquidation/DutchAuction.sol, solvent auctions. */
export function twoPhaseShare({ start, cutoff, fastUs, slowUs }: TwoPhases, elapsedUs: number): Fraction {
  if (elapsedUs < fastUs) {
    return reduce(add(cutoff, multiply(subtract(start, cutoff), linearShare(elapsedUs, fastUs))));
  }
  return reduce(multiply(cutoff, linearShare(elapsedUs - fastUs, slowUs)));
}

/** What the taker of `part` of an insolvent portfolio is paid: part · (from + (to − from)·t/τ), at most part · to. Exact. Derive, insolvent auctions. */
export function insolventPayout(
  { from, to, durationUs }: { readonly from: Fraction; readonly to: Fraction; readonly durationUs: number },
  elapsedUs: number,
  part: Fraction,
): Fraction {
  return reduce(multiply(part, subtract(to, multiply(subtract(to, from), linearShare(elapsedUs, durationUs)))));
}

/** BM = MM + (MM − MtM)·buffer: the margin less a further part of the requirement. `margin` is what is above maintenance, signed. Derive. */
export function bufferMargin(margin: Fraction, markToMarket: Fraction, buffer: Fraction): Fraction {
  return reduce(add(margin, multiply(subtract(margin, markToMarket), buffer)));
}

/**
 * f = BM / (BM − MtM·d − R·(1 − d)): the share of a portfolio whose sale at `discount` d of its mark-to-market brings the buffer margin back to
 * 0; R is cash in it that earlier takers paid, which is not sold. 0 when nothing is missing, at most 1. Exact. Derive, getMaxProportion.
 */
export function largestShare(input: {
  readonly buffer: Fraction;
  readonly markToMarket: Fraction;
  readonly discount: Fraction;
  readonly reserved: Fraction;
}): Fraction {
  const { buffer, markToMarket, discount, reserved } = input;
  if (buffer.n >= 0n) return ZERO;
  const brought = add(multiply(markToMarket, discount), multiply(reserved, subtract(ONE, discount)));
  return brought.n <= 0n ? ONE : reduce(divide(buffer, subtract(buffer, brought)));
}
