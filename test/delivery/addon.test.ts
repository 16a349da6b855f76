/** An addon that is not there or is not right: the command line starts, doctor says why in one line, and js scans. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAYOUT } from '../../src/backends/request.js';
import { sealOf } from '../../src/backends/seal.js';
import { until } from '../gateway/helpers.js';
import { killAll, startScript } from '../serve/process.js';
import { BOOK, checkout, cli, compiled, hasCompiler, MARKS, ROOT, sealed, TO_RUN } from './checkout.js';

const REAL = join(ROOT, 'kernels/build/plimsoll.node');
const HEADERS = `-I${join(ROOT, 'node_modules/node-api-headers/include')}`;

afterAll(killAll);

let folder: string;
let place: string;
beforeAll(async () => {
  folder = await checkout(TO_RUN);
  place = join(folder, 'kernels/build/plimsoll.node');
  mkdirSync(join(folder, 'kernels/build'), { recursive: true });
});

const unsealed = (library: Buffer): Buffer => library.subarray(0, library.length - sealOf(library).length);

/** Sees the reason, in one line, and the scan done by js. */
async function expectJs(reason: RegExp): Promise<void> {
  const [doctor] = await Promise.all([cli(folder, 'doctor', '--json'), expectScanBy('js')]);
  expect(doctor).toMatchObject({ code: 0, stderr: '' });
  const cpu = JSON.parse(doctor.stdout).backends.find(({ name }: { name: string }) => name === 'cpu');
  expect(cpu).toMatchObject({ isAvailable: false, reason: expect.stringMatching(reason) });
  expect(cpu.reason).not.toContain('\n');
}

async function expectScanBy(backend: string): Promise<void> {
  const scan = await cli(folder, 'scan', '--book', BOOK, '--marks', MARKS, '--json');
  expect(scan).toMatchObject({ code: 0 });
  expect(JSON.parse(scan.stdout)).toMatchObject({
    backend,
    liquidatable: [{ portfolio: 'alice/BTCUSDT', badDebt: '50.000000' }],
  });
}

test('missing', async () => {
  rmSync(place, { force: true });
  await expectJs(/plimsoll\.node: not built; @plimsoll\/linux-x64: not installed$/);
  const { code, stderr } = await cli(folder, 'scan', '--book', BOOK, '--marks', MARKS, '--backend', 'cpu');
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(/cpu: .*plimsoll\.node: not built; @plimsoll\/linux-x64: not installed\n$/);
});

test('missing: serve says in a line what it scans with, and why with nothing better', async () => {
  rmSync(place, { force: true });
  const serve = startScript([join(folder, 'dist/src/cli/main.js'), 'serve', '--port', '0', '--positions', '1000']);
  const isReady = (): boolean => serve.stdout().includes('Ctrl-C ends it.\n');
  await until(() => isReady() || serve.process.exitCode !== null, 'serve to be ready');
  serve.process.kill('SIGTERM');
  await serve.exited;
  expect(serve.stdout()).toMatch(/^backend +js \(one thread\); cuda: [^\n]*not built[^\n]*; cpu: [^\n]*not built[^\n]*$/m);
});

test('a text', async () => {
  writeFileSync(place, 'not a library\n');
  await expectJs(/plimsoll\.node: damaged, or not built by npm run build:native; /);
});

test('empty', async () => {
  writeFileSync(place, '');
  await expectJs(/plimsoll\.node: damaged, /);
});

describe.runIf(existsSync(REAL))('made of the one that is built', () => {
  const real = existsSync(REAL) ? readFileSync(REAL) : Buffer.alloc(0);

  test('whole: it scans', async () => {
    writeFileSync(place, real);
    await expectScanBy('cpu');
  });

  // The system's loader maps such a file and dies of it.
  test.each([0.01, 0.5, 0.99])('cut off at %d of its length', async (part) => {
    writeFileSync(place, real.subarray(0, real.length * part));
    await expectJs(/plimsoll\.node: damaged, /);
  });

  test('zeros in the middle', async () => {
    writeFileSync(place, Buffer.from(real).fill(0, real.length >> 3, real.length >> 1));
    await expectJs(/plimsoll\.node: damaged, /);
  });

  test("another processor's", async () => {
    const library = Buffer.from(unsealed(real));
    library.writeUInt16LE(183, 18);
    writeFileSync(place, sealed(library));
    await expectJs(/plimsoll\.node: \S/);
  });
});

/** An addon whose layout() returns these numbers. */
const telling = (numbers: readonly number[]): string => `
#include <node_api.h>
static napi_value layout(napi_env env, napi_callback_info) {
  const double numbers[] = {${numbers.join()}};
  napi_value list, number;
  napi_create_array(env, &list);
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    napi_create_double(env, numbers[i], &number);
    napi_set_element(env, list, i, number);
  }
  return list;
}
NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "layout", NAPI_AUTO_LENGTH, layout, nullptr, &function);
  napi_set_named_property(env, exports, "layout", function);
  return exports;
}`;

describe.runIf(hasCompiler)('made by hand', () => {
  test('of another ABI', async () => {
    writeFileSync(place, sealed(compiled(telling([LAYOUT[0] + 1, ...LAYOUT.slice(1)]), HEADERS)));
    await expectJs(new RegExp(`plimsoll\\.node: ABI ${LAYOUT[0] + 1}, expected ${LAYOUT[0]}; `));
  });

  test('of another layout under the same ABI', async () => {
    writeFileSync(place, sealed(compiled(telling([...LAYOUT.slice(0, -1), LAYOUT[LAYOUT.length - 1] + 8]), HEADERS)));
    await expectJs(/plimsoll\.node: another layout of the structs that cross the border; /);
  });

  test('no addon at all', async () => {
    writeFileSync(place, sealed(compiled('extern "C" int nothing() { return 0; }')));
    await expectJs(/plimsoll\.node: Module did not self-register/);
  });

  test('wanting what is not there', async () => {
    writeFileSync(place, sealed(compiled('extern int absent; int* wants = &absent;')));
    await expectJs(/plimsoll\.node: .*undefined symbol/);
  });
});
