/** Policies for tests, and the two checks of one: the reader's and the JSON Schema's. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ProblemList } from '../../src/model/problems.js';
import type { Policy } from '../../src/waterfall/policy.js';
import { policyFromInput } from '../../src/waterfall/policy-input.js';
import { instrumentsOf, marketOf } from '../support/books.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

export const SHIPPED: readonly { readonly file: string; readonly input: unknown }[] = readdirSync(join(ROOT, 'policies'))
  .sort()
  .map((file) => ({ file, input: read(`policies/${file}`) }));

const SCHEMA = z.fromJSONSchema(read('schema/policy.schema.json') as Parameters<typeof z.fromJSONSchema>[0]);

export function fitsSchema(input: unknown): boolean {
  return SCHEMA.safeParse(input).success;
}

/** Markets M0 and M1, both settled in the only asset, USDT. */
export const INSTRUMENTS = instrumentsOf([marketOf(0), marketOf(1)]);

/** The policy, or its problems, a line each. */
export function readPolicy(input: unknown): { readonly policy: Policy | null; readonly problems: readonly string[] } {
  const problems = new ProblemList();
  const policy = policyFromInput(input, 'p.json: ', INSTRUMENTS, problems);
  return {
    policy,
    problems: problems.listed.map(({ where, expected, found }) => `${where}: expected ${expected}, was ${found}`),
  };
}

export const FULL = { stage: 'full', price: { kind: 'bankruptcy' }, ttlMs: 5_000 };

/** A valid policy, with some of its parts replaced. */
export function policyOf(parts: object = {}): Record<string, unknown> {
  return { version: 1, name: 'test', title: 'A test', sources: [], stages: [FULL], ...parts };
}

export function withStages(...stages: unknown[]): Record<string, unknown> {
  return policyOf({ stages });
}

const ORDERS = { price: { kind: 'market' }, ttlMs: 1_000 };
export const AUCTION = {
  stage: 'auction',
  of: 'position',
  curve: { kind: 'linear', durationMs: 60_000 },
  start: '1',
  reserve: '0.8',
  resetAgeMs: 60_000,
  resetDrop: '0.5',
};
export const STAIR = { kind: 'stair', cut: '0.99', stepMs: 1_000, durationMs: 60_000 };
export const FUND = { stage: 'fund', reserve: '0.05', ...ORDERS };
export const ADL = { stage: 'adl', method: 'queue', price: 'bankruptcy' };
export const SOCIALISE = { stage: 'socialise', method: 'gains', from: 'market', remainder: 'venue' };
export const PARTIAL = { stage: 'partial', method: { kind: 'restore' }, ...ORDERS };
