/** Seeds that once failed: they are run before all others. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Regression {
  readonly seed: number;
  readonly records: number;
  /** What was wrong. */
  readonly what: string;
}

const FILE = join(dirname(createRequire(import.meta.url).resolve('plimsoll/package.json')), 'test', 'sim', 'regressions.json');

export const REGRESSIONS = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Regression[];
