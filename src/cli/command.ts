/** The form that every command of the command line has. */
import type { Command } from 'commander';
import type { Io } from './io.js';

/** What a command's own file exports as `command`. It is loaded only when the command line mentions it. */
export interface CommandModule {
  /** Without the leading `plimsoll`; shown at the end of the command's help. */
  readonly examples: readonly string[];
  /** Options that may be given more than once: `--index`. Of every other that takes a value, a second is bad usage. */
  readonly repeatable?: readonly string[];
  /** Declares arguments and options. */
  configure(command: Command): void;
  /** Throws `PlimsollError` for what the user has to mend. The arguments and options are those of `parsed`. */
  run(parsed: Command, io: Io): Promise<void>;
}

/** What the shell knows of a command without loading it. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `plimsoll --help`. */
  readonly summary: string;
  /** Runs when the command line names no command. */
  readonly isDefault?: true;
  load(): Promise<{ readonly command: CommandModule }>;
}
