/** Copies of the built checkout in folders of their own, to break: tests run side by side, and the real kernels/build is everybody's. */
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll } from 'vitest';
import { sealOf } from '../../src/backends/seal.js';
import { built } from '../serve/process.js';

export const ROOT = join(import.meta.dirname, '../..');
export const BOOK = join(ROOT, 'docs/examples/book.json');
export const MARKS = join(ROOT, 'docs/examples/marks.json');

/** This machine's compiler, where it has one: the product needs none, and neither do the tests. */
const GXX = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'g++'))
  .find((path) => existsSync(path));
export const hasCompiler = GXX !== undefined;

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-delivery-'));
  made.push(folder);
  return folder;
}

/** What building the native parts needs of a checkout that has run `npm ci`. */
export const TO_BUILD = ['package.json', 'dist/kernels', 'dist/src/backends', ...sources()];
/** What the command line needs. */
export const TO_RUN = ['package.json', 'policies', 'rules', 'dist/src', 'dist/feeds'];

/** Without what they build to. */
function sources(): string[] {
  return readdirSync(join(ROOT, 'kernels'))
    .filter((name) => name !== 'build')
    .map((name) => `kernels/${name}`);
}

export async function checkout(parts: readonly string[]): Promise<string> {
  // Says so when dist is older than src.
  await built('src/index.js');
  const folder = temporary();
  for (const name of parts) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  // All that is installed but TensorFlow.js, which doctor would load each time.
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => each !== '@tensorflow'))
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

export interface Outcome {
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string>>;

/** Runs node in a folder. Nothing of the environment but what is given. */
export function node(folder: string, args: readonly string[], env: Environment = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, signal: error?.signal ?? null, stdout, stderr });
    });
  });
}

/** The build of the native parts, with these folders as PATH. */
export function build(folder: string, path: string, ...args: string[]): Promise<Outcome> {
  return node(folder, ['dist/kernels/build.js', ...args], { PATH: path, CUDA_HOME: '/nonexistent' });
}

export function cli(folder: string, ...args: string[]): Promise<Outcome> {
  return node(folder, ['dist/src/cli/main.js', ...args]);
}

/** Compiles C++ into a shared library; returns what it is made of. */
export function compiled(text: string, ...flags: string[]): Buffer {
  const source = join(temporary(), 'library.cpp');
  writeFileSync(source, text);
  execFileSync(String(GXX), ['-std=c++17', '-shared', '-fPIC', ...flags, source, '-o', `${source}.so`]);
  return readFileSync(`${source}.so`);
}

/** As the build leaves it. */
export function sealed(library: Buffer): Buffer {
  return Buffer.concat([library, Buffer.from(sealOf(library))]);
}

/** A script for sh. */
export function program(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
