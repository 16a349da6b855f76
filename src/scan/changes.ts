/** What a portfolio holds, with one thing changed: pure, and the store's own way only where rows do not stand alone. */
import { type Balance, cash, cost, lots, type Portfolio, type Position } from '../model/portfolio.js';

/** A portfolio but for what it is called. */
export type Holdings = Omit<Portfolio, 'id' | 'mode'>;

/** With `units` more of an asset. */
export function withBalance(holdings: Holdings, asset: number, units: bigint, valuation: number): Holdings {
  if (asset === valuation) return { ...holdings, cash: cash(holdings.cash + units) };
  const others = new Map((holdings.others ?? []).map((held) => [held.asset, held.amount]));
  others.set(asset, cash((others.get(asset) ?? 0n) + units));
  const kept = [...others].filter(([, amount]) => amount !== 0n).sort(([a], [b]) => a - b);
  return { ...holdings, others: kept.map(([held, amount]): Balance => ({ asset: held, amount })) };
}

/** With a market's position set, 0 lots to remove it; in hedge mode (`leg` other than null) the leg of that sign. */
export function withPosition(holdings: Holdings, market: number, size: number, costUnits: bigint, leg: number | null): Holdings {
  const isMeant = (position: Position): boolean => position.market === market && (leg === null || position.lots < 0 === leg < 0);
  const positions = holdings.positions.filter((position) => !isMeant(position));
  if (size !== 0) positions.push({ market, lots: lots(size), cost: cost(costUnits) });
  return { ...holdings, positions };
}
