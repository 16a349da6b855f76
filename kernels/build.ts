/**
 * Builds what is native of a checkout, when its compilers are there and something has changed, and says in one line what is used otherwise.
 * Exits 0 all the same, as everything works without; with `--required`, 1 when the addon could not be built or either did not compile.
 */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD, CUDA, commandsOf, filesOf, KERNELS, type Library, NATIVE } from './libraries.js';
import { hashOfSources, install, readStamp, remove } from './stamp.js';
import { type Compiler, gxx, nvcc, runAll } from './toolchain.js';

type Result =
  | { readonly kind: 'kept' }
  | { readonly kind: 'built'; readonly seconds: number; readonly warnings: string }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'impossible'; readonly reason: string };

/** Compilers of a library, the one that is called first; what is missing stands as its name. */
type Compilers = readonly (Compiler | string)[];

/** Lines of a compiler's message that are shown: the first tells. */
const LINES_SHOWN = 8;
/** Age from which a draft is taken for that of a build that was killed. */
const DRAFT_AGE_MS = 3_600_000;

/** A disk that is full or may not be written is no reason not to start. */
async function bring(library: Library, compilers: Compilers): Promise<Result> {
  try {
    return await compare(library, compilers);
  } catch (error) {
    return { kind: 'impossible', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function compare(library: Library, compilers: Compilers): Promise<Result> {
  const sources = await hashOfSources(library);
  const stamp = await readStamp(library);
  const isSame = stamp?.sources === sources;
  const missing = compilers.find((compiler) => typeof compiler === 'string');
  if (missing !== undefined) {
    if (isSame) return { kind: 'kept' };
    await remove(library);
    return { kind: 'absent', reason: `no ${missing} found` };
  }
  const found = compilers.filter((compiler) => typeof compiler !== 'string');
  const identity = found.map((compiler) => compiler.identity).join('\n');
  if (isSame && stamp?.compilers === identity) return { kind: 'kept' };
  return build(library, found[0], { sources, compilers: identity });
}

async function build(library: Library, compiler: Compiler, made: { sources: string; compilers: string }): Promise<Result> {
  const started = process.hrtime.bigint();
  await mkdir(BUILD, { recursive: true });
  const folder = await mkdtemp(join(BUILD, 'draft-'));
  try {
    const { compile, link } = await commandsOf(library, compiler, folder);
    const compiled = await runAll(compile, KERNELS);
    const linked = compiled.isDone ? await runAll([link], KERNELS) : compiled;
    if (!linked.isDone) {
      // What was there is of other sources: it would be taken for these.
      await remove(library);
      return { kind: 'failed', text: linked.text };
    }
    const warnings = [compiled.text, linked.text].filter((text) => text !== '').join('\n');
    await install(library, folder, { ...made, warnings });
    return { kind: 'built', seconds: Number(process.hrtime.bigint() - started) / 1e9, warnings };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what builds that were killed have left; another's that is under way stays. */
async function sweep(): Promise<void> {
  const names = await readdir(BUILD).catch(() => []);
  for (const name of names.filter((each) => each.startsWith('draft-'))) {
    const folder = join(BUILD, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < Date.now() - DRAFT_AGE_MS) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The part of the one line that is about a library; null when there is nothing to say. */
function clauseOf({ name, file }: Library, result: Result): string | null {
  const without = name === 'native' ? 'the js backend is used' : 'there is no cuda backend';
  switch (result.kind) {
    case 'kept':
      return null;
    case 'built':
      return `${file} built in ${result.seconds.toFixed(1)} s${result.warnings === '' ? '' : ', with warnings'}`;
    case 'absent':
      return `${result.reason}, so ${without}`;
    case 'failed':
      return `${file} did not compile, so ${without}`;
    case 'impossible':
      return `${file} could not be built (${result.reason}), so ${without}`;
  }
}

function excerpt(text: string): string {
  const lines = text.split('\n');
  const more = lines.length > LINES_SHOWN ? [`… ${lines.length - LINES_SHOWN} more lines`] : [];
  return [...lines.slice(0, LINES_SHOWN), ...more].map((line) => `  ${line}\n`).join('');
}

async function main(isRequired: boolean): Promise<number> {
  const say = (text: string): boolean => process.stderr.write(text);
  if (process.platform !== 'linux') {
    say('native: built on Linux only, so the js backend is used\n');
    return isRequired ? 1 : 0;
  }
  await sweep();
  const host = (await gxx(process.env)) ?? 'g++';
  const device = (await nvcc(process.env)) ?? 'nvcc';
  const results: [Library, Result][] = [[NATIVE, await bring(NATIVE, [host])]];
  const hasCuda = (await filesOf(CUDA)).some((file) => CUDA.sources.test(file));
  // The addon opens the library, which is of no use alone.
  if (hasCuda && ['kept', 'built'].includes(results[0][1].kind)) results.push([CUDA, await bring(CUDA, [device, host])]);
  const clauses = results.map(([library, result]) => clauseOf(library, result)).filter((clause) => clause !== null);
  if (clauses.length > 0) say(`native: ${clauses.join('; ')}\n`);
  for (const [, result] of results) {
    if (result.kind === 'failed') say(excerpt(result.text));
    if (result.kind === 'built' && result.warnings !== '') say(excerpt(result.warnings));
  }
  const [[, addon]] = results;
  const isBroken = addon.kind === 'absent' || results.some(([, { kind }]) => kind === 'failed' || kind === 'impossible');
  return isRequired && isBroken ? 1 : 0;
}

process.exitCode = await main(process.argv.includes('--required'));
