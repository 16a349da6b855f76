/** Which TensorFlow.js there is: the user's own package, or the parts that run anywhere. Knows nothing of what is computed with it. */
import { PlimsollError } from '../model/errors.js';

export interface Tensor {
  /** The values, once they are computed. */
  dataSync(): ArrayLike<number>;
}

/** What is used of TensorFlow.js, whichever package it comes from: none is a dependency, so none of their types is. */
export interface Tf {
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  /** Disposes what `work` made and did not return. */
  tidy(work: () => void): void;
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: 'float32' | 'int32'): Tensor;
  scalar(value: number, dtype: 'float32'): Tensor;
  gather(from: Tensor, indices: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  abs(x: Tensor): Tensor;
  sum(x: Tensor, axis: number): Tensor;
  greater(a: Tensor, b: Tensor): Tensor;
}

interface Flavour {
  /** The first has the functions; those that follow add a backend to it. */
  readonly packages: readonly string[];
  readonly backend: string;
}

const FLAVOURS = {
  'node-gpu': { packages: ['@tensorflow/tfjs-node-gpu'], backend: 'tensorflow' },
  node: { packages: ['@tensorflow/tfjs-node'], backend: 'tensorflow' },
  wasm: { packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'], backend: 'wasm' },
  cpu: { packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'], backend: 'cpu' },
} as const satisfies Readonly<Record<string, Flavour>>;

export type TfjsFlavour = keyof typeof FLAVOURS;

/** The fastest first. */
export const TFJS_FLAVOURS: readonly TfjsFlavour[] = ['node-gpu', 'node', 'wasm', 'cpu'];

/** `import`, or what a test puts in its place. */
export type Import = (name: string) => Promise<unknown>;

export interface Loaded {
  readonly tf: Tf;
  readonly flavour: TfjsFlavour;
  /** Why each flavour before it was not taken. */
  readonly passedOver: readonly string[];
}

/** The first flavour that loads and starts. Throws `unavailable` with the reason of every one when none does. */
export async function loadTf(flavours: readonly TfjsFlavour[], load: Import): Promise<Loaded> {
  const reasons: string[] = [];
  for (const flavour of flavours) {
    try {
      return { tf: await start(FLAVOURS[flavour], load), flavour, passedOver: reasons };
    } catch (error) {
      reasons.push(`${flavour}: ${reasonOf(error)}`);
    }
  }
  throw new PlimsollError('unavailable', `the tfjs backend needs a TensorFlow.js that loads. ${reasons.join('. ')}`);
}

async function start({ packages: [name, ...others], backend }: Flavour, load: Import): Promise<Tf> {
  const tf = functionsOf(await loadOne(name, load), name);
  for (const other of others) await loadOne(other, load);
  // Else it checks its inputs at every step, and advises to install another of its packages.
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`its backend ${backend} does not start`);
  await tf.ready();
  return tf;
}

async function loadOne(name: string, load: Import): Promise<unknown> {
  try {
    return await load(name);
  } catch (cause) {
    const isAbsent = codeOf(cause) === 'ERR_MODULE_NOT_FOUND' && reasonOf(cause).includes(name);
    throw new Error(isAbsent ? `${name} is not installed` : `${name} does not load: ${reasonOf(cause)}`, { cause });
  }
}

/** Packages in CommonJS may have everything in their default export. */
function functionsOf(loaded: unknown, name: string): Tf {
  for (const functions of [loaded, (loaded as { default?: unknown }).default]) {
    if (typeof (functions as Partial<Tf> | undefined)?.tensor === 'function') return functions as Tf;
  }
  throw new Error(`${name} is not TensorFlow.js`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** The first line: half-installed packages go on for many. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n')[0];
}
