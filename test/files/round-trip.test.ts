import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMarks, writeMarks } from '../../src/files/marks.js';
import { writeBookJsonLines, writeBookParquet } from '../../src/files/write-book.js';
import type { Decimal } from '../../src/model/decimal.js';
import { instrumentsFromInput, instrumentsToInput } from '../../src/model/instrument-input.js';
import type { Instruments } from '../../src/model/instruments.js';
import { AMOUNT_MAX, LOTS_MAX } from '../../src/model/limits.js';
import { type Account, cash, cost, lots, type Position } from '../../src/model/portfolio.js';
import { ProblemList } from '../../src/model/problems.js';
import { entryDecimal } from '../../src/model/quantities.js';
import { pathOf, readWhole } from './support.js';

const decimalText = (max: number) =>
  fc.tuple(fc.bigInt({ min: 1n, max: 10n ** BigInt(max) }), fc.nat(12)).map(([units, decimals]) => {
    const digits = units.toString().padStart(decimals + 1, '0');
    return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  });
const rateText = fc.oneof(
  fc.nat(1000).map((n) => (n === 1000 ? '1' : `0.${String(n).padStart(3, '0')}`)),
  fc.integer({ min: 1, max: 10 ** 9 }).chain((d) => fc.nat(d).map((n) => `${n}/${d}`)),
);
const tierInputs = fc.uniqueArray(fc.nat(10 ** 9), { minLength: 1, maxLength: 6 }).chain((floors) =>
  fc.array(rateText, { minLength: floors.length, maxLength: floors.length }).map((rates) => {
    const value = (text: string) => (text.includes('/') ? Number(text.split('/')[0]) / Number(text.split('/')[1]) : Number(text));
    rates.sort((a, b) => value(a) - value(b));
    const sorted = [...floors].sort((a, b) => a - b);
    return sorted.map((floor, i) => ({ floor: i === 0 ? '0' : String(floor + 1), rate: rates[i] }));
  }),
);
const idText = fc.string({ unit: fc.constantFrom('A', 'b', '9', '/', ':', '-', '"', '\\', '~'), minLength: 1, maxLength: 8 });
const market = fc.record({
  kind: fc.constant('linear'),
  base: idText,
  settle: fc.constant('USD'),
  contractSize: decimalText(6),
  lot: decimalText(6),
  tick: decimalText(6),
  allowNonPositive: fc.constant(true),
  maintenance: fc.record({
    method: fc.constantFrom('bracket', 'step'),
    basis: fc.constantFrom('mark', 'entry'),
    closeFee: rateText,
    tiers: tierInputs,
  }),
});
const header = fc.record({
  version: fc.constant(1),
  valuation: fc.constant('USD'),
  rules: fc.record({ liquidateWhen: fc.constantFrom('equity<maintenance', 'equity<=maintenance') }),
  assets: fc.constant({ USD: { decimals: 18, haircut: '0' }, X: { decimals: 3, haircut: '1/3' } }),
  markets: fc.dictionary(idText, market, { minKeys: 1, maxKeys: 5 }),
});

function instrumentsOf(input: unknown): Instruments {
  const problems = new ProblemList();
  const instruments = instrumentsFromInput(input, '', problems);
  problems.throwIfAny();
  if (instruments === null) throw new Error('expected instruments');
  return instruments;
}

const amount = fc.oneof(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.constantFrom(0n, AMOUNT_MAX, -AMOUNT_MAX));
const size = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(LOTS_MAX, -LOTS_MAX)).filter((n) => n !== 0);

/** Whose entry ends within 18 decimals: its cost is a whole multiple of its lots. */
const position = (markets: number): fc.Arbitrary<Position> =>
  fc.tuple(fc.nat(markets - 1), size, fc.bigInt({ min: -(10n ** 21n), max: 10n ** 21n })).map(([index, count, price]) => {
    const largest = AMOUNT_MAX / BigInt(Math.abs(count));
    const bounded = price > largest ? largest : price < -largest ? -largest : price;
    return { market: index, lots: lots(count), cost: cost(BigInt(count) * bounded) };
  });

const unique = (positions: readonly Position[]) =>
  positions.filter((one, i) => positions.findIndex((other) => other.market === one.market) === i);

const accountsOf = (markets: number): fc.Arbitrary<Account[]> => {
  const account = fc
    .record({
      id: fc.string({ unit: fc.constantFrom('a', 'Z', '0', '.', '_', '-'), minLength: 1, maxLength: 64 }),
      positionMode: fc.constantFrom('net' as const, 'hedge' as const),
      balance: amount.map(cash),
      cross: fc.array(position(markets), { maxLength: 4 }).map(unique),
      isolated: fc.array(position(markets), { maxLength: 4 }).map(unique),
    })
    .chain((one) =>
      fc.array(amount, { minLength: 4, maxLength: 4 }).map(
        (amounts): Account => ({
          ...one,
          isolated: one.isolated.map((row, i) => ({ ...row, collateral: cash(amounts[i] < 0n ? -amounts[i] : amounts[i]) })),
        }),
      ),
    );
  return fc.uniqueArray(account, { selector: ({ id }) => id, minLength: 1, maxLength: 6 });
};

const book = header
  .map(instrumentsOf)
  .chain((instruments) => fc.tuple(fc.constant(instruments), accountsOf(instruments.markets.length)));

/** Equal in value: texts may lose zeros, so that decimals are compared by the canonical header. */
function expectSame(
  read: { instruments: Instruments; accounts: Account[] },
  instruments: Instruments,
  accounts: Account[],
): void {
  expect(read.accounts).toEqual(accounts);
  expect(instrumentsToInput(read.instruments)).toEqual(instrumentsToInput(instruments));
}

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

test('an entry that does not end is rounded at 18 decimals, to nearest', () => {
  expect(entryDecimal({ lots: lots(3), cost: cost(2n * 10n ** 18n) })).toEqual({ units: 666666666666666667n, decimals: 18 });
  expect(entryDecimal({ lots: lots(-3), cost: cost(-(10n ** 18n)) })).toEqual({ units: 333333333333333333n, decimals: 18 });
});

test('marks', async () => {
  const instruments = instrumentsOf(fc.sample(header, { numRuns: 1, seed: 5 })[0]);
  const price: fc.Arbitrary<Decimal> = fc.record({
    units: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    decimals: fc.nat(40),
  });
  await fc.assert(
    fc.asyncProperty(price, fc.option(fc.nat(), { nil: null }), async (value, timeMs) => {
      await writeMarks(pathOf('marks.json'), { timeMs, marks: [{ market: 0, price: value }] }, instruments);
      const read = await readMarks(pathOf('marks.json'), instruments);
      expect(read.timeMs).toBe(timeMs);
      const { units, decimals } = read.marks[0].price;
      expect(units * 10n ** BigInt(value.decimals - decimals)).toBe(value.units);
    }),
    { numRuns: 50 },
  );
});
