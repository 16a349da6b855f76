/** Bids, orders that are gone, the venue's figures and an operator's commands: who may, what becomes a record, what is refused. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/gateway/limits.js';
import { ADMIN_COLUMNS } from '../../src/gateway/messages.js';
import type { AuctionEvent } from '../../src/model/case-effects.js';
import { parseDecimal } from '../../src/model/decimal.js';
import { lots } from '../../src/model/portfolio.js';
import { Peer, type Rig, startRig } from './helpers.js';

const AUCTION = 'alice@1.1!1';
const WHOLE = 'bob@1.2!1';
const held: AuctionEvent = {
  auctionId: AUCTION,
  caseId: 'alice@1.1',
  portfolio: 'alice',
  event: 'opened',
  market: 0,
  side: 'sell',
  lots: lots(1500),
  price: parseDecimal('35000'),
  bidder: null,
  timeUs: 1,
};

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  const whole = { ...held, auctionId: WHOLE, market: null, side: null, lots: null };
  rig.link.emit({ type: 'auctions', rows: [held, whole] });
});
afterEach(async () => {
  await rig.gateway.close();
});

async function executor(): Promise<Peer> {
  const peer = await Peer.greeted(rig.url, 'executor');
  await peer.ask('lease', 2);
  return peer;
}

describe('bids', () => {
  const BIDS = [
    ['b1', AUCTION, 'maker', '0.5', '34999.5'],
    ['b2', AUCTION, 'maker', null, null],
    ['b3', WHOLE, 'maker', null, '0.75'],
  ];

  test.each(['operator', 'executor'] as const)('of an %s become a record, without the lease', async (role) => {
    const peer = await Peer.greeted(rig.url, role);
    expect(await peer.ask('bid', 'x1', BIDS)).toEqual(['accepted', 'x1']);
    expect(await peer.ask('bid', 'x1', BIDS)).toEqual(['accepted', 'x1']);
    expect(rig.link.submitted).toEqual([
      {
        type: 'bids',
        timeUs: rig.clock.nowUs,
        batch: { principal: role, batchId: 'x1' },
        bids: [
          { bidId: 'b1', auctionId: AUCTION, bidder: 'maker', lots: 500, limitPrice: parseDecimal('34999.5') },
          { bidId: 'b2', auctionId: AUCTION, bidder: 'maker', lots: null, limitPrice: null },
          { bidId: 'b3', auctionId: WHOLE, bidder: 'maker', lots: null, limitPrice: parseDecimal('0.75') },
        ],
      },
    ]);
  });

  test('of a viewer do not', async () => {
    const peer = await Peer.greeted(rig.url);
    expect((await peer.ask('bid', 'x1', BIDS)).slice(0, 3)).toEqual(['error', 'x1', 'unauthorized']);
  });

  test.each<[what: string, bid: unknown, where: string, found: string]>([
    ['an auction that nobody holds', ['b', 'nobody@1.1!1', 'maker', null, null], 'auctionId', '"nobody@1.1!1"'],
    ['a name of the language', ['b', 'constructor', 'maker', null, null], 'auctionId', '"constructor"'],
    ['a part of a lot', ['b', AUCTION, 'maker', '0.0005', null], 'size', '"0.0005"'],
    ['a size of nothing', ['b', AUCTION, 'maker', '0', null], 'size', '"0"'],
    ['a size of a whole portfolio', ['b', WHOLE, 'maker', '1', null], 'size', '"1"'],
    ['a negative share', ['b', WHOLE, 'maker', null, '-0.1'], 'limitPrice', '"-0.1"'],
    ['a price of nothing', ['b', AUCTION, 'maker', null, '0'], 'limitPrice', '"0"'],
    ['a number for a price', ['b', AUCTION, 'maker', null, 35000], 'limitPrice', '35000'],
    ['no account', ['b', AUCTION, 'a maker', null, null], 'bidder', '"a maker"'],
    ['no id', ['', AUCTION, 'maker', null, null], 'bidId', '""'],
  ])('%s is refused, and the others with it', async (_, bid, where, found) => {
    const operator = await Peer.greeted(rig.url, 'operator');
    const [type, id, problems] = await operator.ask('bid', 'x1', [BIDS[0], bid]);
    expect([type, id]).toEqual(['rejected', 'x1']);
    expect((problems as string[][]).map(([place, , value]) => [place, value])).toEqual([[`rows[1].${where}`, found]]);
    expect(rig.link.submitted).toEqual([]);
  });

  test('in an auction that has ended are refused', async () => {
    rig.link.emit({ type: 'auctions', rows: [{ ...held, event: 'ended' }] });
    const operator = await Peer.greeted(rig.url, 'operator');
    expect((await operator.ask('bid', 'x1', [BIDS[0]]))[2]).toEqual([
      ['rows[0].auctionId', 'an auction that is held', `"${AUCTION}"`],
    ]);
  });
});

describe('orders that are gone', () => {
  test('are told by the holder of the lease', async () => {
    const peer = await executor();
    expect(await peer.ask('orders-gone', 'g1', [['alice'], ['bob']])).toEqual(['accepted', 'g1']);
    const batch = { principal: 'executor', batchId: 'g1' };
    expect(rig.link.submitted).toEqual([{ type: 'orders-gone', timeUs: rig.clock.nowUs, batch, accounts: ['alice', 'bob'] }]);
    const other = await Peer.greeted(rig.url, 'executor');
    expect((await other.ask('orders-gone', 'g2', [['alice']])).slice(0, 3)).toEqual(['error', 'g2', 'not-the-executor']);
    const operator = await Peer.greeted(rig.url, 'operator');
    expect((await operator.ask('orders-gone', 'g2', [['alice']])).slice(0, 3)).toEqual(['error', 'g2', 'unauthorized']);
  });

  test('are of accounts', async () => {
    const peer = await executor();
    expect(await peer.ask('orders-gone', 'g1', ['alice', ['alice/BTCUSDT'], []])).toEqual([
      'rejected',
      'g1',
      [
        ['rows[0]', 'the columns account', '"alice"'],
        ['rows[1].account', 'an account id', '"alice/BTCUSDT"'],
        ['rows[2]', 'the columns account', '0 columns'],
      ],
    ]);
  });
});

describe("the venue's figures", () => {
  test('become a record', async () => {
    const operator = await Peer.greeted(rig.url, 'operator');
    expect(await operator.ask('figures', 'f1', [['alice/BTCUSDT', '-0.5', '14']])).toEqual(['accepted', 'f1']);
    const row = { portfolio: 'alice/BTCUSDT', equity: parseDecimal('-0.5'), maintenance: parseDecimal('14') };
    const batch = { principal: 'operator', batchId: 'f1' };
    expect(rig.link.submitted).toEqual([{ type: 'figures', timeUs: rig.clock.nowUs, batch, rows: [row] }]);
    expect((await (await executor()).ask('figures', 'f1', [['alice', '1', '1']])).slice(0, 3)).toEqual([
      'error',
      'f1',
      'unauthorized',
    ]);
  });

  test('every problem is told at once', async () => {
    const operator = await Peer.greeted(rig.url, 'operator');
    const [, , problems] = await operator.ask('figures', 'f1', [
      ['', '1', '1'],
      ['alice', 'much', '-1'],
    ]);
    expect((problems as string[][]).map(([where]) => where)).toEqual([
      'rows[0].portfolio',
      'rows[1].equity',
      'rows[1].maintenance',
    ]);
  });
});

describe('commands', () => {
  test('become one record, in their order', async () => {
    const operator = await Peer.greeted(rig.url, 'operator');
    const rows = [
      ['mode', 'live'],
      ['kill', 'on'],
      ['kill', 'off'],
      ['pause', 'market', 'BTCUSDT'],
      ['pause', 'account', 'alice'],
      ['resume', 'stage', 'venue-loss'],
      ['exempt', 'bob'],
      ['unexempt', 'bob'],
      ['bidder', 'maker'],
      ['no-bidder', 'maker'],
      ['fund', 'USDT', null, '1000.5'],
      ['fund', 'USDT', 'ETHUSDT', '-0.000001'],
    ];
    expect(await operator.ask('admin', 'a1', rows)).toEqual(['accepted', 'a1']);
    expect(await operator.ask('admin', 'a1', rows)).toEqual(['accepted', 'a1']);
    expect(rig.link.submitted).toEqual([
      {
        type: 'admin',
        timeUs: rig.clock.nowUs,
        batch: { principal: 'operator', batchId: 'a1' },
        commands: [
          { command: 'mode', mode: 'live' },
          { command: 'kill', isOn: true },
          { command: 'kill', isOn: false },
          { command: 'pause', scope: 'market', name: 'BTCUSDT' },
          { command: 'pause', scope: 'account', name: 'alice' },
          { command: 'resume', scope: 'stage', name: 'venue-loss' },
          { command: 'exempt', account: 'bob' },
          { command: 'unexempt', account: 'bob' },
          { command: 'bidder', account: 'maker' },
          { command: 'no-bidder', account: 'maker' },
          { command: 'fund', asset: 0, market: null, amount: 1_000_500_000_000_000_000_000n },
          { command: 'fund', asset: 0, market: 1, amount: -1_000_000_000_000n },
        ],
      },
    ]);
    expect(rig.link.resumes).toBe(0);
  });

  test('every problem is told at once, by row and column, and nothing is carried out', async () => {
    const operator = await Peer.greeted(rig.url, 'operator');
    const [type, , problems] = await operator.ask('admin', 'a1', [
      ['mode', 'live'],
      ['mode', 'paper'],
      ['mode'],
      ['kill', true],
      ['pause', 'asset', 'alice'],
      ['pause', 'market', 'toString'],
      ['pause', 'stage', 'constructor'],
      ['pause', 'account', 'no such account'],
      ['exempt', null],
      ['bidder', { toString: 1 }],
      ['fund', 'EUR', 'XRPUSDT', '1e3'],
      ['fund', 'USDT', null, '0.0000001'],
      ['mode', 'live'],
      ['resume-backend'],
      ['fund', 'USDT', null, '0'],
    ]);
    expect(type).toBe('rejected');
    expect((problems as string[][]).map(([where, , found]) => `${where} ${found}`)).toEqual([
      'rows[1].mode "paper"',
      'rows[2] 1 columns',
      'rows[3].state true',
      'rows[4].scope "asset"',
      'rows[5].name "toString"',
      'rows[6].name "constructor"',
      'rows[7].name "no such account"',
      'rows[8].account null',
      'rows[9].account {"toString":1}',
      'rows[10].asset "EUR"',
      'rows[10].market "XRPUSDT"',
      'rows[10].amount "1e3"',
      'rows[11].amount "0.0000001"',
      'rows[12].command "mode live" again',
      'rows[14].amount "0"',
      'rows[13].command "resume-backend"',
    ]);
    expect([rig.link.submitted, rig.link.resumes]).toEqual([[], 0]);
  });

  test("the engine's problems are those of the rows", async () => {
    rig.link.answer = () => Promise.resolve([{ where: 'commands[0].amount', expected: 'at most 5', found: '7' }]);
    const operator = await Peer.greeted(rig.url, 'operator');
    expect(await operator.ask('admin', 'a1', [['fund', 'USDT', null, '-7']])).toEqual([
      'rejected',
      'a1',
      [['rows[0].amount', 'at most 5', '7']],
    ]);
  });
});

test('an executor answers for an order that is asked for', async () => {
  const peer = await executor();
  const acks = [
    ['o1', 3, 5],
    ['o2', 4, 5],
  ];
  expect(await peer.ask('ack', 'k1', acks)).toEqual(['accepted', 'k1']);
  expect(rig.link.submitted).toMatchObject([
    {
      acks: [
        { orderId: 'o1', state: 'absent' },
        { orderId: 'o2', state: 'unknown' },
      ],
    },
  ]);
});

test('whatever stands in a row, the answer is acceptance or a list of problems', { timeout: 60_000 }, async () => {
  const operator = await Peer.greeted(rig.url, 'operator');
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      AUCTION,
      WHOLE,
      'alice',
      'USDT',
      'BTCUSDT',
      'market',
      'stage',
      'live',
      'on',
      '1',
      '-1.5',
      null,
      '__proto__',
    ),
    fc.constantFrom(...Object.keys(ADMIN_COLUMNS)),
    fc.string({ maxLength: 300 }),
    fc.double(),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.uint8Array({ maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 9 }), fc.constant(1), { maxKeys: 3 }),
  );
  const rows = fc.array(fc.oneof(value, fc.array(value, { maxLength: 6 })), { maxLength: 5 });
  let id = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('bid', 'figures', 'admin'), rows, async (type, batch) => {
      id += 1;
      // Sixty-four a moment would be more than a connection may have in a second of its clock.
      rig.clock.nowUs += 1_000_000;
      const [answer, answered] = await operator.ask(type, id, batch);
      expect([['accepted', 'rejected'].includes(answer as string), answered]).toEqual([true, id]);
    }),
    { numRuns: 300 },
  );
  expect(await (await fetch(`${rig.http}/metrics`)).text()).toMatch(/^plimsoll_gateway_internal_errors_total 0$/m);
  expect(id).toBeLessThan(LIMITS.batchesRememberedMax);
});
