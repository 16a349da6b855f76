/** docs/waterfall.md against the reader: its example is a policy, and every stage, field and shipped policy is on the page. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { fitsSchema, readPolicy, SHIPPED } from './policy-support.js';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/waterfall.md'), 'utf8');

test('the example is a policy', () => {
  const [, example] = /^```json policy\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const input: unknown = JSON.parse(example);
  expect(readPolicy(input).problems).toEqual([]);
  expect(fitsSchema(input)).toBe(true);
});

/** Every property name in a JSON Schema, and every constant that tells shapes apart. */
function wordsOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, const: constant } = node as { properties?: object; const?: unknown };
  const own = [...Object.keys(properties ?? {}), ...(typeof constant === 'string' ? [constant] : [])];
  return [...own, ...Object.values(node).flatMap(wordsOf)];
}

test('every field, stage and kind of the JSON Schema is on the page, and every shipped policy', () => {
  const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'schema/policy.schema.json'), 'utf8'));
  const words = new Set([...wordsOf(schema), ...SHIPPED.map(({ file }) => basename(file, '.json'))]);
  expect(words.size).toBeGreaterThan(60);
  const missing = [...words].filter((word) => !new RegExp(`[\`."]${word.replace('$', '\\$')}[\`".]`).test(page));
  expect(missing).toEqual([]);
});
