/** Policies by name or file: finds and reads them for a book. Knows where the shipped ones lie; prints nothing. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type PolicySource, resolvePolicy } from '../engine/load.js';
import { parseJson, prefixOf } from '../files/json.js';
import { readText } from '../files/text.js';
import { parseYaml } from '../files/yaml.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { ProblemList, show } from '../model/problems.js';
import type { Policy } from '../waterfall/policy.js';

const SHIPPED = join(dirname(createRequire(import.meta.url).resolve('plimsoll/package.json')), 'policies');

/** Names of the shipped policies, in code-unit order. */
export async function shippedPolicies(): Promise<string[]> {
  const files = await readdir(SHIPPED);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/** The policy when nobody names one. */
export const POLICY_DEFAULT = 'central-perp';

/**
 * A shipped policy by its name, or one from a file (a path that ends in `.json`, `.yaml` or `.yml`), not yet held against a book. `where` it was asked for is told
 * of what is neither. Throws bad input for a file that cannot be read, and bad usage for what is neither.
 */
export async function policySource(
  nameOrFile: string,
  where = 'policy',
  orderTtlUs: number | null = null,
): Promise<PolicySource> {
  if (/\.(?:json|ya?ml)$/.test(nameOrFile)) return readSource(nameOrFile, orderTtlUs);
  const names = await shippedPolicies();
  if (names.includes(nameOrFile)) return readSource(join(SHIPPED, `${nameOrFile}.json`), orderTtlUs);
  throw badInput(where, `one of ${names.join(', ')}, or a .json or .yaml file`, show(nameOrFile), 'bad-usage');
}

/** The same for the markets and assets of a book. Throws bad input with every problem of the file. */
export async function loadPolicy(nameOrFile: string, instruments: Instruments, where = 'policy'): Promise<Policy> {
  return resolvePolicy(await policySource(nameOrFile, where), instruments);
}

async function readSource(path: string, orderTtlUs: number | null): Promise<PolicySource> {
  const problems = new ProblemList();
  const text = await readText(path);
  const input: unknown = path.endsWith('.json') ? parseJson(text, { file: path }, problems) : parseYaml(text, path, problems);
  problems.throwIfAny();
  return { input, where: prefixOf({ file: path }), orderTtlUs };
}
