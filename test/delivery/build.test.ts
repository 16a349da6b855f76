/** When the build compiles, what it leaves behind and what it says: with compilers that are scripts, so that any machine can tell. */
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { requireSealed } from '../../src/backends/seal.js';
import { build, checkout, program, ROOT, TO_BUILD, temporary } from './checkout.js';

/** Adds its name to the log and writes what it was asked for: after `-o`. Shell built-ins only: the PATH has nothing else. */
const compiler = (name: string, log: string): string =>
  `echo ${name} >> ${log}\nfor word; do [ "$last" = -o ] && out=$word; last=$word; done\necho made > "$out"`;

const BUILT = /^native: plimsoll\.node built in \d+\.\d s; libplimsoll_cuda\.so built in \d+\.\d s\n$/;
const LIBRARIES = ['libplimsoll_cuda.so', 'libplimsoll_cuda.so.json', 'plimsoll.node', 'plimsoll.node.json'];

let folder: string;
let path: string;
let log: string;
beforeEach(async () => {
  folder = await checkout(TO_BUILD);
  path = temporary();
  log = join(path, 'log');
  for (const name of ['g++', 'nvcc']) program(join(path, name), compiler(name, log));
});

const left = (): string[] => readdirSync(join(folder, 'kernels/build')).sort();
const fileOf = (name: string): string => join(folder, 'kernels/build', name);

/** How often each compiler was started since the last look. */
function starts(): Record<string, number> {
  const names = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  writeFileSync(log, '');
  const count = (name: string): number => names.filter((each) => each === name).length;
  return { 'g++': count('g++'), nvcc: count('nvcc') };
}

const NONE = { 'g++': 0, nvcc: 0 };

/** One for each source, one to link. */
function expectedStarts(): Record<string, number> {
  const sources = (names: readonly string[], type: RegExp): number =>
    names.flatMap((name) => readdirSync(join(folder, 'kernels', name))).filter((name) => type.test(name)).length;
  return { 'g++': sources(['cpu', 'node'], /\.cpp$/) + 1, nvcc: sources(['cuda'], /\.(?:cu|cpp)$/) + 1 };
}

describe('with both compilers', () => {
  beforeEach(async () => {
    const { code, stdout, stderr } = await build(folder, path);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: expect.stringMatching(BUILT) });
    expect(starts()).toEqual(expectedStarts());
  });

  test('leaves two sealed libraries and what they were made of', () => {
    expect(left()).toEqual(LIBRARIES);
    for (const name of ['plimsoll.node', 'libplimsoll_cuda.so']) {
      expect(() => requireSealed(fileOf(name))).not.toThrow();
      expect(readFileSync(fileOf(name), 'utf8')).toMatch(/^made\n/);
    }
  });

  test('starts no compiler and says nothing when nothing has changed, whatever the times of files', async () => {
    utimesSync(join(folder, 'kernels/cpu/scan.cpp'), 1, 1);
    expect(await build(folder, path)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(starts()).toEqual(NONE);
  });

  test.each([
    { name: 'cpu/scan.cpp', rebuilt: ['g++'] },
    { name: 'cuda/kernels.cu', rebuilt: ['nvcc'] },
    { name: 'include/plimsoll/layout.h', rebuilt: ['g++', 'nvcc'] },
    { name: 'flags.mk', rebuilt: ['g++', 'nvcc'], text: '\nLDFLAGS = -shared\n' },
  ])('compiles again what a change of $name concerns', async ({ name, rebuilt, text = '\n' }) => {
    appendFileSync(join(folder, 'kernels', name), text);
    await build(folder, path);
    const expected = expectedStarts();
    expect(starts()).toEqual(
      Object.fromEntries(Object.entries(expected).map(([each, n]) => [each, rebuilt.includes(each) ? n : 0])),
    );
  });

  test('compiles again with another compiler', async () => {
    utimesSync(join(path, 'nvcc'), 1, 1);
    await build(folder, path);
    expect(starts()).toEqual({ ...NONE, nvcc: expectedStarts().nvcc });
  });

  test('replaces a library that was cut off, or is gone', async () => {
    truncateSync(fileOf('plimsoll.node'), 3);
    await build(folder, path);
    expect(() => requireSealed(fileOf('plimsoll.node'))).not.toThrow();
    expect(starts()).toEqual({ ...NONE, 'g++': expectedStarts()['g++'] });
  });

  test('keeps what is of these sources when the compilers go, and takes away what is not', async () => {
    const empty = temporary();
    expect(await build(folder, empty)).toMatchObject({ code: 0, stderr: '' });
    expect(left()).toEqual(LIBRARIES);
    appendFileSync(join(folder, 'kernels/cpu/scan.cpp'), '\n');
    expect((await build(folder, empty)).stderr).toMatch(/^native: no g\+\+ found, so /);
    expect(left()).not.toContain('plimsoll.node');
  });

  test('a source that does not compile takes its library away, and shows the first lines', async () => {
    program(join(path, 'g++'), 'for i in 1 2 3 4 5 6 7 8 9 10 11; do echo "scan.cpp: error $i" >&2; done; exit 1');
    const { code, stderr } = await build(folder, path);
    const shown = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `  scan.cpp: error ${i}\n`).join('');
    expect(stderr).toMatch(/^native: plimsoll\.node did not compile, so the js backend is used\n/);
    expect(stderr.split('\n').slice(1).join('\n')).toMatch(new RegExp(`^${shown}  … \\d+ more lines\n$`));
    expect(code).toBe(0);
    expect(left()).toEqual(LIBRARIES.slice(0, 2));
    expect((await build(folder, path, '--required')).code).toBe(1);
  });

  test('a build that is killed leaves the library of before, and its draft is swept an hour later', async () => {
    const before = readFileSync(fileOf('plimsoll.node'));
    appendFileSync(join(folder, 'kernels/cpu/scan.cpp'), '\n');
    program(join(path, 'g++'), `for word; do [ "$last" = -o ] && out=$word; last=$word; done\necho half > "$out"\nkill -9 $PPID`);
    expect((await build(folder, path)).signal).toBe('SIGKILL');
    expect(readFileSync(fileOf('plimsoll.node'))).toEqual(before);
    program(join(path, 'g++'), compiler('g++', log));
    await build(folder, path);
    const drafts = left().filter((name) => name.startsWith('draft-'));
    expect(drafts).toHaveLength(1);
    utimesSync(fileOf(drafts[0]), 1, 1);
    await build(folder, path);
    expect(left()).toEqual(LIBRARIES);
  });
});

test('several at once do not disturb each other', async () => {
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => build(folder, path)));
  for (const { code, stderr } of outcomes) {
    expect(code).toBe(0);
    // What another has put in its place in the meantime is kept.
    expect(stderr).toMatch(/^(?:native: (?:; )?(?:(?:plimsoll\.node|libplimsoll_cuda\.so) built in \d+\.\d s(?:; )?){1,2}\n)?$/);
  }
  expect(left()).toEqual(LIBRARIES);
  requireSealed(fileOf('plimsoll.node'));
  starts();
  await build(folder, path);
  expect(starts()).toEqual(NONE);
});

test('a compiler that warns is heard, and what it said is kept', async () => {
  program(join(path, 'nvcc'), `${compiler('nvcc', log)}\necho 'kernels.cu: warning: odd' >&2`);
  const { code, stderr } = await build(folder, path, '--required');
  expect(stderr).toMatch(/libplimsoll_cuda\.so built in \d+\.\d s, with warnings\n {2}kernels\.cu: warning: odd\n/);
  expect(code).toBe(0);
  expect(JSON.parse(readFileSync(fileOf('libplimsoll_cuda.so.json'), 'utf8')).warnings).toContain('kernels.cu: warning: odd');
});

test('where nothing can be written it says so, and all else goes on', async () => {
  writeFileSync(join(folder, 'kernels/build'), '');
  const line = /^native: plimsoll\.node could not be built \(EEXIST: [^\n]*\), so the js backend is used\n$/;
  expect(await build(folder, path)).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(line) });
  expect((await build(folder, path, '--required')).code).toBe(1);
});

test('the compilers of this machine, where it has some, had nothing to say of these sources', () => {
  for (const name of LIBRARIES.filter((each) => each.endsWith('.json'))) {
    const stamp = join(ROOT, 'kernels/build', name);
    if (existsSync(stamp)) expect(JSON.parse(readFileSync(stamp, 'utf8'))).toMatchObject({ warnings: '' });
  }
});

test('without g++ all is js, and without nvcc there is no cuda: one line each', async () => {
  const empty = temporary();
  const line = 'native: no g++ found, so the js backend is used\n';
  expect(await build(folder, empty)).toMatchObject({ code: 0, stdout: '', stderr: line });
  expect(await build(folder, empty, '--required')).toMatchObject({ code: 1, stderr: line });
  program(join(empty, 'g++'), compiler('g++', log));
  expect(await build(folder, empty, '--required')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^native: plimsoll\.node built in \d+\.\d s; no nvcc found, so there is no cuda backend\n$/),
  });
  expect(await build(folder, empty)).toMatchObject({
    code: 0,
    stderr: 'native: no nvcc found, so there is no cuda backend\n',
  });
});
