/** What a library in kernels/build was made of, and whether that is what lies here now. Must not know how it is made. */
import { createHash } from 'node:crypto';
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sealOf } from '../src/backends/seal.js';
import { BUILD, filesOf, KERNELS, type Library, nodeHeaders, readFlags } from './libraries.js';

/** Beside each library, as `<file>.json`. */
export interface Stamp {
  /** Of sources, headers and flags. */
  readonly sources: string;
  readonly compilers: string;
  /** Of the library itself: one that was cut off, or that another build has put there since, is none. */
  readonly library: string;
  /** What the compilers said though they succeeded. */
  readonly warnings: string;
}

/** A hash of all that decides what the library does, but the compilers. */
export async function hashOfSources(library: Library): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([process.platform, process.arch, await readFlags()]));
  const files = (await filesOf(library)).map((file) => ({ name: file, path: join(KERNELS, file) }));
  if (library.name === 'native')
    files.push(...['node_api.h', 'js_native_api.h'].map((name) => ({ name, path: join(nodeHeaders(), name) })));
  const contents = await Promise.all(files.map(({ path }) => readFile(path)));
  files.forEach(({ name }, i) => {
    hash.update(`\n${name} ${contents[i].length}\n`).update(contents[i]);
  });
  return hash.digest('hex');
}

async function hashOfFile(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

function stampPath({ file }: Library): string {
  return join(BUILD, `${file}.json`);
}

/** Null: there is no library, or none that its stamp knows. */
export async function readStamp(library: Library): Promise<Stamp | null> {
  try {
    const stamp: Stamp = JSON.parse(await readFile(stampPath(library), 'utf8'));
    return stamp.library === (await hashOfFile(join(BUILD, library.file))) ? stamp : null;
  } catch {
    return null;
  }
}

/** Puts a library that is complete in its place, by renaming: whoever loads it has the old one or this one, whole. */
export async function install(library: Library, folder: string, made: Omit<Stamp, 'library'>): Promise<void> {
  const file = join(folder, library.file);
  await appendFile(file, sealOf(await readFile(file)));
  const stamp: Stamp = { ...made, library: await hashOfFile(file) };
  const draft = join(folder, 'stamp.json');
  await writeFile(draft, `${JSON.stringify(stamp, null, 2)}\n`);
  await rename(file, join(BUILD, library.file));
  await rename(draft, stampPath(library));
}

/** Takes away what is not of these sources. */
export async function remove(library: Library): Promise<void> {
  await rm(join(BUILD, library.file), { force: true });
  await rm(stampPath(library), { force: true });
}
