/** The command line for tests: the built one as a process (needs `npm run build`), and the same in this process. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import { recordingIo } from './streams.js';

export const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a user runs it. */
export function spawned(...args: string[]): Promise<Outcome> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN}: expected the built command line, was missing: npm run build`);
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** The same without a process: for many runs. */
export async function inProcess(...args: string[]): Promise<Outcome> {
  const io = recordingIo();
  const code = await runCli(args, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A path in a folder of this test file, gone afterwards. */
export function pathOf(name: string): string {
  return join(folder, name);
}

export function write(name: string, content: string | Uint8Array | object): string {
  const plain = typeof content === 'object' && !(content instanceof Uint8Array);
  writeFileSync(pathOf(name), plain ? JSON.stringify(content) : content);
  return pathOf(name);
}
