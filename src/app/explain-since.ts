/** What changed of a portfolio since earlier prices, and whether its markets or its collateral breached it. Reads and prints nothing. */
import { type BreachCause, breachCause, mixedPrices } from '../model/cause.js';
import { type Fraction, formatFraction, subtract } from '../model/fraction.js';
import type { Instruments } from '../model/instruments.js';
import { isLiquidatable, type Prices, valuePortfolio } from '../model/margin.js';
import type { Portfolio } from '../model/portfolio.js';

/** In the valuation asset's decimals; null where a price of either moment is unknown. Slack is equity − maintenance. */
export interface ExplainedChange {
  /** At the earlier prices: equity down, maintenance up. */
  readonly equity: string | null;
  readonly maintenance: string | null;
  readonly liquidatable: boolean;
  /** How slack came from then to now, one after the other, each rounded down: first the marks moved, then funding, then the indexes. */
  readonly change: { readonly marks: string; readonly funding: string; readonly indexes: string } | null;
  /** Slack now if the marks (with their funding), or the index prices, were still as then; down. */
  readonly slackAtMarksThen: string | null;
  readonly slackAtIndexesThen: string | null;
  /** Null when it is not liquidatable. */
  readonly cause: BreachCause | null;
}

export function explainSince(portfolio: Portfolio, instruments: Instruments, now: Prices, then: Prices): ExplainedChange {
  const { decimals } = instruments.valuation;
  const earlier = valuePortfolio(portfolio, instruments, then);
  const slackAt = (marks: Prices, funding: Prices, indexes: Prices): Fraction | null => {
    const valuation = valuePortfolio(portfolio, instruments, mixedPrices({ marks, funding, indexes }));
    return valuation.priced ? subtract(valuation.equity, valuation.maintenance) : null;
  };
  const down = (amount: Fraction | null): string | null => amount && formatFraction(amount, decimals, 'down');
  const path = [slackAt(then, then, then), slackAt(now, then, then), slackAt(now, now, then), slackAt(now, now, now)];
  const steps = path.slice(1).map((slack, i) => {
    const before = path[i];
    return slack === null || before === null ? null : formatFraction(subtract(slack, before), decimals, 'down');
  });
  const [marks, funding, indexes] = steps;
  return {
    equity: earlier.priced ? formatFraction(earlier.equity, decimals, 'down') : null,
    maintenance: earlier.priced ? formatFraction(earlier.maintenance, decimals, 'up') : null,
    liquidatable: earlier.priced && isLiquidatable(earlier, instruments.liquidateWhen),
    change: marks === null || funding === null || indexes === null ? null : { marks, funding, indexes },
    slackAtMarksThen: down(slackAt(then, then, now)),
    slackAtIndexesThen: down(path[2]),
    cause: breachCause(portfolio, instruments, now, then),
  };
}
