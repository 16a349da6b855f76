/** Writes books in their canonical form, as JSON Lines or Parquet, a chunk at a time. Does not know where accounts come from. */
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { accountToInput } from '../model/account-input.js';
import { instrumentsToInput } from '../model/instrument-input.js';
import type { Instruments } from '../model/instruments.js';
import type { Account } from '../model/portfolio.js';
import type { BookCounts } from './intake.js';
import { ACCOUNT_COLUMNS, FILES, POSITION_COLUMNS } from './parquet-book.js';
import { TableWriter } from './table-writer.js';
import { fileError } from './text.js';

const CHUNK_CHARACTERS = 1 << 20;

/** Told after each chunk what has been written so far. */
export type OnProgress = (written: BookCounts) => void;

/**
 * Writes a `.jsonl` book; the file has its name only once it is whole. Reading it gives equal accounts, but that an entry price
 * which does not end within 18 decimals is rounded there to nearest.
 */
export async function writeBookJsonLines(
  path: string,
  instruments: Instruments,
  accounts: Iterable<Account>,
  onProgress?: OnProgress,
): Promise<BookCounts> {
  const partial = `${path}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const counts = await writeLines(partial, instruments, accounts, onProgress);
    await rename(partial, path);
    return counts;
  } catch (error) {
    // What removing it may say is not what went wrong.
    await rm(partial, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

async function writeLines(
  path: string,
  instruments: Instruments,
  accounts: Iterable<Account>,
  onProgress?: OnProgress,
): Promise<BookCounts> {
  const counts = { accounts: 0, positions: 0 };
  const file = await open(path, 'w');
  try {
    let chunk = `${JSON.stringify(instrumentsToInput(instruments))}\n`;
    for (const account of accounts) {
      const input = accountToInput(account, instruments);
      chunk += `${JSON.stringify(input)}\n`;
      counts.accounts += 1;
      counts.positions += input.positions.length;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      await file.writeFile(chunk);
      chunk = '';
      onProgress?.({ ...counts });
    }
    await file.writeFile(chunk);
  } finally {
    await file.close();
  }
  return counts;
}

/** Writes a Parquet folder; it is a book only once its header is there, which is written last. Rounds as `writeBookJsonLines`. */
export async function writeBookParquet(
  directory: string,
  instruments: Instruments,
  accounts: Iterable<Account>,
  onProgress?: OnProgress,
): Promise<BookCounts> {
  try {
    await mkdir(directory, { recursive: true });
    await rm(join(directory, FILES.header), { force: true });
    const counts = await writeTables(directory, instruments, accounts, onProgress);
    await writeFile(join(directory, FILES.header), `${JSON.stringify(instrumentsToInput(instruments), null, 2)}\n`);
    return counts;
  } catch (error) {
    throw writeError(directory, error);
  }
}

async function writeTables(
  directory: string,
  instruments: Instruments,
  accounts: Iterable<Account>,
  onProgress?: OnProgress,
): Promise<BookCounts> {
  const accountTable = new TableWriter(join(directory, FILES.accounts), ACCOUNT_COLUMNS);
  const positionTable = new TableWriter(join(directory, FILES.positions), POSITION_COLUMNS);
  const counts = { accounts: 0, positions: 0 };
  for (const account of accounts) {
    const { id, positionMode, balances, positions, orders } = accountToInput(account, instruments);
    for (const { market, size, entry, margin, collateral, leverage, extraMargin, fundingIndex } of positions) {
      positionTable.add([id, market, size, entry, margin, collateral, leverage, extraMargin, fundingIndex]);
      if (positionTable.full) await positionTable.flush();
    }
    accountTable.add([id, positionMode, JSON.stringify(balances), orders === undefined ? undefined : JSON.stringify(orders)]);
    counts.accounts += 1;
    counts.positions += positions.length;
    if (!accountTable.full) continue;
    await accountTable.flush();
    onProgress?.({ ...counts });
  }
  await accountTable.finish();
  await positionTable.finish();
  return counts;
}

/** What the system refuses is the caller's bad path; all else (a bug of the source of accounts) passes. */
function writeError(path: string, error: unknown): unknown {
  const refused = error instanceof Error && 'syscall' in error;
  return refused ? fileError(path, 'a path that can be written', error) : error;
}
