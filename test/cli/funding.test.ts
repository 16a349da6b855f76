/** Funding indexes from outside: positions that say theirs need their market's, everywhere. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { account, book, market } from './hand-books.js';
import { inProcess, write } from './plimsoll.js';

const MARKETS = { BTCUSD: market({ tiers: [['0', '0.01']], lot: '1', tick: '1' }) };

/** Long 1 at 100, its funding settled up to 590, so that 10 is due at 600. */
function bookFile(balance: string): string {
  const [owner] = [account('a', balance, [['BTCUSD', '1', '100']])] as { positions: object[] }[];
  const positions = owner.positions.map((position) => ({ ...position, fundingIndex: '590' }));
  return write('funded.json', book(MARKETS, [{ ...owner, positions }]));
}

const marksFile = (funding: object): string => write('funded-marks.json', { version: 1, marks: { BTCUSD: '100' }, ...funding });

describe('a position that says its funding index', () => {
  test('owes what has accrued since: 11 less 10 is the 1 that it needs, 10.99 less 10 is not', async () => {
    const marks = marksFile({ funding: { BTCUSD: '600' } });
    for (const [balance, count] of [
      ['11', 0],
      ['10.99', 1],
    ] as const) {
      const { stdout } = await inProcess('scan', '--book', bookFile(balance), '--marks', marks, '--json');
      expect(JSON.parse(stdout).liquidatable).toHaveLength(count);
    }
  });

  test.each([['scan'], ['explain', '--account', 'a'], ['compare', '--rules', 'book', '--rules', 'usdm-bracket']])(
    'is not valued without its market’s: %s',
    async (command, ...flags) => {
      const marks = marksFile({});
      const { code, stderr } = await inProcess(command, '--book', bookFile('11'), '--marks', marks, ...flags);
      expect(code).toBe(2);
      expect(stderr).toContain(
        `${marks}: funding.BTCUSD: expected its funding index, as positions of the book say up to which theirs is in the balance, was nothing\n`,
      );
    },
  );

  test('is replayed with it, and not without', async () => {
    const candles = join(bookFile('10.99'), '..', 'funded-candles');
    mkdirSync(candles, { recursive: true });
    writeFileSync(
      join(candles, 'BTCUSD.csv'),
      'timestamp_ms,open,high,low,close,volume\n1678406400000,100,100,100,100,1\n1678406460000,100,100,100,100,1\n',
    );
    const args = ['replay', '--candles', candles, '--book', bookFile('10.99'), '--json'];
    const without = await inProcess(...args);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('expected a file with the funding index of BTCUSD');
    const { stdout } = await inProcess(...args, '--marks', marksFile({ funding: { BTCUSD: '600' } }));
    expect(JSON.parse(stdout).totals).toMatchObject({ cases: 1, deficit: '0.010000' });
    const safe = await inProcess(...args, '--marks', marksFile({ funding: { BTCUSD: '599' } }));
    expect(JSON.parse(safe.stdout).totals).toMatchObject({ cases: 0 });
  });
});
