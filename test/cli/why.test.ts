/** `plimsoll why` on journals of one little book: every figure of a decision against arithmetic by hand, and what became of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Why } from '../../src/app/why.js';
import { encodeRecord } from '../../src/journal/codec.js';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';
import { long, writeBook } from '../serve/book.js';
import { dec } from '../support/books.js';
import { type KeptJournal, keptJournal } from './kept.js';
import { inProcess, pathOf } from './plimsoll.js';

const E18 = 10n ** 18n;
const SECOND = 1_000_000;

const tick = (seconds: number, units: number): InputRecord => ({
  type: 'tick',
  timeUs: seconds * SECOND,
  marks: [{ market: 0, price: dec(units, 2) }],
});
const fill = (seconds: number, orderId: string, tradeId: string, size: number, price: number): InputRecord => ({
  type: 'fills',
  timeUs: seconds * SECOND,
  fills: [
    {
      tradeId,
      orderId,
      account: orderId.split('@')[0],
      market: 0,
      margin: 'cross',
      side: 'sell',
      lots: lots(size),
      price: dec(price, 2),
      fee: cash(E18 / 4n),
      timeUs: seconds * SECOND,
    },
  ],
});
const ack = (seconds: number, orderId: string, state: 'working' | 'unfilled'): InputRecord => ({
  type: 'acks',
  timeUs: seconds * SECOND,
  acks: [{ orderId, state }],
});

/** Alice, long 10 at 100, needs 49.75 at 99.5 and has 47. Bob has 3 at 100, and at 99 he owes. */
const files = writeBook([long('alice', '10', '52'), long('bob', '10', '3'), long('carol', '1', '500')]);
const ALICE = 'alice@3000000.2';
const BOB = 'bob@3000000.1';

const RECORDS: readonly InputRecord[] = [
  { type: 'admin', timeUs: 0, commands: [{ command: 'fund', asset: 0, market: null, amount: cash(1_000n * E18) }] },
  { type: 'admin', timeUs: 0, commands: [{ command: 'exempt', account: 'bob' }] },
  tick(3, 9_950),
  ack(4, `${ALICE}#1`, 'working'),
  fill(5, `${ALICE}#1`, 'first', 500, 9_940),
  { type: 'admin', timeUs: 6 * SECOND, commands: [{ command: 'unexempt', account: 'bob' }] },
  tick(7, 9_900),
];

async function begin(name: string): Promise<KeptJournal> {
  return keptJournal({ folder: pathOf(name), book: files.book, policy: 'central-perp' });
}

async function ask(name: string, id: string, ...more: string[]): Promise<Why> {
  const { code, stdout, stderr } = await inProcess('why', id, '--journal', pathOf(name), '--book', files.book, '--json', ...more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  const kept = await begin('whole');
  kept.apply(...RECORDS);
  await kept.close(false);
});

describe('an order', () => {
  test('is told with what it was decided on', async () => {
    const told = await ask('whole', `${ALICE}#1`);
    expect(told.damage).toBeNull();
    expect(told.basis).toMatchObject({ policy: 'central-perp', valuation: 'USDT', snapshot: null });
    const [order] = told.case.orders;
    expect(told.case.orders).toHaveLength(1);
    expect(order).toMatchObject({ seq: 3, record: 'tick', timeUs: 3 * SECOND, stage: 'partial', entry: 2 });
    expect(order.prices.marks).toEqual([{ id: 'BTCUSDT', price: '99.5', seq: 3, timeUs: 3 * SECOND, ageUs: 0, source: 'tick' }]);
    expect(order.portfolio.equity).toEqual({ exact: '47/1', units: '47000000', amount: '47.000000' });
    expect(order.portfolio.maintenance).toEqual({ exact: '199/4', units: '49750000', amount: '49.750000' });
    expect(order.portfolio.deficit).toEqual({ exact: '11/4', units: '2750000', amount: '2.750000' });
    expect(order.positions).toHaveLength(1);
    expect(order.positions[0]).toMatchObject({ market: 'BTCUSDT', side: 'long', size: '10', entry: '100', mark: '99.5' });
    // 99.5 − 47/10.
    expect(order.positions[0].bankruptcyPrice).toEqual({ exact: '474/5', units: '94800000', amount: '94.800000' });
    expect(order.positions[0].tier).toEqual({ index: 0, floor: '0', rate: '1/20', basis: 'mark', notional: '995.000000' });
    // A hundredth below the mark: 98.505, sold no lower than the tick above.
    expect(order.limit).toEqual({
      policy: 'slippage',
      exact: { exact: '19701/200', units: '98505000', amount: '98.505000' },
      tick: '0.01',
      rounding: 'up',
      price: '98.51',
    });
    expect(order.sizing).toEqual({ positionLots: 10_000, method: 'restore', wantedLots: order.lots, isLimited: false });
    expect(order.parameters).toMatchObject({ stage: 'partial', method: { kind: 'restore' }, ttlMs: 5_000 });
  });

  test('is told with the stages before it and what followed', async () => {
    const told = await ask('whole', `${ALICE}#1`);
    expect(told.case.opened).toMatchObject({ seq: 3, timeUs: 3 * SECOND, deficit: { amount: '2.750000' } });
    expect(told.case.stages.map(({ seq, stage, event, reason }) => [seq, stage, event, reason]).slice(0, 3)).toEqual([
      [3, 'margin-call', expect.any(String), expect.any(String)],
      [3, 'cancel', 'skipped', expect.any(String)],
      [3, 'partial', 'entered', ''],
    ]);
    expect(told.case.orders[0].followed.slice(0, 2)).toEqual([
      { seq: 4, timeUs: 4 * SECOND, event: 'ack', state: 'working', reason: null, isApplied: true },
      { seq: 5, timeUs: 5 * SECOND, event: 'execution', tradeId: 'first', size: '0.5', price: '99.4', fee: '0.250000' },
    ]);
    // 5/1000 of what was closed, at the price of the trade.
    expect(told.case.transfers.filter(({ reason }) => reason === 'liquidation-fee')).toMatchObject([
      { seq: 5, from: 'alice', to: 'fund', asset: 'USDT' },
    ]);
  });

  test('has prices of earlier records with their age', async () => {
    const kept = await begin('aged');
    kept.apply(tick(1, 9_990), { type: 'clock', timeUs: 2 * SECOND });
    const rows = [
      { version: 1, account: { id: 'dora', positionMode: 'net', balance: cash(E18), cross: [], isolated: [] } } as const,
    ];
    kept.apply({ type: 'book', timeUs: 2 * SECOND, rows }, tick(3, 9_900));
    kept.apply(ack(4, 'bob@1000000.1#1', 'unfilled'));
    await kept.close(false);
    const told = await ask('aged', 'bob@1000000.1');
    expect(told.case.orders.length).toBeGreaterThan(1);
    for (const { prices, seq, timeUs } of told.case.orders)
      expect(prices.marks[0]).toMatchObject(
        seq < 4 ? { seq: 1, ageUs: timeUs - SECOND } : { seq: 4, ageUs: timeUs - 3 * SECOND },
      );
  });

  test('is told the same from a snapshot as from the beginning, with prices of before it', async () => {
    const before = [...RECORDS.slice(0, 2), tick(1, 10_000)];
    const cross = [{ market: 0, lots: lots(1_000), cost: cost(100_000n * E18) }];
    const dora = { id: 'dora', positionMode: 'net', balance: cash(4n * E18), cross, isolated: [] } as const;
    const after: readonly InputRecord[] = [
      { type: 'book', timeUs: 2 * SECOND, rows: [{ version: 1, account: dora }] },
      { type: 'tick', timeUs: 2 * SECOND, marks: [] },
      tick(3, 9_950),
      ack(4, 'alice@3000000.3#1', 'working'),
      tick(7, 9_900),
    ];
    const first = await begin('saved');
    first.apply(...before);
    await first.close(true);
    const second = await begin('saved');
    second.apply(...after);
    await second.close(false);
    const whole = await begin('unsaved');
    whole.apply(...before, ...after);
    await whole.close(false);
    for (const id of ['dora@2000000.2', 'alice@3000000.3']) {
      const saved = await ask('saved', id);
      const unsaved = await ask('unsaved', id);
      expect([saved.basis.snapshot, unsaved.basis.snapshot]).toEqual([3, null]);
      expect(saved.case).toEqual(unsaved.case);
    }
    const [order] = (await ask('saved', 'dora@2000000.2#1')).case.orders;
    expect(order.prices.marks).toMatchObject([{ price: '100', seq: 3, ageUs: SECOND }]);
  });

  test('shown in shadow mode is told too', async () => {
    const kept = await keptJournal({ folder: pathOf('shadow'), book: files.book, policy: 'central-perp', mode: 'shadow' });
    kept.apply(...RECORDS.slice(0, 3));
    await kept.close(false);
    const told = await ask('shadow', `${ALICE}#1`);
    expect(told.case.orders[0]).toMatchObject({ isShadow: true, limit: { price: '98.51' }, followed: [] });
  });
});

describe('a case', () => {
  test('is told whole, every order with the limit that it had', async () => {
    const kept = await begin('long');
    const { engine } = kept;
    kept.apply(...RECORDS);
    const limits = new Map<string, string | null>();
    for (let seconds = 8; seconds < 40 && engine.caseHalf.cases.has('bob'); seconds += 1) {
      for (const order of [...engine.caseHalf.desk.table.ofPortfolio('bob').values()]) {
        limits.set(order.orderId, order.limitPrice && `${order.limitPrice.units}e-${order.limitPrice.decimals}`);
        kept.apply(
          order.limitPrice === null || order.stage === 'fund'
            ? fill(seconds, order.orderId, `t${seconds}`, order.remaining, 9_900)
            : ack(seconds, order.orderId, 'unfilled'),
        );
      }
      kept.apply(tick(seconds, 9_900));
    }
    expect(engine.caseHalf.cases.has('bob')).toBe(false);
    await kept.close(false);
    const { case: told } = await ask('long', BOB);
    expect(told.ended).toMatchObject({ outcome: 'closed' });
    expect(told.orders.map(({ orderId }) => orderId)).toEqual([...limits.keys()]);
    expect(told.orders.map(({ limit }) => limit.price === null)).toEqual([...limits.values()].map((limit) => limit === null));
    expect(told.orders.every(({ followed }) => followed.at(-1)?.event === 'ended')).toBe(true);
    // What bob owes at the end was paid by the fund, to the last unit.
    const paid = told.transfers.filter(({ reason }) => reason === 'fund').reduce((sum, { amount }) => sum + Number(amount), 0);
    expect(paid).toBeCloseTo(Number(told.ended?.badDebt.amount), 6);
    expect(paid).toBeGreaterThan(0);
    const text = (await inProcess('why', BOB, '--journal', pathOf('long'), '--book', files.book)).stdout;
    expect(text).toContain(`case ${BOB} of bob`);
    for (const { orderId } of told.orders) expect(text).toContain(`order ${orderId}: sell`);
    expect(text).toMatch(/fund +bob +\S+ +USDT +fund/);
  });
});

describe('refuses', () => {
  const run = (name: string, id: string, ...more: string[]) =>
    inProcess('why', id, '--journal', pathOf(name), '--book', files.book, ...more);

  test('an order that the journal does not have: 3, and how far it was looked for', async () => {
    const { code, stderr } = await run('whole', 'alice@9000000.1#1');
    expect([code, stderr]).toEqual([
      3,
      `${pathOf('whole')}: expected "alice@9000000.1#1", looked for up to record ${RECORDS.length}, was nothing\n`,
    ]);
    expect((await run('whole', `${ALICE}#77`)).code).toBe(3);
  });

  test('what is no id, a book that is not the journal’s, a policy that is not: 2', async () => {
    expect((await run('whole', 'alice')).stderr).toMatch(/^id: expected the id of an order, such as/);
    const other = writeBook([long('alice', '10', '53')]);
    const wrong = await inProcess('why', BOB, '--journal', pathOf('whole'), '--book', other.book);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/^--book .*: expected the hash/)]);
    expect(await run('whole', BOB, '--policy', 'full-close')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--policy: /),
    });
    const none = await inProcess('why', BOB, '--journal', pathOf('whole'));
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/^--book: expected the book with the hash/)]);
    expect((await run('nowhere', BOB)).stderr).toContain('expected the folder of a journal');
  });

  test('a broken journal: what is intact is told, then what is not, and it exits 2', async () => {
    const kept = await begin('broken');
    kept.apply(...RECORDS);
    await kept.close(false);
    const path = join(pathOf('broken'), 'log.mdb');
    const bytes = readFileSync(path);
    const payload = encodeRecord(RECORDS[4]);
    for (let at = bytes.indexOf(payload); at >= 0; at = bytes.indexOf(payload, at + 1)) bytes[at + 3] ^= 1;
    writeFileSync(path, bytes);
    const { code, stdout, stderr } = await run('broken', `${ALICE}#1`, '--json');
    expect(code).toBe(2);
    expect(stderr).toContain('Intact: records 1 to 4.');
    const told: Why = JSON.parse(stdout);
    expect(told.case.orders[0].followed).toHaveLength(1);
    expect([told.case.ended, told.damage]).toEqual([null, expect.stringContaining('record 5')]);
    expect(await run('broken', 'alice@7000000.9#1')).toMatchObject({ code: 2, stdout: '' });
  });
});
