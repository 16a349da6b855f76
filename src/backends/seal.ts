/**
 * The end of a native library's file: a checksum of all that stands before it, which the system's loader does not read. Loading a damaged
 * library ends the process, by SIGBUS or SIGSEGV, instead of throwing; so the file is held against its seal first.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const MARK = '\nplimsoll sha256 ';
const SEAL_LENGTH = MARK.length + 64;

/** What to write behind a library. */
export function sealOf(library: Uint8Array): string {
  return MARK + createHash('sha256').update(library).digest('hex');
}

/** Throws when a file is not what the build has written. */
export function requireSealed(path: string): void {
  const file = readFileSync(path);
  const end = file.length - SEAL_LENGTH;
  if (end < 0 || file.toString('latin1', end) !== sealOf(file.subarray(0, end)))
    throw new Error('damaged, or not built by npm run build:native');
}
