/** The CUDA sources without a GPU: `make -C kernels host-check` runs its parity suite over them as host loops; `gpu-check` says that there is no GPU. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const kernels = join(import.meta.dirname, '../../kernels');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, ...args: string[]): Promise<Outcome> {
  try {
    return { code: 0, ...(await promisify(execFile)(program, args, { maxBuffer: 2 ** 26 })) };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : -1, stdout, stderr };
  }
}

const has = async (program: string): Promise<boolean> => (await run(program, '--version')).code === 0;
const canCompile = (await has('make')) && (await has('g++'));
const canCompileForGpu = canCompile && (await has('nvcc'));
const hasGpu = (await run('nvidia-smi', '-L')).code === 0;
if (!canCompile) process.stdout.write('skipped: the CUDA sources as host code need make and g++\n');
if (!canCompileForGpu) process.stdout.write('skipped: gpu-check needs nvcc\n');

describe('make -C kernels', () => {
  it.runIf(canCompile)(
    'host-check finds what a plain loop finds, and its canary fails',
    async () => {
      const { code, stdout, stderr } = await run('make', '-s', '-C', kernels, 'host-check');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [parity, bench] = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line));
      expect(parity).toMatchObject({ suite: 'cuda parity', runtime: 'host loops', failures: 0 });
      expect(parity.checks).toBeGreaterThan(100_000);
      expect(parity.lanes).toBeGreaterThan(10_000_000);
      expect(bench).toEqual({ suite: 'cuda bench', verified: true });
    },
    300_000,
  );

  it.runIf(canCompileForGpu && !hasGpu)(
    'gpu-check compiles for every target, and without a GPU says so and gives no number',
    async () => {
      const { code, stdout, stderr } = await run('make', '-s', '-C', kernels, 'gpu-check');
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('no GPU to test on');
    },
    600_000,
  );
});
