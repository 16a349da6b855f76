/** What the waterfall tells, topic by topic, over real sockets: rows, snapshots, resuming. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CaseStatus } from '../../src/engine/link.js';
import { LIMITS } from '../../src/gateway/limits.js';
import { FIELDS, type TopicName } from '../../src/gateway/messages.js';
import type { AuctionEvent, StageEvent } from '../../src/model/case-effects.js';
import { parseDecimal } from '../../src/model/decimal.js';
import type { CaseEvent, Effect } from '../../src/model/effects.js';
import { fraction } from '../../src/model/fraction.js';
import { cash, lots } from '../../src/model/portfolio.js';
import { order, Peer, type Rig, ScriptedLink, startRig } from './helpers.js';

const TIME_US = 1_569_350_000_000_000;
const CASE = 'alice@1569350000000000.1';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.gateway.close();
});

/** Subscribed, with its snapshot's rows. */
async function subscribed(topic: TopicName, url = rig.url) {
  const peer = await Peer.greeted(url);
  const [, , , epoch] = await peer.ask('subscribe', 1, { topic });
  const [, , seq, rows] = await peer.next('snapshot');
  return { peer, epoch, seq, rows: rows as unknown[][] };
}

function caseEvent(event: CaseEvent['event'], more: Partial<CaseEvent> = {}): CaseEvent {
  const deficit = fraction(64n, 3n);
  return {
    caseId: CASE,
    portfolio: 'alice',
    event,
    timeUs: TIME_US,
    openedUs: TIME_US,
    deficit,
    badDebt: null,
    outcome: null,
    ...more,
  };
}

function stage(event: StageEvent['event'], name: string, entry: number, reason = ''): StageEvent {
  return { caseId: CASE, portfolio: 'alice', stage: name, entry, event, reason, timeUs: TIME_US };
}

function auction(event: AuctionEvent['event'], more: Partial<AuctionEvent> = {}): AuctionEvent {
  return {
    auctionId: `${CASE}!1`,
    caseId: CASE,
    portfolio: 'alice',
    event,
    market: 0,
    side: 'sell',
    lots: lots(1500),
    price: parseDecimal('34999.50'),
    bidder: null,
    timeUs: TIME_US,
    ...more,
  };
}

describe('a row of each topic', () => {
  const rows: readonly (readonly [topic: TopicName, effect: Effect, row: unknown[]])[] = [
    [
      'margincalls',
      {
        type: 'margin-calls',
        rows: [
          {
            portfolio: 'alice',
            event: 'called',
            threshold: fraction(5n, 4n),
            equity: fraction(100n, 3n),
            maintenance: fraction(100n, 3n),
            timeUs: TIME_US,
          },
        ],
      },
      ['alice', 0, '1.25', '33.333333333333333333', '33.333333333333333334', TIME_US],
    ],
    [
      'margincalls',
      {
        type: 'margin-calls',
        rows: [{ portfolio: 'alice', event: 'cleared', threshold: null, equity: null, maintenance: null, timeUs: TIME_US }],
      },
      ['alice', 1, null, null, null, TIME_US],
    ],
    [
      'freezes',
      {
        type: 'freezes',
        rows: [
          { account: 'alice', portfolio: 'alice/BTCUSDT', event: 'released', freeCollateral: fraction(3n, 2n), timeUs: TIME_US },
        ],
      },
      ['alice', 'alice/BTCUSDT', 1, '1.5', TIME_US],
    ],
    [
      'auctions',
      { type: 'auctions', rows: [auction('opened', { market: null, side: null, lots: null, price: parseDecimal('0.75') })] },
      [`${CASE}!1`, CASE, 'alice', 0, null, null, null, '0.75', null, TIME_US],
    ],
    [
      'auctions',
      { type: 'auctions', rows: [auction('taken', { lots: lots(500), bidder: 'maker' })] },
      [`${CASE}!1`, CASE, 'alice', 2, 'BTCUSDT', 'sell', '0.5', '34999.5', 'maker', TIME_US],
    ],
    [
      'adl',
      {
        type: 'adl',
        rows: [
          {
            caseId: CASE,
            portfolio: 'alice',
            counterparty: 'bob',
            market: 1,
            side: 'long',
            lots: lots(2000),
            needed: lots(1999),
            price: parseDecimal('200.5'),
            forgone: cash(1_500_000_000_000_000_001n),
            timeUs: TIME_US,
          },
        ],
      },
      [CASE, 'alice', 'bob', 'ETHUSDT', 'long', '2', '1.999', '200.5', '1.500000000000000001', TIME_US],
    ],
    [
      'transfers',
      {
        type: 'transfers',
        timeUs: TIME_US,
        rows: [
          {
            debit: { kind: 'fund', market: 1 },
            credit: { kind: 'portfolio', portfolio: 'alice' },
            asset: 0,
            amount: cash(10n ** 18n),
            reason: 'fund',
            caseId: CASE,
          },
        ],
      },
      ['fund:ETHUSDT', 'alice', 'USDT', '1', 'fund', CASE, TIME_US],
    ],
    ['cancels', { type: 'cancel-orders', timeUs: TIME_US, accounts: ['alice'] }, ['alice', TIME_US]],
    [
      'shadow',
      { type: 'shadow-orders', rows: [order('o1', 'new')] },
      ['o1', 'case-o1', 0, 'alice', 'BTCUSDT', 'sell', '1.5', '34999.5', 'full', 1_569_350_005_000_000, 3, 9, TIME_US],
    ],
    [
      'reconciliation',
      {
        type: 'reconciliation',
        rows: [
          {
            portfolio: 'alice',
            equity: fraction(-1n, 3n),
            maintenance: fraction(1n, 3n),
            venueEquity: parseDecimal('-0.33'),
            venueMaintenance: parseDecimal('0.34'),
            isEqual: false,
            timeUs: TIME_US,
          },
          {
            portfolio: 'nobody',
            equity: null,
            maintenance: null,
            venueEquity: parseDecimal('1'),
            venueMaintenance: parseDecimal('0'),
            isEqual: false,
            timeUs: TIME_US,
          },
        ],
      },
      ['alice', '-0.333333333333333334', '0.333333333333333334', '-0.33', '0.34', false, TIME_US],
    ],
  ];
  test.each(rows)('%s', async (topic, effect, row) => {
    const { peer, epoch, rows: before } = await subscribed(topic);
    expect(before).toEqual([]);
    rig.link.emit(effect);
    const message = await peer.next(topic);
    expect([message.length, message[1], message[2]]).toEqual([4, 1, 0]);
    expect((message[3] as unknown[][])[0]).toEqual(row);
    expect(row.length).toBe(FIELDS[topic].length);
    rig.link.emit(effect);
    const resumed = await Peer.greeted(rig.url);
    await resumed.ask('subscribe', 1, { topic, epoch, fromSeq: 1 });
    expect(await resumed.next()).toEqual([topic, 2, 1, message[3]]);
    expect((await subscribed(topic)).seq).toBe(2);
  });
});

test('a snapshot of what happened has the latest rows only', async () => {
  const accounts = Array.from({ length: LIMITS.eventsLatestMax + 7 }, (_, i) => `a${i}`);
  rig.link.emit({ type: 'cancel-orders', timeUs: TIME_US, accounts });
  const { rows } = await subscribed('cancels');
  expect([rows.length, rows[0], rows.at(-1)]).toEqual([LIMITS.eventsLatestMax, ['a7', TIME_US], [accounts.at(-1), TIME_US]]);
});

test('what shadow mode would send is never on the orders topic', async () => {
  const { peer } = await subscribed('orders');
  rig.link.emit({ type: 'shadow-orders', rows: [order('o1', 'new')] });
  await peer.settled();
  expect(peer.received.filter(([type]) => type === 'orders')).toEqual([]);
  expect((await subscribed('orders')).rows).toEqual([]);
});

test('an order that is asked for is live until somebody says what became of it', async () => {
  rig.link.orders(order('o1', 'new'));
  rig.link.orders(order('o1', 'query'));
  expect((await subscribed('orders')).rows.map(([id, , event]) => [id, event])).toEqual([['o1', 3]]);
});

describe('cases', () => {
  const told = (rows: unknown[][]) => rows.map(([, , event, name, entry, reason]) => [event, name, entry, reason]);

  test('one record: a case opens, goes through its stages and ends, in that order', async () => {
    const { peer } = await subscribed('cases');
    rig.link.emit(
      { type: 'cases', rows: [caseEvent('opened'), caseEvent('ended', { badDebt: fraction(1n, 3n), outcome: 'closed' })] },
      {
        type: 'stages',
        rows: [stage('skipped', 'cancel', 0, 'no-orders'), stage('entered', 'full', 1), stage('left', 'full', 1, 'unfilled')],
      },
    );
    const rows = (await peer.next('cases'))[3] as unknown[][];
    expect(told(rows)).toEqual([
      [0, null, null, ''],
      [3, 'cancel', 0, 'no-orders'],
      [1, 'full', 1, ''],
      [4, 'full', 1, 'unfilled'],
      [5, null, null, 'closed'],
    ]);
    expect(rows.map(([, , , , , , deficit, badDebt]) => [deficit, badDebt])).toEqual([
      ...Array.from({ length: 4 }, () => ['21.333333333333333334', null]),
      ['21.333333333333333334', '0.333333333333333334'],
    ]);
    expect((await subscribed('cases')).rows).toEqual([]);
  });

  test('the snapshot has the open ones, with the stage that they are in and why they wait', async () => {
    const { peer } = await subscribed('cases');
    rig.link.emit({ type: 'cases', rows: [caseEvent('opened')] }, { type: 'stages', rows: [stage('entered', 'full', 1)] });
    rig.link.waits(
      { caseId: CASE, reason: 'order', timeUs: TIME_US + 1 },
      { caseId: 'gone@1.1', reason: 'order', timeUs: TIME_US },
    );
    const row = [CASE, 'alice', 2, 'full', 1, 'order', '21.333333333333333334', null, TIME_US + 1];
    await peer.next('cases');
    expect((await peer.next('cases'))[3]).toEqual([row]);
    expect((await subscribed('cases')).rows).toEqual([row]);
  });

  test('those that were open before the gateway started are in snapshots, as are orders and auctions', async () => {
    const link = new ScriptedLink();
    const open: CaseStatus = {
      caseId: CASE,
      portfolio: 'alice',
      openedUs: TIME_US,
      stage: 'auction',
      entry: 2,
      waiting: 'bids',
      deficit: fraction(1n),
      badDebt: fraction(0n),
      orders: ['o1'],
    };
    link.inspections = { ...link.inspections, cases: [open], orders: [order('o1', 'query')], auctions: [auction('opened')] };
    const restarted = await startRig({}, link);
    expect((await subscribed('cases', restarted.url)).rows).toEqual([
      [CASE, 'alice', 2, 'auction', 2, 'bids', '1', null, TIME_US],
    ]);
    expect((await subscribed('orders', restarted.url)).rows.map(([id, , event]) => [id, event])).toEqual([['o1', 3]]);
    expect((await subscribed('auctions', restarted.url)).rows.map(([id]) => id)).toEqual([`${CASE}!1`]);
    await restarted.gateway.close();
  });
});

test('the snapshot of auctions has those that are held, with what is left of them', async () => {
  rig.link.emit({ type: 'auctions', rows: [auction('opened'), auction('opened', { auctionId: 'other' })] });
  rig.link.emit({ type: 'auctions', rows: [auction('reset', { price: parseDecimal('34000') })] });
  rig.link.emit({
    type: 'auctions',
    rows: [auction('taken', { lots: lots(600), bidder: 'maker' }), auction('ended', { auctionId: 'other' })],
  });
  expect((await subscribed('auctions')).rows).toEqual([
    [`${CASE}!1`, CASE, 'alice', 1, 'BTCUSDT', 'sell', '0.9', '34000', null, TIME_US],
  ]);
  rig.link.emit({ type: 'auctions', rows: [auction('ended')] });
  expect((await subscribed('auctions')).rows).toEqual([]);
});

test('alerts of the engine come beside those of the machine', async () => {
  const { peer } = await subscribed('alerts');
  rig.link.alert('cuda is gone');
  rig.link.alert('nothing is liquidated: the kill switch is on', 'kill');
  expect((await peer.next('alerts'))[3]).toEqual([[TIME_US, 'backend', 'cuda is gone']]);
  expect((await peer.next('alerts'))[3]).toEqual([[TIME_US, 'kill', 'nothing is liquidated: the kill switch is on']]);
  expect(await (await fetch(`${rig.http}/metrics`)).text()).toMatch(/^plimsoll_backend_alerts_total 1$/m);
});
