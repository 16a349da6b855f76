/** Which TensorFlow.js is taken, and what is said when none can be. */
import { afterEach, expect, it } from 'vitest';
import { openTfjs } from '../../src/backends/tfjs.js';
import { PlimsollError } from '../../src/model/errors.js';

const absent = (name: string): never => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from here.js`), { code: 'ERR_MODULE_NOT_FOUND' });
};

/** A TensorFlow.js that does nothing but start, or not. */
const bare = (starts: boolean) => ({
  tensor: () => null,
  enableProdMode: () => undefined,
  setBackend: (name: string) => Promise.resolve(starts && name === 'tensorflow'),
  ready: () => Promise.resolve(),
});

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const backend of opened.splice(0)) backend.close();
});

async function open(...given: Parameters<typeof openTfjs>) {
  const backend = await openTfjs(...given);
  opened.push(backend);
  return backend;
}

it("takes the user's GPU package before all, however it exports itself", async () => {
  for (const loaded of [bare(true), { default: bare(true) }]) {
    const backend = await open(undefined, () => Promise.resolve(loaded));
    expect(backend).toMatchObject({ name: 'tfjs', flavour: 'node-gpu', passedOver: [] });
  }
});

it('takes the next one where one is absent, half installed, does not start or is something else', async () => {
  const packages: Record<string, () => unknown> = {
    '@tensorflow/tfjs-node-gpu': () => {
      throw new Error('The Node.js native addon module (tfjs_binding.node) can not be found.\nAnd so on for many lines.');
    },
    '@tensorflow/tfjs-node': () => bare(false),
    '@tensorflow/tfjs-backend-wasm': () => absent('a-part-of-it'),
  };
  const backend = await open(undefined, (name) => Promise.resolve().then(() => packages[name]?.() ?? import(name)));
  expect(backend.flavour).toBe('cpu');
  expect(backend.passedOver).toEqual([
    'node-gpu: @tensorflow/tfjs-node-gpu does not load: The Node.js native addon module (tfjs_binding.node) can not be found.',
    'node: its backend tensorflow does not start',
    "wasm: @tensorflow/tfjs-backend-wasm does not load: Cannot find package 'a-part-of-it' imported from here.js",
  ]);
});

it('takes the wasm backend here, where neither of the packages that download TensorFlow is installed', async () => {
  const backend = await open();
  expect(backend.flavour).toBe('wasm');
  expect(backend.passedOver).toEqual([
    'node-gpu: @tensorflow/tfjs-node-gpu is not installed',
    'node: @tensorflow/tfjs-node is not installed',
  ]);
});

it('names every reason when there is none', async () => {
  const failure = await openTfjs(undefined, (name) =>
    Promise.resolve().then(() => (name.endsWith('node') ? { tensor: 'no' } : absent(name))),
  ).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PlimsollError);
  expect(failure).toMatchObject({
    code: 'unavailable',
    message:
      'the tfjs backend needs a TensorFlow.js that loads. ' +
      'node-gpu: @tensorflow/tfjs-node-gpu is not installed. ' +
      'node: @tensorflow/tfjs-node is not TensorFlow.js. ' +
      'wasm: @tensorflow/tfjs-core is not installed. ' +
      'cpu: @tensorflow/tfjs-core is not installed',
  });
});
