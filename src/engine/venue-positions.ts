/** What the venue took over itself, valued at the mark, and how that is printed. Reads only. */
import { type Decimal, formatDecimal } from '../model/decimal.js';
import { type Fraction, fraction, fractionToUnits, fromDecimal, multiply, reduce, subtract, ZERO } from '../model/fraction.js';
import type { Instruments, Market } from '../model/instruments.js';
import { lotValue, unitValue } from '../model/margin.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import type { Engine } from './engine.js';
import type { VenuePosition } from './inspections.js';

export function venuePositions({ instruments, caseHalf, scanHalf }: Engine): VenuePosition[] {
  return instruments.markets.flatMap((market) => {
    const { lots, cost, inverseWorth } = caseHalf.ledger.holdingOf('venue', market.index);
    if (lots === 0n && cost === 0n && inverseWorth === 0n) return [];
    const entryCost = market.kind === 'inverse' ? fromUnits(inverseWorth) : multiply(lotValue(market), fromUnits(cost));
    const mark = scanHalf.scanner.verdict.markOf(market.index);
    const worth = worthAt(market, lots, mark);
    const unrealizedPnl = worth && reduce(subtract(worth, entryCost));
    return [{ market: market.index, lots, entryCost: reduce(entryCost), mark, unrealizedPnl }];
  });
}

/** What so many lots are worth at the mark: none are worth nothing whatever it is. */
function worthAt(market: Market, lots: bigint, mark: Decimal | null): Fraction | null {
  if (lots === 0n) return ZERO;
  return mark && multiply(multiply(fraction(lots), lotValue(market)), unitValue(market, fromDecimal(mark)));
}

function fromUnits(units: bigint): Fraction {
  return fromDecimal({ units, decimals: EXACT_DECIMALS });
}

/** As JSON has it. */
export interface PrintedVenuePosition {
  readonly market: string;
  readonly size: string;
  /** Settle asset, in which the amounts are. */
  readonly asset: string;
  readonly entryCost: string;
  readonly mark: string | null;
  readonly unrealizedPnl: string | null;
}

/** Exact where 18 decimals are enough; else the cost rounds up and the profit down. */
export function printVenuePosition(position: VenuePosition, { markets, assets }: Instruments): PrintedVenuePosition {
  const { lots, entryCost, mark, unrealizedPnl } = position;
  const { id, lot, settleAsset } = markets[position.market];
  const text = (value: Fraction, rounding: 'up' | 'down'): string =>
    formatDecimal({ units: fractionToUnits(value, EXACT_DECIMALS, rounding), decimals: EXACT_DECIMALS });
  return {
    market: id,
    size: formatDecimal({ units: lots * lot.units, decimals: lot.decimals }),
    asset: assets[settleAsset].id,
    entryCost: text(entryCost, 'up'),
    mark: mark && formatDecimal(mark),
    unrealizedPnl: unrealizedPnl && text(unrealizedPnl, 'down'),
  };
}
