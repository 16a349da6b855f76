/**
 * Makes what is published: a package for each library in kernels/build, and plimsoll itself, whose manifest names them as optional
 * dependencies. The repository's own manifest cannot: `npm ci` fails on an optional dependency that no registry has. Publishes nothing.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD, CUDA, type Library, NATIVE, ROOT } from './libraries.js';
import { hashOfSources, readStamp } from './stamp.js';

const OUT = join(ROOT, 'dist/packages');
const PACKAGES = [
  { name: 'linux-x64', library: NATIVE },
  { name: 'linux-x64-cuda', library: CUDA },
] as const;

type Manifest = Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string };

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

/** Without scripts: what is packed has been built. */
async function npmPack(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--json', ...args], { cwd: folder });
  return stdout;
}

/** Packs a folder with this manifest instead of its own; returns the manifest. */
async function pack(folder: string, manifest: Manifest): Promise<Manifest> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await npmPack(folder, '--pack-destination', OUT);
  return manifest;
}

/** The newest glibc whose symbols a library asks for: where it is older, the loader refuses. */
async function glibcOf(path: string): Promise<string> {
  const names = (await readFile(path, 'latin1')).matchAll(/GLIBC_2\.(\d+)/g);
  return `2.${Math.max(...[...names].map(([, minor]) => Number(minor)))}`;
}

async function packLibrary(folder: string, name: string, library: Library, version: string): Promise<Manifest> {
  const source = join(ROOT, 'packages', name);
  const built = join(BUILD, library.file);
  await cp(source, folder, { recursive: true });
  await cp(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  await cp(built, join(folder, library.file));
  const manifest = await pack(folder, { ...(await readManifest(source)), version });
  process.stderr.write(`pack: ${manifest.name} ${version}, for glibc ${await glibcOf(built)} or later\n`);
  return manifest;
}

async function packMain(folder: string, optional: readonly Manifest[]): Promise<void> {
  const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(await npmPack(ROOT, '--dry-run'));
  for (const { path } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(ROOT, path), join(folder, path));
  }
  const optionalDependencies = Object.fromEntries(optional.map(({ name, version }) => [name, version]));
  const manifest = await pack(folder, { ...(await readManifest(ROOT)), optionalDependencies });
  process.stderr.write(`pack: ${manifest.name} ${manifest.version}; all lie in ${OUT}\n`);
}

async function main(stage: string): Promise<number> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    process.stderr.write(`pack: expected linux on x64, was ${process.platform} on ${process.arch}\n`);
    return 1;
  }
  const { version } = await readManifest(ROOT);
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  const packed: Manifest[] = [];
  for (const { name, library } of PACKAGES) {
    if ((await readStamp(library))?.sources !== (await hashOfSources(library))) {
      process.stderr.write(`pack: ${library.file} is not built of these sources: run npm run build:native\n`);
      return 1;
    }
    await mkdir(join(stage, name));
    packed.push(await packLibrary(join(stage, name), name, library, version));
  }
  await mkdir(join(stage, 'plimsoll'));
  await packMain(join(stage, 'plimsoll'), packed);
  return 0;
}

const stage = await mkdtemp(join(tmpdir(), 'plimsoll-pack-'));
try {
  process.exitCode = await main(stage);
} finally {
  await rm(stage, { recursive: true, force: true });
}
