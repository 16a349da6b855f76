/** Reads a book in any of its three forms. Knows files and their layout; what an account or a market is, the model knows. */
import { stat } from 'node:fs/promises';
import { badInput } from '../model/errors.js';
import { instrumentsFromInput } from '../model/instrument-input.js';
import { member, place } from '../model/json-path.js';
import { ProblemList, show } from '../model/problems.js';
import { type BookCounts, type BookSink, Intake } from './intake.js';
import { parseJson, prefixOf } from './json.js';
import { readParquetBook } from './parquet-book.js';
import { fileError, readLines, readText } from './text.js';

/** What is made of a header before it is read, whatever it is. */
export type HeaderChange = (header: unknown) => unknown;

const asItIs: HeaderChange = (header) => header;

/**
 * Reads the book at `path` (a `.json` or `.jsonl` file, or a folder with `header.json`, `accounts.parquet` and
 * `positions.parquet`) into the sink and returns its counts. Throws a `PlimsollError`: `bad-input` with every problem (a header with problems
 * stops there), `nothing-to-do` for a book without accounts. `change` is for a book under other rules than its own. See docs/book-format.md.
 */
export async function readBook(path: string, sink: BookSink, change = asItIs): Promise<BookCounts> {
  const problems = new ProblemList();
  const intake = await (await readerOf(path))(path, sink, problems, change);
  problems.throwIfAny();
  if (intake.accounts === 0) throw badInput(path, 'at least one account', 'a book without accounts', 'nothing-to-do');
  return { accounts: intake.accounts, positions: intake.positions };
}

type Reader = (path: string, sink: BookSink, problems: ProblemList, change: HeaderChange) => Promise<Intake>;

async function readerOf(path: string): Promise<Reader> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError(path, 'a book: a .json or .jsonl file, or a folder of Parquet files', error);
  });
  if (stats.isDirectory()) return readParquetBook;
  if (path.endsWith('.json')) return readJsonBook;
  if (path.endsWith('.jsonl')) return readLinesBook;
  throw badInput(path, 'a name that ends in .json or .jsonl, or a folder of Parquet files', 'another file');
}

async function readJsonBook(path: string, sink: BookSink, problems: ProblemList, change: HeaderChange): Promise<Intake> {
  const prefix = prefixOf({ file: path });
  const book = parseJson(await readText(path), { file: path }, problems);
  if (book === undefined) throw problems.toError();
  const { accounts, ...header } = isObject(book) ? book : { accounts: [] };
  const instruments = instrumentsFromInput(change(isObject(book) ? header : book), prefix, problems);
  if (!Array.isArray(accounts)) problems.add(member(prefix, 'accounts'), 'an array of accounts', show(accounts));
  if (instruments === null || !Array.isArray(accounts)) throw problems.toError();
  const intake = new Intake(instruments, sink);
  for (let i = 0; i < accounts.length; i += 1) intake.take(accounts[i], `${prefix}accounts[${i}]`, problems);
  return intake;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readLinesBook(path: string, sink: BookSink, problems: ProblemList, change: HeaderChange): Promise<Intake> {
  let intake: Intake | null = null;
  await readLines(path, (text, line) => {
    const source = { file: path, line };
    const prefix = prefixOf(source);
    const value = parseJson(text, source, problems);
    if (intake === null) {
      const instruments = value === undefined ? null : instrumentsFromInput(change(value), prefix, problems);
      if (instruments === null) throw problems.toError();
      intake = new Intake(instruments, sink);
    } else if (value !== undefined) {
      intake.take(value, prefix, problems);
    }
  });
  if (intake === null) throw badInput(place(prefixOf({ file: path, line: 1 })), 'a header', 'the end of the file');
  return intake;
}
