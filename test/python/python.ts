/** Debian's own python3 as a subscriber: starts client.py, reads what it prints, kills it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('client.py', import.meta.url));

export interface Line {
  readonly type: string;
  readonly topic: 'signals' | 'orders' | 'cases';
  readonly epoch: string;
  readonly seq: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface PythonClient {
  readonly process: ChildProcess;
  readonly lines: Line[];
  stderr(): string;
}

/** Against any gateway: the url of a real `serve` does as well. */
export function startPython(url: string, resume: readonly string[] = []): PythonClient {
  const process = spawn(PYTHON, [SCRIPT, url, ...resume], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Line[] = [];
  createInterface({ input: process.stdout }).on('line', (line) => {
    try {
      lines.push(JSON.parse(line));
    } catch (error) {
      // Killed in the middle of its last line: it has not said it.
      if (!process.killed) throw error;
    }
  });
  let stderr = '';
  process.stderr.on('data', (text) => {
    stderr += text;
  });
  return { process, lines, stderr: () => stderr };
}

/** Resolves once everything that it said before it died is in its lines. */
export async function killed({ process }: PythonClient): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const closed = new Promise((resolve) => process.once('close', resolve));
  process.kill('SIGKILL');
  await closed;
}

const missing = (() => {
  const probe = spawnSync(PYTHON, ['-c', 'import msgpack, websockets'], { encoding: 'utf8' });
  return probe.status === 0 ? null : (probe.error?.message ?? probe.stderr.trim().split('\n').at(-1) ?? 'unknown');
})();

/** Without the modules a test has nothing to run: it fails in CI, and elsewhere it is skipped with the reason. */
export function requirePython(context: TestContext): void {
  if (missing === null) return;
  const reason = `${PYTHON} lacks python3-msgpack or python3-websockets (apt-get install them): ${missing}`;
  if (process.env.CI !== undefined) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  context.skip(reason);
}

/** What python printed of a topic after its snapshot. */
export const heard = (lines: readonly Line[], topic: string) => lines.filter((line) => line.type === topic);
export const lastSeq = (lines: readonly Line[], topic: string) => lines.filter((line) => line.topic === topic).at(-1)?.seq ?? 0;
