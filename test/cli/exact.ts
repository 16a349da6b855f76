/** The independent calculation of exact.py, run once over many books. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { HandBook } from './hand-books.js';
import { write } from './plimsoll.js';

export interface Expected {
  readonly name: string;
  readonly book: string;
  readonly marks: string;
  /** What `scan --json` prints, without its newline. */
  readonly scan: string;
  /** By account: what `explain --json` prints. */
  readonly explain: ReadonlyMap<string, string>;
}

export function workOut(books: readonly HandBook[]): Expected[] {
  const paths = books.map(({ name, book, ...prices }) => [
    write(`${name}.json`, book),
    write(`${name}-marks.json`, { version: 1, ...prices }),
  ]);
  const script = join(import.meta.dirname, 'exact.py');
  const output = execFileSync('/usr/bin/python3', [script, ...paths.flat()], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const lines = output.trimEnd().split('\n');
  return books.map(({ name }, i) => {
    const { scan, explain } = JSON.parse(lines[i]) as { scan: unknown; explain: Record<string, unknown> };
    const texts = Object.entries(explain).map(([account, value]) => [account, JSON.stringify(value)] as const);
    return { name, book: paths[i][0], marks: paths[i][1], scan: JSON.stringify(scan), explain: new Map(texts) };
  });
}
