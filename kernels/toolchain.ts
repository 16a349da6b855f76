/** Compilers: where they are, which one it is without starting it, and running several commands at once. Must not know what is compiled. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

export interface Compiler {
  readonly path: string;
  /** Changes when the compiler does: path, size and time of the file, so that it need not be asked. */
  readonly identity: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the toolkit installs itself, which its installer leaves off the PATH. */
const CUDA_HOME = '/usr/local/cuda';

export function gxx(env: Environment): Promise<Compiler | null> {
  return find('g++', pathOf(env));
}

export function nvcc(env: Environment): Promise<Compiler | null> {
  return find('nvcc', [...pathOf(env), join(env.CUDA_HOME ?? CUDA_HOME, 'bin')]);
}

function pathOf(env: Environment): string[] {
  return (env.PATH ?? '').split(delimiter).filter(isAbsolute);
}

async function find(name: string, folders: readonly string[]): Promise<Compiler | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      const { size, mtimeMs } = await stat(path);
      return { path, identity: `${path} ${size} ${mtimeMs}` };
    } catch {}
  }
  return null;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** How a command ended: what it printed, and whether it did its work. */
export interface Ended {
  readonly isDone: boolean;
  readonly text: string;
}

/** Runs all of them in a folder, as many at once as there are processors; starts none after one that failed. */
export async function runAll(commands: readonly Command[], cwd: string): Promise<Ended> {
  const waiting = [...commands];
  const texts: string[] = [];
  let isDone = true;
  const work = async (): Promise<void> => {
    for (let command = waiting.shift(); command !== undefined && isDone; command = waiting.shift()) {
      const ended = await run(command, cwd);
      if (ended.text !== '') texts.push(ended.text);
      isDone &&= ended.isDone;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { isDone, text: texts.join('\n') };
}

function run({ program, args }: Command, cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    let text = '';
    const child = spawn(program, args, { cwd, env: { ...process.env, LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    child.once('error', (error) => resolve({ isDone: false, text: `${program}: ${error.message}` }));
    child.once('close', (code) => resolve({ isDone: code === 0, text: text.trim() }));
  });
}
