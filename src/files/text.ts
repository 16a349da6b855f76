/** Text files as strings or lines, and their failures as one clear line. Knows nothing of what the text says. */
import { constants, isAscii, isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { badInput, type PlimsollError } from '../model/errors.js';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;
const UTF8_BYTES_MAX = constants.MAX_STRING_LENGTH;

/** A failed system call on `path` as bad input: `book.json: expected a file that can be read, was missing (ENOENT)`. */
export function fileError(path: string, expected: string, cause: unknown): PlimsollError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return badInput(path, expected, code === 'ENOENT' ? 'missing (ENOENT)' : code);
}

export async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw fileError(path, 'a file that can be read', error);
  }
}

/** The whole file, without a byte order mark. Throws bad input when it cannot be read, is no UTF-8 or too large for a string. */
export async function readText(path: string): Promise<string> {
  const handle = await openToRead(path);
  try {
    const { size } = await handle.stat();
    if (size > UTF8_BYTES_MAX) {
      throw badInput(path, `at most ${UTF8_BYTES_MAX} bytes (use JSON Lines or Parquet for a larger book)`, `${size} bytes`);
    }
    return decode(await readAll(handle, path), path, 1);
  } finally {
    await handle.close();
  }
}

async function readAll(handle: FileHandle, path: string): Promise<Buffer> {
  try {
    return await handle.readFile();
  } catch (error) {
    throw fileError(path, 'a file that can be read', error);
  }
}

/** Calls back for every line that is not blank, with its number from 1, holding a chunk of the file at a time. */
export async function readLines(path: string, onLine: (text: string, line: number) => void): Promise<void> {
  const handle = await openToRead(path);
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    let line = 1;
    for (;;) {
      if (filled === buffer.length) buffer = grown(buffer, path, line);
      const bytes = await readInto(handle, buffer, filled, path);
      filled += bytes;
      const end = bytes === 0 ? filled : buffer.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
      line = splitLines(decode(buffer.subarray(0, end), path, line), line, onLine);
      if (bytes === 0) return;
      buffer.copyWithin(0, end, filled);
      filled -= end;
    }
  } finally {
    await handle.close();
  }
}

async function readInto(handle: FileHandle, buffer: Buffer, offset: number, path: string): Promise<number> {
  try {
    return (await handle.read(buffer, offset, buffer.length - offset)).bytesRead;
  } catch (error) {
    throw fileError(path, 'a file that can be read', error);
  }
}

function grown(buffer: Buffer, path: string, line: number) {
  if (buffer.length >= UTF8_BYTES_MAX) {
    throw badInput(`${path}:${line}`, `a line of at most ${UTF8_BYTES_MAX} bytes`, 'a longer one');
  }
  const larger = Buffer.allocUnsafe(Math.min(buffer.length * 2, UTF8_BYTES_MAX));
  buffer.copy(larger);
  return larger;
}

function splitLines(text: string, firstLine: number, onLine: (text: string, line: number) => void): number {
  let line = firstLine;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const content = text.slice(start, end);
    if (content.trim() !== '') onLine(content, line);
    line += 1;
    start = end + 1;
  }
  return line;
}

function decode(bytes: Buffer, path: string, firstLine: number): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw badInput(`${path}:${badLine(bytes, firstLine)}`, 'UTF-8 text', 'bytes that are not');
  const text = bytes.toString('utf8');
  return firstLine === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** The number of the first line that is not UTF-8. */
function badLine(bytes: Buffer, firstLine: number): number {
  let line = firstLine;
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
  return line;
}
