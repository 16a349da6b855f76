/** Writes books in their canonical form, as JSON Lines or Parquet, a chunk at a time. Does not know where accounts come from. */
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { accountToInput } from '../model/account-input.js';
import { instrumentsToInput } from '../model/instrument-input.js';
import type { Instruments } from '../model/instruments.js';
import type { Account } from '../model/portfolio.js';
import type { BookCounts } from './intake.js';
import { ACCOUNT_COLUMNS, type Columns, FILES, POSITION_COLUMNS } from './parquet-book.js';
import { fileError } from './text.js';

const CHUNK_CHARACTERS = 1 << 20;
const ROW_GROUP_ROWS = 100_000;

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
    const { id, positionMode, balances, positions } = accountToInput(account, instruments);
    for (const { market, size, entry, margin, collateral } of positions) {
      positionTable.add([id, market, size, entry, margin, collateral]);
      if (positionTable.full) await positionTable.flush();
    }
    accountTable.add([id, positionMode, JSON.stringify(balances)]);
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

/** One Parquet file of text columns, a row group at a time. */
class TableWriter {
  private readonly writer: ParquetWriter;
  private readonly names: readonly string[];
  private columns: (string | undefined)[][];

  constructor(path: string, columns: Columns) {
    this.names = Object.keys(columns);
    this.columns = this.names.map(() => []);
    const leaves = Object.entries(columns).map(
      ([name, need]): SchemaElement => ({
        name,
        type: 'BYTE_ARRAY',
        converted_type: 'UTF8',
        repetition_type: need === 'required' ? 'REQUIRED' : 'OPTIONAL',
      }),
    );
    const schema: SchemaElement[] = [{ name: 'root', num_children: leaves.length }, ...leaves];
    this.writer = new ParquetWriter({ writer: fileWriter(path), schema, statistics: false, createdBy: 'plimsoll' });
  }

  /** Whether a row group is complete: then `flush` before the next row. */
  get full(): boolean {
    return this.columns[0].length === ROW_GROUP_ROWS;
  }

  /** A value a column, in the columns' order. */
  add(row: readonly (string | undefined)[]): void {
    for (let i = 0; i < row.length; i += 1) this.columns[i].push(row[i]);
  }

  async flush(): Promise<void> {
    const columnData = this.names.map((name, i) => ({ name, data: this.columns[i] }));
    await this.writer.write({ columnData, rowGroupSize: ROW_GROUP_ROWS });
    this.columns = this.names.map(() => []);
    // The library writes synchronously: let signals and timers have their turn.
    await nextTurn();
  }

  async finish(): Promise<void> {
    if (this.columns[0].length > 0) await this.flush();
    await this.writer.finish();
  }
}

/** What the system refuses is the caller's bad path; all else (a bug of the source of accounts) passes. */
function writeError(path: string, error: unknown): unknown {
  const refused = error instanceof Error && 'syscall' in error;
  return refused ? fileError(path, 'a path that can be written', error) : error;
}
