/** The settings of `serve`: who wins, what is refused, and that all of it is told at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeConfig, serveConfig, serverOptions } from '../../src/cli/serve-config.js';
import { PlimsollError } from '../../src/model/errors.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, 'plimsoll.yaml');
  writeFileSync(path, content);
  return path;
}

function problemsOf(path: string | undefined, env: Record<string, string>, flags: Record<string, unknown>): string[] {
  try {
    serveConfig(path, env, flags);
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    expect(error.code).toBe('bad-input');
    return error.message.replaceAll(`${folder}/`, '').split('\n');
  }
  return [];
}

const DEFAULTS = {
  host: '127.0.0.1',
  port: 7777,
  positions: 1_000_000,
  markets: 400,
  seed: 1,
  book: null,
  marks: null,
  tickIntervalMs: 100,
  orderTtlMs: null,
  policy: 'central-perp',
  fund: '1000000',
  mode: null,
  executor: 'paper',
  backend: 'auto',
  journal: null,
  crash: false,
  operatorToken: null,
  executorToken: null,
};

describe('what is in effect', () => {
  test('with nothing said: the defaults', () => {
    expect(serveConfig(undefined, {}, {})).toEqual(DEFAULTS);
  });

  test('flags beat the environment, which beats the file, which beats the defaults', () => {
    const path = file('seed: 2\nmarkets: 20\nport: 2000\n');
    expect(serveConfig(path, { PLIMSOLL_MARKETS: '30', PLIMSOLL_PORT: '3000' }, { port: '4000' })).toEqual({
      ...DEFAULTS,
      seed: 2,
      markets: 30,
      port: 4000,
    });
  });

  test('every setting has a variable and a place in the file', () => {
    const texts = {
      host: '::1',
      port: '1',
      positions: '2',
      markets: '3',
      seed: '4',
      book: 'b.json',
      marks: 'm.json',
      tickIntervalMs: '5',
      orderTtlMs: '6',
      policy: 'chain-perp',
      fund: '12.5',
      mode: 'live',
      executor: 'external',
      backend: 'cpu',
      journal: 'j',
      crash: 'true',
      operatorToken: 'o'.repeat(16),
      executorToken: 'e'.repeat(16),
    };
    const wanted = { ...texts, port: 1, positions: 2, markets: 3, seed: 4, tickIntervalMs: 5, orderTtlMs: 6, crash: true };
    expect(Object.keys(texts)).toEqual(Object.keys(DEFAULTS));
    const variables = Object.entries(texts).map(([name, value]) => [
      `PLIMSOLL_${name.replace(/([A-Z])/g, '_$1').toUpperCase()}`,
      value,
    ]);
    expect(variables.map(([name]) => name)).toContain('PLIMSOLL_TICK_INTERVAL_MS');
    expect(serveConfig(undefined, Object.fromEntries(variables), {})).toEqual(wanted);
    expect(serveConfig(file(JSON.stringify(wanted)), {}, {})).toEqual(wanted);
    expect(serveConfig(undefined, {}, texts)).toEqual(wanted);
  });

  test('an empty file and null mean nothing said', () => {
    expect(serveConfig(file(''), {}, {})).toEqual(DEFAULTS);
    expect(serveConfig(file('port: null\nbook: ~\n'), {}, {})).toEqual(DEFAULTS);
  });

  test('is printed as YAML that gives the same again, without the secrets', () => {
    const secret = 'a-secret-of-the-operator';
    const config = serveConfig(undefined, { PLIMSOLL_OPERATOR_TOKEN: secret }, { book: 'a: "b".json', marks: 'm', port: '0' });
    const printed = describeConfig(config);
    expect(printed).not.toContain(secret);
    expect(parse(printed)).toEqual({ ...config, operatorToken: '(set)' });
  });

  test('becomes a made-up book or files', () => {
    expect(serverOptions(serveConfig(undefined, {}, { positions: '5', markets: '2' })).book).toEqual({
      positions: 5,
      markets: 2,
    });
    expect(serverOptions(serveConfig(undefined, {}, { book: 'b', marks: 'm' })).book).toEqual({ file: 'b', marks: 'm' });
  });
});

describe('what is refused', () => {
  test('everything at once, each with its place', () => {
    const path = file('port: 70000\npositons: 5\nseed: "x"\n');
    const env = { PLIMSOLL_MARKETS: '0', PLIMSOLL_CRASH: 'perhaps' };
    expect(problemsOf(path, env, { executor: 'me', tickIntervalMs: '1.5', book: 'b.json' })).toEqual([
      expect.stringMatching(/^plimsoll\.yaml: positons: expected one of host, port, .*, was an unknown setting$/),
      'plimsoll.yaml: port: expected a whole number from 0 to 65535, was 70000',
      'PLIMSOLL_MARKETS: expected a whole number from 1 to 10000, was "0"',
      'plimsoll.yaml: seed: expected a whole number from 0 to 4294967295, was "x"',
      '--tick-interval-ms: expected a whole number from 1 to 60000, was "1.5"',
      '--executor: expected paper or external, was "me"',
      'PLIMSOLL_CRASH: expected true or false, was "perhaps"',
      '--marks: expected a file, because book is given, was nothing',
    ]);
  });

  test.each(['', ' ', '1e3', '0x10', '+5', '-1', '7.0', '７', 'true', '99999999999999999999'])('%j is no port', (text) => {
    const problem = (where: string) => `${where}: expected a whole number from 0 to 65535, was ${JSON.stringify(text)}`;
    expect(problemsOf(undefined, {}, { port: text })).toEqual([problem('--port')]);
    expect(problemsOf(undefined, { PLIMSOLL_PORT: text }, {})).toEqual([problem('PLIMSOLL_PORT')]);
    expect(problemsOf(file(`port: ${JSON.stringify(text)}`), {}, {})).toEqual([problem('plimsoll.yaml: port')]);
  });

  test.each(['true', '[80]', '{a: 1}', '1.5', '.nan', '.inf'])('port: %s in a file is no port', (text) => {
    expect(problemsOf(file(`port: ${text}`), {}, {})).toEqual([expect.stringMatching(/^plimsoll\.yaml: port: expected a whole/)]);
  });

  test('addresses that are not loopback', () => {
    for (const host of ['0.0.0.0', '::', 'localhost', '127.0.0.2', '192.168.0.1', '']) {
      expect(problemsOf(undefined, {}, { host })).toEqual([`--host: expected 127.0.0.1 or ::1, was ${JSON.stringify(host)}`]);
    }
  });

  test('marks without a book', () => {
    expect(problemsOf(undefined, {}, { marks: 'm' })).toEqual(['--book: expected a file, because marks is given, was nothing']);
  });

  test('secrets that are short or the same, without showing them', () => {
    expect(problemsOf(undefined, { PLIMSOLL_OPERATOR_TOKEN: 'short-secret' }, {})).toEqual([
      'PLIMSOLL_OPERATOR_TOKEN: expected a secret of at least 16 characters, was another',
    ]);
    const same = 'the-same-for-both-of-them';
    const problems = problemsOf(undefined, { PLIMSOLL_OPERATOR_TOKEN: same, PLIMSOLL_EXECUTOR_TOKEN: same }, {});
    expect(problems).toEqual(['executorToken: expected another than operatorToken, was the same']);
  });

  test('a file that is no YAML, that says a thing twice, or that is not there', () => {
    expect(problemsOf(file('port: [1,\n'), {}, {})).toEqual([
      expect.stringMatching(/^plimsoll\.yaml: expected YAML or JSON, was .+/),
    ]);
    expect(problemsOf(file('port: 1\nport: 2\n'), {}, {})).toEqual([expect.stringMatching(/^plimsoll\.yaml: .*unique/)]);
    expect(problemsOf(join(folder, 'none.yaml'), {}, {})).toEqual([expect.stringMatching(/^none\.yaml: .*ENOENT/)]);
  });

  test.each(['[1, 2]', '"text"', '7'])('a file that is %s', (content) => {
    expect(problemsOf(file(content), {}, {})).toEqual([
      `plimsoll.yaml: expected settings by name, was ${content.replace(', ', ',')}`,
    ]);
  });
});
