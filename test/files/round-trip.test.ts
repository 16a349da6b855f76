import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { expect, test } from 'vitest';
import { readMarks, writeMarks } from '../../src/files/marks.js';
import { writeBookJsonLines, writeBookParquet } from '../../src/files/write-book.js';
import { accountToInput } from '../../src/model/account-input.js';
import { type Decimal, formatDecimal } from '../../src/model/decimal.js';
import { type Fraction, reduce } from '../../src/model/fraction.js';
import { instrumentsToInput } from '../../src/model/instrument-input.js';
import type { Instruments } from '../../src/model/instruments.js';
import { type Account, cash, cost, lots, type Position } from '../../src/model/portfolio.js';
import { entryDecimal } from '../../src/model/quantities.js';
import { book, header, instrumentsOf } from './arbitraries.js';
import { pathOf, readWhole, write } from './support.js';

/** Every rate in lowest terms: a text may write an equal one. */
function reduced(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reduced);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  if ('n' in value && 'd' in value) return reduce(value as Fraction);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, reduced(part)]));
}

function expectSame(
  read: { instruments: Instruments; accounts: Account[] },
  instruments: Instruments,
  accounts: Account[],
): void {
  expect(read.accounts).toEqual(accounts);
  expect(reduced(read.instruments)).toEqual(reduced(instruments));
}

test('JSON: what is written is read back, equal', async () => {
  await fc.assert(
    fc.asyncProperty(book, async ([instruments, accounts]) => {
      const inputs = accounts.map((account) => accountToInput(account, instruments));
      const file = write('trip.json', JSON.stringify({ ...instrumentsToInput(instruments), accounts: inputs }));
      const read = await readWhole(file);
      expectSame(read, instruments, accounts);
      // The canonical form is one.
      expect(instrumentsToInput(read.instruments)).toEqual(instrumentsToInput(instruments));
      expect(read.accounts.map((account) => accountToInput(account, read.instruments))).toEqual(inputs);
    }),
    { numRuns: 100 },
  );
});

test('JSON Lines: what is written is read back, equal', async () => {
  await fc.assert(
    fc.asyncProperty(book, async ([instruments, accounts]) => {
      const counts = await writeBookJsonLines(pathOf('trip.jsonl'), instruments, accounts);
      expect(counts.accounts).toBe(accounts.length);
      expectSame(await readWhole(pathOf('trip.jsonl')), instruments, accounts);
    }),
    { numRuns: 60 },
  );
});

test('Parquet: what is written is read back, equal', async () => {
  await fc.assert(
    fc.asyncProperty(book, async ([instruments, accounts]) => {
      await writeBookParquet(pathOf('trip'), instruments, accounts);
      expectSame(await readWhole(pathOf('trip')), instruments, accounts);
    }),
    { numRuns: 40 },
  );
});

test('books larger than a chunk and a row group, with progress', async () => {
  const instruments = instrumentsOf(fc.sample(header, { numRuns: 1, seed: 3 })[0]);
  const at = (i: number): Position => ({ market: 0, lots: lots(i + 1), cost: cost(BigInt(i + 1) * 5n) });
  function* many(): Generator<Account> {
    for (let i = 0; i < 120_000; i += 1) {
      yield { id: `a${i}`, positionMode: 'net', balance: cash(BigInt(i)), cross: i % 3 === 0 ? [at(i)] : [], isolated: [] };
    }
  }
  for (const [path, writer] of [
    [pathOf('many.jsonl'), writeBookJsonLines] as const,
    [pathOf('many'), writeBookParquet] as const,
  ]) {
    let told = 0;
    const counts = await writer(path, instruments, many(), (written) => {
      expect(written.accounts).toBeGreaterThan(told);
      told = written.accounts;
    });
    expect(counts).toEqual({ accounts: 120_000, positions: 40_000 });
    expect(told).toBeGreaterThan(0);
    expect((await readWhole(path)).accounts).toEqual([...many()]);
  }
});

test('a rare column that comes late: what was written before is in the file still', async () => {
  const instruments = instrumentsOf(fc.sample(header, { numRuns: 1, seed: 3 })[0]);
  const last = 210_000;
  function* many(): Generator<Account> {
    for (let i = 0; i <= last; i += 1) {
      const at: Position = { market: 0, lots: lots(i + 1), cost: cost(BigInt(i + 1) * 5n) };
      const leverage = i === 150_000 || i === last ? { leverage: { units: 5n, decimals: 0 } } : {};
      const orders = i === last ? { orders: [{ ...at, reduceOnly: true }] } : {};
      yield { id: `a${i}`, positionMode: 'net', balance: cash(0n), cross: [{ ...at, ...leverage }], isolated: [], ...orders };
    }
  }
  await writeBookParquet(pathOf('late'), instruments, many());
  expect((await readWhole(pathOf('late'))).accounts).toEqual([...many()]);
  expect(readdirSync(pathOf('late')).sort()).toEqual(['accounts.parquet', 'header.json', 'positions.parquet']);
});

test('a book that needs no rare column has none', async () => {
  const instruments = instrumentsOf(fc.sample(header, { numRuns: 1, seed: 3 })[0]);
  const columnsOf = async (name: string) => {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(pathOf(`plain/${name}.parquet`)));
    return metadata.schema.slice(1).map((element) => element.name);
  };
  const plain: Account = { id: 'a', positionMode: 'net', balance: cash(1n), cross: [], isolated: [] };
  await writeBookParquet(pathOf('plain'), instruments, [plain]);
  expect(await columnsOf('accounts')).toEqual(['id', 'positionMode', 'balances']);
  expect(await columnsOf('positions')).toEqual(['account', 'market', 'size', 'entry', 'margin', 'collateral']);
});

test('an entry that does not end is rounded at 18 decimals, to nearest', () => {
  expect(entryDecimal({ lots: lots(3), cost: cost(2n * 10n ** 18n) })).toEqual({ units: 666666666666666667n, decimals: 18 });
  expect(entryDecimal({ lots: lots(-3), cost: cost(-(10n ** 18n)) })).toEqual({ units: 333333333333333333n, decimals: 18 });
});

test('marks', async () => {
  const instruments = instrumentsOf(fc.sample(header, { numRuns: 1, seed: 5 })[0]);
  const digits = { units: fc.bigInt({ min: 1n, max: 10n ** 30n }), decimals: fc.nat(29) };
  const price: fc.Arbitrary<Decimal> = fc.record(digits);
  const index = fc
    .tuple(price, fc.boolean())
    .map(([{ units, decimals }, isBelow]) => ({ units: isBelow ? -units : units, decimals }));
  const timeMs = fc.option(fc.nat(), { nil: null });
  await fc.assert(
    fc.asyncProperty(price, price, index, timeMs, async (mark, worth, paid, time) => {
      const written = {
        timeMs: time,
        marks: [{ market: 0, price: mark }],
        indexes: [
          { asset: 0, price: worth },
          { asset: 2, price: mark },
        ],
        funding: [{ market: 0, index: paid }],
      };
      await writeMarks(pathOf('marks.json'), written, instruments);
      const read = await readMarks(pathOf('marks.json'), instruments);
      const canonical = (marks: typeof written) =>
        JSON.stringify(marks, (_, value) =>
          typeof value?.units === 'bigint' ? formatDecimal(value as Decimal) : (value as unknown),
        );
      expect(canonical(read as typeof written)).toBe(canonical(written));
    }),
    { numRuns: 50 },
  );
});
