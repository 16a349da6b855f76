/** The two libraries that are built from this folder: their sources, flags and commands. Must not know when they are built. */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Compiler } from './toolchain.js';

/** Of the checkout, wherever this runs from. */
export const ROOT = dirname(createRequire(import.meta.url).resolve('plimsoll/package.json'));
export const KERNELS = join(ROOT, 'kernels');
export const BUILD = join(KERNELS, 'build');

export interface Library {
  readonly name: 'native' | 'cuda';
  /** In `kernels/build`, and in the platform's package. */
  readonly file: string;
  /** Folders and files that it is made of, headers included. */
  readonly parts: readonly string[];
  /** Those of them that are compiled. */
  readonly sources: RegExp;
}

export const NATIVE: Library = {
  name: 'native',
  file: 'plimsoll.node',
  parts: ['cpu', 'node', 'include', 'cuda/library.h'],
  sources: /^(?:cpu|node)\/[^/]+\.cpp$/,
};

export const CUDA: Library = {
  name: 'cuda',
  file: 'libplimsoll_cuda.so',
  parts: ['cuda', 'include'],
  sources: /^cuda\/[^/]+\.(?:cu|cpp)$/,
};

/** Sources that only x64 processors can run, with the flags they need. */
const X64_FLAGS: Readonly<Record<string, string>> = {
  'cpu/task_avx2.cpp': 'CXXFLAGS_AVX2',
  'cpu/task_avx512.cpp': 'CXXFLAGS_AVX512',
};

export type Flags = Readonly<Record<string, readonly string[]>>;

/** Reads flags.mk: lines of `NAME = words`. */
export async function readFlags(): Promise<Flags> {
  const text = await readFile(join(KERNELS, 'flags.mk'), 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z0-9_]+) = (.*)$/gm)].map(([, name, words]) => [name, words.trim().split(/\s+/)]),
  );
}

/** Files of a library, by path from this folder, sorted. */
export async function filesOf({ parts }: Library): Promise<string[]> {
  // Not the whole of this folder: in `build` other builds come and go.
  const folders = [...new Set(parts.map((part) => part.split('/')[0]))];
  const lists = folders.map(async (folder) => {
    const files = await readdir(join(KERNELS, folder), { recursive: true }).catch(() => []);
    return files.map((file) => `${folder}/${file}`);
  });
  const isPart = (file: string): boolean => parts.some((part) => file === part || file.startsWith(`${part}/`));
  return (await Promise.all(lists))
    .flat()
    .filter((file) => isPart(file) && /\.(?:h|cpp|cu)$/.test(file))
    .sort();
}

/** Node's own headers, from a package: a machine with a compiler need not have them. */
export function nodeHeaders(): string {
  return fileURLToPath(new URL('include', import.meta.resolve('node-api-headers/package.json')));
}

/** What compiles one source each into a folder, and what links them there. */
export interface Commands {
  readonly compile: readonly Command[];
  readonly link: Command;
}

export async function commandsOf(library: Library, compiler: Compiler, folder: string): Promise<Commands> {
  const flags = await readFlags();
  const isOurs = (file: string): boolean => process.arch === 'x64' || X64_FLAGS[file] === undefined;
  const sources = (await filesOf(library)).filter((file) => library.sources.test(file) && isOurs(file));
  const objectOf = (source: string): string => join(folder, `${source.replaceAll('/', '-')}.o`);
  const own = (source: string): readonly string[] => {
    if (library === CUDA) return flags.NVCCFLAGS;
    const more = X64_FLAGS[source] === undefined ? [] : flags[X64_FLAGS[source]];
    return [...flags.CXXFLAGS, ...more, ...(source.startsWith('node/') ? ['-isystem', nodeHeaders()] : [])];
  };
  const link = library === CUDA ? [...flags.NVCCFLAGS, ...flags.NVCCLDFLAGS] : flags.LDFLAGS;
  return {
    compile: sources.map((source) => ({
      program: compiler.path,
      args: [...own(source), '-c', source, '-o', objectOf(source)],
    })),
    // Libraries follow the objects that need them.
    link: { program: compiler.path, args: [...sources.map(objectOf), ...link, '-o', join(folder, library.file)] },
  };
}
