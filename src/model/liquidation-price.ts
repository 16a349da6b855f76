/**
 * Solves for the price of one market at which a portfolio's trigger changes, everything else fixed, and for the collateral that moves that
 * price to a given one. Walks the pieces of slack outwards from the mark, exactly; how slack depends on a price is moving-market.ts's.
 */
import { borrowMaintenance } from './collateral.js';
import type { Decimal } from './decimal.js';
import { compare, type Fraction, fromDecimal, negate, reduce, sign, subtract } from './fraction.js';
import type { Instruments } from './instruments.js';
import type { PortfolioValuation, PricedPortfolio } from './margin.js';
import { between, leastEquityFor, MovingMarket, type Piece, zeroOf } from './moving-market.js';
import { sideOf } from './portfolio.js';

/** Of the price, and with it of the unit value. */
type Direction = 'down' | 'up';

export interface LiquidationPrices {
  /** Nearest boundary in the losing direction; when already liquidatable, the price at which it recovers. */
  readonly liquidationPrice: Fraction | null;
  /** Nearest boundary in the other direction. */
  readonly liquidationPriceOther: Fraction | null;
}

const NONE: LiquidationPrices = { liquidationPrice: null, liquidationPriceOther: null };

/** The next break after a unit value in a direction, or null when the piece runs on for ever. */
function nextBreak({ breaks }: MovingMarket, from: Fraction, direction: Direction): Fraction | null {
  const found =
    direction === 'up' ? breaks.find((each) => compare(each, from) > 0) : breaks.findLast((each) => compare(each, from) < 0);
  return found ?? null;
}

/** A point strictly inside the stretch that begins at `from` and ends at `end`, null for never. */
function inside(from: Fraction, end: Fraction | null, direction: Direction): Fraction {
  return direction === 'up' ? between(from, end) : between(end, from);
}

function triggers(piece: Piece, u: Fraction, rule: Instruments['liquidateWhen']): boolean {
  if (!piece.isNeeded) return false;
  // Slack at u, times the size of the slope: its sign is that of the distance from the zero.
  const zero = zeroOf(piece);
  const side = zero === null ? sign(piece.value) : compare(u, zero) * sign(piece.slope);
  return rule === 'equity<=maintenance' ? side <= 0 : side < 0;
}

/** First unit value from `start` outwards beyond which the trigger is other than `now`. */
function boundary(
  moving: MovingMarket,
  rule: Instruments['liquidateWhen'],
  start: Fraction,
  now: boolean,
  direction: Direction,
): Fraction | null {
  const outward = direction === 'up' ? 1 : -1;
  let from = start;
  for (;;) {
    const end = nextBreak(moving, from, direction);
    const piece = moving.pieceAt(inside(from, end, direction));
    const zero = zeroOf(piece);
    const isMet = zero !== null && compare(zero, from) === outward && (end === null || compare(end, zero) === outward);
    const stops = isMet ? [from, zero] : [from];
    for (const [i, stop] of stops.entries()) {
      if (triggers(piece, inside(stop, stops[i + 1] ?? end, direction), rule) !== now) return stop;
    }
    if (end === null || !moving.inDomain(end)) return null;
    from = end;
  }
}

/** The direction in which slack falls at the mark; at a peak the steeper side; when flat, the one that hurts this position. */
function losingDirection(moving: MovingMarket, mark: Fraction, size: number): Direction {
  const slopeBeside = (direction: Direction): Fraction =>
    moving.pieceAt(inside(mark, nextBreak(moving, mark, direction), direction)).slope;
  const left = slopeBeside('down');
  const right = slopeBeside('up');
  const fallsDown = sign(left) > 0;
  const fallsUp = sign(right) < 0;
  if (fallsDown && fallsUp) return compare(left, negate(right)) >= 0 ? 'down' : 'up';
  if (fallsDown || fallsUp) return fallsDown ? 'down' : 'up';
  return sideOf(size) === 'long' ? 'down' : 'up';
}

/**
 * Liquidation prices of a position as model.md defines them: the legs of its market move together, indexes and other marks are
 * fixed. `mark` is the market's present mark and `valuation` the portfolio at it; both prices are null when it is unpriced.
 */
export function liquidationPrices(
  instruments: Instruments,
  valuation: PortfolioValuation,
  target: { readonly market: number; readonly lots: number; readonly mark: Decimal },
  liquidatable: boolean,
): LiquidationPrices {
  if (!valuation.priced) return NONE;
  const mark = fromDecimal(target.mark);
  const moving = new MovingMarket(valuation, instruments, target.market, mark);
  const start = moving.unitAt(mark);
  const losing = losingDirection(moving, start, target.lots);
  const gaining = losing === 'down' ? 'up' : 'down';
  const solve = (direction: Direction): Fraction | null => {
    const found = boundary(moving, instruments.liquidateWhen, start, liquidatable, direction);
    return found === null ? null : moving.priceAt(found);
  };
  const [first, second] = liquidatable ? ([gaining, losing] as const) : ([losing, gaining] as const);
  return { liquidationPrice: solve(first), liquidationPriceOther: solve(second) };
}

/**
 * The amount of the market's settle asset that has to come to the portfolio's balance so that its slack is exactly zero at the price
 * `at` of the market (where a stepped borrow table jumps over zero: the amount of the jump); negative when so much can be taken out. The least
 * such amount; null when none does it: beyond a haircut of 1 nothing counts, and without maintenance nothing is liquidated.
 * `mark` is the market's present mark and `valuation` the portfolio at it.
 */
export function marginToAdd(
  instruments: Instruments,
  valuation: PricedPortfolio,
  target: { readonly market: number; readonly mark: Decimal; readonly at: Decimal },
): Fraction | null {
  const moving = new MovingMarket(valuation, instruments, target.market, fromDecimal(target.mark));
  const u = moving.unitAt(fromDecimal(target.at));
  const { asset } = moving.settle;
  const equity = leastEquityFor(asset, moving.neededAt(u));
  if (equity === null) return null;
  const isNeeded = moving.maintenanceAt(u).n > 0n || borrowMaintenance(asset, equity).n > 0n;
  return isNeeded ? reduce(subtract(equity, moving.equityAt(u))) : null;
}
