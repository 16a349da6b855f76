/** The journal's benchmark finds what it wrote, and its figures mean something. */
import { expect, test } from 'vitest';
import { standardBook } from '../../bench/book.js';
import { benchJournal } from '../../bench/journal.js';

test('ticks and fills are verified, smaller in bytes than on the disk', { timeout: 120_000 }, async () => {
  const results = await benchJournal(standardBook());
  expect(results.map(({ name, verified }) => [name, verified])).toEqual([
    ['journal-ticks', true],
    ['journal-fills', true],
  ]);
  for (const { figures } of results) {
    expect(figures.recordsPerSecond).toBeGreaterThan(0);
    expect(figures.bytesEach).toBeGreaterThan(figures.encodedBytesEach);
    expect(figures.waitP99Ms).toBeGreaterThanOrEqual(figures.waitP50Ms);
  }
});
