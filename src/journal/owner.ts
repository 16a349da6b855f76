/** Which process writes a journal, and whether it still lives. A process id alone is not enough: ids come again. */
import { readFileSync } from 'node:fs';
import type { Owner } from './layout.js';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** Of /proc/<pid>/stat, counted behind the name, which may have spaces and parentheses: the 22nd of all. */
const START_FIELD = 19;

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? null;
}

export function thisProcess(): Owner {
  return { pid: process.pid, started: startOf(process.pid), boot: read(BOOT_ID) };
}

/** Whether the process is still there, as far as this one can see (not into other containers). */
export function isAlive({ pid, started, boot }: Owner): boolean {
  if (boot !== read(BOOT_ID)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === started;
}
