/** The list of commands, in the order in which `plimsoll --help` shows them. */
import type { CommandEntry } from './command.js';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'the scanner, with a gateway on 127.0.0.1; with nothing said, over a made-up venue',
    isDefault: true,
    load: () => import('./commands/serve.js'),
  },
  { name: 'scan', summary: 'one scan of a book at given marks, ranked by deficit', load: () => import('./commands/scan.js') },
  { name: 'explain', summary: 'one account, with every term of its figures', load: () => import('./commands/explain.js') },
  {
    name: 'adl',
    summary: 'who would be deleveraged now, and how near an account is to it',
    load: () => import('./commands/adl.js'),
  },
  {
    name: 'rules',
    summary: 'rule sets: list, show, check a file, import leverage tiers',
    load: () => import('./commands/rules.js'),
  },
  {
    name: 'compare',
    summary: 'a book under two rule sets: whose ratio changes, who would be liquidated',
    load: () => import('./commands/compare.js'),
  },
  { name: 'replay', summary: 'real price history through the whole pipeline', load: () => import('./commands/replay.js') },
  {
    name: 'generate',
    summary: 'a made-up book on disk, the same for the same seed',
    load: () => import('./commands/generate.js'),
  },
  {
    name: 'journal',
    summary: 'a journal that serve has kept: verify it, dump or export its records',
    load: () => import('./commands/journal.js'),
  },
  {
    name: 'why',
    summary: 'why an order was made, or what became of a case, from a journal',
    load: () => import('./commands/why.js'),
  },
  { name: 'tail', summary: 'what a gateway says, a line each', load: () => import('./commands/tail.js') },
  { name: 'bench', summary: 'the benchmarks, with the machine described', load: () => import('./commands/bench.js') },
  { name: 'doctor', summary: 'what this machine offers and which backends can run', load: () => import('./commands/doctor.js') },
];
