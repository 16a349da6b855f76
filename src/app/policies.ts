/** Policies by name or file: finds and reads them for a book. Knows where the shipped ones lie; prints nothing. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { parseJson, prefixOf } from '../files/json.js';
import { readText } from '../files/text.js';
import { parseYaml } from '../files/yaml.js';
import { badInput } from '../model/errors.js';
import type { Instruments } from '../model/instruments.js';
import { ProblemList, show } from '../model/problems.js';
import type { Policy } from '../waterfall/policy.js';
import { policyFromInput } from '../waterfall/policy-input.js';

const SHIPPED = join(dirname(createRequire(import.meta.url).resolve('plimsoll/package.json')), 'policies');

/** Names of the shipped policies, in code-unit order. */
export async function shippedPolicies(): Promise<string[]> {
  const files = await readdir(SHIPPED);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/**
 * A shipped policy by its name, or one from a file (a path that ends in `.json`, `.yaml` or `.yml`), for the markets and assets of a book. `where` it was asked for is told
 * of what is neither. Throws bad input with every problem of the file, and bad usage for what is neither.
 */
export async function loadPolicy(nameOrFile: string, instruments: Instruments, where = 'policy'): Promise<Policy> {
  if (/\.(?:json|ya?ml)$/.test(nameOrFile)) return readPolicy(nameOrFile, instruments);
  const names = await shippedPolicies();
  if (names.includes(nameOrFile)) return readPolicy(join(SHIPPED, `${nameOrFile}.json`), instruments);
  throw badInput(where, `one of ${names.join(', ')}, or a .json or .yaml file`, show(nameOrFile), 'bad-usage');
}

async function readPolicy(path: string, instruments: Instruments): Promise<Policy> {
  const problems = new ProblemList();
  const text = await readText(path);
  const input = path.endsWith('.json') ? parseJson(text, { file: path }, problems) : parseYaml(text, path, problems);
  const policy = input === undefined ? null : policyFromInput(input, prefixOf({ file: path }), instruments, problems);
  problems.throwIfAny();
  return policy as Policy;
}
