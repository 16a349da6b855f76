/** Whether trades that name orders are executions of them, and what is said of one whose position was gone. */
import type { Order, OrderTable } from '../dispatch/orders.js';
import { formatDecimal } from '../model/decimal.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { accountOf } from '../model/portfolio.js';
import type { BookedFill, Fill } from '../model/records.js';

/** Refuses what is not: see `CaseHalf.checkExecutions`. */
export function checkExecutions(fills: readonly Fill[], table: OrderTable): void {
  const executed = new Map<string, number>();
  for (const fill of fills) {
    if (fill.orderId === null) continue;
    const place = `fill ${fill.tradeId}`;
    const order = table.recall(fill.orderId);
    if (order === undefined) throw badInput(place, 'an order that is out or was lately', JSON.stringify(fill.orderId));
    const total = (executed.get(order.orderId) ?? 0) + fill.lots;
    executed.set(order.orderId, total);
    if (isOf(fill, order) && total <= order.remaining) continue;
    const expected = `an execution of at most ${order.remaining} lots of ${order.side} for ${order.portfolio}`;
    throw badInput(place, expected, `${total} lots of ${fill.side} for ${fill.account}`);
  }
}

/** Of an execution whose position was closed inside before it came. */
export function beyondText({ fill, portfolio }: BookedFill, { orderId }: Order, { markets }: Instruments): string {
  const { id, lot } = markets[fill.market];
  const size = formatDecimal({ units: BigInt(fill.lots) * lot.units, decimals: lot.decimals });
  return `${orderId} has executed ${size} of ${id} that were closed already: they are booked in ${portfolio}`;
}

function isOf(fill: Fill, order: Order): boolean {
  const isIsolated = order.portfolio !== accountOf(order.portfolio);
  return (
    fill.account === accountOf(order.portfolio) &&
    fill.market === order.market &&
    fill.side === order.side &&
    (fill.margin === 'isolated') === isIsolated
  );
}
