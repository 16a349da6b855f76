/** The life of a case and of its orders, step by step, under a policy of two stages: at the bankruptcy price, then at any price. */
import { beforeEach, describe, expect, it } from 'vitest';
import { fraction, ZERO } from '../../src/model/fraction.js';
import { report, TTL_US } from '../dispatch/support.js';
import { dec } from '../support/books.js';
import { CaseRig, isSilent, told } from './case-rig.js';

let rig: CaseRig;
beforeEach(() => {
  rig = new CaseRig();
});

const breach = (...positions: [number, number][]) => report('a', 'liquidatable', positions);
const FIRST = 'a@1001.1#1';

describe('a case', () => {
  it('opens at the breach with its deficit, a freeze, a stage and an order for every position', () => {
    const first = breach([0, 1_000], [1, -500]);
    const { out, changed } = rig.onReport(first);
    expect(changed).toBe(true);
    expect(out.cases).toEqual([
      {
        ...{ caseId: 'a@1001.1', portfolio: 'a', event: 'opened', timeUs: 1_001, openedUs: 1_001 },
        ...{ deficit: fraction(19n), badDebt: null, outcome: null },
      },
    ]);
    expect(out.stages).toMatchObject([{ stage: 'full', entry: 0, event: 'entered', reason: '' }]);
    expect(out.freezes).toMatchObject([{ account: 'a', event: 'frozen', freeCollateral: ZERO }]);
    expect(told(out.orders)).toEqual(['new M0 sell 1000', 'new M1 buy 500']);
    expect(out.orders[0]).toEqual({
      orderId: FIRST,
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
    expect([rig.cases.openCount, rig.desk.table.count, [...rig.followed]]).toEqual([1, 2, ['a']]);
  });

  it('says nothing more while nothing changes, past expiry too: an order that nobody ended is unknown and blocks', () => {
    rig.onReport(breach([0, 1_000]));
    for (const later of [0, 10 * TTL_US]) {
      rig.timeUs += later;
      const { out, changed } = rig.onReport(breach([0, 1_000]));
      expect([isSilent(out), changed]).toEqual([true, false]);
    }
    expect(rig.desk.table.count).toBe(1);
  });

  it('ends when its portfolio is restored: orders are cancelled and stay out until acknowledged', () => {
    rig.onReport(breach([0, 1_000]));
    const { out } = rig.onReport(report('a', 'healthy', [[0, 1_000]], fraction(50n)));
    expect(told(out.orders)).toEqual(['cancel M0 sell 1000']);
    expect(out.cases).toMatchObject([
      { caseId: 'a@1001.1', event: 'ended', openedUs: 1_001, timeUs: 1_002, badDebt: ZERO, outcome: 'recovered' },
    ]);
    expect(out.freezes).toMatchObject([{ event: 'released', freeCollateral: fraction(40n) }]);
    expect([rig.cases.openCount, rig.desk.table.count, rig.followed.size]).toEqual([0, 1, 0]);
    expect(told(rig.onAck(FIRST, 'cancelled').orders)).toEqual(['ended M0 sell 1000']);
    expect(rig.desk.table.count).toBe(0);
  });

  it('ends with what others had to pay when nothing is left: without a fund, all of it by the venue', () => {
    rig.onReport(breach([0, 1_000]));
    expect(told(rig.execute(FIRST, 1_000).orders)).toEqual(['ended M0 sell 0']);
    const { out } = rig.onReport(report('a', 'insolvent', [], fraction(-1n, 4n)));
    expect(out.cases).toMatchObject([{ event: 'ended', badDebt: fraction(1n, 4n), outcome: 'closed', deficit: fraction(9n) }]);
    expect(out.stages.map(({ stage, event, reason }) => `${stage} ${event} ${reason}`)).toEqual([
      'full left no-position',
      'full skipped no-position',
      'venue-loss entered ',
    ]);
    expect(out.transfers).toMatchObject([{ debit: { kind: 'venue' }, amount: 10n ** 18n / 4n, reason: 'venue-loss' }]);
    expect(out.alerts).toMatchObject([{ code: 'venue-loss' }]);
    expect(isSilent(rig.onReport(report('a', 'healthy', [], ZERO)).out)).toBe(true);
  });

  it('whose loss is no whole number of units is paid a part of a unit too much, never too little', () => {
    rig.onReport(breach([0, 1_000]));
    rig.execute(FIRST, 1_000);
    const { out } = rig.onReport(report('a', 'insolvent', [], fraction(-1n, 3n)));
    expect(out.transfers).toMatchObject([{ amount: (10n ** 18n + 2n) / 3n }]);
  });

  it('that comes back is another, and waits for the cancel of the old one', () => {
    rig.onReport(breach([0, 1_000]));
    rig.onReport(report('a', 'healthy', [[0, 1_000]], fraction(50n)));
    const { out } = rig.onReport(breach([0, 1_000]));
    expect(out.cases).toMatchObject([{ caseId: 'a@1003.2', event: 'opened' }]);
    expect(out.orders).toEqual([]);
    const { orders } = rig.onAck(FIRST, 'cancelled');
    expect(told(orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1000']);
    expect(orders.map(({ caseId }) => caseId)).toEqual(['a@1001.1', 'a@1003.2']);
  });

  it('of an earlier order that went unfilled keeps its first stage', () => {
    rig.onReport(breach([0, 1_000]));
    rig.onReport(report('a', 'healthy', [[0, 1_000]], fraction(50n)));
    rig.onReport(breach([0, 1_000]));
    expect(told(rig.onAck(FIRST, 'unfilled').orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1000']);
  });

  it('has an id of its own when two open at one moment', () => {
    const ids = ['a', 'b', 'a'].map((id) => {
      rig.timeUs = 8;
      const { out } = rig.onReport(report(id, 'liquidatable', [[0, 5]]));
      rig.timeUs = 8;
      if (id === 'a') rig.onReport(report(id, 'healthy', []));
      return out.cases[0].caseId;
    });
    expect(ids).toEqual(['a@9.1', 'b@9.2', 'a@9.3']);
  });

  it('whose positions are gone waits for its orders before anybody pays', () => {
    rig.onReport(breach([0, 1_000]));
    const { out } = rig.onReport(report('a', 'insolvent', [], fraction(-2n)));
    expect([told(out.orders), out.cases, out.transfers]).toEqual([['cancel M0 sell 1000'], [], []]);
    const after = rig.onAck(FIRST, 'cancelled');
    expect(after.cases).toMatchObject([{ event: 'ended', badDebt: fraction(2n), outcome: 'closed' }]);
  });

  it('is not opened by what is healthy or unknown', () => {
    for (const standing of ['healthy', 'unpriced'] as const) {
      expect(isSilent(rig.onReport(report('a', standing, [[0, 5]])).out)).toBe(true);
    }
    expect(rig.cases.caseOf('a')).toBeUndefined();
  });

  it('of less than nothing without a position is opened and paid at once', () => {
    const { out } = rig.onReport(report('a', 'insolvent', [], fraction(-3n)));
    expect(out.cases).toMatchObject([{ event: 'opened' }, { event: 'ended', badDebt: fraction(3n), outcome: 'recovered' }]);
  });

  it('that is unpriced keeps what is out and sends nothing new', () => {
    rig.onReport(breach([0, 1_000]));
    expect(isSilent(rig.onReport(report('a', 'unpriced', [[0, 1_000]])).out)).toBe(true);
    expect(told(rig.onAck(FIRST, 'unfilled').orders)).toEqual(['ended M0 sell 1000']);
    expect(told(rig.onReport(breach([0, 900])).out.orders)).toEqual(['new M0 sell 900 at any price']);
  });
});

describe('an order', () => {
  it('that went unfilled is followed by one of the next stage, when no other is out', () => {
    rig.onReport(breach([0, 1_000], [1, -500]));
    expect(told(rig.onAck(FIRST, 'unfilled').orders)).toEqual(['ended M0 sell 1000']);
    // Only what went unfilled counts as tried: the other is sent again.
    expect(told(rig.onAck('a@1001.1#2', 'cancelled').orders)).toEqual(['ended M1 buy 500', 'new M1 buy 500']);
    const { orders, stages } = rig.onAck('a@1001.1#3', 'unfilled');
    expect(told(orders)).toEqual(['ended M1 buy 500', 'new M0 sell 1000 at any price', 'new M1 buy 500 at any price']);
    expect(orders[1].expiryUs).toBe(rig.timeUs + TTL_US);
    expect(stages.map(({ entry, event, reason }) => `${entry} ${event} ${reason}`)).toEqual(['0 left unfilled', '1 entered ']);
  });

  it('that was rejected waits for the next report, whatever else is acknowledged', () => {
    rig.onReport(breach([0, 1_000], [1, -500]));
    const { orders } = rig.onAck(FIRST, 'rejected', { orderId: 'a@1001.1#2', state: 'cancelled' });
    expect(told(orders)).toEqual(['ended M0 sell 1000', 'ended M1 buy 500', 'new M1 buy 500']);
    expect(told(rig.onReport(breach([0, 1_000], [1, -500])).out.orders)).toEqual(['new M0 sell 1000']);
  });

  it('that is larger than its position is cancelled, waited for, and replaced; a smaller one stays', () => {
    rig.onReport(breach([0, 1_000]));
    expect(rig.onReport(breach([0, 1_500])).out.orders).toEqual([]);
    expect(told(rig.onReport(breach([0, 900])).out.orders)).toEqual(['cancel M0 sell 1000']);
    expect(rig.onReport(breach([0, 900])).out.orders).toEqual([]);
    expect(rig.onReport(breach([0, 800])).out.orders).toEqual([]);
    expect(told(rig.onAck(FIRST, 'cancelled').orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 800']);
  });

  it('that was executed in part still fits what remains', () => {
    rig.onReport(breach([0, 1_000]));
    expect(rig.execute(FIRST, 400).orders).toEqual([]);
    expect(rig.onReport(breach([0, 600])).out.orders).toEqual([]);
    expect(rig.desk.table.find(FIRST)?.remaining).toBe(600);
    expect(rig.cases.liquidations).toBe(1);
  });

  it('on a position that is gone is cancelled', () => {
    rig.onReport(breach([0, 1_000], [1, -500]));
    expect(told(rig.onReport(breach([1, -500])).out.orders)).toEqual(['cancel M0 sell 1000']);
  });

  it('on a position that turned over is waited for before the other side is closed', () => {
    rig.onReport(breach([0, 1_000]));
    expect(told(rig.onReport(breach([0, -300])).out.orders)).toEqual(['cancel M0 sell 1000']);
    expect(rig.onReport(breach([0, -300])).out.orders).toEqual([]);
    expect(told(rig.onAck(FIRST, 'cancelled').orders)).toEqual(['ended M0 sell 1000', 'new M0 buy 300']);
  });

  it('of each leg is its own', () => {
    expect(told(rig.onReport(breach([0, 1_000], [0, -400])).out.orders)).toEqual(['new M0 sell 1000', 'new M0 buy 400']);
  });

  it('hears late, repeated and unknown words as nothing', () => {
    rig.onReport(breach([0, 1_000]));
    for (const [id, state] of [
      [FIRST, 'working'],
      [FIRST, 'unknown'],
      ['nobody', 'cancelled'],
      ['', 'rejected'],
    ] as const) {
      expect(isSilent(rig.onAck(id, state))).toBe(true);
    }
    const first = rig.onAck(FIRST, 'unfilled', { orderId: FIRST, state: 'unfilled' });
    expect(told(first.orders)).toEqual(['ended M0 sell 1000', 'new M0 sell 1000 at any price']);
    for (const state of ['unfilled', 'cancelled', 'rejected', 'absent'] as const)
      expect(isSilent(rig.onAck(FIRST, state))).toBe(true);
    expect(rig.desk.table.count).toBe(1);
  });
});
