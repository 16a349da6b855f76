/**
 * Reads a book from a folder: `header.json`, `accounts.parquet`, `positions.parquet`. The two tables are merged a row group at a
 * time, so positions must come in the order of their accounts. Knows columns and rows; what a row says, the model knows.
 */
import { join } from 'node:path';
import { type AsyncBuffer, asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { badInput } from '../model/errors.js';
import { instrumentsFromInput } from '../model/instrument-input.js';
import { type ProblemList, show } from '../model/problems.js';
import { type BookSink, Intake } from './intake.js';
import { parseJson, prefixOf } from './json.js';
import { checkPages } from './parquet-pages.js';
import { openToRead, readText } from './text.js';

/** Column names, and whether a table must have them. What is `rare` is optional too, and written only where it says something. */
export type Columns = Readonly<Record<string, 'required' | 'optional' | 'rare'>>;

export const ACCOUNT_COLUMNS: Columns = { id: 'required', positionMode: 'optional', balances: 'required', orders: 'rare' };
export const POSITION_COLUMNS: Columns = {
  account: 'required',
  market: 'required',
  size: 'required',
  entry: 'required',
  margin: 'optional',
  collateral: 'optional',
  leverage: 'rare',
  extraMargin: 'rare',
  fundingIndex: 'rare',
};
export const FILES = { header: 'header.json', accounts: 'accounts.parquet', positions: 'positions.parquet' } as const;

type Row = Record<string, unknown>;

export async function readParquetBook(
  path: string,
  sink: BookSink,
  problems: ProblemList,
  change: (header: unknown) => unknown,
): Promise<Intake> {
  const headerPath = join(path, FILES.header);
  const header = parseJson(await readText(headerPath), { file: headerPath }, problems);
  const instruments =
    header === undefined ? null : instrumentsFromInput(change(header), prefixOf({ file: headerPath }), problems);
  if (instruments === null) throw problems.toError();
  const accounts = await Table.open(join(path, FILES.accounts), ACCOUNT_COLUMNS, problems);
  const positions = await Table.open(join(path, FILES.positions), POSITION_COLUMNS, problems);
  problems.throwIfAny();
  const merge = new Merge(accounts, positions, new Intake(instruments, sink), problems);
  await merge.run();
  return merge.intake;
}

/** One Parquet file, row by row. */
class Table {
  readonly path: string;
  /** The row that is next, undefined at the end. */
  row: Row | undefined;
  /** Its number, from 0. */
  index = -1;
  private readonly file: AsyncBuffer;
  private readonly metadata: FileMetaData;
  private rows: Row[] = [];
  private at = 0;
  private group = 0;
  private groupStart = 0;

  private constructor(path: string, file: AsyncBuffer, metadata: FileMetaData) {
    this.path = path;
    this.file = file;
    this.metadata = metadata;
  }

  /** Opened at its first row. */
  static async open(path: string, columns: Columns, problems: ProblemList): Promise<Table> {
    await (await openToRead(path)).close();
    const file = await asyncBufferFromFile(path);
    const metadata = await guarded(path, () => parquetMetadataAsync(file));
    const names = await guarded(path, () => Promise.resolve(topLevelColumns(metadata)));
    for (const [name, need] of Object.entries(columns)) {
      if (need === 'required' && !names.includes(name)) problems.add(`${path}: ${name}`, 'a column of this name', 'nothing');
    }
    for (const name of names) {
      const known = Object.keys(columns).join(', ');
      if (!Object.hasOwn(columns, name)) problems.add(`${path}: ${show(name)}`, `only the columns ${known}`, 'another');
    }
    const table = new Table(path, file, metadata);
    if (problems.count === 0) await table.next();
    return table;
  }

  where(index: number): string {
    return `${this.path}: rows[${index}]`;
  }

  /** Whether `next` has its row at hand; else it must be awaited. */
  advance(): boolean {
    if (this.at >= this.rows.length) return false;
    this.row = this.rows[this.at];
    this.at += 1;
    this.index += 1;
    return true;
  }

  async next(): Promise<void> {
    while (!this.advance()) {
      const group = this.metadata.row_groups[this.group];
      if (group === undefined) {
        this.row = undefined;
        return;
      }
      const rowStart = this.groupStart;
      const rowEnd = rowStart + Number(group.num_rows);
      this.rows = await guarded(this.path, async () => {
        await checkPages(this.file, group, topLevelColumns(this.metadata));
        return this.readRows(rowStart, rowEnd);
      });
      this.at = 0;
      this.group += 1;
      this.groupStart = rowEnd;
    }
  }

  private async readRows(rowStart: number, rowEnd: number): Promise<Row[]> {
    const { file, metadata } = this;
    // Balances stay texts whatever the column is annotated with: only the own parser sees duplicate keys.
    const parsers = { jsonFromBytes: (bytes: Uint8Array) => new TextDecoder().decode(bytes) };
    return parquetReadObjects({ file, metadata, rowStart, rowEnd, parsers, geoparquet: false });
  }
}

function topLevelColumns(metadata: FileMetaData): string[] {
  const [root, ...elements] = metadata.schema;
  const flat = elements.every((element) => (element.num_children ?? 0) === 0);
  if (!flat || elements.length !== root.num_children) throw new Error('nested columns');
  return elements.map((element) => element.name);
}

/** The reader fails on damaged files in many ways; all of them are bad input. */
async function guarded<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw badInput(path, 'a flat Parquet file that is Snappy-compressed or not compressed', show(found));
  }
}

/** The two tables as one stream of accounts. */
class Merge {
  readonly intake: Intake;
  private readonly accounts: Table;
  private readonly positions: Table;
  private readonly problems: ProblemList;

  constructor(accounts: Table, positions: Table, intake: Intake, problems: ProblemList) {
    this.accounts = accounts;
    this.positions = positions;
    this.intake = intake;
    this.problems = problems;
  }

  async run(): Promise<void> {
    const { accounts, positions } = this;
    while (accounts.row !== undefined) {
      await this.takeAccount(accounts.row);
      if (!accounts.advance()) await accounts.next();
    }
    const { row } = positions;
    if (row === undefined) return;
    const expected = `an account of ${FILES.accounts}, in its order`;
    this.problems.add(`${positions.where(positions.index)}.account`, expected, show(row.account));
  }

  private async takeAccount(row: Row): Promise<void> {
    const { accounts, positions, intake, problems } = this;
    const inputs: Row[] = [];
    const numbers: number[] = [];
    while (positions.row !== undefined) {
      const { account } = positions.row;
      if (account === row.id) {
        inputs.push(positionOf(positions.row));
        numbers.push(positions.index);
      } else if (typeof account === 'string' && intake.has(account)) {
        const expected = `rows in the order of ${FILES.accounts}, which has ${show(row.id)} after this account`;
        problems.add(`${positions.where(positions.index)}.account`, expected, show(account));
      } else {
        break;
      }
      if (!positions.advance()) await positions.next();
    }
    const where = accounts.where(accounts.index);
    // A place such as `positions[1].size` is in the other table.
    const placed = (at: string) => {
      const match = /^positions\[(\d+)\](.*)$/.exec(at);
      return match === null ? `${where}.${at}` : positions.where(numbers[Number(match[1])]) + match[2];
    };
    const { id, positionMode, balances, orders } = row;
    const input = {
      id,
      positionMode: positionMode ?? undefined,
      balances: this.parse(balances, `${where}.balances`, {}),
      positions: inputs,
      orders: this.parse(orders ?? undefined, `${where}.orders`, undefined),
    };
    intake.take(input, '', { add: (at, expected, found) => problems.add(placed(at), expected, found) });
  }

  /** The value that a JSON text writes. What is no JSON is already a problem: nothing is left to say of it, and `empty` stands for it. */
  private parse(value: unknown, file: string, empty: unknown): unknown {
    if (typeof value !== 'string') return value;
    const parsed = parseJson(value, { file }, this.problems);
    return parsed === undefined ? empty : parsed;
  }
}

/** A row of the positions, as an input: null is what a JSON leaves out. */
function positionOf({ market, size, entry, margin, collateral, leverage, extraMargin, fundingIndex }: Row): Row {
  const input: Row = { market, size, entry, margin: margin ?? undefined, collateral: collateral ?? undefined };
  if (leverage !== undefined && leverage !== null) input.leverage = leverage;
  if (extraMargin !== undefined && extraMargin !== null) input.extraMargin = extraMargin;
  if (fundingIndex !== undefined && fundingIndex !== null) input.fundingIndex = fundingIndex;
  return input;
}
