/** Plants each kind of violation that biome.json forbids in a copy of the layout, and sees biome refuse it. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const biome = join(dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')), 'bin/biome');

const IMPORTS = 'lint/style/noRestrictedImports';
const GLOBALS = 'lint/style/noRestrictedGlobals';
const PLUGIN = 'plugin';

/** A file to plant, its text and the rules that must refuse it: none for what is allowed. */
interface Plant {
  readonly file: string;
  readonly text: string;
  readonly rules: readonly string[];
}

const plants: Plant[] = [];

function plant(folder: string, text: string, ...rules: string[]): void {
  const file = folder.endsWith('.ts') ? folder : `${folder}/planted-${plants.length}.ts`;
  plants.push({ file, text, rules });
}

const importing = (from: string): string => `import { thing } from '${from}';\nexport const used = thing;\n`;

function plantImports(folder: string, allowed: readonly string[], refused: readonly string[]): void {
  for (const from of allowed) plant(folder, importing(from));
  for (const from of refused) plant(folder, importing(from), IMPORTS);
}

const OURS = [
  'model',
  'store',
  'scan',
  'backends',
  'dispatch',
  'waterfall',
  'venue',
  'synthetic',
  'rules',
  'files',
  'journal',
  'engine',
  'gateway',
  'client',
  'cli',
];

/** Every folder of ours but the allowed ones is refused, and so are Node's modules and packages. */
function plantCore(folder: string, allowed: readonly string[]): void {
  const refused = OURS.filter((name) => !allowed.includes(name)).map((name) => `../${name}/x.js`);
  plantImports(
    `src/${folder}`,
    ['./x.js', ...allowed.map((name) => `../${name}/x.js`)],
    [...refused, '../index.js', '../../feeds/x.js', '../model/../gateway/x.js', 'node:fs', 'node:net', 'zod'],
  );
}

plantCore('model', []);
plantCore('store', ['model']);
plantCore('scan', ['model', 'store']);
plantCore('dispatch', ['model']);
plantCore('waterfall', ['model', 'dispatch']);
plantImports(
  'src/waterfall/stages',
  ['./x.js', '../x.js', '../formulas/x.js', '../../model/x.js', '../../dispatch/x.js'],
  ['../../store/x.js', '../../scan/x.js', '../../index.js', '../../../feeds/x.js', '../../model/../store/x.js', 'node:fs', 'zod'],
);
plantCore('venue', ['model']);
plantCore('synthetic', ['model']);
plantCore('rules', ['model']);
plantCore('engine', ['model', 'store', 'scan', 'dispatch', 'waterfall', 'venue', 'synthetic']);
plant('src/engine', "import { createHash } from 'node:crypto';\nexport const used = createHash;\n");
plant('src/engine', "import { randomBytes } from 'node:crypto';\nexport const used = randomBytes;\n", IMPORTS);
plant('src/engine/case-half.ts', "export * from '../store/x.js';\nexport * from '../scan/x.js';\n", IMPORTS, IMPORTS);
plant(
  'src/engine/host.ts',
  `${importing('node:worker_threads')}export * from '../journal/x.js';\nexport const now = Date.now();\n`,
);
plant('src/engine/worker.ts', importing('../gateway/x.js'), IMPORTS);
plantImports(
  'feeds',
  ['./x.js', '../src/model/x.js', '../src/synthetic/x.js', 'node:fs'],
  ['../src/store/x.js', '../src/cli/x.js'],
);
plantImports(
  'src/backends',
  ['./x.js', '../model/x.js', '../store/x.js', '../scan/x.js', 'node:fs'],
  ['../engine/x.js', '../cli/x.js', '../../feeds/x.js'],
);
plantImports(
  'kernels',
  ['./x.js', '../src/backends/seal.js', 'node:fs'],
  ['../src/backends/native.js', '../src/cli/x.js', '../feeds/x.js', '../src/cli/../backends/seal.js'],
);
plantImports(
  'src/files',
  ['../model/x.js', 'node:fs', 'zod'],
  ['../store/x.js', '../rules/x.js', '../cli/x.js', '../../feeds/x.js'],
);
plantImports('src/journal', ['./x.js', '../model/x.js', 'node:fs', 'lmdb'], ['../engine/x.js', '../files/x.js', '../cli/x.js']);
plantImports('src/gateway', ['../model/x.js', '../engine/link.js', 'ws'], ['../engine/engine.js', '../scan/x.js', '../cli/x.js']);
plantImports('src/client', ['../gateway/codec.js', 'ws'], ['../gateway/server.js', '../model/x.js', '../engine/link.js']);
plantImports('src/cli', ['../gateway/x.js', '../engine/x.js', '../../feeds/x.js', 'commander'], []);
plant('src/cli', importing('vitest'), 'lint/correctness/noUndeclaredDependencies');
plant('src/store', "import type { Thing } from '../scan/x.js';\nexport type Used = Thing;\n", IMPORTS);
plant('src/store', "export const used = await import('../scan/x.js');\n", IMPORTS);

for (const folder of [
  'src/model',
  'src/store',
  'src/scan',
  'src/dispatch',
  'src/waterfall',
  'src/venue',
  'src/synthetic',
  'src/rules',
  'src/engine',
  'feeds',
]) {
  plant(folder, 'export const now = Date.now();\n', PLUGIN);
  plant(folder, 'export const when = setTimeout(() => undefined, 1);\n', GLOBALS);
}
plant('src/gateway', 'export const now = Date.now();\nexport const when = setTimeout(() => undefined, 1);\n');
plant(
  'src/scan',
  'export const day = new Date(86_400_000).toISOString();\nexport const most = Math.max(Math.sign(1), Math.sqrt(2));\n',
);
for (const text of ['new Date()', 'Date()', "Date['now']()", 'Math.random()', '[1].map(Math.random)', "Math['random']()"]) {
  plant('src/scan', `export const ambient = ${text};\n`, PLUGIN);
}
plant('src/scan', 'export const { random } = Math;\n', PLUGIN);
for (const name of ['log', 'exp', 'cos', 'sin', 'pow', 'cbrt'])
  plant('src/synthetic', `export const x = Math.${name}(2);\n`, PLUGIN);
for (const text of [
  'performance.now()',
  'process.hrtime()',
  'crypto.randomUUID()',
  'globalThis.Date',
  'setInterval',
  'setImmediate',
]) {
  plant('src/store', `export const ambient = ${text};\n`, GLOBALS);
}

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');
const longFunction = (body: number): string =>
  `export function long(): void {\n${lines(body, (i) => `  call(${i});\n`)}}\nfunction call(_: number): void {}\n`;
plant('src/cli', longFunction(60));
plant('src/cli', longFunction(72), 'lint/complexity/noExcessiveLinesPerFunction');
plant('test/cli', longFunction(72));
plant(
  'src/cli',
  lines(399, (i) => `export const value${i} = ${i};\n`),
);
plant(
  'src/cli',
  lines(401, (i) => `export const value${i} = ${i};\n`),
  'lint/style/noExcessiveLinesPerFile',
);
plant('src/cli', 'export default 1;\n', 'lint/style/noDefaultExport');
plant('src/cli', 'export const loose: any = 1;\n', 'lint/suspicious/noExplicitAny');
plant('src/cli', "console.log('x');\n", 'lint/suspicious/noConsole');
plant('src/cli', 'export enum Colour {\n  red = 0,\n}\n', 'lint/style/noEnum');
plant('src/cli', 'async function later(): Promise<void> {}\nlater();\n', 'lint/nursery/noFloatingPromises');
plant(
  'src/cli/circle-a.ts',
  "import { b } from './circle-b.js';\nexport const a = (): unknown => b;\n",
  'lint/suspicious/noImportCycles',
);
plant(
  'src/cli/circle-b.ts',
  "import { a } from './circle-a.js';\nexport const b = (): unknown => a;\n",
  'lint/suspicious/noImportCycles',
);
plant('src/cli/CamelCase.ts', 'export const x = 1;\n', 'lint/style/useFilenamingConvention');
plant('src/cli', "import { a } from './circle-a';\nexport const used = a;\n", 'lint/correctness/useImportExtensions');

describe('biome.json', () => {
  let folder: string;
  const found = new Map<string, string[]>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-lint-'));
    for (const name of ['biome.json', 'lint', 'package.json'])
      await cp(join(root, name), join(folder, name), { recursive: true });
    for (const { file, text } of plants) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    for (const line of (await lint(folder)).split('\n')) {
      const match = /^::(?:error|warning) title=([^,]+),file=.*?plimsoll-lint-\w+\/([^,]+),/.exec(line);
      if (match !== null) found.set(match[2], [...(found.get(match[2]) ?? []), match[1]]);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(plants.map((plant) => ({ ...plant, name: `${plant.file} ${plant.rules.length === 0 ? 'passes' : 'is refused'}` })))(
    '$name',
    ({ file, text, rules }) => {
      expect({ text: text.slice(0, 200), rules: found.get(file) ?? [] }).toEqual({ text: text.slice(0, 200), rules });
    },
  );
});

/** Exits 1 when it finds something, which is what most of these files are for. */
async function lint(folder: string): Promise<string> {
  const args = [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '.'];
  const options = { cwd: folder, maxBuffer: 1 << 26 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error: { stdout: string }) => error);
  return stdout;
}
