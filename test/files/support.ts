/** Books on disk for the tests of files: the contract's example, changed one thing at a time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { readBook } from '../../src/files/book.js';
import { PlimsollError } from '../../src/model/errors.js';
import type { Instruments } from '../../src/model/instruments.js';
import type { Account } from '../../src/model/portfolio.js';

export const HEADER = {
  version: 1,
  valuation: 'USDT',
  rules: { liquidateWhen: 'equity<maintenance' },
  assets: { USDT: { decimals: 6, haircut: '0' }, ETH: { decimals: 8, haircut: '0.05' } },
  markets: {
    BTCUSDT: {
      kind: 'linear',
      base: 'BTC',
      settle: 'USDT',
      contractSize: '1',
      lot: '0.001',
      tick: '0.01',
      maintenance: {
        method: 'bracket',
        basis: 'mark',
        closeFee: '0',
        tiers: [
          { floor: '0', rate: '0.004' },
          { floor: '50000', rate: '0.005' },
        ],
      },
    },
  },
};

export const ALICE = {
  id: 'alice',
  balances: { USDT: '1000' },
  positions: [
    { market: 'BTCUSDT', size: '0.5', entry: '30000' },
    { market: 'BTCUSDT', size: '-0.1', entry: '31000', margin: 'isolated', collateral: '350' },
  ],
};

/** The example book of the contract. */
export const EXAMPLE = { ...HEADER, accounts: [ALICE] };

const examples = new URL('../../docs/examples/', import.meta.url);
const example = (name: string): object => JSON.parse(readFileSync(new URL(name, examples), 'utf8')) as object;

/** A book with every field that a book may have, and its marks. */
export const RICH = example('multi-asset.json');
export const RICH_MARKS = example('multi-asset-marks.json');

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export function pathOf(name: string): string {
  return join(folder, name);
}

export function write(name: string, content: string | Uint8Array): string {
  writeFileSync(pathOf(name), content);
  return pathOf(name);
}

export interface Book {
  readonly instruments: Instruments;
  readonly accounts: Account[];
}

export async function readWhole(path: string): Promise<Book> {
  const accounts: Account[] = [];
  const seen: Instruments[] = [];
  await readBook(path, { header: (instruments) => seen.push(instruments), account: (account) => accounts.push(account) });
  return { instruments: seen[0], accounts };
}

/** The error's lines, without the folder; a success or a crash fails the test. */
export async function linesOf(reading: Promise<unknown>): Promise<string[]> {
  const error: unknown = await reading.then(
    () => new Error('expected a PlimsollError, was a success'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PlimsollError)) throw error;
  return error.message.replaceAll(`${folder}/`, '').split('\n');
}

/** A deep copy with the value at a dotted path replaced, or removed when it is undefined. */
export function changed(book: object, path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(book) as Record<string, unknown>;
  const keys = path.split('/');
  const last = keys.pop() as string;
  const holder = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}
