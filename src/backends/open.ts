/** Which backend scans: the one that was asked for, or the best that this machine has, with the reasons why others cannot. */
import { PlimsollError } from '../model/errors.js';
import type { Backend, BackendName } from '../scan/backend.js';
import { JsBackend } from '../scan/js-backend.js';
import { CpuBackend } from './cpu.js';
import { CudaBackend } from './cuda.js';
import { probeCuda } from './cuda-probe.js';
import { cudaLibraryPath, native } from './native.js';
import { openTfjs } from './tfjs.js';

export const BACKEND_CHOICES = ['auto', 'cuda', 'cpu', 'tfjs', 'js'] as const;
/** `auto` is the first of cuda, cpu and js that can be had; tfjs is slower than js on a CPU, so it is only taken when asked for. */
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

export interface OpenedBackend {
  readonly backend: Backend;
  /** What it runs on, in a few words. */
  readonly detail: string;
  /** Better ones that cannot be had, each with why. */
  readonly refused: readonly string[];
  /** Takes a backend that failed and handed over back into use; throws why it cannot be. Null where there is nothing to hand over. */
  readonly resume: (() => void) | null;
}

type Candidate = Omit<OpenedBackend, 'refused'>;
type OnAlert = (text: string) => void;

const AUTO: readonly BackendName[] = ['cuda', 'cpu', 'js'];

function openCpu(): CpuBackend {
  const { addon, refused } = native();
  if (addon === null) throw new PlimsollError('unavailable', refused.join('; '));
  return new CpuBackend(addon);
}

function openCuda(onAlert: OnAlert): Candidate {
  const loaded = native();
  if (loaded.addon === null) throw new PlimsollError('unavailable', `needs the native library: ${loaded.refused.join('; ')}`);
  try {
    const libraryPath = cudaLibraryPath();
    const devices = probeCuda(loaded.path, libraryPath).devices.filter(({ isUsable }) => isUsable);
    if (devices.length === 0) throw new Error('no device of compute capability 8.0 or later');
    const indexes = devices.map(({ index }) => index);
    const { addon } = loaded;
    const backend = new CudaBackend({ addon, libraryPath, devices: indexes, fallback: new CpuBackend(addon), onAlert });
    return { backend, detail: devices.map(({ name }) => name).join(', '), resume: () => backend.resume() };
  } catch (error) {
    throw new PlimsollError('unavailable', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const OPENERS: Readonly<Record<BackendName, (onAlert: OnAlert) => Candidate | Promise<Candidate>>> = {
  js: () => ({ backend: new JsBackend(), detail: 'one thread', resume: null }),
  cpu: () => {
    const backend = openCpu();
    const detail = `${backend.variant}, ${backend.threads} ${backend.threads === 1 ? 'thread' : 'threads'}`;
    return { backend, detail, resume: null };
  },
  cuda: openCuda,
  tfjs: async () => {
    const backend = await openTfjs();
    return { backend, detail: backend.flavour, resume: null };
  },
};

/**
 * Opens one of them. Throws `unavailable`, with the reasons, when what was asked for by name cannot be had. `onAlert` is told when it fails later
 * and another takes over.
 */
export async function openBackend(choice: BackendChoice, onAlert: OnAlert): Promise<OpenedBackend> {
  const refused: string[] = [];
  for (const name of choice === 'auto' ? AUTO : [choice]) {
    try {
      return { ...(await OPENERS[name](onAlert)), refused };
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      refused.push(`${name}: ${error.message}`);
    }
  }
  throw new PlimsollError('unavailable', `no backend: ${refused.join('; ')}`);
}

/** As `openBackend` for one who wants to be told, in a line, when it is the slowest one because faster ones cannot be had. */
export async function openBackendTold(choice: BackendChoice, onAlert: OnAlert): Promise<Backend> {
  const { backend, refused } = await openBackend(choice, onAlert);
  if (backend.name === 'js' && refused.length > 0) onAlert(`the js backend scans; ${refused.join('; ')}`);
  return backend;
}

/** Whether a backend can run here. */
export interface ExaminedBackend {
  readonly name: BackendName;
  readonly isAvailable: boolean;
  /** What it runs on, or why it cannot. */
  readonly reason: string;
}

/** All backends, as `doctor` prints them. */
export async function examineBackends(): Promise<readonly ExaminedBackend[]> {
  const found: ExaminedBackend[] = [];
  for (const name of ['cuda', 'cpu', 'js', 'tfjs'] as const) {
    try {
      const { backend, detail } = await OPENERS[name](() => undefined);
      backend.close();
      found.push({ name, isAvailable: true, reason: detail });
    } catch (error) {
      found.push({ name, isAvailable: false, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return found;
}
