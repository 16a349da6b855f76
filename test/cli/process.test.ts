/** The built command line as a process: needs `npm run build`. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, '../../dist/src/cli/main.js');

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function plimsoll(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('doctor --json describes the machine as JSON alone', async () => {
  const { code, stdout, stderr } = await plimsoll('doctor', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ version: 1, node: { version: process.version }, sharedArrayBuffer: true });
  const backends: { name: string; isAvailable: boolean; reason: string }[] = report.backends;
  expect(backends.map(({ name }) => name)).toEqual(['cuda', 'cpu', 'js', 'tfjs']);
  expect(backends.find(({ name }) => name === 'js')).toEqual({ name: 'js', isAvailable: true, reason: 'one thread' });
  for (const { reason } of backends) expect(reason).not.toBe('');
  expect(report.memory.total).toBeGreaterThan(2 ** 28);
});

test('doctor for people has the same in two tables', async () => {
  const { code, stdout } = await plimsoll('doctor');
  expect(code).toBe(0);
  expect(stdout).toContain(process.version);
  expect(stdout).toMatch(/^js +yes +one thread$/m);
});

test('a misspelt command exits 2 and is helped', async () => {
  const { code, stdout, stderr } = await plimsoll('doctr');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Did you mean doctor?');
});

test('--help exits 0 on stdout', async () => {
  const { code, stdout, stderr } = await plimsoll('--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Usage: plimsoll');
});

test('a reader that goes away is not an error', async () => {
  const child = spawn(process.execPath, [main, 'doctor', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
