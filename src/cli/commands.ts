/** The list of commands, in the order in which `plimsoll --help` shows them. */
import type { CommandEntry } from './command.js';

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'doctor', summary: 'what this machine offers and which backends can run', load: () => import('./commands/doctor.js') },
];
