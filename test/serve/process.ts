/** Starts the built command line as a process, as a user does, and sees to it that nothing of it outlives the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../gateway/helpers.js';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist/build.tsbuildinfo');
export const MAIN = join(ROOT, 'dist/src/cli/main.js');

function newestMs(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return Math.max(
    ...entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs),
  );
}

let isBuilt = false;

/** What runs from `dist` must be what is in `src`: says so at once, not by a test that fails strangely. Looks once. */
function requireBuild(): void {
  if (isBuilt) return;
  const remedy = 'run `rm -rf dist && npm run build`';
  if (!existsSync(MAIN) || !existsSync(BUILT)) throw new Error(`expected the built command line in dist: ${remedy}`);
  for (const name of ['src', 'feeds', 'bench']) {
    if (newestMs(join(ROOT, name)) > statSync(BUILT).mtimeMs)
      throw new Error(`expected dist to be newer than ${name}: ${remedy}`);
  }
  isBuilt = true;
}

/** A module of the build, with the types of its source. */
export async function built<Module>(path: string): Promise<Module> {
  requireBuild();
  return (await import(join(ROOT, 'dist', path))) as Module;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Started {
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout(): string;
  stderr(): string;
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of node itself. */
  readonly nodeArgs?: readonly string[];
  /** Until it must be ready (10). */
  readonly seconds?: number;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs node with a script and its arguments. */
export function startScript(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return { process: child, exited, stdout: () => stdout, stderr: () => stderr };
}

export function startPlimsoll(args: readonly string[], { env = {}, nodeArgs = [] }: StartOptions = {}): Started {
  requireBuild();
  return startScript([...nodeArgs, MAIN, ...args], env);
}

/** Runs a command to its end. */
export async function plimsoll(...args: string[]): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const started = startPlimsoll(args);
  const exit = await started.exited;
  return { ...exit, stdout: started.stdout(), stderr: started.stderr() };
}

export async function killed({ process: child, exited }: Started): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}

/** Kills whatever this test file has started and has not ended. */
export async function killAll(): Promise<void> {
  const gone = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(gone);
}

export interface Served extends Started {
  readonly url: string;
  readonly http: string;
  readonly operatorToken: string;
  /** The text in its place with the paper venue. */
  readonly executorToken: string;
}

/** `serve --port 0 …`, once it has said where it is. */
export async function startServe(args: readonly string[], options: StartOptions = {}): Promise<Served> {
  const started = startPlimsoll(['serve', '--port', '0', ...args], options);
  const { process: child, stdout, stderr } = started;
  const isReady = (): boolean => stdout().includes('Ctrl-C ends it.\n');
  await until(() => isReady() || child.exitCode !== null, `serve to be ready (${stderr()})`, options.seconds);
  if (!isReady()) throw new Error(`expected serve to start, was: ${stderr()}`);
  const said = (name: string): string => new RegExp(`^${name} +(.*)$`, 'm').exec(stdout())?.[1] ?? '';
  return {
    ...started,
    url: said('stream').split(' ')[0],
    http: said('status').replace(/\/$/, ''),
    operatorToken: said('operator'),
    executorToken: said('executor'),
  };
}

/** Bytes of memory that a process holds. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** The counters of `/v1/stats`. */
export async function statsOf(http: string): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${http}/v1/stats`);
  return ((await response.json()) as { stats: Record<string, number> }).stats;
}

/** The same, once something holds of them. */
export async function statsWhen(
  http: string,
  holds: (stats: Readonly<Record<string, number>>) => boolean,
  what: string,
): Promise<Readonly<Record<string, number>>> {
  for (let i = 0; i < 400; i += 1) {
    const stats = await statsOf(http);
    if (holds(stats)) return stats;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`expected ${what}, which never came`);
}

/** A counter or gauge of `/metrics` that has no labels. */
export async function metricOf(http: string, name: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(new RegExp(`^plimsoll_${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
