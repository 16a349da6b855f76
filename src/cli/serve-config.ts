/** What `serve` runs with: defaults, then a YAML or JSON file, then the environment, then flags; checked as a whole. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { POLICY_DEFAULT } from '../app/policies.js';
import type { ServerOptions } from '../app/serve.js';
import { BACKEND_CHOICES } from '../backends/open.js';
import { PlimsollError } from '../model/errors.js';
import { boundedDecimal } from '../model/instrument-schema.js';
import { ProblemList, show } from '../model/problems.js';

/** A number in a file, digits on the command line and in the environment. */
const whole = (least: number, most: number) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^[0-9]{1,15}$/)
        .transform(Number),
    ])
    .pipe(z.int().min(least).max(most))
    .meta({ expected: `a whole number from ${least} to ${most}` });
const text = z.string().min(1).meta({ expected: 'a text' });
const amount = z
  .string()
  .refine((value) => (boundedDecimal(value)?.units ?? -1n) >= 0n)
  .meta({ expected: 'a decimal such as "1000000", zero or more' });
const token = z.string().min(16).meta({ expected: 'a secret of at least 16 characters', isSecret: true });

/** Every setting, with what it is when nobody says. */
const SETTINGS = {
  host: { schema: z.enum(['127.0.0.1', '::1']).meta({ expected: '127.0.0.1 or ::1' }), fallback: '127.0.0.1' },
  port: { schema: whole(0, 65_535), fallback: 7777 },
  positions: { schema: whole(1, 200_000_000), fallback: 1_000_000 },
  markets: { schema: whole(1, 10_000), fallback: 400 },
  seed: { schema: whole(0, 2 ** 32 - 1), fallback: 1 },
  book: { schema: text, fallback: null },
  marks: { schema: text, fallback: null },
  tickIntervalMs: { schema: whole(1, 60_000), fallback: 100 },
  orderTtlMs: { schema: whole(1, 3_600_000), fallback: null },
  policy: { schema: text, fallback: POLICY_DEFAULT },
  fund: { schema: amount, fallback: '1000000' },
  mode: { schema: z.enum(['shadow', 'live']).meta({ expected: 'shadow or live' }), fallback: null },
  executor: { schema: z.enum(['paper', 'external']).meta({ expected: 'paper or external' }), fallback: 'paper' },
  backend: { schema: z.enum(BACKEND_CHOICES).meta({ expected: `one of ${BACKEND_CHOICES.join(', ')}` }), fallback: 'auto' },
  journal: { schema: text, fallback: null },
  crash: { schema: z.stringbool().or(z.boolean()).meta({ expected: 'true or false' }), fallback: false },
  operatorToken: { schema: token, fallback: null },
  executorToken: { schema: token, fallback: null },
} as const;

type Name = keyof typeof SETTINGS;
export type ServeConfig = {
  readonly [K in Name]: z.output<(typeof SETTINGS)[K]['schema']> | ((typeof SETTINGS)[K]['fallback'] extends null ? null : never);
};

const NAMES = Object.keys(SETTINGS) as Name[];

/** `tickIntervalMs` is `PLIMSOLL_TICK_INTERVAL_MS`. */
function variableOf(name: Name): string {
  return `PLIMSOLL_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function readFile(path: string, problems: ProblemList): Record<string, unknown> {
  let content: unknown;
  try {
    // YAML 1.2 is a superset of JSON.
    content = parse(readFileSync(path, 'utf8'), { uniqueKeys: true });
  } catch (cause) {
    throw new PlimsollError('bad-input', `${path}: expected YAML or JSON, was ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.add(path, 'settings by name', show(content));
    return {};
  }
  for (const key of Object.keys(content)) {
    if (!NAMES.includes(key as Name)) problems.add(`${path}: ${key}`, `one of ${NAMES.join(', ')}`, 'an unknown setting');
  }
  return content as Record<string, unknown>;
}

/** Throws every problem of file, environment and flags at once. `flags` has what was said on the command line only. */
export function serveConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>>,
): ServeConfig {
  const problems = new ProblemList();
  const file = path === undefined ? {} : readFile(path, problems);
  const entries = NAMES.map((name): [Name, unknown] => {
    const { schema, fallback } = SETTINGS[name];
    const [where, value] =
      flags[name] !== undefined
        ? [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, flags[name]]
        : env[variableOf(name)] !== undefined
          ? [variableOf(name), env[variableOf(name)]]
          : [`${path}: ${name}`, file[name]];
    if (value === undefined || value === null) return [name, fallback];
    const parsed = schema.safeParse(value);
    if (!parsed.success) problems.add(where, String(schema.meta()?.expected), isSecret(name) ? 'another' : show(value));
    return [name, parsed.data ?? fallback];
  });
  const config = Object.fromEntries(entries) as ServeConfig;
  if ((config.book === null) !== (config.marks === null)) {
    const [given, missing] = config.book === null ? ['marks', 'book'] : ['book', 'marks'];
    problems.add(`--${missing}`, `a file, because ${given} is given`, 'nothing');
  }
  if (config.operatorToken !== null && config.operatorToken === config.executorToken)
    problems.add('executorToken', 'another than operatorToken', 'the same');
  problems.throwIfAny();
  return config;
}

function isSecret(name: Name): boolean {
  return SETTINGS[name].schema.meta()?.isSecret === true;
}

/** As YAML; secrets are not printed. */
export function describeConfig(config: ServeConfig): string {
  return NAMES.map((name) => {
    const value = config[name];
    return `${name}: ${value !== null && isSecret(name) ? '"(set)"' : JSON.stringify(value)}\n`;
  }).join('');
}

export function serverOptions(config: ServeConfig): Omit<ServerOptions, 'onLoaded'> {
  const { book, marks, positions, markets, ...rest } = config;
  return { ...rest, book: book !== null && marks !== null ? { file: book, marks } : { positions, markets } };
}
