/** Writes one Parquet file of a journal's records, a row group at a time. Knows columns, nothing of what a record is. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';

export interface RecordRow {
  readonly seq: number;
  readonly epoch: number;
  readonly timeUs: number;
  readonly type: string;
  /** How many marks, rows, fills or the like it has. */
  readonly items: number;
  /** Hex, of the chain. */
  readonly hash: string;
  /** As JSON. */
  readonly payload: string;
}

const INTEGERS = ['seq', 'epoch', 'timeUs', 'items'] as const;
const TEXTS = ['type', 'hash', 'payload'] as const;
const GROUP_ROWS = 50_000;
const GROUP_CHARACTERS = 1 << 24;

export class RecordTable {
  private readonly writer: ParquetWriter;
  private waiting: RecordRow[] = [];
  private characters = 0;

  constructor(path: string) {
    const integers = INTEGERS.map((name): SchemaElement => ({ name, type: 'INT64', repetition_type: 'REQUIRED' }));
    const texts = TEXTS.map(
      (name): SchemaElement => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' }),
    );
    const schema: SchemaElement[] = [{ name: 'root', num_children: integers.length + texts.length }, ...integers, ...texts];
    this.writer = new ParquetWriter({ writer: fileWriter(path), schema, statistics: true, createdBy: 'plimsoll' });
  }

  async add(row: RecordRow): Promise<void> {
    this.waiting.push(row);
    this.characters += row.payload.length;
    if (this.waiting.length >= GROUP_ROWS || this.characters >= GROUP_CHARACTERS) await this.flush();
  }

  async finish(): Promise<void> {
    await this.flush();
    await this.writer.finish();
  }

  private async flush(): Promise<void> {
    const rows = this.waiting;
    this.waiting = [];
    this.characters = 0;
    const integers = INTEGERS.map((name) => ({ name, data: rows.map((row) => BigInt(row[name])) }));
    const texts = TEXTS.map((name) => ({ name, data: rows.map((row) => row[name]) }));
    await this.writer.write({ columnData: [...integers, ...texts], rowGroupSize: GROUP_ROWS });
    // The library writes synchronously: let signals and timers have their turn.
    await nextTurn();
  }
}
