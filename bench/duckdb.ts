/**
 * The same question to DuckDB: account-ordered rows in a table, the requirement's tier by its notional, one group by. It is a peer that users do
 * not install: without the package there is nothing to compare with.
 */
import type { DuckDBConnection, DuckDBInstance, DuckDBType } from '@duckdb/node-api';
import { PlimsollError } from '../src/model/errors.js';
import type { PlainLoop } from './plain-loop.js';

type DuckDb = typeof import('@duckdb/node-api');

/** Rows of one of its vectors. */
const VECTOR_ROWS = 2048;

type Column = Float64Array | Uint32Array | Uint16Array;

async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new PlimsollError('unavailable', '@duckdb/node-api is not installed', { cause });
  }
}

/**
 * Of what says the same in SQL (a range join with a table of tiers, an ASOF join, `greatest` over all tiers, CASE from the top or from the bottom)
 * CASE from the bottom is the fastest, by two to five times: most positions are on the first tier.
 */
function question(tiers: number): string {
  const need = (tier: number): string => `r${tier} * n - d${tier}`;
  const whens = Array.from({ length: tiers - 1 }, (_, tier) => `WHEN n < f${tier + 1} THEN ${need(tier)}`);
  const requirement = tiers === 1 ? need(0) : `CASE ${whens.join(' ')} ELSE ${need(tiers - 1)} END`;
  return `
    SELECT count(*) FROM (
      SELECT portfolio, sum(pnl) AS pnl, sum(${requirement}) AS need
      FROM (SELECT *, size * (mark - entry) AS pnl, abs(size * mark) AS n FROM positions JOIN markets USING (market))
      GROUP BY portfolio
    ) JOIN portfolios USING (portfolio)
    WHERE cash + pnl < need`;
}

export class DuckDbBook {
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;
  private readonly sql: string;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, sql: string) {
    this.instance = instance;
    this.connection = connection;
    this.sql = sql;
  }

  /** Throws `unavailable` where the package is not installed. */
  static async load(plain: PlainLoop): Promise<DuckDbBook> {
    const duckdb = await loadDuckDb();
    const instance = await duckdb.DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const { UINTEGER, USMALLINT, DOUBLE } = duckdb;
    const append = async (table: string, columns: readonly (readonly [string, DuckDBType, Column])[]): Promise<void> => {
      await connection.run(`CREATE TABLE ${table} (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`);
      const types = columns.map(([, type]) => type);
      const appender = await connection.createAppender(table);
      const rows = columns[0][2].length;
      for (let at = 0; at < rows; at += VECTOR_ROWS) {
        const chunk = duckdb.DuckDBDataChunk.create(types, Math.min(VECTOR_ROWS, rows - at));
        for (const [c, [, , column]] of columns.entries()) chunk.setColumnValues(c, [...column.subarray(at, at + VECTOR_ROWS)]);
        appender.appendDataChunk(chunk);
      }
      appender.closeSync();
    };
    const { tables, ...rows } = plain.columns();
    await append('positions', [
      ['portfolio', UINTEGER, rows.portfolio],
      ['market', USMALLINT, rows.market],
      ['size', DOUBLE, rows.size],
      ['entry', DOUBLE, rows.entry],
    ]);
    await append('portfolios', [
      ['portfolio', UINTEGER, rows.cash.map((_, p) => p)],
      ['cash', DOUBLE, rows.cash],
    ]);
    await append('markets', [
      ['market', USMALLINT, rows.marks.map((_, market) => market)],
      ['mark', DOUBLE, rows.marks],
      ...tables.flatMap(({ floor, rate, deduction }, tier): [string, DuckDBType, Column][] => [
        [`f${tier}`, DOUBLE, floor],
        [`r${tier}`, DOUBLE, rate],
        [`d${tier}`, DOUBLE, deduction],
      ]),
    ]);
    return new DuckDbBook(instance, connection, question(tables.length));
  }

  async setThreads(threads: number): Promise<void> {
    await this.connection.run(`SET threads = ${threads}`);
  }

  /** How many portfolios are below their maintenance. */
  async count(): Promise<number> {
    const read = await this.connection.runAndReadAll(this.sql);
    return Number(read.getRows()[0][0]);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
