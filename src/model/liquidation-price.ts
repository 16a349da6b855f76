/**
 * Solves for the mark of one market at which a portfolio's trigger changes, everything else fixed. Slack is piecewise linear
 * in that mark: its pieces end where a leg's notional meets a tier floor. Walks the pieces outwards from the mark, exactly.
 */
import type { Decimal } from './decimal.js';
import {
  absolute,
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  fromDecimal,
  multiply,
  negate,
  ONE,
  reduce,
  sign,
  subtract,
  ZERO,
} from './fraction.js';
import type { Instruments, Market } from './instruments.js';
import { lotValue, type PortfolioValuation, type PositionValuation } from './margin.js';
import { sideOf } from './portfolio.js';
import type { Valuation } from './records.js';
import { requirementLine, tierAt } from './requirement.js';

type Direction = 'down' | 'up';

/** a + b·p */
interface Linear {
  readonly a: Fraction;
  readonly b: Fraction;
}

/** The two functions that the trigger looks at, on one piece. */
interface Piece {
  readonly slack: Linear;
  readonly maintenance: Linear;
}

/** A position of the moving market as the solver sees it. */
interface Leg {
  /** Signed, in base units: lots · lot · contractSize. */
  readonly size: Fraction;
  /** The requirement when it is on entry prices and does not move; else null. */
  readonly fixedMaintenance: Fraction | null;
}

export interface LiquidationPrices {
  /** Nearest boundary in the losing direction; when already liquidatable, the price at which it recovers. */
  readonly liquidationPrice: Fraction | null;
  /** Nearest boundary in the other direction. */
  readonly liquidationPriceOther: Fraction | null;
}

const NONE: LiquidationPrices = { liquidationPrice: null, liquidationPriceOther: null };

function at(line: Linear, p: Fraction): Fraction {
  return add(line.a, multiply(line.b, p));
}

function plus(x: Linear, y: Linear): Linear {
  return { a: reduce(add(x.a, y.a)), b: reduce(add(x.b, y.b)) };
}

function rootOf(line: Linear): Fraction | null {
  return line.b.n === 0n ? null : reduce(negate(divide(line.a, line.b)));
}

/** The trigger of one portfolio as a function of one market's price. */
class Solver {
  private readonly market: Market;
  private readonly rule: Instruments['liquidateWhen'];
  private readonly legs: readonly Leg[];
  /** Slack where no leg counts: equity without the legs' values less the other positions' maintenance. */
  private readonly fixed: Piece;
  private readonly breaks: readonly Fraction[];

  constructor(market: Market, rule: Instruments['liquidateWhen'], moving: readonly PositionValuation[], fixed: Valuation) {
    this.market = market;
    this.rule = rule;
    this.fixed = {
      slack: { a: subtract(fixed.equity, fixed.maintenance), b: ZERO },
      maintenance: { a: fixed.maintenance, b: ZERO },
    };
    const onEntry = market.maintenance.basis === 'entry';
    this.legs = moving.map(({ position, maintenance }) => ({
      size: multiply(fraction(BigInt(position.lots)), lotValue(market)),
      fixedMaintenance: onEntry ? maintenance : null,
    }));
    this.breaks = this.findBreaks();
  }

  /** Prices at which a leg meets a tier floor, and 0 where prices below it exist; ascending. */
  private findBreaks(): Fraction[] {
    const found: Fraction[] = [ZERO];
    for (const leg of this.legs) {
      if (leg.fixedMaintenance !== null) continue;
      for (const tier of this.market.maintenance.tiers) {
        const price = reduce(divide(fromDecimal(tier.floor), absolute(leg.size)));
        found.push(price, negate(price));
      }
    }
    found.sort(compare);
    return found.filter((price, i) => (i === 0 || compare(price, found[i - 1]) !== 0) && this.inDomain(price, true));
  }

  private inDomain(price: Fraction, closed = false): boolean {
    return this.market.allowNonPositive || sign(price) > 0 || (closed && sign(price) === 0);
  }

  /** The linear piece that holds around a price which is no break. */
  private pieceAt(price: Fraction): Piece {
    let { slack, maintenance } = this.fixed;
    for (const leg of this.legs) {
      let need: Linear = { a: leg.fixedMaintenance ?? ZERO, b: ZERO };
      if (leg.fixedMaintenance === null) {
        const value = multiply(leg.size, price);
        const line = requirementLine(this.market.maintenance, tierAt(this.market.maintenance, absolute(value)));
        const slope = multiply(line.rate, leg.size);
        need = { a: negate(line.deduction), b: sign(value) < 0 ? negate(slope) : slope };
      }
      maintenance = plus(maintenance, need);
      slack = plus(slack, { a: negate(need.a), b: subtract(leg.size, need.b) });
    }
    return { slack, maintenance };
  }

  private triggered(piece: Piece, price: Fraction): boolean {
    if (sign(at(piece.maintenance, price)) <= 0) return false;
    const side = sign(at(piece.slack, price));
    return this.rule === 'equity<=maintenance' ? side <= 0 : side < 0;
  }

  /** The next break after a price in a direction, or null when the piece runs on for ever. */
  private nextBreak(price: Fraction, direction: Direction): Fraction | null {
    const up = direction === 'up';
    const ordered = up ? this.breaks : this.breaks.toReversed();
    return ordered.find((candidate) => compare(candidate, price) === (up ? 1 : -1)) ?? null;
  }

  /** A point strictly inside the piece that begins at `price`. */
  private inside(price: Fraction, end: Fraction | null, direction: Direction): Fraction {
    if (end !== null) return reduce(divide(add(price, end), fraction(2n)));
    return direction === 'up' ? add(price, ONE) : subtract(price, ONE);
  }

  /** Slope of slack just beside a price. */
  slopeBeside(price: Fraction, direction: Direction): Fraction {
    return this.pieceAt(this.inside(price, this.nextBreak(price, direction), direction)).slack.b;
  }

  /** First price from `start` outwards beyond which the trigger is other than `now`. */
  boundary(start: Fraction, now: boolean, direction: Direction): Fraction | null {
    const outward = direction === 'up' ? 1 : -1;
    let from = start;
    for (;;) {
      const end = this.nextBreak(from, direction);
      const piece = this.pieceAt(this.inside(from, end, direction));
      // Inside a piece only slack changes sign: maintenance is nowhere below zero, so that a zero of it ends a piece.
      const root = rootOf(piece.slack);
      const met = root !== null && compare(root, from) === outward && (end === null || compare(end, root) === outward);
      const stops = met ? [from, root] : [from];
      for (const [i, stop] of stops.entries()) {
        const beyond = this.inside(stop, stops[i + 1] ?? end, direction);
        if (this.triggered(piece, beyond) !== now) return stop;
      }
      if (end === null || !this.inDomain(end)) return null;
      from = end;
    }
  }
}

/** The direction in which slack falls at the mark; at a peak the steeper side; when flat, the one that hurts this position. */
function losingDirection(solver: Solver, mark: Fraction, size: number): Direction {
  const left = solver.slopeBeside(mark, 'down');
  const right = solver.slopeBeside(mark, 'up');
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
  const market = instruments.markets[target.market];
  const mark = fromDecimal(target.mark);
  const moving = valuation.positions.filter(({ position }) => position.market === target.market);
  let equity = valuation.equity;
  let maintenance = valuation.maintenance;
  for (const leg of moving) {
    const value = multiply(multiply(fraction(BigInt(leg.position.lots)), lotValue(market)), mark);
    equity = subtract(equity, value);
    maintenance = subtract(maintenance, leg.maintenance);
  }
  const solver = new Solver(market, instruments.liquidateWhen, moving, {
    equity: reduce(equity),
    maintenance: reduce(maintenance),
  });
  const losing = losingDirection(solver, mark, target.lots);
  const gaining = losing === 'down' ? 'up' : 'down';
  const [first, second] = liquidatable ? ([gaining, losing] as const) : ([losing, gaining] as const);
  return {
    liquidationPrice: solver.boundary(mark, liquidatable, first),
    liquidationPriceOther: solver.boundary(mark, liquidatable, second),
  };
}
