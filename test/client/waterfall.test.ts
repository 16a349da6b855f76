/** The client's view of the waterfall: typed rows of its topics, and the batches of operators and executors. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type PlimsollClient, TOPICS } from '../../src/client/client.js';
import { parseDecimal } from '../../src/model/decimal.js';
import { fraction } from '../../src/model/fraction.js';
import { lots } from '../../src/model/portfolio.js';
import { order, type Rig, startRig, TOKENS, until } from '../gateway/helpers.js';

const TIME_US = 1_569_350_000_000_000;

let rig: Rig;
const clients: PlimsollClient[] = [];
beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close()));
  await rig.gateway.close();
});

function client(token?: string): PlimsollClient {
  const made = connect({ url: rig.url, ...(token === undefined ? {} : { token }) });
  clients.push(made);
  return made;
}

test('every topic can be followed; words stand for numbers', async () => {
  const heard: unknown[] = [];
  let snapshots = 0;
  const viewer = client();
  for (const topic of TOPICS) {
    viewer.subscribe(topic, {
      onSnapshot: () => {
        snapshots += 1;
      },
      onRows: (rows) => {
        if (topic !== 'stats') heard.push([topic, ...rows]);
      },
    });
  }
  await until(() => snapshots === TOPICS.length, 'the snapshots');
  const caseId = 'alice@1.1';
  rig.link.emit(
    {
      type: 'cases',
      rows: [
        {
          caseId,
          portfolio: 'alice',
          event: 'opened',
          timeUs: TIME_US,
          openedUs: 1,
          deficit: fraction(1n),
          badDebt: null,
          outcome: null,
        },
      ],
    },
    { type: 'shadow-orders', rows: [order('o1', 'new')] },
  );
  rig.link.emit({
    type: 'freezes',
    rows: [{ account: 'alice', portfolio: 'alice', event: 'released', freeCollateral: fraction(5n), timeUs: TIME_US }],
  });
  await until(() => heard.length === 3, 'the rows');
  expect(heard).toEqual([
    [
      'cases',
      {
        case: caseId,
        portfolio: 'alice',
        event: 'opened',
        stage: null,
        entry: null,
        reason: '',
        deficit: '1',
        badDebt: null,
        timeUs: TIME_US,
      },
    ],
    ['shadow', expect.objectContaining({ orderId: 'o1', event: 'new', size: '1.5' })],
    ['freezes', { account: 'alice', portfolio: 'alice', event: 'released', freeCollateral: '5', timeUs: TIME_US }],
  ]);
});

test('an operator commands, compares and bids', async () => {
  const auctionId = 'alice@1.1!1';
  const rest = { caseId: 'alice@1.1', portfolio: 'alice', event: 'opened', price: parseDecimal('35000'), bidder: null } as const;
  rig.link.emit({ type: 'auctions', rows: [{ auctionId, ...rest, market: 0, side: 'sell', lots: lots(1500), timeUs: 1 }] });
  const operator = client(TOKENS.operator);
  await operator.admin('a1', [
    { command: 'mode', mode: 'shadow' },
    { command: 'kill', state: 'on' },
    { command: 'pause', scope: 'stage', name: 'adl' },
    { command: 'bidder', account: 'maker' },
    { command: 'fund', asset: 'USDT', market: null, amount: '5' },
  ]);
  await operator.figures('f1', [{ portfolio: 'alice', equity: '1', maintenance: '2' }]);
  await operator.bid('b1', [{ bidId: 'x', auctionId, bidder: 'maker', size: '0.5', limitPrice: null }]);
  expect(rig.link.submitted).toMatchObject([
    {
      type: 'admin',
      commands: [
        { command: 'mode', mode: 'shadow' },
        { command: 'kill', isOn: true },
        { command: 'pause', scope: 'stage', name: 'adl' },
        { command: 'bidder', account: 'maker' },
        { command: 'fund', asset: 0, market: null, amount: 5n * 10n ** 18n },
      ],
    },
    { type: 'figures', rows: [{ portfolio: 'alice' }] },
    { type: 'bids', bids: [{ bidId: 'x', auctionId, bidder: 'maker', lots: 500, limitPrice: null }] },
  ]);
});

test('an executor answers for orders that are asked for, and for accounts whose orders are gone', async () => {
  const executor = client(TOKENS.executor);
  await executor.lease();
  await executor.ack('k1', [
    { orderId: 'o1', state: 'absent', timeUs: 1 },
    { orderId: 'o2', state: 'unknown', timeUs: 1 },
  ]);
  await executor.ordersGone('g1', ['alice']);
  expect(rig.link.submitted).toMatchObject([
    { acks: [{ state: 'absent' }, { state: 'unknown' }] },
    { type: 'orders-gone', accounts: ['alice'] },
  ]);
});
