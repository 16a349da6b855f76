/** Orders out at the executor: one a position, within limits, cancelled once, asked for when nobody says what became of them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type DispatchLimits, Limits, NO_LIMITS } from '../../src/dispatch/limits.js';
import { OrderDesk, type Want } from '../../src/dispatch/order-desk.js';
import { legOf, type Order, OrderTable } from '../../src/dispatch/orders.js';
import { Outbox } from '../../src/dispatch/outbox.js';
import { AssertionError } from '../../src/model/errors.js';
import { lots } from '../../src/model/portfolio.js';
import type { OrderAck } from '../../src/model/records.js';
import { dec, instrumentsOf, marketOf } from '../support/books.js';
import { rowOf } from './support.js';

const TTL_US = 5_000;
const instruments = instrumentsOf([marketOf(0), marketOf(1)]);
let out: Outbox;
beforeEach(() => {
  out = new Outbox();
});

const deskWith = (limits: Partial<DispatchLimits> = {}, mode: 'shadow' | 'live' = 'live') =>
  new OrderDesk(new Limits(instruments, { ...NO_LIMITS, ...limits }), mode);
const at = (timeUs: number) => ({ timeUs, tickTimeUs: 7, priceEpoch: 3 });

function want(portfolio: string, market: number, size: number): Want {
  return {
    ...{ caseId: `${portfolio}@1.1`, portfolio, row: rowOf(market, size), version: 9, lots: lots(Math.abs(size)) },
    ...{ limitPrice: dec(99), bankruptcyPrice: null, stage: 'full', ttlUs: TTL_US },
  };
}

const said = (): string[] => out.orders.splice(0).map(({ event, orderId, lots: count }) => `${event} ${orderId} ${count}`);
const ack = (desk: OrderDesk, orderId: string, state: OrderAck['state']) => desk.onAck({ orderId, state }, out);

describe('an order', () => {
  it('is what was wanted, under an id of its case and number', () => {
    const desk = deskWith();
    desk.place(want('a', 0, -30), 4, at(100), out);
    expect(out.orders).toEqual([
      {
        ...{ orderId: 'a@1.1#4', caseId: 'a@1.1', event: 'new', portfolio: 'a', market: 0, side: 'buy', lots: 30 },
        ...{ limitPrice: dec(99), stage: 'full', expiryUs: 5_100, version: 9, priceEpoch: 3, tickTimeUs: 7 },
      },
    ]);
    expect(desk.orderOn('a', legOf(0, 'buy'))?.remaining).toBe(30);
  });

  it('is cancelled once, and blocks its position until that is acknowledged', () => {
    const desk = deskWith();
    const order = desk.place(want('a', 0, 30), 1, at(0), out) as Order;
    expect([desk.cancel(order, out), desk.cancel(order, out)]).toEqual([true, false]);
    expect(() => desk.place(want('a', 0, 30), 2, at(0), out)).toThrow(AssertionError);
    expect(ack(desk, 'a@1.1#1', 'cancelled')).toBe(order);
    expect(said()).toEqual(['new a@1.1#1 30', 'cancel a@1.1#1 30', 'ended a@1.1#1 30']);
    desk.place(want('a', 0, 30), 2, at(0), out);
    expect(said()).toEqual(['new a@1.1#2 30']);
  });

  it.each([
    ['working', false],
    ['unknown', false],
    ['cancelled', true],
    ['unfilled', true],
    ['rejected', true],
    ['absent', true],
  ] as const)('that is said to be %s has ended: %s', (state, hasEnded) => {
    const desk = deskWith();
    desk.place(want('a', 0, 30), 1, at(0), out);
    expect(ack(desk, 'a@1.1#1', state) !== null).toBe(hasEnded);
    expect(desk.table.count).toBe(hasEnded ? 0 : 1);
    // Said again it is no news.
    expect(ack(desk, 'a@1.1#1', state)).toBeNull();
  });

  it('ends when all of it is executed; a trade after its end is counted and ends nothing again', () => {
    const desk = deskWith();
    const order = desk.place(want('a', 0, 30), 1, at(0), out) as Order;
    desk.onExecution(order, lots(10), out);
    desk.onExecution(order, lots(20), out);
    expect(said()).toEqual(['new a@1.1#1 30', 'ended a@1.1#1 0']);
    const late = desk.place(want('a', 0, 30), 2, at(0), out) as Order;
    ack(desk, 'a@1.1#2', 'unfilled');
    said();
    desk.onExecution(late, lots(30), out);
    expect([said(), late.remaining]).toEqual([[], 0]);
    expect(() => desk.onExecution(late, lots(1), out)).toThrow(AssertionError);
  });

  it('is asked for when it is past its expiry and nobody has ended it, again only after as long, and never sent again', () => {
    const desk = deskWith();
    const order = desk.place(want('a', 0, 30), 1, at(0), out) as Order;
    said();
    const asked = (timeUs: number) => {
      desk.askForUnknown(at(timeUs), TTL_US, out);
      return said();
    };
    expect(asked(5_000)).toEqual([]);
    expect(asked(5_001)).toEqual(['query a@1.1#1 30']);
    expect(asked(10_000)).toEqual([]);
    expect(asked(10_001)).toEqual(['query a@1.1#1 30']);
    expect(desk.table.unknownCount(10_001)).toBe(1);
    // The cancel may have been lost with the answer.
    desk.cancel(order, out);
    said();
    expect(asked(15_001)).toEqual(['query a@1.1#1 30', 'cancel a@1.1#1 30']);
    ack(desk, 'a@1.1#1', 'absent');
    said();
    expect(asked(99_999)).toEqual([]);
  });

  it('is asked for with all others when nobody knows what became of any', () => {
    const desk = deskWith();
    desk.place(want('a', 0, 30), 1, at(0), out);
    desk.place(want('b', 1, -5), 1, at(0), out);
    said();
    desk.askForAll(at(1), out);
    expect(said()).toEqual(['query a@1.1#1 30', 'query b@1.1#1 5']);
  });

  it('on a position that has turned over is seen, but not one on the other leg of a hedge', () => {
    const desk = deskWith();
    desk.place(want('a', 0, 30), 1, at(0), out);
    const turned = rowOf(0, -20);
    expect(desk.hasTurnedOver('a', turned, [turned])).toBe(true);
    expect(desk.hasTurnedOver('a', turned, [rowOf(0, 30), turned])).toBe(false);
    expect(desk.hasTurnedOver('a', rowOf(1, -20), [rowOf(1, -20)])).toBe(false);
  });

  it('waits for the limits, or is smaller', () => {
    const desk = deskWith({ perAccount: { count: 1, perUs: 1_000 } });
    expect(desk.place(want('a', 0, 30), 1, at(0), out)).not.toBeNull();
    expect(desk.place(want('a', 1, 30), 2, at(0), out)).toBeNull();
    // Isolated portfolios are the same account's.
    expect(desk.place(want('a/M1', 1, 30), 2, at(0), out)).toBeNull();
    expect(desk.place(want('b', 1, 30), 2, at(0), out)).not.toBeNull();
    expect(desk.place(want('a', 1, 30), 2, at(1_000), out)).not.toBeNull();
  });

  it('in shadow mode is told and not sent, and takes nothing of the limits', () => {
    const desk = deskWith({ global: { count: 1, perUs: 1_000 } }, 'shadow');
    for (const number of [1, 2]) desk.place(want('a', 0, 30), number, at(0), out);
    expect(out.shadowOrders.map(({ orderId }) => orderId)).toEqual(['a@1.1#1', 'a@1.1#2']);
    expect([out.orders, desk.table.count]).toEqual([[], 0]);
  });

  it('is cancelled with all others of its portfolio but for those to keep, or with everything', () => {
    const desk = deskWith();
    desk.place(want('a', 0, 30), 1, at(0), out);
    desk.place(want('a', 1, 30), 2, at(0), out);
    desk.place(want('b', 1, 30), 1, at(0), out);
    said();
    expect(desk.cancelAll('a', out, new Set([legOf(0, 'sell')]))).toBe(true);
    expect(said()).toEqual(['cancel a@1.1#2 30']);
    desk.cancelEverything(out);
    expect(said()).toEqual(['cancel a@1.1#1 30', 'cancel b@1.1#1 30']);
    expect(desk.cancelAll('a', out)).toBe(false);
  });
});

describe('the order table', () => {
  const order = (orderId: string, over: Partial<Order> = {}): Order => ({
    ...{ orderId, caseId: 'c', portfolio: 'a', market: 0, side: 'sell', limitPrice: null, bankruptcyPrice: null, stage: 'full' },
    ...{ expiryUs: 0, version: 0, priceEpoch: 0, tickTimeUs: 0, remaining: lots(10), cancelling: false, queriedUs: null },
    ...over,
  });

  it('holds one order a position and one of an id', () => {
    const table = new OrderTable();
    table.place(order('x'));
    expect(() => table.place(order('y'))).toThrow(AssertionError);
    expect(() => table.place(order('x', { market: 1 }))).toThrow(AssertionError);
    table.place(order('y', { side: 'buy' }));
    table.place(order('z', { portfolio: 'a/M0' }));
    expect(table.ofPortfolio('a').get(legOf(0, 'buy'))?.orderId).toBe('y');
    expect([...table.all()].map(({ orderId }) => orderId)).toEqual(['x', 'y', 'z']);
    table.end(order('x'));
    table.place(order('w'));
    expect([table.find('x'), table.recall('x')?.orderId]).toEqual([undefined, 'x']);
    expect(table.count).toBe(3);
  });

  it('counts executions down to nothing, and no further', () => {
    const table = new OrderTable();
    const placed = order('x');
    expect([table.execute(placed, 4), placed.remaining]).toEqual([false, 6]);
    expect([table.execute(placed, 6), placed.remaining]).toEqual([true, 0]);
    expect(() => table.execute(placed, 1)).toThrow(AssertionError);
  });

  it('is what it was after it was saved', () => {
    const table = new OrderTable();
    for (const id of ['x', 'y']) table.place(order(id, { portfolio: id }));
    table.end(table.find('x') as Order);
    const restored = new OrderTable();
    restored.restore(structuredClone(table.save()));
    expect(restored.save()).toEqual(table.save());
    expect([restored.recall('x')?.orderId, restored.find('x'), restored.ofPortfolio('y').size]).toEqual(['x', undefined, 1]);
  });
});
