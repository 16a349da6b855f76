/** What an operator can tell the scanner to do, and how a batch says it. It must not know sockets, roles or what the commands need. */
import type { EngineLink } from '../engine/link.js';
import type { Problem } from '../model/errors.js';
import { ProblemList, show } from '../model/problems.js';
import { batchRows } from './batches.js';
import { ADMIN_COMMANDS, type AdminCommand, FIELDS } from './messages.js';

/** Each resolves with why it is not carried out. */
const COMMANDS: Readonly<Record<AdminCommand, (link: EngineLink) => Promise<readonly Problem[]>>> = {
  'resume-backend': (link) => link.resumeBackend(),
};

/**
 * Carries out the commands of a batch in order, up to the first that is refused; resolves with its problems. Rejects with a `PlimsollError`
 * `bad-input` that lists what is wrong with the rows: then none was carried out.
 */
export async function carryOut(rows: unknown, link: EngineLink): Promise<readonly Problem[]> {
  for (const command of readCommands(rows)) {
    const problems = await COMMANDS[command](link);
    if (problems.length > 0) return problems;
  }
  return [];
}

/** Each stands once: ten thousand times would be as many attempts on a broken device. */
function readCommands(rows: unknown): ReadonlySet<AdminCommand> {
  const problems = new ProblemList();
  const commands = new Set<AdminCommand>();
  for (const [i, row] of batchRows(rows).entries()) {
    if (!Array.isArray(row) || row.length !== FIELDS.admin.length) {
      const found = Array.isArray(row) ? `${row.length} columns` : show(row);
      problems.add(`rows[${i}]`, `the columns ${FIELDS.admin.join(', ')}`, found);
      continue;
    }
    const command = ADMIN_COMMANDS.find((name) => name === row[0]);
    const where = `rows[${i}].command`;
    if (command === undefined) problems.add(where, ADMIN_COMMANDS.map((name) => `"${name}"`).join(' or '), show(row[0]));
    else if (commands.has(command)) problems.add(where, 'each command once', `"${command}" again`);
    else commands.add(command);
  }
  problems.throwIfAny();
  return commands;
}
