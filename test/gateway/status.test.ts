/** What HTTP says of cases, funds, the line and the mode, and the metrics of the waterfall. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Inspections } from '../../src/engine/link.js';
import { parseDecimal } from '../../src/model/decimal.js';
import { fraction } from '../../src/model/fraction.js';
import type { Transfer } from '../../src/model/money.js';
import { cash } from '../../src/model/portfolio.js';
import { type Rig, ScriptedLink, startRig } from './helpers.js';

const INSPECTIONS: Inspections = {
  cases: [
    {
      caseId: 'alice@7.1',
      portfolio: 'alice',
      openedUs: 7,
      stage: 'full',
      entry: 3,
      waiting: 'order',
      deficit: fraction(64n, 3n),
      badDebt: fraction(1n, 2n),
      orders: ['alice@7.1#1'],
    },
  ],
  orders: [],
  auctions: [
    {
      auctionId: 'bob@7.2!1',
      caseId: 'bob@7.2',
      portfolio: 'bob',
      event: 'opened',
      market: null,
      side: null,
      lots: null,
      price: parseDecimal('0.60'),
      bidder: null,
      timeUs: 9,
    },
  ],
  ledger: [
    { account: 'fund', asset: 0, amount: cash(10n ** 20n) },
    { account: 'venue', asset: 0, amount: cash(-5n) },
  ],
  venuePositions: [
    {
      market: 0,
      lots: -1_500n,
      entryCost: fraction(-100n, 3n),
      mark: parseDecimal('90.50'),
      unrealizedPnl: fraction(200n, 3n),
    },
    { market: 1, lots: 5n, entryCost: fraction(5n), mark: null, unrealizedPnl: null },
  ],
  watch: [
    { portfolio: 'carol', equity: fraction(10n, 3n), maintenance: fraction(3n) },
    { portfolio: 'dave', equity: fraction(1n), maintenance: fraction(0n) },
  ],
  mode: {
    mode: 'shadow',
    kill: true,
    policy: 'central-perp',
    paused: { markets: ['BTCUSDT'], accounts: [], stages: ['adl'] },
    exempt: ['erin'],
    bidders: ['maker'],
    funds: [{ asset: 0, balance: cash(10n ** 20n), reserved: cash(10n ** 18n) }],
  },
  market: { timeUs: 0, marks: [], indexes: [] },
};

let rig: Rig;
beforeEach(async () => {
  const link = new ScriptedLink();
  link.inspections = INSPECTIONS;
  rig = await startRig({}, link);
});
afterEach(async () => {
  await rig.gateway.close();
});

async function json(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${rig.http}${path}`);
  expect(response.status).toBe(200);
  const { version, epoch, ...rest } = (await response.json()) as Record<string, unknown>;
  expect([version, typeof epoch]).toEqual([1, 'string']);
  return rest;
}

test('the open cases, with exact amounts', async () => {
  expect(await json('/v1/cases')).toEqual({
    seq: 0,
    cases: [
      {
        case: 'alice@7.1',
        portfolio: 'alice',
        openedUs: 7,
        stage: 'full',
        entry: 3,
        waiting: 'order',
        deficit: '21.333333333333333334',
        badDebt: '0.5',
        orders: ['alice@7.1#1'],
      },
    ],
  });
});

test('the auctions that are held, at the price of the moment', async () => {
  const { auctions } = await json('/v1/auctions');
  expect(auctions).toMatchObject([{ auctionId: 'bob@7.2!1', event: 'opened', market: null, price: '0.6', timeUs: 9 }]);
});

test('the funds, the ledger, and what the venue took over', async () => {
  expect(await json('/v1/fund')).toEqual({
    funds: [{ asset: 'USDT', balance: '100', reserved: '1' }],
    ledger: [
      { account: 'fund', asset: 'USDT', amount: '100' },
      { account: 'venue', asset: 'USDT', amount: '-0.000000000000000005' },
    ],
    positions: [
      {
        ...{ market: 'BTCUSDT', size: '-1.5', asset: 'USDT', mark: '90.5' },
        ...{ entryCost: '-33.333333333333333333', unrealizedPnl: '66.666666666666666666' },
      },
      { market: 'ETHUSDT', size: '0.005', asset: 'USDT', entryCost: '5', mark: null, unrealizedPnl: null },
    ],
  });
});

test('who is near the line', async () => {
  expect(await json('/v1/watch')).toEqual({
    watch: [
      { portfolio: 'carol', equity: '3.333333333333333333', maintenance: '3', marginRatio: '1.111111' },
      { portfolio: 'dave', equity: '1', maintenance: '0', marginRatio: null },
    ],
  });
});

test('the mode, and the cases by stage', async () => {
  const { mode } = INSPECTIONS;
  expect(await json('/v1/mode')).toEqual({
    ...mode,
    stages: { full: 1 },
    funds: [{ asset: 'USDT', balance: '100', reserved: '1' }],
  });
});

test('of what happened the latest rows, as in the snapshots', async () => {
  rig.link.emit({ type: 'cancel-orders', timeUs: 5, accounts: ['alice'] });
  expect(await json('/v1/cancels')).toEqual({ seq: 1, cancels: [{ account: 'alice', timeUs: 5 }] });
  rig.link.emit({
    type: 'freezes',
    rows: [{ account: 'alice', portfolio: 'alice', event: 'frozen', freeCollateral: fraction(0n), timeUs: 5 }],
  });
  expect((await json('/v1/freezes')).freezes).toMatchObject([{ event: 'frozen', freeCollateral: '0' }]);
  expect((await fetch(`${rig.http}/v1/toString`)).status).toBe(404);
});

test('metrics: of the mode, the funds and what the waterfall came to', async () => {
  const transfer = (reason: Transfer['reason'], amount: bigint): Transfer => {
    const portfolio = { kind: 'portfolio', portfolio: 'alice' } as const;
    return { debit: { kind: 'venue' }, credit: portfolio, asset: 0, amount: cash(amount), reason, caseId: 'alice@7.1' };
  };
  const rows = [
    transfer('venue-loss', 10n ** 18n),
    transfer('venue-loss', 5n * 10n ** 17n),
    transfer('socialised', 10n ** 19n),
    transfer('fee', 1n),
  ];
  rig.link.emit({ type: 'transfers', timeUs: 5, rows });
  const text = async () => (await fetch(`${rig.http}/metrics`)).text();
  const once = await text();
  for (const line of [
    'plimsoll_live 0',
    'plimsoll_kill 1',
    'plimsoll_fund_balance{asset="USDT"} 100',
    'plimsoll_fund_reserved{asset="USDT"} 1',
    'plimsoll_stage_cases{stage="full"} 1',
    'plimsoll_venue_loss_total{asset="USDT"} 1.5',
    'plimsoll_socialised_total{asset="USDT"} 10',
    'plimsoll_margin_calls_total 0',
    'plimsoll_adl_total 0',
  ])
    expect(once.split('\n')).toContain(line);
  expect(await text()).toBe(once);
});

test('an engine that is gone has no mode in the metrics, and the rest is there', async () => {
  rig.link.inspect = () => Promise.reject(new Error('the worker died'));
  const text = await (await fetch(`${rig.http}/metrics`)).text();
  expect(text).toMatch(/^plimsoll_ticks_total /m);
  expect(text).not.toMatch(/^plimsoll_(live|kill|fund_balance)\b/m);
});

test('the status page asks for what it shows', async () => {
  const page = await (await fetch(`${rig.http}/`)).text();
  for (const path of ['/v1/mode', '/v1/stats', '/v1/statistics']) expect(page).toContain(`'${path}'`);
  expect(page).toContain('SHADOW');
});
