/** A partial liquidation closes no more than restores: with a lot less the portfolio would still be below its target. By the oracle, where that is plain. */

import type { OrderEvent } from '../../src/model/effects.js';
import { type Instruments, isPlain } from '../../src/model/instruments.js';
import { lotValue, unitValue } from '../../src/model/margin.js';
import { cost, lots, type Position } from '../../src/model/portfolio.js';
import type { Policy, StageEntry } from '../../src/waterfall/policy.js';
import type { BookView } from './book-view.js';
import { absolute, add, compare, type Fraction, fraction, fromDecimal, multiply, subtract } from './fractions.js';

interface Parts {
  readonly view: BookView;
  readonly instruments: Instruments;
  readonly policy: Policy;
  readonly fail: (what: string) => never;
}

export class SizesCheck {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** New orders of one portfolio in one record; nothing else of it is out. `stage`: what its case is in. */
  onOrders(portfolio: string, orders: readonly OrderEvent[], stage: StageEntry | undefined): void {
    const { view, fail, policy } = this.parts;
    const isMoved = view.changed.has(portfolio);
    if (stage?.stage !== 'partial' || policy.dust.orderMin.units > 0n || isMoved || !this.isPlain(portfolio)) return;
    // The liquidation fee costs as slippage does.
    const slippage = add(stage.slippage, policy.fees.liquidation);
    for (const order of orders) {
      if (order.lots >= view.lotsOf(portfolio, order.market, order.side)) continue;
      if (this.isRestoredBy(portfolio, orders, order, slippage))
        fail(`${order.orderId} closes ${order.lots} lots, and fewer restore it`);
    }
  }

  /** Every asset counts as it stands, every requirement is on the mark, and none is waived. */
  private isPlain(portfolio: string): boolean {
    const { view, instruments } = this.parts;
    const value = view.value(portfolio);
    if (value === null || !value.assets.every(({ asset }) => isPlain(asset))) return false;
    const markets = value.positions.map(({ position }) => position.market);
    return (
      new Set(markets).size === markets.length &&
      markets.every((market) => instruments.markets[market].maintenance.basis === 'mark')
    );
  }

  /** Whether the orders together restore it when one of them is a lot smaller. */
  private isRestoredBy(portfolio: string, orders: readonly OrderEvent[], smaller: OrderEvent, slippage: Fraction): boolean {
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
      const away = multiply(absolute(mark), slippage);
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
