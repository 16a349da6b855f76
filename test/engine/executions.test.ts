/** Executions, acknowledgements and cases that cross each other: an order's trade is its own, and what is told is of its tick. */
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/engine/session.js';
import { stateHash } from '../../src/engine/state-hash.js';
import type { Effect, OrderEvent, Signal } from '../../src/model/effects.js';
import { cash, lots } from '../../src/model/portfolio.js';
import type { OrderAck } from '../../src/model/records.js';
import { PaperVenue } from '../../src/venue/paper.js';
import { dec } from '../support/books.js';
import { account, alice, effectsOf, engineWith, fill, fills, instruments, portfolios, position, tick } from './support.js';

const ordersOf = (effects: readonly Effect[]): OrderEvent[] => effects.flatMap((e) => (e.type === 'orders' ? e.rows : []));
const signalsOf = (effects: readonly Effect[]): Signal[] => effects.flatMap((e) => (e.type === 'signals' ? e.rows : []));
const ack = (timeUs: number, orderId: string, state: OrderAck['state']) => ({
  type: 'acks' as const,
  timeUs,
  acks: [{ orderId, state }],
});

/** Alice breached, with her one order. */
function breached(...others: Parameters<typeof engineWith>) {
  const engine = engineWith(alice, ...others);
  effectsOf(engine, tick(1, 30_000, 2_000));
  const [order] = ordersOf(effectsOf(engine, tick(2, 28_000, 2_000)));
  return { engine, order };
}

describe('an execution', () => {
  it('is refused when it is not of the order that it names', () => {
    const bob = account('bob', 100_000, { cross: [position(500, 30_000), position(700, 2_000, 1)] });
    const { engine, order } = breached(bob);
    const { orderId } = order;
    const before = portfolios(engine);
    for (const [over, found] of [
      [{ account: 'bob' }, 'bob'],
      [{ market: 1 }, 'alice'],
      [{ side: 'buy' as const }, 'buy'],
      [{ margin: 'isolated' as const }, 'alice'],
      [{ lots: lots(501) }, '501 lots'],
    ] as const) {
      const { problems } = engine.apply(fills(3, fill('x', { orderId, ...over })));
      expect(problems[0].expected).toBe('an execution of at most 500 lots of sell for alice');
      expect(problems[0].found).toContain(found);
    }
    const twice = [fill('y', { orderId, lots: lots(300) }), fill('z', { orderId, lots: lots(300) })];
    expect(engine.apply(fills(3, ...twice)).problems[0].found).toContain('600 lots');
    expect(portfolios(engine)).toEqual(before);
    expect(engine.counters()).toMatchObject({ liveOrders: 1, openCases: 1 });
  });

  it('of both sides of a trade under one id is booked twice, and each side once', () => {
    const engine = engineWith(alice, account('bob', 1_000));
    const sides = [fill('t'), fill('t', { account: 'bob', side: 'buy' })];
    effectsOf(engine, fills(1, ...sides));
    effectsOf(engine, fills(2, ...sides));
    expect(portfolios(engine).alice.positions[0].lots).toBe(400);
    expect(portfolios(engine).bob.positions[0].lots).toBe(100);
  });

  it('changes the signal of what is left', () => {
    const both = account('both', 1_000, { cross: [position(500, 30_000), position(10, 2_000, 1)] });
    const engine = engineWith(both);
    effectsOf(engine, tick(1, 30_000, 2_000));
    const orders = ordersOf(effectsOf(engine, tick(2, 28_000, 2_000)));
    const second = orders.find(({ market }) => market === 1) as OrderEvent;
    const sold = fill('e', { orderId: second.orderId, account: 'both', market: 1, lots: lots(10), price: dec(2_000) });
    const [signal] = signalsOf(effectsOf(engine, fills(3, sold)));
    expect(signal).toMatchObject({ portfolio: 'both', state: 'changed', markets: [0] });
  });
});

describe('an acknowledgement', () => {
  it('changes the signal of its portfolio', () => {
    const { engine, order } = breached();
    const [signal] = signalsOf(effectsOf(engine, ack(3, order.orderId, 'unfilled')));
    expect(signal).toMatchObject({ portfolio: 'alice', state: 'changed' });
  });

  it('of an order of an earlier case leaves the new one its limit', () => {
    const { engine, order } = breached();
    effectsOf(engine, tick(3, 29_000, null));
    expect(ordersOf(effectsOf(engine, tick(4, 28_000, null)))).toEqual([]);
    const rows = ordersOf(effectsOf(engine, ack(5, order.orderId, 'unfilled')));
    expect(rows.map(({ event, limitPrice }) => [event, limitPrice !== null])).toEqual([
      ['ended', true],
      ['new', true],
    ]);
    expect(rows[1].caseId).not.toBe(order.caseId);
  });

  it('tells the tick that the order was decided on', () => {
    const { engine, order } = breached();
    const rows = ordersOf(effectsOf(engine, ack(7_777, order.orderId, 'unfilled')));
    expect(rows.map(({ event, tickTimeUs, priceEpoch }) => [event, tickTimeUs, priceEpoch])).toEqual([
      ['ended', 2, 2],
      ['new', 2, 2],
    ]);
    expect(rows[1].expiryUs).toBeGreaterThan(7_777);
  });
});

it('an order is cancelled when its position went while the portfolio became unpriced', () => {
  const engine = engineWith(alice);
  const venue = new PaperVenue({ instruments, seed: 1 });
  const session = new Session({ engine, venue, population: null, onEffects: () => undefined });
  session.apply(tick(1_000_000, 30_000, null));
  session.apply(tick(2_000_000, 28_000, null));
  expect(engine.counters().liveOrders).toBe(1);
  const other = account('alice', 1_000, { cross: [position(1, 10, 1)], balance: cash(10n ** 21n) });
  session.apply({ type: 'book', timeUs: 3_000_000, rows: [{ version: 1, account: other }] });
  expect(engine.counters().liveOrders).toBe(0);
  session.apply(tick(4_000_000, 30_000, null));
  expect(portfolios(engine).alice.positions.map(({ market }) => market)).toEqual([1]);
});

it('engines whose next orders differ have different state hashes', () => {
  const after = (state: OrderAck['state']) => {
    const { engine, order } = breached();
    effectsOf(engine, ack(2, order.orderId, state));
    return stateHash(engine);
  };
  expect(after('unfilled')).toBe(after('unfilled'));
  expect(after('unfilled')).not.toBe(after('cancelled'));
  expect(after('rejected')).not.toBe(after('cancelled'));
});
