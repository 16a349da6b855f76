/** The list of commands, in the order in which `plimsoll --help` shows them. */
import type { CommandEntry } from './command.js';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'the scanner, with a gateway on 127.0.0.1; with nothing said, over a made-up venue',
    isDefault: true,
    load: () => import('./commands/serve.js'),
  },
  { name: 'replay', summary: 'real price history through the whole pipeline', load: () => import('./commands/replay.js') },
  { name: 'bench', summary: 'the benchmarks, with the machine described', load: () => import('./commands/bench.js') },
  { name: 'doctor', summary: 'what this machine offers and which backends can run', load: () => import('./commands/doctor.js') },
];
