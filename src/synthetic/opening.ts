/** Owns at what leverage made-up positions were opened and how far the market has driven them since. Knows nothing of what pays for them. */
import { assert } from '../model/errors.js';
import { type Cash, type Cost, cash, cost, lots, type Position } from '../model/portfolio.js';
import type { Random } from './random.js';
import { type Row, requirement } from './rows.js';

const LEVERAGE_MAX = 100;
/** At opening, equity is at least this multiple of the requirement. */
const OPENING_RATIO_LEAST = 1.25;
/** Share of the opening buffer that is left at the least: far above the float error of the sums here. */
const BUFFER_LEFT_LEAST = 1e-3;
const DRIFT_MAX = 0.3;

export interface Opened {
  readonly positions: Position[];
  /** What the portfolio's equity is now, in the valuation asset. */
  readonly equity: number;
  /** Profit of the positions in each asset that one settles in, in that asset. */
  readonly profits: ReadonlyMap<number, number>;
}

/** A portfolio of these rows, opened at about `leverage` and since then driven by the market. `owedNeeds`: requirement of what it owes. */
export function openRows(rows: readonly Row[], leverage: number, owedNeeds: number, random: Random): Opened {
  let gross = 0;
  let maintenance = owedNeeds;
  for (const row of rows) {
    gross += row.notional;
    maintenance += requirement(row.terms, row.notional);
  }
  const { opened, left, equity } = drawOpening(gross, maintenance, leverage, random);
  const profits = new Map<number, number>();
  const positions = rows.map(({ terms, side, lots: count }): Position => {
    const { market, settleAsset, isInverse, price, unit, tick, tickUnits } = terms;
    const drift = ((left - 1) * 0.5 + 0.3 * random.normal()) / opened;
    const favour = side * Math.max(-DRIFT_MAX, Math.min(DRIFT_MAX, drift));
    const entryTicks = Math.max(1, Math.round((price * (1 - favour)) / tick));
    const entry = entryTicks * tick;
    const gain = isInverse ? 1 / entry - 1 / price : price - entry;
    profits.set(settleAsset, (profits.get(settleAsset) ?? 0) + count * unit * gain);
    return { market, lots: lots(count), cost: exactCost(count, entryTicks, tickUnits) };
  });
  return { positions, equity, profits };
}

/** `left`: share of the opening buffer that is left. `equity` is the present one, in the unit of what is held at that leverage. */
export function drawOpening(
  gross: number,
  maintenance: number,
  leverage: number,
  random: Random,
): { readonly opened: number; readonly left: number; readonly equity: number } {
  const opened = Math.min(leverage, LEVERAGE_MAX, gross / (maintenance * OPENING_RATIO_LEAST));
  // Where a random walk that never touched 0 ends: a Brownian meander is Rayleigh.
  const left = Math.max(BUFFER_LEFT_LEAST, 0.8 * Math.sqrt(2 * random.exponential()));
  return { opened, left, equity: maintenance + (gross / opened - maintenance) * left };
}

/** lots × a whole number of ticks. */
export function exactCost(count: number, ticks: number, tickUnits: bigint): Cost {
  const product = count * ticks;
  const exact = Number.isSafeInteger(product) ? BigInt(product) : BigInt(count) * BigInt(ticks);
  return cost(exact * tickUnits);
}

/** An amount up to an asset's last decimal: `scale` is 10^decimals, `units` what its last is in 10^-18. */
export function roundedUp(amount: number, scale: number, units: bigint): Cash {
  assert(Number.isFinite(amount), `synthetic accounts: expected an amount, was ${amount}`);
  return cash(BigInt(Math.ceil(amount * scale)) * units);
}
