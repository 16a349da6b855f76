/** Whatever the bytes are, reading ends with a book or with a PlimsollError: nothing else, no crash, no hang. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMarks } from '../../src/files/marks.js';
import { writeBookParquet } from '../../src/files/write-book.js';
import { PlimsollError } from '../../src/model/errors.js';
import { checkAccount } from '../../src/scan/check-account.js';
import { ALICE, type Book, HEADER, pathOf, RICH, RICH_MARKS, readWhole, write } from './support.js';

async function outcome(reading: Promise<unknown>): Promise<'read' | 'refused'> {
  try {
    await reading;
    return 'read';
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    expect(error.message).not.toBe('');
    return 'refused';
  }
}

/** What is read fits the store. */
async function bookOutcome(reading: Promise<Book>): Promise<'read' | 'refused'> {
  const read = await outcome(reading);
  if (read === 'read') for (const account of (await reading).accounts) checkAccount(account);
  return read;
}

test('random bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('fuzz.json', 'fuzz.jsonl'), async (bytes, name) => {
      expect(await outcome(readWhole(write(name, bytes)))).toBe('refused');
    }),
    { numRuns: 300 },
  );
});

test('books and marks with any value in any place', async () => {
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('-0', '1e5', '9'.repeat(400), `0.${'1'.repeat(400)}`, '1/3', '1/0', '-1', '0', '', 1e308, -1, [], {}, null),
    fc.constantFrom(
      '9'.repeat(20),
      `-${'9'.repeat(20)}`,
      '170141183460469231731',
      '1',
      '0.5',
      'isolated',
      'sell',
      'inverse',
      true,
    ),
  );
  const { instruments } = await readWhole(write('fuzz.json', JSON.stringify(RICH)));
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), values, fc.nat(3), async (pick, value, kind) => {
      const ofBook = kind > 0;
      const copy = structuredClone<object>(ofBook ? RICH : RICH_MARKS);
      const places: [Record<string, unknown>, string][] = [];
      const walk = (holder: object) => {
        for (const [key, item] of Object.entries(holder)) {
          places.push([holder as Record<string, unknown>, key]);
          if (typeof item === 'object' && item !== null) walk(item);
        }
      };
      walk(copy);
      const [holder, key] = places[pick % places.length];
      holder[key] = value;
      const file = write('fuzz.json', JSON.stringify(copy));
      if ((await (ofBook ? bookOutcome(readWhole(file)) : outcome(readMarks(file, instruments)))) === 'read') read += 1;
    }),
    { numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(0);
});

test('books with bytes changed, left out or cut off', async () => {
  const texts = {
    'fuzz.json': JSON.stringify(RICH),
    'fuzz.jsonl': `${JSON.stringify(HEADER)}\n${JSON.stringify(ALICE)}`,
  };
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('fuzz.json' as const, 'fuzz.jsonl' as const),
      fc.nat(),
      fc.nat(255),
      fc.nat(2),
      async (name, at, byte, how) => {
        const bytes = Buffer.from(texts[name]);
        const index = at % bytes.length;
        const mutated =
          how === 0 ? bytes.subarray(0, index) : Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)]);
        if (how === 2) bytes[index] = byte;
        seen.add(await bookOutcome(readWhole(write(name, how === 2 ? bytes : mutated))));
      },
    ),
    { numRuns: 1500 },
  );
  expect([...seen].sort()).toEqual(['read', 'refused']);
});

test('Parquet files with bytes changed or cut off', async () => {
  const { instruments, accounts } = await readWhole(write('fuzz.json', JSON.stringify(RICH)));
  await writeBookParquet(pathOf('good'), instruments, accounts);
  mkdirSync(pathOf('bad'), { recursive: true });
  copyFileSync(pathOf('good/header.json'), pathOf('bad/header.json'));
  const good = {
    accounts: readFileSync(pathOf('good/accounts.parquet')),
    positions: readFileSync(pathOf('good/positions.parquet')),
  };
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('accounts' as const, 'positions' as const),
      fc.nat(),
      fc.nat(255),
      fc.boolean(),
      async (table, at, byte, cut) => {
        const bytes = Buffer.from(good[table]);
        const index = at % bytes.length;
        bytes[index] = byte;
        write('bad/accounts.parquet', good.accounts);
        write('bad/positions.parquet', good.positions);
        write(`bad/${table}.parquet`, cut ? bytes.subarray(0, index) : bytes);
        seen.add(await bookOutcome(readWhole(pathOf('bad'))));
      },
    ),
    { numRuns: 1000 },
  );
  expect([...seen].sort()).toEqual(['read', 'refused']);
});
