/** Policies by name and from files: shipped ones, JSON and YAML alike, and what is said of a file that is none. */
import { describe, expect, test } from 'vitest';
import { loadPolicy, shippedPolicies } from '../../src/app/policies.js';
import { write } from '../files/support.js';
import { instrumentsOf, marketOf } from '../support/books.js';

const INSTRUMENTS = instrumentsOf([marketOf(0)]);
const messageOf = async (loading: Promise<unknown>): Promise<string> => {
  return await loading.then(
    () => 'no error',
    (error: Error) => error.message,
  );
};

test('the shipped policies load by their names, for a book without any of their markets', async () => {
  const names = await shippedPolicies();
  expect(names).toEqual(['central-perp', 'chain-perp', 'clearing-auction', 'full-close']);
  for (const name of names) expect((await loadPolicy(name, INSTRUMENTS)).id).toBe(name);
});

test('a name that is none, and a file that is not there', async () => {
  expect(await messageOf(loadPolicy('default', INSTRUMENTS, '--policy'))).toBe(
    '--policy: expected one of central-perp, chain-perp, clearing-auction, full-close, or a .json or .yaml file, was "default"',
  );
  expect(await messageOf(loadPolicy('/none/policy.yaml', INSTRUMENTS))).toContain('missing (ENOENT)');
});

const YAML = `
version: 1
name: mine
title: Mine
sources: []
liquidationTarget: "0.05"
stages:
  # Everything, in M0 only.
  - stage: full
    markets: [M0]
    price: { kind: slippage, rate: "0.01" }
    ttlMs: 5000
`;

describe('a file', () => {
  test('says the same as YAML and as JSON', async () => {
    const stage = { stage: 'full', markets: ['M0'], price: { kind: 'slippage', rate: '0.01' }, ttlMs: 5_000 };
    const json = { version: 1, name: 'mine', title: 'Mine', sources: [], liquidationTarget: '0.05', stages: [stage] };
    const fromJson = await loadPolicy(write('mine.json', JSON.stringify(json)), INSTRUMENTS);
    expect(await loadPolicy(write('mine.yaml', YAML), INSTRUMENTS)).toEqual(fromJson);
    expect(await loadPolicy(write('mine.yml', YAML), INSTRUMENTS)).toEqual(fromJson);
  });

  test.each([
    ['a number that must be exact', YAML.replace('"0.05"', '0.05'), 'mine.yaml: liquidationTarget: expected a rate from 0 to 1'],
    ['a key twice', YAML.replace('title: Mine', 'name: Mine'), 'mine.yaml:4:1: expected valid YAML, was Map keys must be unique'],
    ['a broken line', YAML.replace('[M0]', '[M0'), 'mine.yaml:'],
    ['a list', '- 1', 'mine.yaml: expected an object: a policy, was [1]'],
    ['nothing', '', 'mine.yaml: expected an object: a policy, was null'],
    [
      'aliases of aliases',
      `a: &a [1, 1, 1]\nb: &b [${'*a, '.repeat(60)}1]\nc: [${'*b, '.repeat(60)}1]`,
      'mine.yaml: expected YAML of reasonable depth and few aliases',
    ],
    ['depth', `${'['.repeat(20_000)}`, 'mine.yaml'],
  ])('in YAML that is wrong: %s', async (_, text, message) => {
    expect(await messageOf(loadPolicy(write('mine.yaml', text), INSTRUMENTS))).toContain(message);
  });

  test('in JSON that is wrong is told by path, duplicate keys before all else', async () => {
    const twice = '{"version":1,"name":"x","name":"y","title":"x","sources":[],"stages":[]}';
    expect(await messageOf(loadPolicy(write('mine.json', twice), INSTRUMENTS))).toContain(
      'mine.json: name: expected each key once, was "name" again',
    );
    const wrong = twice.replace('"name":"y",', '');
    expect(await messageOf(loadPolicy(write('mine.json', wrong), INSTRUMENTS))).toContain(
      'mine.json: stages: expected at least one stage, was 0',
    );
  });
});
