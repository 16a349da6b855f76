/** The life of a case and of its orders, step by step. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CaseDesk, type Outbox } from '../../src/dispatch/cases.js';
import { legOf, type Order, OrderTable } from '../../src/dispatch/orders.js';
import { AssertionError } from '../../src/model/errors.js';
import { fraction, ZERO } from '../../src/model/fraction.js';
import { lots } from '../../src/model/portfolio.js';
import type { OrderAck, OrderEvent, PortfolioReport } from '../../src/model/records.js';
import { dec, instrumentsOf, marketOf } from '../support/books.js';
import { outbox, report, TTL_US } from './support.js';

let desk: CaseDesk;
let timeUs: number;

beforeEach(() => {
  desk = new CaseDesk(instrumentsOf([marketOf(0), marketOf(1)]), TTL_US);
  timeUs = 1_000;
});

const now = () => ({ timeUs, tickTimeUs: timeUs, priceEpoch: timeUs });

function onReport(next: PortfolioReport): Outbox & { changed: boolean } {
  timeUs += 1;
  const out = outbox();
  const changed = desk.onReport(next, now(), out);
  return { ...out, changed };
}

function onAck(orderId: string, state: OrderAck['state'], ...more: OrderAck[]): Outbox {
  timeUs += 1;
  const out = outbox();
  desk.onAcks([{ orderId, state }, ...more], now(), out);
  return out;
}

const told = (orders: readonly OrderEvent[]): string[] =>
  orders.map(
    ({ event, market, side, lots: size, limitPrice }) =>
      `${event} M${market} ${side} ${size}${limitPrice === null ? ' at any price' : ''}`,
  );

const breach = (...positions: [number, number][]) => report('a', 'liquidatable', positions);

describe('a case', () => {
  it('opens at the breach with its deficit and an order for every position', () => {
    const first = breach([0, 1_000], [1, -500]);
    const { orders, cases, changed } = onReport(first);
    expect(changed).toBe(true);
    expect(cases).toEqual([
      {
        caseId: 'a@1001.1',
        portfolio: 'a',
        event: 'opened',
        timeUs: 1_001,
        openedUs: 1_001,
        deficit: fraction(19n),
        badDebt: null,
        outcome: null,
      },
    ]);
    expect(told(orders)).toEqual(['new M0 sell 1000', 'new M1 buy 500']);
    expect(orders[0]).toEqual({
      orderId: 'a@1001.1#1',
      caseId: 'a@1001.1',
      event: 'new',
      portfolio: 'a',
      market: 0,
      side: 'sell',
      lots: 1_000,
      // Its share of equity is half of 1, on one unit: 99.5.
      limitPrice: dec(9_950, 2),
      stage: 'full',
      expiryUs: 1_001 + TTL_US,
      version: first.version,
      priceEpoch: 1_001,
      tickTimeUs: 1_001,
    });
    expect([desk.openCount, desk.orders.count]).toEqual([1, 2]);
  });

  it('says nothing more while nothing changes, past expiry too: an order that nobody ended is unknown and blocks', () => {
    onReport(breach([0, 1_000]));
    expect(onReport(breach([0, 1_000]))).toEqual({ orders: [], cases: [], changed: false });
    timeUs += 10 * TTL_US;
    expect(onReport(breach([0, 1_000]))).toEqual({ orders: [], cases: [], changed: false });
    expect(desk.orders.count).toBe(1);
  });

  it('ends when its portfolio recovers: orders are cancelled and stay out until acknowledged', () => {
    onReport(breach([0, 1_000]));
    const { orders, cases } = onReport(report('a', 'healthy', [[0, 1_000]], fraction(50n)));
    expect(told(orders)).toEqual(['cancel M0 sell 1000']);
    expect(cases).toMatchObject([
      { caseId: 'a@1001.1', event: 'ended', openedUs: 1_001, timeUs: 1_002, badDebt: ZERO, outcome: 'recovered' },
    ]);
    expect([desk.openCount, desk.orders.count]).toEqual([0, 1]);
    expect(told(onAck('a@1001.1#1', 'cancelled').orders)).toEqual(['ended M0 sell 1000']);
    expect(desk.orders.count).toBe(0);
  });

  it('ends with the exact bad debt when nothing is left', () => {
    onReport(breach([0, 1_000]));
    const order = desk.orders.find('a@1001.1#1') as Order;
    const out = outbox();
    desk.onExecution(order, 1_000, out);
    expect(told(out.orders)).toEqual(['ended M0 sell 0']);
    const { cases } = onReport(report('a', 'insolvent', [], fraction(-1n, 3n)));
    expect(cases).toMatchObject([{ event: 'ended', badDebt: fraction(1n, 3n), outcome: 'closed', deficit: fraction(9n) }]);
    expect(onReport(report('a', 'insolvent', [], fraction(-1n, 3n)))).toEqual({ orders: [], cases: [], changed: false });
  });

  it('that comes back is another, and waits for the cancel of the old one', () => {
    onReport(breach([0, 1_000]));
    onReport(report('a', 'healthy', [[0, 1_000]], fraction(50n)));
    const again = onReport(breach([0, 1_000]));
    expect(again.cases).toMatchObject([{ caseId: 'a@1003.2', event: 'opened' }]);
    expect(again.orders).toEqual([]);
    const { orders } = onAck('a@1001.1#1', 'cancelled');
    expect(told(orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1000']);
    expect(orders.map(({ caseId }) => caseId)).toEqual(['a@1001.1', 'a@1003.2']);
  });

  it('has ids of its own when two open at one moment', () => {
    const out = outbox();
    for (const id of ['a', 'b', 'a']) {
      desk.onReport(report(id, 'liquidatable', [[0, 5]]), { timeUs: 9, tickTimeUs: 9, priceEpoch: 1 }, out);
      if (id === 'a') desk.onReport(report(id, 'healthy', []), { timeUs: 9, tickTimeUs: 9, priceEpoch: 1 }, out);
    }
    const ids = out.cases.filter(({ event }) => event === 'opened').map(({ caseId }) => caseId);
    expect(ids).toEqual(['a@9.1', 'b@9.2', 'a@9.3']);
  });

  it('of a debt alone sends no order, and ends when the debt is covered or needs no margin any more', () => {
    const debt = () => ({ ...report('a', 'liquidatable', [], fraction(3n)), maintenance: fraction(10n) });
    for (const [after, outcome, badDebt] of [
      [report('a', 'healthy', [], fraction(20n)), 'recovered', ZERO],
      [report('a', 'insolvent', [], fraction(-2n)), 'insolvent', fraction(2n)],
    ] as const) {
      const { orders, cases, changed } = onReport(debt());
      expect({ orders, changed }).toEqual({ orders: [], changed: false });
      expect(cases).toMatchObject([{ event: 'opened', deficit: fraction(7n) }]);
      expect(onReport(debt())).toEqual({ orders: [], cases: [], changed: false });
      const ended = onReport(after);
      expect(ended.orders).toEqual([]);
      expect(ended.cases).toMatchObject([{ event: 'ended', outcome, badDebt }]);
      expect([desk.openCount, desk.orders.count]).toEqual([0, 0]);
    }
  });

  it('whose positions are closed stays open while a debt still needs more than there is, and ends as closed', () => {
    onReport(breach([0, 1_000]));
    desk.onExecution(desk.orders.find('a@1001.1#1') as Order, 1_000, outbox());
    const debt = { ...report('a', 'liquidatable', [], fraction(3n)), maintenance: fraction(10n) };
    expect(onReport(debt)).toEqual({ orders: [], cases: [], changed: false });
    expect(onReport(report('a', 'healthy', [], fraction(20n))).cases).toMatchObject([{ event: 'ended', outcome: 'closed' }]);
  });

  it('is not opened by what is healthy, insolvent or unknown', () => {
    for (const standing of ['healthy', 'insolvent', 'unpriced'] as const) {
      expect(onReport(report('a', standing, [[0, 5]]))).toEqual({ orders: [], cases: [], changed: false });
    }
    expect(desk.caseOf('a')).toBeUndefined();
  });

  it('that is unpriced keeps what is out and sends nothing new', () => {
    onReport(breach([0, 1_000]));
    expect(onReport(report('a', 'unpriced', [[0, 1_000]]))).toEqual({ orders: [], cases: [], changed: false });
    expect(told(onAck('a@1001.1#1', 'unfilled').orders)).toEqual(['ended M0 sell 1000']);
    expect(told(onReport(breach([0, 900])).orders)).toEqual(['new M0 sell 900 at any price']);
  });
});

describe('an order', () => {
  it('that went unfilled is followed by one without a limit, for that position only', () => {
    onReport(breach([0, 1_000], [1, -500]));
    const { orders } = onAck('a@1001.1#1', 'unfilled');
    expect(told(orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1000 at any price']);
    expect(orders[1].expiryUs).toBe(timeUs + TTL_US);
    expect(told(onAck('a@1001.1#2', 'cancelled').orders)).toEqual(['ended M1 buy 500', 'new M1 buy 500']);
  });

  it('that was rejected waits for the next report, whatever else is acknowledged', () => {
    onReport(breach([0, 1_000], [1, -500]));
    const { orders } = onAck('a@1001.1#1', 'rejected', { orderId: 'a@1001.1#2', state: 'unfilled' });
    expect(told(orders)).toEqual(['ended M0 sell 1000', 'ended M1 buy 500', 'new M1 buy 500 at any price']);
    expect(told(onReport(breach([0, 1_000], [1, -500])).orders)).toEqual(['new M0 sell 1000']);
  });

  it('that no longer fits is cancelled, waited for, and replaced', () => {
    onReport(breach([0, 1_000]));
    expect(told(onReport(breach([0, 1_500])).orders)).toEqual(['cancel M0 sell 1000']);
    expect(onReport(breach([0, 1_500])).orders).toEqual([]);
    expect(onReport(breach([0, 1_700])).orders).toEqual([]);
    expect(told(onAck('a@1001.1#1', 'cancelled').orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1700']);
  });

  it('that was executed in part still fits what remains', () => {
    onReport(breach([0, 1_000]));
    const out = outbox();
    desk.onExecution(desk.orders.find('a@1001.1#1') as Order, 400, out);
    expect(out.orders).toEqual([]);
    expect(onReport(breach([0, 600])).orders).toEqual([]);
    expect(desk.orders.find('a@1001.1#1')?.remaining).toBe(600);
  });

  it('on a position that is gone is cancelled', () => {
    onReport(breach([0, 1_000], [1, -500]));
    expect(told(onReport(breach([1, -500])).orders)).toEqual(['cancel M0 sell 1000']);
  });

  it('on a position that turned over is waited for before the other side is closed', () => {
    onReport(breach([0, 1_000]));
    expect(told(onReport(breach([0, -300])).orders)).toEqual(['cancel M0 sell 1000']);
    expect(onReport(breach([0, -300])).orders).toEqual([]);
    expect(told(onAck('a@1001.1#1', 'cancelled').orders)).toEqual(['ended M0 sell 1000', 'new M0 buy 300']);
  });

  it('of each leg is its own', () => {
    expect(told(onReport(breach([0, 1_000], [0, -400])).orders)).toEqual(['new M0 sell 1000', 'new M0 buy 400']);
  });

  it('hears late, repeated and unknown words as nothing', () => {
    onReport(breach([0, 1_000]));
    for (const [id, state] of [
      ['a@1001.1#1', 'working'],
      ['nobody', 'cancelled'],
      ['', 'rejected'],
    ] as const) {
      expect(onAck(id, state)).toEqual(outbox());
    }
    const first = onAck('a@1001.1#1', 'unfilled', { orderId: 'a@1001.1#1', state: 'unfilled' });
    expect(told(first.orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1000 at any price']);
    for (const state of ['unfilled', 'cancelled', 'rejected'] as const) expect(onAck('a@1001.1#1', state)).toEqual(outbox());
    expect(desk.orders.count).toBe(1);
  });
});

describe('the order table', () => {
  const order = (orderId: string, over: Partial<Order> = {}): Order => ({
    orderId,
    caseId: 'c',
    portfolio: 'a',
    market: 0,
    side: 'sell',
    limitPrice: null,
    expiryUs: 0,
    version: 0,
    priceEpoch: 0,
    tickTimeUs: 0,
    remaining: lots(10),
    cancelling: false,
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
    expect(table.find('x')).toBeUndefined();
    expect(table.count).toBe(3);
  });

  it('counts executions down to nothing, and no further', () => {
    const table = new OrderTable();
    const placed = order('x');
    expect([table.execute(placed, 4), placed.remaining]).toEqual([false, 6]);
    expect([table.execute(placed, 6), placed.remaining]).toEqual([true, 0]);
    expect(() => table.execute(placed, 1)).toThrow(AssertionError);
  });
});
