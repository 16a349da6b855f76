/** The native addon: what it offers, where it may be, and why it could not be had. Knows nothing of scans. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LAYOUT } from './request.js';
import { requireSealed } from './seal.js';

/** What native code may be pointed to. */
export type View = Uint32Array | Int32Array | Float32Array | Float64Array | Uint8Array | Uint16Array | BigUint64Array;

/** Where a typed array's memory is; it must not be empty. */
export type AddressOf = (view: View) => number;

/** A scanner behind the border, with its threads. */
declare const scanner: unique symbol;
export interface CpuHandle {
  readonly [scanner]: true;
}

/** A book on devices. */
declare const session: unique symbol;
export interface CudaHandle {
  readonly [session]: true;
}

/** Functions of kernels/node/addon.cpp. */
export interface Addon {
  readonly addressOf: AddressOf;
  readonly layout: () => readonly number[];
  /** Variant: 0 the widest that the processor has, 1 baseline, 2 AVX2, 3 AVX-512. */
  readonly cpuOpen: (threads: number, variant: number) => CpuHandle;
  readonly cpuThreads: (cpu: CpuHandle) => number;
  readonly cpuVariant: (cpu: CpuHandle) => number;
  readonly cpuRetier: (cpu: CpuHandle, request: Uint8Array) => void;
  readonly cpuScan: (cpu: CpuHandle, request: Uint8Array) => void;
  readonly readBandwidth: (threads: number) => number;
  readonly cudaProbe: (libraryPath: string, probe: Uint8Array) => void;
  readonly cudaOpen: (libraryPath: string, devices: Uint32Array) => CudaHandle;
  readonly cudaScan: (cuda: CudaHandle, request: Uint8Array, dirty: Uint32Array, dirtyCount: number, cost: Uint8Array) => void;
  readonly cudaClose: (cuda: CudaHandle) => void;
}

/** The addon, or why there is none: a reason for each place where it was looked for. */
export type Loaded =
  | { readonly addon: Addon; readonly path: string; readonly refused: readonly string[] }
  | { readonly addon: null; readonly refused: readonly string[] };

const load = createRequire(import.meta.url);
const root = dirname(load.resolve('plimsoll/package.json'));

/** Where a checkout builds it, then the platform's package: literal names, so that bundlers see them. */
function places(): readonly { readonly path: string; readonly find: () => string }[] {
  const built = join(root, 'kernels/build/plimsoll.node');
  const found = [{ path: built, find: () => built }];
  if (process.platform === 'linux' && process.arch === 'x64') {
    found.push({ path: '@plimsoll/linux-x64', find: () => load.resolve('@plimsoll/linux-x64/plimsoll.node') });
  }
  return found;
}

/** Loads an addon from a file and holds its layout against ours. Throws, in words, what is wrong with it. */
export function loadAddon(path: string): Addon {
  if (!existsSync(path)) throw new Error('not built');
  requireSealed(path);
  const addon: Partial<Addon> = load(path);
  const layout = addon.layout?.() ?? [];
  if (layout[0] !== LAYOUT[0]) throw new Error(`ABI ${layout[0] ?? 'unknown'}, expected ${LAYOUT[0]}`);
  if (layout.length !== LAYOUT.length || layout.some((number, i) => number !== LAYOUT[i]))
    throw new Error('another layout of the structs that cross the border');
  return addon as Addon;
}

function messageOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return code === 'MODULE_NOT_FOUND' ? 'not installed' : String(message ?? error).split('\n', 1)[0];
}

/** Where the CUDA library is: in a checkout's build, or in its platform's package. Throws when it is in neither, or damaged. */
export function cudaLibraryPath(): string {
  const built = join(root, 'kernels/build/libplimsoll_cuda.so');
  const path = existsSync(built) ? built : installedCudaLibrary();
  requireSealed(path);
  return path;
}

function installedCudaLibrary(): string {
  try {
    return load.resolve('@plimsoll/linux-x64-cuda/libplimsoll_cuda.so');
  } catch {
    throw new Error('its library is neither built (needs nvcc) nor installed (@plimsoll/linux-x64-cuda)');
  }
}

let loaded: Loaded | null = null;

/** Looks for the addon once a process; never throws. */
export function native(): Loaded {
  loaded ??= find();
  return loaded;
}

function find(): Loaded {
  const refused: string[] = [];
  for (const place of places()) {
    try {
      const path = place.find();
      return { addon: loadAddon(path), path, refused };
    } catch (error) {
      refused.push(`${place.path}: ${messageOf(error)}`);
    }
  }
  if (refused.length === 1) refused.push(`no package for ${process.platform} ${process.arch}`);
  return { addon: null, refused };
}
