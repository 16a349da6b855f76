/** The command line as a function: arguments in, exit code out. Must not touch the process; that is main.ts. */
import { Command } from 'commander';
import { VERSION } from '../app/version.js';
import { badInput } from '../model/errors.js';
import { show } from '../model/problems.js';
import type { CommandEntry, CommandModule } from './command.js';
import { COMMANDS } from './commands.js';
import { EXIT_DONE, EXIT_INTERRUPTED, reportError } from './errors.js';
import type { Io } from './io.js';

/** Runs one command line (without node and script) to its end. Never throws; the exit codes are those of the contract. */
export async function runCli(argv: readonly string[], io: Io, commands: readonly CommandEntry[] = COMMANDS): Promise<number> {
  try {
    const program = await buildProgram(argv, io, commands);
    const run = program.parseAsync(argv, { from: 'user' });
    // An interrupted command is not waited for: its hooks have closed what it held.
    await Promise.race([run, io.interrupts.done]);
    return io.interrupts.requested ? await interrupted(io) : EXIT_DONE;
  } catch (error) {
    // Closing what a command is using may well make it fail: that is not news.
    if (io.interrupts.requested) return interrupted(io);
    return reportError(error, io);
  }
}

async function interrupted(io: Io): Promise<number> {
  try {
    await io.interrupts.done;
  } catch (error) {
    reportError(error, io);
  }
  return EXIT_INTERRUPTED;
}

async function buildProgram(argv: readonly string[], io: Io, commands: readonly CommandEntry[]): Promise<Command> {
  const program = new Command('plimsoll')
    .description('Real-time liquidation scanner: every account revalued on every mark-price tick, decided exactly.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 internal failure, 2 bad usage or input, 3 nothing to work on, 130 interrupted.',
    );
  // A first word that is no command is a slip of the pen, not an argument of the default command.
  const useDefault = argv.length === 0 || argv[0].startsWith('-');
  for (const entry of commands) {
    const isDefault = useDefault && entry.isDefault === true;
    const command = program.command(entry.name, { isDefault }).description(entry.summary).allowExcessArguments(false);
    if (isDefault || argv.includes(entry.name)) configure(command, (await entry.load()).command, io);
  }
  return program;
}

function configure(command: Command, module: CommandModule, io: Io): void {
  module.configure(command);
  refuseSecondValues(command, module.repeatable ?? []);
  command.addHelpText('after', ['', 'Examples:', ...module.examples.map((example) => `  plimsoll ${example}`)].join('\n'));
  command.action(() => module.run(command, io));
}

/** Commander keeps the last of several values, so that of the others nobody would hear. */
function refuseSecondValues(command: Command, repeatable: readonly string[]): void {
  for (const option of command.options) {
    const flag = option.long ?? option.flags;
    if (!option.required || repeatable.includes(flag)) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, (value: string) => {
      if (isGiven) throw badInput(flag, 'one value', `another, ${show(value)}`, 'bad-usage');
      isGiven = true;
    });
  }
}
