/** Turns whatever ended a command into lines on stderr and an exit code. The codes themselves are in the model's one table. */
import { CommanderError } from 'commander';
import { ERROR_CODES, PlimsollError } from '../model/errors.js';
import type { Io } from './io.js';

export const EXIT_DONE = 0;
export const EXIT_INTERNAL = ERROR_CODES.internal.exit;
export const EXIT_BAD_USAGE = ERROR_CODES['bad-usage'].exit;
export const EXIT_INTERRUPTED = 130;

/** Prints the error and returns the exit code. `PLIMSOLL_DEBUG` adds the stack. */
export function reportError(error: unknown, io: Pick<Io, 'stderr' | 'env'>): number {
  // Commander has already printed what was wrong, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_BAD_USAGE;

  const exit = error instanceof PlimsollError ? ERROR_CODES[error.code].exit : EXIT_INTERNAL;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PlimsollError && error.code !== 'internal') {
    io.stderr.write(`${message}\n`);
  } else if (isSystemError(error)) {
    io.stderr.write(`plimsoll: ${message}\n`);
  } else {
    io.stderr.write(`plimsoll: internal error: ${message}\n`);
    io.stderr.write(
      'This is a bug. Please open an issue with this message, the command and the output of "plimsoll doctor --json".\n',
    );
  }
  if (io.env.PLIMSOLL_DEBUG) io.stderr.write(`${stacks(error)}\n`);
  return exit;
}

/** A full disk, a port in use: the machine's trouble, not a bug. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function stacks(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stacks(error.cause)}`;
}
