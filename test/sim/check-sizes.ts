/** A partial liquidation closes no more than restores: with a lot less the portfolio would still be below its target. By the oracle, where that is plain. */

import type { OrderEvent } from '../../src/model/effects.js';
import { type Instruments, isPlain } from '../../src/model/instruments.js';
import { lotValue, unitValue } from '../../src/model/margin.js';
import { cost, lots, type Position } from '../../src/model/portfolio.js';
import type { Policy } from '../../src/waterfall/policy.js';
import type { BookView } from './book-view.js';
import { absolute, add, compare, type Fraction, fraction, fromDecimal, multiply, subtract, ZERO } from './fractions.js';

interface Parts {
  readonly view: BookView;
  readonly instruments: Instruments;
  readonly policy: Policy;
  readonly fail: (what: string) => never;
}

export class SizesCheck {
  private readonly parts: Parts;
  private readonly isPlain: boolean;
  /** The worst slippage that a partial stage reckons with, fees included: sizes are made with at least as much as is found here. */
  private readonly slippage: Fraction;

  constructor(parts: Parts) {
    this.parts = parts;
    const { instruments, policy } = parts;
    const stages = policy.stages.filter((entry) => entry.stage === 'partial');
    this.slippage = add(stages[0]?.slippage ?? ZERO, policy.fees.liquidation);
    const isOneSlippage = stages.every(({ slippage }) => compare(slippage, stages[0].slippage) === 0);
    const isOnMark = instruments.markets.every(({ maintenance }) => maintenance.basis === 'mark');
    this.isPlain =
      isOneSlippage &&
      isOnMark &&
      policy.dust.orderMin.units === 0n &&
      instruments.hedgeMargin === 'both' &&
      instruments.assets.every(isPlain);
  }

  /** New orders of one portfolio in one record; nothing else of it is out. */
  onOrders(portfolio: string, orders: readonly OrderEvent[]): void {
    const { view, fail } = this.parts;
    const known = view.known.get(portfolio);
    if (!this.isPlain || known === undefined || view.changed.has(portfolio)) return;
    for (const order of orders) {
      if (order.stage !== 'partial' || order.lots >= view.lotsOf(portfolio, order.market, order.side)) continue;
      if (this.isRestoredBy(portfolio, orders, order)) fail(`${order.orderId} closes ${order.lots} lots, and fewer restore it`);
    }
  }

  /** Whether the orders together restore it when one of them is a lot smaller. */
  private isRestoredBy(portfolio: string, orders: readonly OrderEvent[], smaller: OrderEvent): boolean {
    const { view, instruments, policy } = this.parts;
    const known = view.known.get(portfolio);
    const value = view.value(portfolio);
    if (known === undefined || value === null) return false;
    let equity: Fraction = value.equity;
    const positions = known.portfolio.positions.flatMap((position): Position[] => {
      const order = orders.find(({ market, side }) => market === position.market && (side === 'sell') === position.lots > 0);
      if (order === undefined) return [position];
      const closed = order.lots - (order === smaller ? 1 : 0);
      const market = instruments.markets[position.market];
      const row = value.positions.find((each) => each.position === position);
      const index = view.index(market.settleAsset);
      if (row === undefined || index === null) return [position];
      const mark = fromDecimal(row.mark);
      const away = multiply(absolute(mark), this.slippage);
      const traded = unitValue(market, order.side === 'sell' ? subtract(mark, away) : add(mark, away));
      const loss = add(absolute(subtract(unitValue(market, mark), traded)), multiply(market.takerFee, absolute(traded)));
      equity = subtract(equity, multiply(multiply(multiply(lotValue(market), loss), index), fraction(BigInt(closed))));
      const left = position.lots - Math.sign(position.lots) * closed;
      return left === 0
        ? []
        : [{ ...position, lots: lots(left), cost: cost((position.cost * BigInt(left)) / BigInt(position.lots)) }];
    });
    const after = view.worth({ ...known.portfolio, positions });
    return after !== null && compare(equity, multiply(add(fraction(1n), policy.liquidationTarget), after.maintenance)) >= 0;
  }
}
