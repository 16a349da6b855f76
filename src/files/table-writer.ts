/** Writes one Parquet file of text columns, a row group at a time. Knows columns and rows, nothing of what they say. */
import { rename, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { Columns } from './parquet-book.js';

const ROW_GROUP_ROWS = 100_000;

type Cell = string | null | undefined;

/** A rare column is in the file only when it has a value: where the first comes late, what is written so far is written again. */
export class TableWriter {
  private readonly path: string;
  private readonly columns: Columns;
  private readonly names: readonly string[];
  /** Values of the rows that wait, by column. */
  private waiting: Cell[][];
  private file: { readonly writer: ParquetWriter; readonly names: readonly string[] } | null = null;

  constructor(path: string, columns: Columns) {
    this.path = path;
    this.columns = columns;
    this.names = Object.keys(columns);
    this.waiting = this.names.map(() => []);
  }

  /** Whether a row group is complete: then `flush` before the next row. */
  get full(): boolean {
    return this.waiting[0].length === ROW_GROUP_ROWS;
  }

  /** A value a column, in the columns' order. */
  add(row: readonly Cell[]): void {
    for (let i = 0; i < row.length; i += 1) this.waiting[i].push(row[i]);
  }

  async flush(): Promise<void> {
    const { file } = this;
    const says = (name: string, i: number): boolean =>
      this.columns[name] !== 'rare' || file?.names.includes(name) === true || this.waiting[i].some((cell) => cell !== undefined);
    const names = this.names.filter(says);
    const { writer } = file !== null && file.names.length === names.length ? file : await this.open(names);
    await writer.write({
      columnData: names.map((name) => ({ name, data: this.waiting[this.names.indexOf(name)] })),
      rowGroupSize: ROW_GROUP_ROWS,
    });
    this.waiting = this.names.map(() => []);
    // The library writes synchronously: let signals and timers have their turn.
    await nextTurn();
  }

  async finish(): Promise<void> {
    if (this.file === null || this.waiting[0].length > 0) await this.flush();
    await this.file?.writer.finish();
  }

  /** A new file with these columns, and in it what the last one had. */
  private async open(names: readonly string[]) {
    const last = `${this.path}.partial`;
    if (this.file !== null) {
      await this.file.writer.finish();
      await rename(this.path, last);
    }
    const opened = { writer: this.newWriter(names), names };
    if (this.file !== null) {
      await copyRows(last, opened.writer, names);
      await rm(last);
    }
    this.file = opened;
    return opened;
  }

  private newWriter(names: readonly string[]): ParquetWriter {
    const leaves = names.map(
      (name): SchemaElement => ({
        name,
        type: 'BYTE_ARRAY',
        converted_type: 'UTF8',
        repetition_type: this.columns[name] === 'required' ? 'REQUIRED' : 'OPTIONAL',
      }),
    );
    const schema: SchemaElement[] = [{ name: 'root', num_children: leaves.length }, ...leaves];
    return new ParquetWriter({ writer: fileWriter(this.path), schema, statistics: false, createdBy: 'plimsoll' });
  }
}

/** A row group at a time; columns that the file does not have are null. */
async function copyRows(path: string, writer: ParquetWriter, names: readonly string[]): Promise<void> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
    const columnData = names.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) }));
    await writer.write({ columnData, rowGroupSize: ROW_GROUP_ROWS });
    rowStart = rowEnd;
  }
}
