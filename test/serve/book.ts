/** A little book of one market at 100, written where a test can start `serve` on it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Requirement: 5 % of the notional. */
const HEADER = {
  version: 1,
  assets: { USDT: { decimals: 6, haircut: '0' } },
  markets: {
    BTCUSDT: {
      kind: 'linear',
      base: 'BTC',
      settle: 'USDT',
      contractSize: '1',
      lot: '0.001',
      tick: '0.01',
      maintenance: { method: 'bracket', basis: 'mark', closeFee: '0', tiers: [{ floor: '0', rate: '0.05' }] },
    },
  },
};

/** Long `size` at 100 with a balance. Ten need 50 at the mark of 100. */
export function long(id: string, size: string, balance: string) {
  return { id, balances: { USDT: balance }, positions: [{ market: 'BTCUSDT', size, entry: '100' }] };
}

export interface BookFiles {
  readonly folder: string;
  readonly book: string;
  readonly marks: string;
}

export function writeBook(accounts: readonly unknown[], marks: Readonly<Record<string, string>> = { BTCUSDT: '100' }): BookFiles {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-serve-'));
  const files = { folder, book: join(folder, 'book.json'), marks: join(folder, 'marks.json') };
  writeFileSync(files.book, JSON.stringify({ ...HEADER, accounts }));
  writeFileSync(files.marks, JSON.stringify({ version: 1, marks }));
  return files;
}
