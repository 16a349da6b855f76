/** The numbers that venues publish, by id. Absent, and said so, where ../shared is not beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const FILE = fileURLToPath(new URL('../../../shared/golden/published.json', import.meta.url));

interface Published {
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
}

const BY_ID = new Map<string, Published>(
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Published[]).map((each) => [each.id, each]) : [],
);

/** One test of each published number whose id begins so. */
export function testPublished(prefix: string, check: (inputs: Readonly<Record<string, never>>, expected: never) => void): void {
  if (BY_ID.size === 0) {
    test(`published: ${prefix}`, (context) => {
      const reason = `published numbers are not checked: no ${FILE}`;
      process.stderr.write(`${reason}\n`);
      context.skip(reason);
    });
    return;
  }
  const found = [...BY_ID.values()].filter(({ id }) => id.startsWith(prefix));
  if (found.length === 0) throw new Error(`expected published numbers of ${prefix}, found none`);
  test.each(found.map((each) => [each.id, each] as const))('published: %s', (_, { inputs, expected }) => {
    check(inputs as Readonly<Record<string, never>>, expected as never);
  });
}
