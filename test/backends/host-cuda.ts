/** The CUDA library built for the host, where its kernels are loops (kernels/cuda/host_runtime.h): the cuda backend can be tested without a GPU. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const kernels = join(import.meta.dirname, '../../kernels');
const run = promisify(execFile);
const FLAGS = ['-std=c++17', '-O1', '-ffp-contract=off', '-fPIC', '-fvisibility=hidden', '-DPLIMSOLL_HOST_RUNTIME'];
const INCLUDES = ['-I', kernels, '-I', join(kernels, 'include')];

/** Devices, and a failure on order, as the environment says when the library is opened. */
const ORDERS = `
#include <cstdlib>
#include "cuda/host_runtime.h"
namespace {
const bool kOrdered = [] {
  plimsoll::hostRuntime().devices = 2;
  const char* after = std::getenv("PLIMSOLL_TEST_FAULT_AFTER");
  if (after == nullptr || *after == 0) return false;
  plimsoll::hostRuntime().fault = cudaErrorLaunchFailure;
  plimsoll::hostRuntime().callsUntilFault = std::atol(after);
  return true;
}();
}
`;

export class HostCuda {
  private readonly folder = mkdtempSync(join(tmpdir(), 'plimsoll-host-cuda-'));
  private readonly library = join(this.folder, 'library.so');
  private copies = 0;

  async build(): Promise<void> {
    writeFileSync(join(this.folder, 'orders.cpp'), ORDERS);
    const sources = readdirSync(join(kernels, 'cuda')).filter((name) => /\.(?:cpp|cu)$/.test(name));
    const paths = [...sources.map((name) => join(kernels, 'cuda', name)), join(this.folder, 'orders.cpp')];
    const objects = paths.map((_, i) => join(this.folder, `${i}.o`));
    const compile = async (first: number): Promise<void> => {
      for (let i = first; i < paths.length; i += 2)
        await run('g++', [...FLAGS, ...INCLUDES, '-x', 'c++', '-c', paths[i], '-o', objects[i]]);
    };
    await Promise.all([compile(0), compile(1)]);
    await run('g++', ['-shared', ...objects, '-o', this.library]);
  }

  /** A copy that fails after so many calls of the runtime; null: never. A process opens each path once. */
  path(faultAfter: number | null): string {
    const copy = join(this.folder, `copy-${this.copies++}.so`);
    copyFileSync(this.library, copy);
    process.env.PLIMSOLL_TEST_FAULT_AFTER = faultAfter === null ? '' : String(faultAfter);
    return copy;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
