/** A CUDA library or driver that is not there or is not right: the command line starts, doctor says why in one line, and cpu scans. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LAYOUT } from '../../src/backends/request.js';
import { BOOK, checkout, compiled, hasCompiler, MARKS, node, type Outcome, ROOT, sealed, TO_RUN } from './checkout.js';

const BUILT = join(ROOT, 'kernels/build');
const ADDON = join(BUILT, 'plimsoll.node');
const LIBRARY = join(BUILT, 'libplimsoll_cuda.so');
const DRIVER = ['--import', join(import.meta.dirname, 'with-driver.mjs')];
const hasDriver = ['/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));

let folder: string;
let place: string;
beforeAll(async () => {
  folder = await checkout(TO_RUN);
  mkdirSync(join(folder, 'kernels/build'), { recursive: true });
  place = join(folder, 'kernels/build/libplimsoll_cuda.so');
});

/** Of the build, as node sees it with or without a driver's device file. */
const plimsoll = (nodeArgs: readonly string[], ...args: string[]): Promise<Outcome> =>
  node(folder, [...nodeArgs, 'dist/src/cli/main.js', ...args]);

/** Sees the reason, in one line, and the scan done by the next backend. */
async function expectRefused(reason: RegExp, next: string, nodeArgs: readonly string[] = []): Promise<void> {
  const [doctor] = await Promise.all([plimsoll(nodeArgs, 'doctor', '--json'), scanBy(next, nodeArgs)]);
  expect(doctor).toMatchObject({ code: 0, stderr: '' });
  const cuda = JSON.parse(doctor.stdout).backends.find(({ name }: { name: string }) => name === 'cuda');
  expect(cuda).toMatchObject({ isAvailable: false, reason: expect.stringMatching(reason) });
  expect(cuda.reason).not.toContain('\n');
}

/** Returns what it said beside its answer. */
async function scanBy(backend: string, nodeArgs: readonly string[] = []): Promise<string> {
  const scan = await plimsoll(nodeArgs, 'scan', '--book', BOOK, '--marks', MARKS, '--json');
  expect(scan).toMatchObject({ code: 0 });
  expect(JSON.parse(scan.stdout)).toMatchObject({
    backend,
    liquidatable: [{ portfolio: 'alice/BTCUSDT', badDebt: '50.000000' }],
  });
  return scan.stderr;
}

test('without the addon there is no cuda either', async () => {
  rmSync(join(folder, 'kernels/build/plimsoll.node'), { force: true });
  await expectRefused(/^needs the native library: \S*plimsoll\.node: not built; /, 'js');
});

describe.runIf(existsSync(ADDON))('with the addon', () => {
  beforeEach(() => {
    cpSync(ADDON, join(folder, 'kernels/build/plimsoll.node'));
  });

  test('the library is missing', async () => {
    rmSync(place, { force: true });
    await expectRefused(/neither built \(needs nvcc\) nor installed \(@plimsoll\/linux-x64-cuda\)$/, 'cpu');
    const { code, stderr } = await plimsoll([], 'scan', '--book', BOOK, '--marks', MARKS, '--backend', 'cuda');
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(/cuda: .*neither built \(needs nvcc\) nor installed .*\n$/);
  });

  test('it is a text', async () => {
    writeFileSync(place, 'not a library\n');
    await expectRefused(/damaged, or not built by npm run build:native$/, 'cpu');
  });

  test.runIf(existsSync(LIBRARY))('it was cut off', async () => {
    const library = readFileSync(LIBRARY);
    writeFileSync(place, library.subarray(0, library.length >> 1));
    await expectRefused(/damaged, or not built by npm run build:native$/, 'cpu', DRIVER);
  });

  test.runIf(existsSync(LIBRARY) && !hasDriver)('it is whole, and there is no driver', async () => {
    cpSync(LIBRARY, place);
    await expectRefused(/^no CUDA driver$/, 'cpu');
    // As where a driver was taken away and its device file is left: now the library is asked, in a process of its own.
    await expectRefused(/driver/, 'cpu', DRIVER);
  });
});

/** Bodies of a library's functions, where they are not those of one that works on a device that it makes up. */
interface Stub {
  readonly abi?: string;
  readonly probe?: string;
  readonly open?: string;
  readonly scan?: string;
  readonly without?: string;
}

function library({ abi = 'return plimsoll::kAbi;', probe = DEVICE, open = OPEN, scan = FAIL, without = '' }: Stub): Buffer {
  const functions: Record<string, string> = {
    plimsollCudaAbi: `uint32_t plimsollCudaAbi() { ${abi} }`,
    plimsollCudaProbe: `int32_t plimsollCudaProbe(plimsoll::CudaProbe* probe) { ${probe} }`,
    plimsollCudaOpen: `int32_t plimsollCudaOpen(const uint32_t*, uint32_t, plimsoll::Address* handle) { ${open} }`,
    plimsollCudaScan: `int32_t plimsollCudaScan(plimsoll::Address, plimsoll::ScanRequest*, const plimsoll::DirtySlice*, uint32_t, plimsoll::CudaScanCost*) { ${scan} }`,
    plimsollCudaClose: 'int32_t plimsollCudaClose(plimsoll::Address) { return 0; }',
    plimsollCudaErrorText:
      'uint32_t plimsollCudaErrorText(char* into, uint32_t capacity) { return snprintf(into, capacity, "the stub is full"); }',
  };
  const bodies = Object.entries(functions).flatMap(([name, body]) => (name === without ? [] : [body]));
  const text = `#include <cstdio>\n#include <cstdlib>\n#include "cuda/library.h"\nextern "C" {\n${bodies.join('\n')}\n}\n`;
  return sealed(compiled(text, `-I${join(ROOT, 'kernels')}`, `-I${join(ROOT, 'kernels/include')}`));
}

const DEVICE = '*probe = {1, 13000, 13000, 0, {{"Stub", 1 << 30, 9, 0, 1, 1}}}; return 0;';
const OPEN = '*handle = 1; return 0;';
const FAIL = 'return plimsoll::kCudaLostDevice;';

describe.runIf(existsSync(ADDON) && hasCompiler)('a library made by hand, on a machine that shows a driver', () => {
  beforeAll(() => {
    cpSync(ADDON, join(folder, 'kernels/build/plimsoll.node'));
  });

  test.each([
    { name: 'another ABI', stub: { abi: `return ${LAYOUT[0] + 1};` }, reason: `ABI ${LAYOUT[0] + 1}, expected ${LAYOUT[0]}$` },
    { name: 'a function too few', stub: { without: 'plimsollCudaScan' }, reason: 'it lacks plimsollCudaScan$' },
    { name: 'no driver', stub: { probe: 'return plimsoll::kCudaNoDriver;' }, reason: 'the stub is full' },
    { name: 'no device', stub: { probe: '*probe = {}; return 0;' }, reason: 'no device of compute capability' },
    { name: 'a crash', stub: { probe: 'std::abort();' }, reason: 'ended with SIGABRT$' },
    { name: 'no memory', stub: { open: 'return plimsoll::kCudaOutOfMemory;' }, reason: 'the stub is full' },
  ])('$name', async ({ stub, reason }) => {
    writeFileSync(place, library(stub));
    await expectRefused(new RegExp(reason), 'cpu', DRIVER);
  });

  test('what is no library', async () => {
    writeFileSync(place, sealed(Buffer.from('not a library\n')));
    await expectRefused(/libplimsoll_cuda\.so: \S/, 'cpu', DRIVER);
  });

  test('a device that is lost in a scan: cpu does that scan, and one line says so', async () => {
    writeFileSync(place, library({}));
    const { stdout } = await plimsoll(DRIVER, 'doctor', '--json');
    expect(JSON.parse(stdout).backends[0]).toEqual({ name: 'cuda', isAvailable: true, reason: 'Stub' });
    expect(await scanBy('cpu', DRIVER)).toMatch(/^[^\n]*the stub is full[^\n]*\n$/);
  });
});
