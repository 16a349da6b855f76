/** Which backend scans: the one that was asked for, or the best that this machine has, with the reasons why others cannot. */
import { PlimsollError } from '../model/errors.js';
import type { Backend, BackendName } from '../scan/backend.js';
import { JsBackend } from '../scan/js-backend.js';
import { CpuBackend } from './cpu.js';
import { native } from './native.js';
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
}

interface Candidate {
  readonly backend: Backend;
  readonly detail: string;
}

const AUTO: readonly BackendName[] = ['cpu', 'js'];

const OPENERS: Readonly<Record<BackendName, () => Promise<Candidate>>> = {
  js: async () => ({ backend: new JsBackend(), detail: 'one thread' }),
  cpu: async () => {
    const { addon, refused } = native();
    if (addon === null) throw new PlimsollError('unavailable', refused.join('; '));
    const backend = new CpuBackend(addon);
    return { backend, detail: `${backend.variant}, ${backend.threads} ${backend.threads === 1 ? 'thread' : 'threads'}` };
  },
  cuda: async () => {
    throw new PlimsollError('unavailable', 'not part of this release');
  },
  tfjs: async () => {
    const backend = await openTfjs();
    return { backend, detail: backend.flavour };
  },
};

/** Opens one of them. Throws `unavailable`, with the reasons, when what was asked for by name cannot be had. */
export async function openBackend(choice: BackendChoice): Promise<OpenedBackend> {
  const refused: string[] = [];
  for (const name of choice === 'auto' ? AUTO : [choice]) {
    try {
      return { ...(await OPENERS[name]()), refused };
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      refused.push(`${name}: ${error.message}`);
    }
  }
  throw new PlimsollError('unavailable', `no backend: ${refused.join('; ')}`);
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
      const { backend, detail } = await OPENERS[name]();
      backend.close();
      found.push({ name, isAvailable: true, reason: detail });
    } catch (error) {
      found.push({ name, isAvailable: false, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return found;
}
