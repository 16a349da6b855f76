#!/usr/bin/env node
/** The process around the command line: signals, broken pipes and the exit code. Must not know any command. */
import { EXIT_DONE, EXIT_INTERRUPTED, reportError } from './errors.js';
import { Interrupts } from './interrupts.js';
import { runCli } from './run.js';

const { stdout, stderr, env } = process;
const interrupts = new Interrupts();
const io = { stdout, stderr, env, interrupts };

// A failure outside of the command's own promise, in a socket's callback say, ends the process in the same words.
process.on('uncaughtException', (error) => process.exit(reportError(error, io)));

function onSignal(): void {
  // Who presses Ctrl-C twice does not want to wait for the cleaning up.
  if (interrupts.requested) process.exit(EXIT_INTERRUPTED);
  interrupts.interrupt();
}
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

// `plimsoll scan | head` ends when head does: what is open is closed, and nobody is told.
let isPipeBroken = false;
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isPipeBroken = true;
    interrupts.interrupt();
  });
}

const code = await runCli(process.argv.slice(2), io);
process.exitCode = isPipeBroken && code === EXIT_INTERRUPTED ? EXIT_DONE : code;
// Whatever an interrupted command was still doing is not waited for.
if (interrupts.requested) process.exit();
