/** Dockerfile.cuda as a parser reads it: what it is built on, what it copies, as whom it runs. Where there is no Docker engine, this is what can be known. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { describe, expect, test } from 'vitest';
import { node, ROOT, temporary } from './checkout.js';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const text = read('Dockerfile.cuda');
const dockerfile = DockerfileParser.parse(text);

/** Arguments of the top, put in their places. */
const versions = Object.fromEntries(
  dockerfile.getInitialARGs().map((arg) => [arg.getProperty()?.getName(), arg.getProperty()?.getValue()]),
);
const filled = (value: string): string => value.replace(/\$\{(\w+)\}/g, (_, name) => String(versions[name]));

interface Stage {
  readonly name: string | null;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

const stages: Stage[] = [];
for (const instruction of dockerfile.getInstructions()) {
  if (instruction.getKeyword() === 'FROM') {
    const [from] = dockerfile.getFROMs().filter((each) => each.getRange().start.line === instruction.getRange().start.line);
    stages.push({ name: from.getBuildStage(), image: filled(from.getImage() ?? ''), instructions: [] });
  } else if (stages.length > 0) {
    const last = stages[stages.length - 1];
    stages[stages.length - 1] = { ...last, instructions: [...last.instructions, instruction] };
  }
}
const [, build, runtime] = stages;

const ofKind = (stage: Stage, keyword: string): Instruction[] =>
  stage.instructions.filter((each) => each.getKeyword() === keyword);
const wordsOf = (instruction: Instruction): string[] => instruction.getArguments().map((argument) => argument.getValue());
const fromOf = (copy: Instruction): string | null => (copy as Copy).getFromFlag()?.getValue() ?? null;
/** What a stage copies of the repository, or of another stage. */
const copied = (stage: Stage, from: string | null): string[] =>
  ofKind(stage, 'COPY')
    .filter((copy) => fromOf(copy) === from)
    .flatMap((copy) => wordsOf(copy).slice(0, -1));
/** The JSON form of an instruction. */
function listOf(stage: Stage, keyword: string): string[] {
  const [{ start, end }] = ofKind(stage, keyword).map((each) => each.getRange());
  const raw = text
    .split('\n')
    .slice(start.line, end.line + 1)
    .join('\n');
  return JSON.parse(raw.slice(raw.indexOf('['), raw.lastIndexOf(']') + 1));
}

test('stages stand on images of exact versions', () => {
  expect(stages.map(({ name }) => name)).toEqual(['node', 'build', 'runtime']);
  expect(stages.map(({ image }) => image)).toEqual([
    expect.stringMatching(/^node:24\.\d+\.\d+-bookworm-slim$/),
    expect.stringMatching(/^nvidia\/cuda:13\.0\.\d+-devel-ubuntu24\.04$/),
    expect.stringMatching(/^nvidia\/cuda:13\.0\.\d+-base-ubuntu24\.04$/),
  ]);
  const [, devel, base] = stages.map(({ image }) => image.replace(/-(?:devel|base)-/, '-'));
  expect(devel).toBe(base);
  for (const stage of stages)
    for (const copy of ofKind(stage, 'COPY'))
      expect([null, ...stages.slice(0, stages.indexOf(stage)).map(({ name }) => name)]).toContain(fromOf(copy));
});

test('the page on deployment names the CUDA version it is built with', () => {
  expect(read('docs/deployment.md')).toContain(`CUDA ${versions.CUDA_VERSION}`);
});

describe('what is copied', () => {
  const sources = [...copied(build, null), ...copied(runtime, null)];
  const ignored = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  test('is there, and is sent to the builder', () => {
    expect(ignored[0]).toBe('*');
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(ignored).toContain(`!${source}`);
    }
    expect(ignored.filter((line) => line.startsWith('!')).sort()).toEqual([...new Set(sources)].map((each) => `!${each}`).sort());
  });

  test('is all that the build compiles, and all that is published of what runs', () => {
    const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
    // The simulator stays outside: tsc takes a folder that is not there for one without files.
    const parts = include.filter((name) => name !== 'test/sim');
    expect(copied(build, null)).toEqual(expect.arrayContaining([...parts, 'tsconfig.json', 'tsconfig.build.json', '.npmrc']));
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const run = [...copied(runtime, null), ...copied(runtime, 'build').map((path) => path.replace('/plimsoll/', ''))];
    expect(run).toEqual(expect.arrayContaining(files.filter((name) => !/^docs$|\.md$/.test(name))));
    expect(run).toEqual(
      expect.arrayContaining([
        'package.json',
        'node_modules',
        'kernels/build/plimsoll.node',
        'kernels/build/libplimsoll_cuda.so',
      ]),
    );
  });

  test('has no secret and no history', () => {
    for (const source of sources) expect(readdirSync(ROOT)).toContain(source);
    expect(sources).not.toContain('.');
    expect(sources).not.toContain('.git');
  });
});

test('dependencies come from the lock, and the build fails without either library', () => {
  const runs = ofKind(build, 'RUN').map((each) => wordsOf(each).join(' '));
  expect(runs).toContain('npm ci --ignore-scripts');
  const [native] = runs.filter((run) => run.includes('build:native'));
  for (const file of ['plimsoll.node', 'libplimsoll_cuda.so']) expect(native).toContain(`&& test -f kernels/build/${file}`);
  expect(native).toContain('&& npm prune --omit=dev');
});

test('runs as a number that is not root, and nothing but the user comes after', () => {
  const keywords = runtime.instructions.map((each) => each.getKeyword());
  const [user] = ofKind(runtime, 'USER').map(wordsOf);
  expect(user).toEqual([expect.stringMatching(/^[1-9]\d{3,}:[1-9]\d{3,}$/)]);
  expect(keywords.slice(keywords.indexOf('USER') + 1)).toEqual(['HEALTHCHECK', 'ENTRYPOINT', 'CMD']);
  expect(ofKind(runtime, 'ENV').flatMap(wordsOf)).toContain('NODE_ENV=production');
});

test('starts serve, and takes another command in its place', () => {
  expect(listOf(runtime, 'ENTRYPOINT')).toEqual(['node', '/plimsoll/dist/src/cli/main.js']);
  expect(listOf(runtime, 'CMD')).toEqual(['serve']);
});

test.each([
  { status: 200, code: 0 },
  { status: 503, code: 1 },
  { status: null, code: 1 },
])('the health check of /livez, which answers $status, exits $code', async ({ status, code }) => {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.writeHead(status ?? 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  if (status === null) await close();
  const [program, ...args] = listOf(runtime, 'HEALTHCHECK');
  expect(program).toBe('node');
  const outcome = await node(temporary(), args, { PLIMSOLL_PORT: String(port) });
  if (status !== null) await close();
  expect({ code: outcome.code, paths }).toEqual({ code, paths: status === null ? [] : ['/livez'] });
});
