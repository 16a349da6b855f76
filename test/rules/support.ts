/** Rule sets for tests, and the two checks of one: the reader's and the JSON Schema's. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ProblemList } from '../../src/model/problems.js';
import { type RuleSet, ruleSetFromInput } from '../../src/rules/rule-set.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

export const SHIPPED: readonly { readonly file: string; readonly input: unknown }[] = readdirSync(join(ROOT, 'rules'))
  .sort()
  .map((file) => ({ file, input: read(`rules/${file}`) }));

const SCHEMA = z.fromJSONSchema(read('schema/rules.schema.json') as Parameters<typeof z.fromJSONSchema>[0]);

export function fitsSchema(input: unknown): boolean {
  return SCHEMA.safeParse(input).success;
}

/** The set, or its problems, a line each. */
export function readSet(input: unknown): { readonly set: RuleSet | null; readonly problems: readonly string[] } {
  const problems = new ProblemList();
  const set = ruleSetFromInput(input, 'set.json: ', problems);
  return { set, problems: problems.listed.map(({ where, expected, found }) => `${where}: expected ${expected}, was ${found}`) };
}

export const TIERS = [
  { floor: '0', rate: '0.004' },
  { floor: '50000', rate: '0.005', deduction: '50' },
];

export const maintenance = (tiers: readonly object[] = TIERS): object => ({
  method: 'bracket',
  basis: 'mark',
  closeFee: '0',
  tiers,
});

/** A valid rule set, with some of its parts replaced. */
export function setOf(parts: object = {}): Record<string, unknown> {
  return {
    version: 1,
    name: 'test',
    title: 'A test',
    sources: ['https://example.org/margin'],
    formulas: ['maintenance = rate · notional − deduction'],
    rules: {},
    markets: { BTCUSDT: { maintenance: maintenance() } },
    assets: { BTC: { haircut: '0.05', borrow: { method: 'step', tiers: [{ floor: '0', rate: '0.03' }] } } },
    ...parts,
  };
}
