/** What a command may touch of the process it runs in. Knows no command. */
import type { Interrupts } from './interrupts.js';

/** The part of a stream that the command line writes to, so that tests can hand in their own. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Data goes to `stdout`; logs, progress and errors to `stderr`. */
export interface Io {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupts: Interrupts;
}
