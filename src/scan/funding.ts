/** Cumulative funding by market, and what it does to balances: they are kept as they would be had none been settled. */
import { type Decimal, divideRounded, pow10 } from '../model/decimal.js';
import type { Instruments } from '../model/instruments.js';
import { lotValue } from '../model/margin.js';
import { EXACT_DECIMALS } from '../model/portfolio.js';
import type { FundingIndex } from '../model/records.js';
import { type Holdings, withBalance } from './changes.js';

const NO_FUNDING: Decimal = { units: 0n, decimals: 0 };

export class Funding {
  /** Markets in which positions came that said up to which funding index theirs is in the balance. */
  readonly markets = new Set<number>();
  private readonly instruments: Instruments;
  private readonly indexes: (Decimal | null)[];

  constructor(instruments: Instruments) {
    this.instruments = instruments;
    this.indexes = instruments.markets.map(() => null);
  }

  update(funding: readonly FundingIndex[]): void {
    for (const { market, index } of funding) this.indexes[market] = index;
  }

  /** Cumulative funding of a market, 0 before the first. */
  of(market: number): Decimal {
    return this.indexes[market] ?? NO_FUNDING;
  }

  /** Whether a market's funding index was ever told. */
  isKnown(market: number): boolean {
    return this.indexes[market] !== null;
  }

  /** What lots opened now will have paid less than those open since the funding index 0, in the settle asset's 10^-18, rounded down. */
  settled(market: number, opened: number): bigint {
    const { units, decimals } = this.of(market);
    if (units === 0n) return 0n;
    const { n, d } = lotValue(this.instruments.markets[market]);
    return divideRounded(BigInt(opened) * units * n * pow10(EXACT_DECIMALS), pow10(decimals) * d, 'down');
  }

  /** Balances as they would be had no funding been settled: what positions say is in them already is taken out into them. */
  unsettled(holdings: Holdings): Holdings {
    if (holdings.positions.every(({ funding }) => funding === undefined)) return holdings;
    const { markets, valuation } = this.instruments;
    let unsettled = holdings;
    for (const { market, funding } of holdings.positions) {
      if (funding === undefined) continue;
      this.markets.add(market);
      unsettled = withBalance(unsettled, markets[market].settleAsset, funding, valuation.index);
    }
    return unsettled;
  }
}
