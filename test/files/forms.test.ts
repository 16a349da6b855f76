import { existsSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { writeBookJsonLines, writeBookParquet } from '../../src/files/write-book.js';
import { PlimsollError } from '../../src/model/errors.js';
import { instrumentsToInput } from '../../src/model/instrument-input.js';
import { plainAsset } from '../../src/model/instruments.js';
import { ALICE, changed, EXAMPLE, HEADER, linesOf, pathOf, readWhole, write } from './support.js';

const INITIAL = {
  method: 'bracket',
  tiers: [
    { floor: '0', maxLeverage: '125' },
    { floor: '50000', maxLeverage: '12.5' },
  ],
};
const BOB = { id: 'bob', balances: {}, positions: [{ market: 'BTCUSDT', size: '1', entry: '2' }] };

function jsonLines(...lines: unknown[]): string {
  return lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
}

test('the example of the contract', async () => {
  const { instruments, accounts } = await readWhole(write('book.json', JSON.stringify(EXAMPLE)));
  expect(instruments.valuation).toEqual(plainAsset(0, 'USDT', 6));
  expect(instruments.markets[0].maintenance.tiers[1].deduction).toEqual({ n: 50n, d: 1n });
  expect(accounts).toEqual([
    {
      id: 'alice',
      positionMode: 'net',
      balance: 1000n * 10n ** 18n,
      cross: [{ market: 0, lots: 500, cost: 500n * 30000n * 10n ** 18n }],
      isolated: [{ market: 0, lots: -100, cost: -100n * 31000n * 10n ** 18n, collateral: 350n * 10n ** 18n }],
    },
  ]);
});

test('what may be left out, and decimals with zeros that say nothing', async () => {
  const header = { version: 1, assets: { USDT: HEADER.assets.USDT }, markets: HEADER.markets };
  const account = { id: 'a', balances: { USDT: '1.0000000' }, positions: [{ market: 'BTCUSDT', size: '1.0000', entry: '-2' }] };
  const book = changed({ ...header, accounts: [account] }, 'markets/BTCUSDT/allowNonPositive', true);
  const { instruments, accounts } = await readWhole(write('book.json', JSON.stringify(book)));
  expect(instruments.valuation.id).toBe('USDT');
  expect(instruments.liquidateWhen).toBe('equity<maintenance');
  expect(accounts[0].balance).toBe(10n ** 18n);
  expect(accounts[0].cross[0]).toEqual({ market: 0, lots: 1000, cost: -2000n * 10n ** 18n });
});

test('deductions: derived exactly, a given one checked to its own last decimal', async () => {
  const tiers = [
    { floor: '0', rate: '1/6', deduction: '0' },
    { floor: '100', rate: '1/3', deduction: '16.67' },
  ];
  const book = changed(EXAMPLE, 'markets/BTCUSDT/maintenance/tiers', tiers);
  const { instruments } = await readWhole(write('book.json', JSON.stringify(book)));
  expect(instruments.markets[0].maintenance.tiers[1].deduction).toEqual({ n: 50n, d: 3n });
  const wrong = changed(book, 'markets/BTCUSDT/maintenance/tiers/1/deduction', '16.66');
  expect(await linesOf(readWhole(write('book.json', JSON.stringify(wrong))))).toEqual([
    'book.json: markets.BTCUSDT.maintenance.tiers[1].deduction: expected 50/3, which the floors and rates give, was "16.66"',
  ]);
});

test('a greatest leverage is the rate of one over it; one band is a plain haircut', async () => {
  const market = { ...HEADER.markets.BTCUSDT, takerFee: '0.00050', initial: INITIAL };
  const rich = changed(changed(EXAMPLE, 'markets/BTCUSDT', market), 'assets/ETH/haircut', [{ floor: '0', haircut: '1/20' }]);
  const { instruments } = await readWhole(write('book.json', JSON.stringify(rich)));
  expect(instruments.markets[0].initial?.tiers).toEqual([
    { floor: { units: 0n, decimals: 0 }, rate: { n: 1n, d: 125n }, deduction: { n: 0n, d: 1n } },
    { floor: { units: 50000n, decimals: 0 }, rate: { n: 2n, d: 25n }, deduction: { n: 3600n, d: 1n } },
  ]);
  const input = instrumentsToInput(instruments);
  expect(input.assets.ETH).toEqual({ decimals: 8, haircut: '0.05' });
  expect(input.markets.BTCUSDT.takerFee).toBe('0.0005');
  expect(input.markets.BTCUSDT.initial?.tiers[1]).toEqual({ floor: '50000', rate: '0.08' });
});

test('the valuation asset may have a haircut and a borrow table', async () => {
  const borrow = { method: 'step', tiers: [{ floor: '0', rate: '1/3' }] };
  const book = changed(changed(EXAMPLE, 'assets/USDT/haircut', '0.01'), 'assets/USDT/borrow', borrow);
  const { valuation, assets } = (await readWhole(write('book.json', JSON.stringify(book)))).instruments;
  expect(valuation).toBe(assets[0]);
  expect(valuation.haircuts).toEqual([{ floor: { units: 0n, decimals: 0 }, haircut: { n: 1n, d: 100n } }]);
  expect(valuation.borrow?.tiers[0].rate).toEqual({ n: 1n, d: 3n });
});

describe('accounts in several assets', () => {
  const markets = {
    ...HEADER.markets,
    ETHUSD: { ...HEADER.markets.BTCUSDT, kind: 'inverse', base: 'ETH', settle: 'ETH', contractSize: '10', lot: '1' },
  };
  const accountOf = async (account: object) => {
    const book = { ...HEADER, markets, accounts: [{ id: 'a', balances: {}, positions: [], ...account }] };
    return (await readWhole(write('book.json', JSON.stringify(book)))).accounts[0];
  };
  const isolatedOf = async (row: object) => {
    const position = { market: 'ETHUSD', size: '-7', entry: '2300', margin: 'isolated', ...row };
    return (await accountOf({ positions: [position] })).isolated[0];
  };
  const E8 = 10n ** 10n;

  test('balances: the valuation asset apart, the others by asset, none of zero', async () => {
    const account = await accountOf({ balances: { ETH: '-1.5', USDT: '2' } });
    expect([account.balance, account.others]).toEqual([2n * 10n ** 18n, [{ asset: 1, amount: -15n * 10n ** 17n }]]);
    expect(await accountOf({ balances: { ETH: '0', USDT: '0' } })).toEqual(await accountOf({}));
    expect(await accountOf({})).not.toHaveProperty('others');
  });

  test('collateral by leverage: the initial margin at entry, rounded up; extra margin on top', async () => {
    // 7 · 10 / 2300 / 4 = 0.0076086956… ETH
    expect((await isolatedOf({ leverage: '4' })).collateral).toBe(760870n * E8);
    expect((await isolatedOf({ leverage: '4', extraMargin: '0.00000001' })).collateral).toBe(760871n * E8);
    expect((await isolatedOf({ leverage: '4', extraMargin: '-0.0076087' })).collateral).toBe(0n);
    expect((await isolatedOf({ leverage: '0.5', entry: '2000', size: '2' })).collateral).toBe(2_000_000n * E8);
    // A collateral that is given is the collateral; the leverage is kept for the initial margin.
    const given = await isolatedOf({ leverage: '4', collateral: '0.01', extraMargin: '0.5' });
    expect(given).toEqual({
      market: 1,
      lots: -7,
      cost: -7n * 2300n * 10n ** 18n,
      leverage: { units: 4n, decimals: 0 },
      collateral: 51n * 10n ** 16n,
    });
  });

  test('funding up to an index: exact, left out where it is zero', async () => {
    const funded = await isolatedOf({ collateral: '0', fundingIndex: '-0.000000000000000003' });
    expect(funded.funding).toBe(-7n * 10n * -3n);
    expect(await isolatedOf({ collateral: '0', fundingIndex: '0' })).not.toHaveProperty('funding');
  });

  test('orders: signed lots, any number in a market, none is none', async () => {
    const order = { market: 'ETHUSD', side: 'sell', size: '3', price: '2500.5' };
    const account = await accountOf({ orders: [order, { ...order, side: 'buy', reduceOnly: true }, order] });
    const cost = 3n * 25005n * 10n ** 17n;
    expect(account.orders).toEqual([
      { market: 1, lots: -3, cost: -cost, reduceOnly: false },
      { market: 1, lots: 3, cost, reduceOnly: true },
      { market: 1, lots: -3, cost: -cost, reduceOnly: false },
    ]);
    expect(await accountOf({ orders: [] })).not.toHaveProperty('orders');
  });
});

test('duplicate keys in a book', async () => {
  const text = JSON.stringify(EXAMPLE).replace('"USDT":"1000"', '"USDT":"1000","USDT":"2000"');
  expect(await linesOf(readWhole(write('book.json', text)))).toEqual([
    'book.json: accounts[0].balances.USDT: expected each key once, was "USDT" again',
  ]);
});

describe('JSON Lines', () => {
  test('equals the same book as one JSON', async () => {
    const lines = await readWhole(write('book.jsonl', jsonLines(HEADER, ALICE, '', BOB, '')));
    const whole = await readWhole(write('book.json', JSON.stringify({ ...HEADER, accounts: [ALICE, BOB] })));
    expect(lines).toEqual(whole);
  });

  test('problems have their line', async () => {
    const dave = '{"id":"dave","id":"dave","balances":{},"positions":[]}';
    const carol = { id: 'carol', balances: { USDT: 1 }, positions: [] };
    const file = write('book.jsonl', jsonLines(HEADER, '{"id":', '', carol, dave, BOB, BOB));
    expect(await linesOf(readWhole(file))).toEqual([
      'book.jsonl:2:7: expected a JSON value, was the end of the text',
      'book.jsonl:4: balances.USDT: expected a decimal string such as "0.5", was 1',
      'book.jsonl:5: id: expected each key once, was "id" again',
      'book.jsonl:7: id: expected an id that no account before has, was "bob"',
    ]);
  });

  test('a header with problems stops there', async () => {
    const file = write('book.jsonl', jsonLines({ ...HEADER, version: 3, accounts: [] }, { id: 5 }));
    expect(await linesOf(readWhole(file))).toEqual([
      'book.jsonl:1: version: expected the number 1, was 3',
      'book.jsonl:1: accounts: expected no such key (a book without its accounts has version, valuation, rules, assets, markets), was []',
    ]);
  });

  test('lines longer than a chunk, a byte order mark, carriage returns, no last newline', async () => {
    const padding = ' '.repeat(3_000_000);
    const text = `\ufeff${JSON.stringify(HEADER)}\r\n{"id":"a",${padding}"balances":{},"positions":[]}\r\n${JSON.stringify(BOB)}`;
    const { accounts } = await readWhole(write('book.jsonl', text));
    expect(accounts.map(({ id }) => id)).toEqual(['a', 'bob']);
  });

  test('bytes that are no UTF-8', async () => {
    const bytes = Buffer.from(jsonLines(HEADER, 'é', 'x'));
    bytes[bytes.length - 1] = 0xff;
    expect(await linesOf(readWhole(write('book.jsonl', bytes)))).toEqual([
      'book.jsonl:3: expected UTF-8 text, was bytes that are not',
    ]);
    expect(await linesOf(readWhole(write('book.json', bytes)))).toEqual([
      'book.json:3: expected UTF-8 text, was bytes that are not',
    ]);
  });
});

describe('Parquet', () => {
  interface Column {
    readonly name: string;
    readonly data: unknown[];
    readonly type?: 'STRING' | 'DOUBLE' | 'JSON';
  }
  const text = (name: string, ...data: (string | null)[]): Column => ({ name, data, type: 'STRING' });
  const ACCOUNTS = [text('id', 'alice', 'idle', 'bob'), text('balances', '{"USDT":"1000"}', '{}', '{}')];
  const POSITIONS = [
    text('account', 'alice', 'alice', 'bob'),
    text('market', 'BTCUSDT', 'BTCUSDT', 'BTCUSDT'),
    text('size', '0.5', '-0.1', '1'),
    text('entry', '30000', '31000', '2'),
    text('margin', null, 'isolated', 'cross'),
    text('collateral', null, '350', null),
  ];

  function folder(accounts: readonly Column[], positions: readonly Column[], rowGroupSize = 2): string {
    mkdirSync(pathOf('folder'), { recursive: true });
    write('folder/header.json', JSON.stringify(HEADER));
    for (const [name, columns] of [['accounts', accounts] as const, ['positions', positions] as const]) {
      const columnData = columns as Parameters<typeof parquetWriteFile>[0]['columnData'];
      parquetWriteFile({ filename: pathOf(`folder/${name}.parquet`), columnData, rowGroupSize });
    }
    return pathOf('folder');
  }

  const replaced = (columns: readonly Column[], ...others: Column[]) =>
    columns.map((column) => others.find(({ name }) => name === column.name) ?? column);

  test('equals the same book as one JSON', async () => {
    const idle = { id: 'idle', balances: {}, positions: [] };
    const whole = await readWhole(write('book.json', JSON.stringify({ ...HEADER, accounts: [ALICE, idle, BOB] })));
    for (const rowGroupSize of [1, 2, 100]) {
      expect(await readWhole(folder(ACCOUNTS, POSITIONS, rowGroupSize))).toEqual(whole);
    }
  });

  test('balances annotated as JSON are read as the text that they are', async () => {
    const balances: Column = { name: 'balances', data: [{ USDT: '1000' }, {}, {}], type: 'JSON' };
    const { accounts } = await readWhole(folder(replaced(ACCOUNTS, balances), POSITIONS));
    expect(accounts[0].balance).toBe(1000n * 10n ** 18n);
  });

  test('rare columns: read where they are, problems at their place', async () => {
    const orders = '[{"market":"BTCUSDT","side":"buy","size":"1","price":"2"}]';
    const accounts = [...ACCOUNTS, text('orders', null, orders, null)];
    const rare = [
      text('leverage', '5', null, '0.5'),
      text('extraMargin', null, '-1.5', null),
      text('fundingIndex', null, null, '7'),
    ];
    const read = await readWhole(folder(accounts, [...POSITIONS, ...rare]));
    const [alice, idle, bob] = read.accounts;
    expect(alice.cross[0].leverage).toEqual({ units: 5n, decimals: 0 });
    expect(alice.isolated[0].collateral).toBe(3485n * 10n ** 17n);
    expect(idle.orders).toEqual([{ market: 0, lots: 1000, cost: 2000n * 10n ** 18n, reduceOnly: false }]);
    expect(bob.cross[0]).toMatchObject({ leverage: { units: 5n, decimals: 1 }, funding: 7n * 10n ** 18n });
    const wrong = [text('id', 'alice', 'idle', 'bob'), ACCOUNTS[1], text('orders', '[', orders.replace('"1"', '"x"'), 'null')];
    expect(await linesOf(readWhole(folder(wrong, [...POSITIONS, text('extraMargin', '1', null, null)])))).toEqual([
      'folder/accounts.parquet: rows[0].orders:1:2: expected a comma or a closing bracket, was the end of the text',
      'folder/positions.parquet: rows[0].extraMargin: expected nothing on a cross position, was "1"',
      'folder/accounts.parquet: rows[1].orders[0].size: expected a decimal string such as "0.5", was "x"',
      'folder/accounts.parquet: rows[2].orders: expected an array of orders, was null',
    ]);
  });

  test('problems have their table and row', async () => {
    const accounts = replaced(ACCOUNTS, text('balances', '{"USDT":1,"USDT":2}', '[', null));
    const positions = replaced(POSITIONS, { name: 'size', data: [0.5, 0.1, 1], type: 'DOUBLE' });
    expect(await linesOf(readWhole(folder(accounts, positions)))).toEqual([
      'folder/accounts.parquet: rows[0].balances: USDT: expected each key once, was "USDT" again',
      'folder/accounts.parquet: rows[0].balances.USDT: expected a decimal string such as "0.5", was 2',
      'folder/positions.parquet: rows[0].size: expected a decimal string such as "0.5", was 0.5',
      'folder/positions.parquet: rows[1].size: expected a decimal string such as "0.5", was 0.1',
      'folder/accounts.parquet: rows[1].balances:1:2: expected a comma or a closing bracket, was the end of the text',
      'folder/accounts.parquet: rows[2].balances: expected an object of amounts by asset, was null',
      'folder/positions.parquet: rows[2].size: expected a decimal string such as "0.5", was 1',
    ]);
  });

  test('an account twice, a position out of order, a position of no account', async () => {
    const accounts = replaced(ACCOUNTS, text('id', 'alice', 'bob', 'bob'));
    const positions = replaced(POSITIONS, text('account', 'bob', 'alice', 'zed'));
    expect(await linesOf(readWhole(folder(accounts, positions)))).toEqual([
      'folder/positions.parquet: rows[1].account: expected rows in the order of accounts.parquet, which has "bob" after this account, was "alice"',
      'folder/accounts.parquet: rows[2].id: expected an id that no account before has, was "bob"',
      'folder/positions.parquet: rows[2].account: expected an account of accounts.parquet, in its order, was "zed"',
    ]);
  });

  test('columns that are missing or unknown', async () => {
    const positions = [...POSITIONS.slice(0, 3), text('price', '1', '1', '1')];
    expect(await linesOf(readWhole(folder(ACCOUNTS, positions)))).toEqual([
      'folder/positions.parquet: entry: expected a column of this name, was nothing',
      'folder/positions.parquet: "price": expected only the columns account, market, size, entry, margin, collateral, leverage, extraMargin, fundingIndex, was another',
    ]);
  });

  test('no Parquet, a part missing', async () => {
    folder(ACCOUNTS, POSITIONS);
    write('folder/positions.parquet', 'PAR1 this is not');
    const [line, ...rest] = await linesOf(readWhole(pathOf('folder')));
    expect(rest).toEqual([]);
    expect(line).toMatch(
      /^folder\/positions.parquet: expected a flat Parquet file that is Snappy-compressed or not compressed, was "/,
    );
    rmSync(pathOf('folder/positions.parquet'));
    expect(await linesOf(readWhole(pathOf('folder')))).toEqual([
      'folder/positions.parquet: expected a file that can be read, was missing (ENOENT)',
    ]);
    rmSync(pathOf('folder/header.json'));
    expect(await linesOf(readWhole(pathOf('folder')))).toEqual([
      'folder/header.json: expected a file that can be read, was missing (ENOENT)',
    ]);
  });
});

test('files that are not there or not a book', async () => {
  const missing = 'none.json: expected a book: a .json or .jsonl file, or a folder of Parquet files, was missing (ENOENT)';
  expect(await linesOf(readWhole(pathOf('none.json')))).toEqual([missing]);
  expect(await linesOf(readWhole(write('book.csv', 'a,b')))).toEqual([
    'book.csv: expected a name that ends in .json or .jsonl, or a folder of Parquet files, was another file',
  ]);
  expect(await linesOf(readWhole(write('book.jsonl', '')))).toEqual(['book.jsonl:1: expected a header, was the end of the file']);
  expect(await linesOf(readWhole(write('book.json', '[]')))).toEqual([
    'book.json: expected an object: a book without its accounts, was []',
  ]);
});

test('a file too large for a string', async () => {
  const file = write('large.json', '{');
  truncateSync(file, 2 ** 29);
  expect(await linesOf(readWhole(file))).toEqual([
    'large.json: expected at most 536870888 bytes (use JSON Lines or Parquet for a larger book), was 536870912 bytes',
  ]);
});

test('a book without accounts is nothing to do', async () => {
  for (const file of [
    write('book.json', JSON.stringify({ ...HEADER, accounts: [] })),
    write('book.jsonl', JSON.stringify(HEADER)),
  ]) {
    const error = await readWhole(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PlimsollError);
    expect((error as PlimsollError).code).toBe('nothing-to-do');
  }
});

test('what cannot be written says so, and a failed write leaves no file', async () => {
  const { instruments, accounts } = await readWhole(write('book.json', JSON.stringify(EXAMPLE)));
  const file = write('plain', 'x');
  for (const writer of [writeBookJsonLines, writeBookParquet]) {
    const [line] = await linesOf(writer(`${file}/b`, instruments, accounts));
    expect(line).toMatch(/^plain\/b: expected a path that can be written, was E[A-Z]+$/);
  }
  const broken = (function* () {
    yield accounts[0];
    throw new RangeError('source');
  })();
  await expect(writeBookJsonLines(pathOf('w.jsonl'), instruments, broken)).rejects.toThrow(RangeError);
  expect(existsSync(pathOf('w.jsonl')) || existsSync(pathOf('w.jsonl.partial'))).toBe(false);
});
