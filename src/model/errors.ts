/** The two families of errors: `PlimsollError` (the caller's input or the machine; has a code) and `assert` (our bug). */

/**
 * The one table of error codes. `exit` is the command line's exit code; the key itself is what the wire sends in
 * `["error", id, code, text]`.
 */
export const ERROR_CODES = {
  'bad-usage': { exit: 2, meaning: 'a flag or argument is wrong' },
  'bad-input': { exit: 2, meaning: 'a file, record or message is not what the contract says' },
  'nothing-to-do': { exit: 3, meaning: 'the input is valid but there is nothing to work on' },
  overflow: { exit: 2, meaning: 'a number is beyond what the store holds exactly' },
  unauthorized: { exit: 2, meaning: 'the message needs a role that this connection does not have' },
  'unknown-topic': { exit: 2, meaning: 'no such topic' },
  'not-the-executor': { exit: 2, meaning: 'the message needs the executor lease' },
  'slow-consumer': { exit: 1, meaning: 'the client did not read fast enough' },
  'too-large': { exit: 2, meaning: 'a frame or batch is larger than the limit' },
  'too-many': { exit: 2, meaning: 'a count or rate is above the limit' },
  unavailable: { exit: 1, meaning: 'a resource of this machine could not be had' },
  internal: { exit: 1, meaning: 'a bug in plimsoll' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One thing wrong with an input: where it is, what was expected there and what was found. */
export interface Problem {
  /** A file with a JSON path or line, a flag, or a field of a message. */
  readonly where: string;
  readonly expected: string;
  /** As it should be printed: a JSON literal, `nothing`, a number. */
  readonly found: string;
}

export function formatProblem(problem: Problem): string {
  const { where, expected, found } = problem;
  return `${where}: expected ${expected}, was ${found}`;
}

/** An error of the caller's making or of the machine, with a code that the wire and the exit codes share. */
export class PlimsollError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PlimsollError';
    this.code = code;
    this.problems = options.problems ?? [];
  }
}

/** A `PlimsollError` for one problem: `where: expected X, was Y`. */
export function badInput(where: string, expected: string, found: string, code: ErrorCode = 'bad-input'): PlimsollError {
  const problem = { where, expected, found };
  return new PlimsollError(code, formatProblem(problem), { problems: [problem] });
}

/** Our bug: the state is no longer what the code relies on, so nothing further may be decided. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stays on in production: a scanner that has lost its own invariants must halt, not guess. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
