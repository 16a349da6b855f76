/** What `npm run pack:native` makes, installed into an empty project: the addon of the platform's package scans. Needs npm's registry or cache. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { BOOK, checkout, MARKS, node, type Outcome, program, ROOT, TO_BUILD, TO_RUN, temporary } from './checkout.js';

const BUILT = join(ROOT, 'kernels/build');
const TO_PACK = ['dist/bench', 'docs', 'schema', 'packages', 'LICENSE', 'README.md', 'CHANGELOG.md'];
const readManifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const { version } = readManifest(ROOT);

/** A checkout whose native parts are built: by the real compilers, but where there is no nvcc its library is a stand-in. */
async function builtCheckout(): Promise<string> {
  const folder = await checkout([...new Set([...TO_BUILD, ...TO_RUN, ...TO_PACK])]);
  mkdirSync(join(folder, 'kernels/build'));
  for (const name of readdirSync(BUILT).filter((each) => /\.(?:node|so)(?:\.json)?$/.test(each)))
    cpSync(join(BUILT, name), join(folder, 'kernels/build', name));
  if (!existsSync(join(BUILT, 'libplimsoll_cuda.so.json'))) {
    const path = temporary();
    program(join(path, 'nvcc'), 'for word; do [ "$last" = -o ] && out=$word; last=$word; done\necho made > "$out"');
    await node(folder, ['dist/kernels/build.js'], { PATH: `${path}:${process.env.PATH}` });
  }
  return folder;
}

const HERE = process.platform === 'linux' && process.arch === 'x64' && existsSync(join(BUILT, 'plimsoll.node'));

describe.runIf(HERE)('the packages', () => {
  let packed: string;
  let project: string;
  let installed: string;

  beforeAll(async () => {
    const folder = await builtCheckout();
    const { code, stderr } = await node(folder, ['dist/kernels/pack.js'], process.env as Record<string, string>);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/for glibc 2\.\d+ or later/) });
    packed = join(folder, 'dist/packages');
    project = temporary();
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    const tarballs = readdirSync(packed).map((name) => join(packed, name));
    const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', ['install', ...flags, ...tarballs], { cwd: project });
    installed = join(project, 'node_modules/plimsoll');
  }, 180_000);

  const plimsoll = (...args: string[]): Promise<Outcome> => node(project, ['node_modules/.bin/plimsoll', ...args]);

  async function cpu(): Promise<{ isAvailable: boolean; reason: string }> {
    const { stdout } = await plimsoll('doctor', '--json');
    return JSON.parse(stdout).backends.find(({ name }: { name: string }) => name === 'cpu');
  }

  async function scannedBy(): Promise<string> {
    const { code, stdout } = await plimsoll('scan', '--book', BOOK, '--marks', MARKS, '--json');
    expect({ code, stdout: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      stdout: { liquidatable: [{ portfolio: 'alice/BTCUSDT' }] },
    });
    return JSON.parse(stdout).backend;
  }

  test('are three of one version, and only the packed manifest names the others', () => {
    expect(readdirSync(packed).sort()).toEqual(
      ['', '-linux-x64', '-linux-x64-cuda'].map((name) => `plimsoll${name}-${version}.tgz`),
    );
    expect(readManifest(installed).optionalDependencies).toEqual({
      '@plimsoll/linux-x64': version,
      '@plimsoll/linux-x64-cuda': version,
    });
    expect(readManifest(ROOT).optionalDependencies).toBeUndefined();
    for (const [name, file] of [
      ['linux-x64', 'plimsoll.node'],
      ['linux-x64-cuda', 'libplimsoll_cuda.so'],
    ]) {
      const folder = join(project, 'node_modules/@plimsoll', name);
      expect(readdirSync(folder).sort()).toEqual(['LICENSE', 'README.md', 'package.json', file].sort());
      expect(readManifest(folder)).toMatchObject({ version, os: ['linux'], cpu: ['x64'], libc: ['glibc'] });
    }
  });

  test('plimsoll has nothing native of its own, nor what builds it', () => {
    for (const name of ['kernels', 'dist/kernels', 'packages']) expect(existsSync(join(installed, name))).toBe(false);
    expect(readdirSync(join(installed, 'dist')).sort()).toEqual(['bench', 'feeds', 'src']);
  });

  test("the platform's addon scans; damaged it says so, without it too, and js scans", async () => {
    expect(await cpu()).toMatchObject({ isAvailable: true });
    expect(await scannedBy()).toBe('cpu');
    const folder = join(project, 'node_modules/@plimsoll/linux-x64');
    truncateSync(join(folder, 'plimsoll.node'), 20_000);
    expect(await cpu()).toMatchObject({ isAvailable: false, reason: expect.stringMatching(/@plimsoll\/linux-x64: damaged/) });
    expect(await scannedBy()).toBe('js');
    rmSync(folder, { recursive: true });
    expect((await cpu()).reason).toMatch(/plimsoll\.node: not built; @plimsoll\/linux-x64: not installed$/);
    expect(await scannedBy()).toBe('js');
  });
});

test('nothing is packed that is not of these sources', async () => {
  const folder = await checkout(TO_BUILD);
  const { code, stderr } = await node(folder, ['dist/kernels/pack.js']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'pack: plimsoll.node is not built of these sources: run npm run build:native\n',
  });
});
