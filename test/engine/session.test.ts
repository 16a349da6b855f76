/** A session: what answers the engine answers in its turn, and what was refused has no consequences. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { Session, type SessionOptions } from '../../src/engine/session.js';
import { stateHash } from '../../src/engine/state-hash.js';
import type { Effect, OrderEvent } from '../../src/model/effects.js';
import { cash } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';
import { Newcomers } from '../../src/synthetic/newcomers.js';
import { PaperVenue } from '../../src/venue/paper.js';
import { dec } from '../support/books.js';
import { account, alice, caseEffects, engineWith, fill, fills, instruments, portfolios, position, tick } from './support.js';

const NOBODY = { venue: null, population: null };

function sessionOf(engine: Engine, others: Partial<SessionOptions> = {}): { session: Session; effects: Effect[][] } {
  const effects: Effect[][] = [];
  return {
    session: new Session({ engine, ...NOBODY, onEffects: (batch) => effects.push([...batch]), ...others }),
    effects,
  };
}

const typesOf = (effects: readonly (readonly Effect[])[]) =>
  effects.map((batch) =>
    caseEffects(batch)
      .map(({ type }) => type)
      .join(' '),
  );

/** An answer that the engine can be seen to have taken. */
const answer = (timeUs: number): InputRecord => ({
  type: 'book',
  timeUs,
  rows: [{ version: timeUs, account: account('answer', timeUs) }],
});

describe('with nobody to answer', () => {
  test('orders go out, and stay', () => {
    const engine = engineWith(alice);
    const { session, effects } = sessionOf(engine);
    expect(session.apply(tick(1, 30_000, 10))).toEqual([]);
    expect(session.apply(tick(2, 28_000, 10))).toEqual([]);
    expect(session.apply(tick(3, 28_000, 10))).toEqual([]);
    expect(typesOf(effects)).toEqual(['signals orders cases']);
    expect(engine.counters()).toMatchObject({ ticks: 3, liveOrders: 1, openCases: 1, liquidations: 0 });
  });

  test('the problems of a record are its answer, and it has no effects', () => {
    const engine = engineWith(alice);
    const { session, effects } = sessionOf(engine);
    session.apply(tick(5, 30_000, 10));
    const before = stateHash(engine);
    expect(session.apply(tick(4, 20_000, 10))).toEqual([{ where: 'tick.timeUs', expected: 'a time at or after 5', found: '4' }]);
    expect([stateHash(engine), effects]).toEqual([before, []]);
  });
});

describe('what answers', () => {
  test('the venue hears of new orders and cancels, not of ends, and of ticks after the engine has had them', () => {
    const heard: string[] = [];
    const engine = engineWith(alice);
    const { session } = sessionOf(engine, {
      venue: {
        onOrders: (rows: readonly OrderEvent[], timeUs) => {
          heard.push(...rows.map(({ event, portfolio }) => `${timeUs} ${event} ${portfolio} after ${engine.ticks}`));
          return [];
        },
        onCancelOrders: () => [],
        onTick: (record) => {
          heard.push(`${record.timeUs} tick after ${engine.ticks}`);
          return [];
        },
      },
    });
    session.apply(tick(1, 28_000, 10));
    session.apply(tick(2, 30_000, 10));
    session.apply({ type: 'acks', timeUs: 3, acks: [{ orderId: 'alice@1.1#1', state: 'cancelled' }] });
    expect(heard).toEqual(['1 new alice after 1', '1 tick after 1', '2 cancel alice after 2', '2 tick after 2']);
    expect(engine.counters().liveOrders).toBe(0);
  });

  test('the population hears of every effect and of ticks, and its accounts join at once', () => {
    const heard: string[] = [];
    const engine = engineWith(alice);
    const { session } = sessionOf(engine, {
      population: {
        onTick: ({ timeUs }) => heard.push(`tick ${timeUs}`),
        onEffects: (effects, timeUs) => {
          heard.push(
            caseEffects(effects)
              .map(({ type }) => type)
              .join(' '),
          );
          return timeUs === 2 ? answer(2) : null;
        },
      },
    });
    session.apply(tick(1, 30_000, 10));
    session.apply(tick(2, 28_000, 10));
    expect(heard).toEqual(['tick 1', 'signals orders cases', 'tick 2']);
    expect(engine.counters().accounts).toBe(2);
  });

  test('answers are applied in the order in which they came, with what follows from each behind them', () => {
    const engine = engineWith(alice);
    const applied: string[] = [];
    const apply = engine.apply.bind(engine);
    engine.apply = (record) => {
      applied.push(`${record.type} ${record.timeUs}`);
      return apply(record);
    };
    const sold = fill('t1', { orderId: 'alice@1.1#1', lots: position(500, 1).lots });
    const { session, effects } = sessionOf(engine, {
      venue: {
        onOrders: (_rows, timeUs) => [answer(timeUs + 10), answer(timeUs + 11)],
        onCancelOrders: () => [],
        onTick: ({ timeUs }) => [fills(timeUs, sold), answer(timeUs + 12)],
      },
      population: { onTick: () => undefined, onEffects: (_effects, timeUs) => answer(timeUs + 20) },
    });
    session.apply(tick(1, 28_000, 10));
    expect(applied).toEqual(['tick 1', 'book 11', 'book 12', 'book 21', 'fills 1', 'book 13', 'book 21']);
    expect(typesOf(effects)).toEqual(['signals orders cases', 'execution signals orders cases']);
  });

  test('one trade that cannot be booked leaves the others booked, and its order counts as rejected', () => {
    const engine = engineWith(alice, account('bob', 1_000, { cross: [position(500, 30_000)] }));
    const fitting = (order: OrderEvent) =>
      fill(order.orderId, { orderId: order.orderId, account: order.portfolio, lots: order.lots, price: dec(28_000) });
    let live: readonly OrderEvent[] = [];
    const { session } = sessionOf(engine, {
      venue: {
        onOrders: (rows) => {
          live = rows;
          return [];
        },
        onCancelOrders: () => [],
        // Beyond what cash can hold: the book refuses it.
        onTick: ({ timeUs }) =>
          live.length === 0
            ? []
            : [fills(timeUs, ...live.map((order, i) => ({ ...fitting(order), fee: cash(i === 0 ? 2n ** 127n : 0n) })))],
      },
    });
    session.apply(tick(1, 30_000, 10));
    session.apply(tick(2, 28_000, 10));
    expect(live.map(({ portfolio }) => portfolio)).toEqual(['alice', 'bob']);
    session.apply(tick(3, 28_000, 10));
    // What he had is just what the fall took: he is gone.
    expect(portfolios(engine).bob).toBeUndefined();
    expect(portfolios(engine).alice.positions).toHaveLength(1);
    expect(engine.counters()).toMatchObject({ openCases: 1, liveOrders: 0 });
    // One order a tick, each rejected: never the same one twice.
    session.apply(tick(4, 28_000, 10));
    expect(live.map(({ orderId }) => orderId)).toEqual(['alice@2.1#3']);
  });

  test('nothing follows from a record that was refused', () => {
    const heard: string[] = [];
    const { session } = sessionOf(engineWith(alice), {
      venue: {
        onOrders: () => [],
        onCancelOrders: () => [],
        onTick: () => {
          heard.push('venue');
          return [];
        },
      },
      population: { onTick: () => heard.push('population'), onEffects: () => null },
    });
    session.apply(tick(5, 30_000, 10));
    session.apply(tick(4, 28_000, 10));
    expect(heard).toEqual(['population', 'venue']);
  });
});

test('with the paper venue and newcomers: a case ends on the next tick, somebody joins, and all of it happens again alike', () => {
  const run = () => {
    const engine = engineWith(alice, account('bob', 100_000, { cross: [position(100, 30_000)] }));
    const { session, effects } = sessionOf(engine, {
      venue: new PaperVenue({ instruments, seed: 1 }),
      population: new Newcomers({ instruments, seed: 1, isTaken: () => false }),
    });
    session.apply(tick(1, 30_000, 10));
    session.apply(tick(2, 28_100, 10));
    const between = engine.counters();
    session.apply(tick(3, 28_100, 10));
    return { engine, effects, between };
  };
  const { engine, effects, between } = run();
  expect(between).toMatchObject({ openCases: 1, liveOrders: 1, liquidations: 0, accounts: 2, positions: 2 });
  expect(engine.counters()).toMatchObject({ openCases: 0, liveOrders: 0, liquidations: 1, accounts: 3, positions: 2 });
  const again = run();
  expect(again.effects).toEqual(effects);
  expect(stateHash(again.engine)).toBe(stateHash(engine));
});
