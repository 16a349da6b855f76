/** Who takes part: every backend that this machine has, or the one that was asked for. Knows no book. */
import { CpuBackend } from '../src/backends/cpu.js';
import { native } from '../src/backends/native.js';
import { type BackendChoice, openBackend } from '../src/backends/open.js';
import { openTfjs } from '../src/backends/tfjs.js';
import { PlimsollError } from '../src/model/errors.js';
import type { Backend } from '../src/scan/backend.js';
import { JsBackend } from '../src/scan/js-backend.js';

export interface Contender {
  readonly backend: Backend;
  readonly threads: number;
  /** What it runs on, in a few words. */
  readonly detail: string;
}

/** Tells what is not measured, and why. */
export type Note = (text: string) => void;

/** A graph that reads the whole book anew at every scan needs seconds for more. */
export const TFJS_POSITIONS_MAX = 1_000_000;
/** Its parts that run anywhere: what a host that runs TensorFlow.js already has may be faster. */
const TFJS_FLAVOURS = ['wasm', 'cpu'] as const;

function openCpu(): Contender[] {
  const { addon, refused } = native();
  if (addon === null) throw new PlimsollError('unavailable', refused.join('; '));
  const one = new CpuBackend(addon, 1);
  const all = new CpuBackend(addon);
  const opened = all.threads === 1 ? [one] : [one, all];
  return opened.map((backend) => ({ backend, threads: backend.threads, detail: backend.variant }));
}

/** What `openBackend` puts before the reason of one. */
const OPENERS_OWN = /^no backend: [a-z]+: /;

async function openNamed(name: 'cuda' | 'cpu' | 'tfjs' | 'js'): Promise<Contender[]> {
  if (name === 'js') return [{ backend: new JsBackend(), threads: 1, detail: 'typed arrays' }];
  if (name === 'cpu') return openCpu();
  if (name === 'tfjs') {
    const backend = await openTfjs(TFJS_FLAVOURS);
    return [{ backend, threads: 1, detail: backend.flavour }];
  }
  const { backend, detail } = await openBackend('cuda', (alert) => {
    throw new PlimsollError('unavailable', alert);
  });
  return [{ backend, threads: 1, detail }];
}

/** Opens them for one book: a device keeps it resident. Of several, those that cannot be had are noted; one asked for by name must be there. */
export async function openContenders(
  choice: BackendChoice,
  positions: number,
  note: Note = () => undefined,
): Promise<readonly Contender[]> {
  if (choice !== 'auto') return openNamed(choice);
  const opened: Contender[] = [];
  for (const name of ['js', 'cpu', 'cuda', 'tfjs'] as const) {
    if (name === 'tfjs' && positions > TFJS_POSITIONS_MAX) continue;
    try {
      opened.push(...(await openNamed(name)));
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      note(`${name}: skipped, ${error.message.replace(OPENERS_OWN, '')}`);
    }
  }
  return opened;
}

export function isOf(name: Backend['name']): (contender: Contender) => boolean {
  return ({ backend }) => backend.name === name;
}

/** Of `cpu` the one with the most threads, and every other backend but tfjs. */
export function fastestOfEach(contenders: readonly Contender[]): readonly Contender[] {
  const others = contenders.filter(({ backend }) => backend.name !== 'cpu' && backend.name !== 'tfjs');
  const cpu = contenders.filter(isOf('cpu')).at(-1);
  return cpu === undefined ? others : [...others, cpu];
}
