/** The engine end to end on small books written by hand: records in, effects out, and refusals that leave nothing. */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { stateHash } from '../../src/engine/state-hash.js';
import type { CasesEffect, OrdersEffect } from '../../src/model/effects.js';
import { type Fraction, fraction, reduce } from '../../src/model/fraction.js';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import type { Fill, InputRecord } from '../../src/model/records.js';
import { dec } from '../support/books.js';
import {
  account,
  alice,
  caseEffects,
  E18,
  effectsOf,
  engineWith,
  fill,
  fills,
  portfolios,
  position,
  TTL_US,
  tick,
} from './support.js';

/** Applies a record that must be refused, and sees that nothing of it stays. */
function expectRefused(engine: Engine, record: InputRecord, where: string): void {
  const before = { hash: stateHash(engine), portfolios: portfolios(engine), counters: engine.counters() };
  const { effects, problems } = engine.apply(record);
  expect(effects).toEqual([]);
  expect(problems.map((problem) => problem.where)).toEqual([where]);
  expect({ hash: stateHash(engine), portfolios: portfolios(engine), counters: engine.counters() }).toEqual(before);
}

describe('a default', () => {
  it('goes from breach to signal, order, fill and the exact bad debt', () => {
    const engine = engineWith(alice);
    expect(effectsOf(engine, tick(1_000, 30_000))).toEqual([]);
    const [signals, orders, cases, ...rest] = caseEffects(effectsOf(engine, tick(2_000, 28_000)));
    expect(rest).toEqual([]);
    expect(signals).toMatchObject({
      type: 'signals',
      tickTimeUs: 2_000,
      priceEpoch: 2,
      rows: [{ portfolio: 'alice', state: 'breached', markets: [0], equity: 0, maintenance: 56, deficit: 56, badDebt: 0 }],
    });
    // Equity is 0: bankrupt at the mark itself.
    expect((orders as OrdersEffect).rows).toMatchObject([
      {
        orderId: 'alice@2000.1#1',
        event: 'new',
        side: 'sell',
        lots: 500,
        limitPrice: dec(2_800_000, 2),
        expiryUs: 2_000 + TTL_US,
      },
    ]);
    expect((cases as CasesEffect).rows).toMatchObject([{ caseId: 'alice@2000.1', event: 'opened' }]);

    expect(effectsOf(engine, { type: 'acks', timeUs: 2_001, acks: [{ orderId: 'alice@2000.1#1', state: 'working' }] })).toEqual(
      [],
    );
    // 0.5 sold at 27,900 and a fee of 1/3 unit in the 18th decimal's grain: 1,000 − 1,050 − fee.
    const fee = cash(E18 / 3n);
    const orderId = 'alice@2000.1#1';
    const all = effectsOf(engine, fills(3_000, fill('t1', { orderId, lots: lots(500), price: dec(27_900), fee })));
    const closing = caseEffects(all);
    expect(closing.map(({ type }) => type)).toEqual(['execution', 'signals', 'orders', 'cases']);
    expect(closing[0]).toMatchObject({
      caseId: 'alice@2000.1',
      orderId,
      side: 'long',
      lots: 500,
      price: dec(27_900),
      timeUs: 3_000,
    });
    expect(closing[1]).toMatchObject({ rows: [{ portfolio: 'alice', state: 'recovered' }] });
    expect(closing[2]).toMatchObject({ rows: [{ orderId, event: 'ended', lots: 0 }] });
    const [ended] = (closing[3] as CasesEffect).rows;
    expect(ended).toMatchObject({ event: 'ended', outcome: 'closed', openedUs: 2_000 });
    expect(reduce(ended.badDebt as Fraction)).toEqual(reduce(fraction(50n * E18 + fee, E18)));
    // Without a fund the venue pays all of it: nothing is left, and nobody to leave it to.
    const caseId = 'alice@2000.1';
    const own = { kind: 'portfolio', portfolio: 'alice' };
    expect(all.find(({ type }) => type === 'transfers')).toMatchObject({
      rows: [
        { debit: own, credit: { kind: 'clearing', market: 0 }, amount: 1_050n * E18, reason: 'realised', caseId },
        { debit: own, credit: { kind: 'fees' }, amount: fee, reason: 'fee', caseId },
        { debit: { kind: 'venue' }, credit: own, amount: 50n * E18 + fee, reason: 'venue-loss', caseId },
      ],
    });
    expect(portfolios(engine)).toEqual({});
    expect(effectsOf(engine, tick(4_000, 20_000))).toEqual([]);
    expect(engine.counters()).toMatchObject({ liquidations: 1, openCases: 0, liveOrders: 0, liquidatable: 0, insolvent: 0 });
  });

  it('is over when the price comes back, and its order is cancelled', () => {
    const engine = engineWith(alice);
    effectsOf(engine, tick(1_000, 28_000));
    const back = caseEffects(effectsOf(engine, tick(2_000, 29_000)));
    expect(back.map(({ type }) => type)).toEqual(['signals', 'orders', 'cases']);
    expect(back[1]).toMatchObject({ rows: [{ event: 'cancel' }] });
    expect(back[2]).toMatchObject({ rows: [{ event: 'ended', outcome: 'recovered', badDebt: { n: 0n } }] });
  });

  it('is ranked by deficit, then id', () => {
    const twins = ['b', 'a', 'c'].map((id) => account(id, id === 'c' ? 999 : 1_000, { cross: [position(500, 30_000)] }));
    const [signals, orders] = effectsOf(engineWith(...twins), tick(1_000, 28_000));
    for (const effect of [signals, orders]) {
      expect(effect).toMatchObject({ rows: [{ portfolio: 'c' }, { portfolio: 'a' }, { portfolio: 'b' }] });
    }
  });

  it('is seen at a price written with more decimals than float64 has', () => {
    // Short 1,000,000 at 0.001 with 100: at 0.00123 it owes 230.
    const small = { market: 0, lots: lots(-1_000_000_000), cost: cost(-1_000_000_000n * 10n ** 15n) };
    const engine = engineWith(account('bob', 100, { cross: [small] }));
    effectsOf(engine, tick(1_000, null, 1));
    const price = dec(123n * 10n ** 305n + 1n, 310);
    const found = effectsOf(engine, { type: 'tick', timeUs: 2_000, marks: [{ market: 0, price }] });
    expect(found[0]).toMatchObject({ type: 'signals', rows: [{ portfolio: 'bob', state: 'breached' }] });
  });

  it('waits while a mark is missing', () => {
    const engine = engineWith(account('bob', 1_000, { cross: [position(500, 30_000), position(1, 1, 1)] }));
    expect(effectsOf(engine, tick(1_000, 28_000))).toEqual([]);
    expect(engine.counters()).toMatchObject({ unpriced: 1, liquidatable: 0 });
    expect(caseEffects(effectsOf(engine, tick(2_000, null, 1))).map(({ type }) => type)).toEqual(['signals', 'orders', 'cases']);
  });
});

describe('a refused record leaves nothing', () => {
  const isolated = account('bob', 5, { isolated: [{ ...position(-100, 31_000), collateral: cash(350n * E18) }] });

  it.each<[string, Partial<Fill>]>([
    ['an unknown account', { account: 'nobody' }],
    ['an isolated position that is not there', { margin: 'isolated' }],
    ['a price with too many decimals', { price: dec(1, 19) }],
    ['an amount beyond the store', { fee: cash(2n ** 128n) }],
    ['a position beyond the store', { side: 'buy', lots: lots(Number.MAX_SAFE_INTEGER), price: dec(1) }],
  ])('of fills, when one is of %s', (_, bad) => {
    const engine = engineWith(alice, isolated);
    effectsOf(engine, tick(1_000, 30_000, 1));
    const good = [
      fill('g1'),
      fill('g2', { account: 'bob', margin: 'isolated', side: 'buy', lots: lots(100), price: dec(31_500) }),
      fill('g3', { market: 1, side: 'buy' }),
    ];
    const { effects, problems } = engineWith(alice, isolated).apply(fills(2_000, fill('b1', bad)));
    expect([effects, problems.length]).toEqual([[], 1]);
    expectRefused(engine, fills(2_000, ...good, fill('b1', bad)), problems[0].where);
    // None of them was remembered as done.
    effectsOf(engine, fills(3_000, ...good));
    expect(portfolios(engine)).toEqual({
      alice: {
        id: 'alice',
        mode: 'cross',
        cash: 900n * E18,
        positions: [position(400, 30_000), position(100, 29_000, 1)],
      },
      // 350 − 50 goes back to the account.
      bob: { id: 'bob', mode: 'cross', cash: 305n * E18, positions: [] },
    });
  });

  it('of fills in hedge mode, when one closes more than its leg', () => {
    const hedged = account('eve', 9, { positionMode: 'hedge', cross: [position(100, 10), position(-50, 10)] });
    const engine = engineWith(hedged);
    effectsOf(engine, { type: 'clock', timeUs: 0 });
    const rows = [fill('1', { account: 'eve', lots: lots(100) }), fill('2', { account: 'eve', side: 'buy', lots: lots(51) })];
    expectRefused(engine, fills(1, ...rows), 'fill 2');
  });

  it('of book rows, when one has a version that is not above the last', () => {
    const engine = engineWith(alice, isolated);
    const row = (id: string, version: number, money: number) => ({ version, account: account(id, money) });
    effectsOf(engine, { type: 'book', timeUs: 1, rows: [row('alice', 3, 7), row('new', 1, 1)] });
    for (const version of [3, 2, 0, Number.NaN]) {
      const rows = [row('bob', 9, 1), row('alice', version, 8), row('other', 1, 1)];
      expectRefused(engine, { type: 'book', timeUs: 2, rows }, 'rows[1].version');
    }
    expectRefused(engine, { type: 'book', timeUs: 2, rows: [row('alice', 5, 8), row('alice', 4, 9)] }, 'rows[1].version');
    effectsOf(engine, { type: 'book', timeUs: 2, rows: [row('alice', 4, 8)] });
    expect(portfolios(engine).alice.cash).toBe(8n * E18);
  });

  it('of book rows, when one is beyond the store', () => {
    const engine = engineWith(alice);
    const huge = { version: 1, account: account('huge', 0, { balance: cash(2n ** 127n) }) };
    const rows = [{ version: 1, account: account('alice', 1) }, huge];
    const { problems } = engine.apply({ type: 'book', timeUs: 1, rows });
    expect(problems).toHaveLength(1);
    expect(portfolios(engine)).toEqual(portfolios(engineWith(alice)));
  });

  it('of a tick of the past, or with a bad mark', () => {
    const engine = engineWith(alice);
    effectsOf(engine, tick(5_000, 30_000, 1));
    expectRefused(engine, tick(4_999, 28_000), 'tick.timeUs');
    expectRefused(engine, tick(6_000, 28_000, 0), 'mark of M1');
    expectRefused(engine, tick(6_000, 28_000, 1, 1), 'mark');
    // The same moment again is news.
    expect(caseEffects(effectsOf(engine, tick(5_000, 28_000)))).toHaveLength(3);
  });
});

describe('trades', () => {
  it('are booked once, told twice in one batch or in two', () => {
    const engine = engineWith(alice);
    effectsOf(engine, tick(1_000, 30_000));
    const sold = fill('t1', { price: dec(31_000) });
    effectsOf(engine, fills(2_000, sold, sold));
    effectsOf(engine, fills(3_000, { ...sold, price: dec(1) }));
    expect(portfolios(engine).alice).toEqual({
      id: 'alice',
      mode: 'cross',
      cash: 1_100n * E18,
      positions: [position(400, 30_000)],
    });
  });

  it('of an order that was told to have ended are booked, and of one that never was refused', () => {
    const engine = engineWith(alice);
    effectsOf(engine, tick(1_000, 28_000));
    const orderId = 'alice@1000.1#1';
    effectsOf(engine, { type: 'acks', timeUs: 1_001, acks: [{ orderId, state: 'rejected' }] });
    const effects = effectsOf(engine, fills(2_000, fill('t1', { orderId, lots: lots(500), price: dec(28_000) })));
    expect(caseEffects(effects).map(({ type }) => type)).toEqual(['execution', 'signals', 'cases']);
    expect(engine.counters().liquidations).toBe(1);
    expectRefused(engine, fills(3_000, fill('t2', { orderId, lots: lots(1) })), 'fill t2');
    expectRefused(engine, fills(3_000, fill('t3', { orderId: 'nosuch' })), 'fill t3');
  });

  it('that turn a position over open the rest at the price of the trade', () => {
    const engine = engineWith(alice);
    effectsOf(engine, fills(1, fill('t1', { lots: lots(700), price: dec(30_500) })));
    expect(portfolios(engine).alice).toEqual({
      id: 'alice',
      mode: 'cross',
      cash: 1_250n * E18,
      positions: [position(-200, 30_500)],
    });
  });
});
