/** What makes `npm ci` the same everywhere: exact versions, and no address of the registry that happened to be near. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly resolved?: string; readonly integrity?: string }>
  >;
}

test('the lock names checksums and no host', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock;
  const installed = Object.entries(packages).filter(([path]) => path !== '');
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  expect(installed.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
});

test('no file of the installation names a registry', () => {
  for (const name of ['package.json', 'package-lock.json', '.npmrc', '.ci/run'])
    expect(read(name)).not.toMatch(/https?:\/\/registry|registry=/);
});

test('versions are exact, and the lock has them', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock;
  const { dependencies, devDependencies, overrides } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...overrides })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect({ name, version: packages[`node_modules/${name}`]?.version }).toEqual({ name, version });
  }
});
