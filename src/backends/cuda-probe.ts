/**
 * Looks for GPUs in a process of its own: a driver that crashes takes that one with it. This file is both halves: the function that asks, and what
 * the child runs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAddon } from './native.js';

/** Layout of CudaProbe in kernels/cuda/library.h. */
const PROBE = { bytes: 16 + 16 * 88, count: 0, driver: 4, runtime: 8, devices: 16 };
const DEVICE = { bytes: 88, name: 0, nameBytes: 64, memory: 64, major: 72, minor: 76, multiprocessors: 80, usable: 84 };

const TIMEOUT_MS = 20_000;
/** Where a driver shows itself: on Linux, and under Windows' own. */
const DRIVER_FILES = ['/dev/nvidiactl', '/dev/dxg'];

export interface CudaDevice {
  readonly index: number;
  readonly name: string;
  readonly memoryBytes: number;
  /** Compute capability. */
  readonly capability: string;
  readonly isUsable: boolean;
}

export interface CudaProbe {
  /** As CUDA writes versions: 13000 is 13.0. */
  readonly driverVersion: number;
  readonly runtimeVersion: number;
  readonly devices: readonly CudaDevice[];
}

/** What the library finds, in this process. Throws why there is nothing to use. */
export function probeHere(addonPath: string, libraryPath: string): CudaProbe {
  const bytes = new Uint8Array(PROBE.bytes);
  loadAddon(addonPath).cudaProbe(libraryPath, bytes);
  const view = new DataView(bytes.buffer);
  const devices = Array.from({ length: view.getUint32(PROBE.count, true) }, (_, index): CudaDevice => {
    const at = PROBE.devices + index * DEVICE.bytes;
    const name = Buffer.from(bytes.buffer, at + DEVICE.name, DEVICE.nameBytes).toString('latin1');
    return {
      index,
      name: name.slice(0, name.indexOf('\0')),
      memoryBytes: Number(view.getBigUint64(at + DEVICE.memory, true)),
      capability: `${view.getUint32(at + DEVICE.major, true)}.${view.getUint32(at + DEVICE.minor, true)}`,
      isUsable: view.getUint32(at + DEVICE.usable, true) === 1,
    };
  });
  return { driverVersion: view.getUint32(PROBE.driver, true), runtimeVersion: view.getUint32(PROBE.runtime, true), devices };
}

/** The same in a child process. Without a driver's device file there is nothing to ask, and none is started. */
export function probeCuda(addonPath: string, libraryPath: string): CudaProbe {
  if (!DRIVER_FILES.some((path) => existsSync(path))) throw new Error('no CUDA driver');
  const self = fileURLToPath(import.meta.url);
  let output: string;
  try {
    output = execFileSync(process.execPath, [self, addonPath, libraryPath], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { signal, stderr } = error as { signal?: string | null; stderr?: string };
    const said = stderr?.trim().split('\n').at(-1);
    throw new Error(signal ? `the probe of the driver ended with ${signal}` : said || 'the probe of the driver failed');
  }
  return JSON.parse(output) as CudaProbe;
}

const [, script, addonPath, libraryPath] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(JSON.stringify(probeHere(addonPath, libraryPath)));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
