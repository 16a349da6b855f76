/** `plimsoll journal` on a journal of every type of record, whole and damaged. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeRecord } from '../../src/journal/codec.js';
import { type Journal, openJournal } from '../../src/journal/journal.js';
import { cash, cost, lots } from '../../src/model/portfolio.js';
import type { InputRecord } from '../../src/model/records.js';
import { defaultMarkets, syntheticInstruments } from '../../src/synthetic/instruments.js';
import { inProcess, pathOf } from './plimsoll.js';

const E18 = 10n ** 18n;
const price = { units: 2_500n, decimals: 2 };
const RECORDS: readonly InputRecord[] = [
  { type: 'tick', timeUs: 1, marks: [{ market: 1, price }], funding: [{ market: 0, index: { units: -1n, decimals: 3 } }] },
  {
    type: 'book',
    timeUs: 2,
    rows: [
      {
        version: 1,
        account: {
          id: 'alice',
          positionMode: 'net',
          balance: cash(E18 / 2n),
          cross: [{ market: 0, lots: lots(-3), cost: cost(-75n * E18) }],
          isolated: [],
        },
      },
    ],
  },
  {
    type: 'fills',
    timeUs: 3,
    fills: [
      {
        tradeId: 't',
        orderId: null,
        account: 'alice',
        market: 0,
        margin: 'cross',
        side: 'buy',
        lots: lots(1),
        price,
        fee: cash(1n),
        timeUs: 3,
      },
    ],
  },
  { type: 'acks', timeUs: 4, acks: [{ orderId: 'o', state: 'unknown' }] },
  { type: 'clock', timeUs: 5 },
  { type: 'bids', timeUs: 6, bids: [{ bidId: 'b', auctionId: 'a', bidder: 'bob', lots: null, limitPrice: price }] },
  { type: 'orders-gone', timeUs: 7, accounts: ['alice'] },
  { type: 'figures', timeUs: 8, rows: [{ portfolio: 'alice', equity: price, maintenance: price }] },
  { type: 'admin', timeUs: 9, commands: [{ command: 'fund', asset: 0, market: 2, amount: cash(-E18) }] },
  { type: 'restart', timeUs: 10 },
];

async function journalAt(name: string): Promise<{ readonly folder: string; readonly journal: Journal }> {
  const folder = pathOf(name);
  const instruments = syntheticInstruments(defaultMarkets(3), 'USDT');
  const genesis = { book: 'made up', seed: 1 };
  const journal = await openJournal({ folder, instruments, genesis, by: 'plimsoll 1.2.3', startUs: 1_569_349_800_000_000 });
  for (const record of RECORDS) journal.append(encodeRecord(record), Buffer.alloc(8));
  return { folder, journal };
}

let folder: string;
beforeAll(async () => {
  const made = await journalAt('kept');
  await made.journal.putSnapshot('hash', [{ name: 'all', bytes: Buffer.from('state') }]);
  await made.journal.close();
  folder = made.folder;
});

describe('journal verify', () => {
  test('says what is there, and that it is whole', async () => {
    expect(await inProcess('journal', 'verify', folder)).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        `${folder}: format 1, begun by plimsoll 1.2.3 at 2019-09-24T18:30:00.000Z`,
        'book       book made up, seed 1',
        'records    1 to 10, intact',
        'starts     1, the last by plimsoll 1.2.3 at 2019-09-24T18:30:00.000Z',
        'snapshot   after record 10: intact',
        'whole',
        '',
      ].join('\n'),
    });
    const { version, records, snapshots, damage } = JSON.parse((await inProcess('journal', 'verify', folder, '--json')).stdout);
    expect({ version, records, damage }).toEqual({ version: 1, records: { first: 1, last: 10 }, damage: [] });
    expect(snapshots).toMatchObject([{ seq: 10, stateHash: 'hash', fault: null }]);
  });

  test('says what is damaged and what is intact, and exits 2', async () => {
    const damaged = await journalAt('damaged');
    await damaged.journal.close();
    const path = join(damaged.folder, 'log.mdb');
    const bytes = readFileSync(path);
    const payload = encodeRecord(RECORDS[6]);
    for (let at = bytes.indexOf(payload); at >= 0; at = bytes.indexOf(payload, at + 1)) bytes[at + 3] ^= 1;
    writeFileSync(path, bytes);
    const { code, stdout, stderr } = await inProcess('journal', 'verify', damaged.folder);
    expect(code).toBe(2);
    expect(stdout).toContain('records    1 to 6, intact\n');
    expect(stdout).toMatch(/\ndamaged\n$/);
    expect(stderr).toContain('record 7: expected bytes that its checksum is of, was others. Intact: records 1 to 6.');
    const dumped = await inProcess('journal', 'dump', damaged.folder);
    expect([dumped.code, dumped.stdout.trim().split('\n').length]).toEqual([2, 6]);
    expect((await inProcess('journal', 'export', damaged.folder, '--out', pathOf('part.parquet'), '--to', '6')).code).toBe(0);
  });

  test('a folder without a journal exits 2', async () => {
    const { code, stderr } = await inProcess('journal', 'verify', pathOf('nowhere'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `${pathOf('nowhere')}: expected the folder of a journal, was one without log.mdb\n`,
    });
  });
});

test('journal dump prints every type by name, decimals as texts', async () => {
  const { code, stdout, stderr } = await inProcess('journal', 'dump', folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ seq, epoch, type, timeUs }) => [seq, epoch, type, timeUs])).toEqual(
    RECORDS.map(({ type, timeUs }, i) => [i + 1, 1, type, timeUs]),
  );
  expect(lines[0]).toMatchObject({
    marks: [{ market: 'ETHUSDT', price: '25' }],
    funding: [{ market: 'BTCUSDT', index: '-0.001' }],
  });
  expect(lines[1].rows[0].account).toMatchObject({ balance: '0.5', cross: [{ market: 'BTCUSDT', lots: -3, cost: '-75' }] });
  expect(lines[2].fills[0]).toMatchObject({ orderId: null, price: '25', fee: '0.000000000000000001' });
  expect(lines[8].commands).toEqual([{ command: 'fund', asset: 'USDT', market: 'SOLUSDT', amount: '-1' }]);
  const some = await inProcess('journal', 'dump', folder, '--from', '4', '--to', '6');
  expect(some.stdout).toBe(
    stdout
      .split('\n')
      .slice(3, 6)
      .map((line) => `${line}\n`)
      .join(''),
  );
});

describe('journal export', () => {
  test('writes a table that reads back', async () => {
    const path = pathOf('records.parquet');
    expect(await inProcess('journal', 'export', folder, '--out', path, '--from', '2')).toEqual({
      code: 0,
      stderr: '',
      stdout: `${path}: 9 records\n`,
    });
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    expect(rows.map(({ seq, timeUs, type, items }) => [seq, timeUs, type, items])).toEqual(
      RECORDS.slice(1).map(({ type, timeUs }, i) => [
        BigInt(i + 2),
        BigInt(timeUs),
        type,
        ['clock', 'restart'].includes(type) ? 0n : 1n,
      ]),
    );
    expect(JSON.parse(rows[1].payload).fills[0].account).toBe('alice');
    expect(rows[0].hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of no record is nothing to do', async () => {
    const { code, stderr } = await inProcess('journal', 'export', folder, '--out', pathOf('none.parquet'), '--from', '11');
    expect([code, stderr]).toEqual([3, `${folder}: expected records from 11 to 999999999999999, was none\n`]);
  });

  test('wants a file, and no options of the others', async () => {
    expect((await inProcess('journal', 'export', folder)).stderr).toBe('journal export: expected --out, a file, was nothing\n');
    expect((await inProcess('journal', 'dump', folder, '--out', 'x')).stderr).toBe('journal dump: expected no --out, was one\n');
    expect((await inProcess('journal', 'mend', folder)).stderr).toBe('journal: expected verify, dump, export, was "mend"\n');
  });
});
