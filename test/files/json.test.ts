import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../src/files/json.js';
import { formatProblem } from '../../src/model/errors.js';
import { ProblemList } from '../../src/model/problems.js';

function parse(text: string, line?: number): { value: unknown; lines: string[] } {
  const problems = new ProblemList();
  const value = parseJson(text, line === undefined ? { file: 'f.json' } : { file: 'f.jsonl', line }, problems);
  return { value, lines: problems.listed.map(formatProblem) };
}

test.each([
  ['{"a":1,}', undefined, 'f.json:1:8: expected a key in double quotes, was "}"'],
  ['{\n  "a": 1\n  "b": 2 }', undefined, 'f.json:3:3: expected a comma, was "\\""'],
  ['{"a": nul}', undefined, 'f.json:1:7: expected valid JSON, was "nul"'],
  ['{"a": NaN}', 7, 'f.jsonl:7:7: expected valid JSON, was "NaN"'],
  ['[1', undefined, 'f.json:1:3: expected a comma or a closing bracket, was the end of the text'],
  ['', undefined, 'f.json:1:1: expected a JSON value, was the end of the text'],
  ['{} {}', undefined, 'f.json:1:4: expected nothing more, was "{"'],
  ['// no\n{}', undefined, 'f.json:1:1: expected JSON without comments, was "/"'],
  ["{'a':1}", undefined, 'f.json:1:2: expected valid JSON, was "\'"'],
  ['{"a":"b\n"}', undefined, 'f.json:1:6: expected a string that ends on its line, was "\\""'],
])('the place of a syntax error: %j', (text, line, problem) => {
  expect(parse(text, line)).toEqual({ value: undefined, lines: [problem] });
});

test('duplicate keys are found where they are, and the value is kept', () => {
  const text = '{"a":{"x":1,"\\u0078":2},"b":[{"y":"\\":"},{"y":1,"y":{"z":1}}],"a":0}';
  expect(parse(text)).toEqual({
    value: JSON.parse(text),
    lines: [
      'f.json: a.x: expected each key once, was "x" again',
      'f.json: b[1].y: expected each key once, was "y" again',
      'f.json: a: expected each key once, was "a" again',
    ],
  });
});

test('__proto__ is no key, and changes no object', () => {
  const { value, lines } = parse('{"a":{"__proto__":{"polluted":true},"b":[{"\\u005f_proto__":1}]}}');
  expect(lines).toEqual([
    'f.json: a.__proto__: expected no such key, was "__proto__"',
    'f.json: a.b[0].__proto__: expected no such key, was "__proto__"',
  ]);
  expect([value, JSON.stringify(value)]).toEqual([{ a: { b: [{}] } }, '{"a":{"b":[{}]}}']);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('nesting is bounded', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  expect(parse(deep(64)).lines).toEqual([]);
  expect(parse(deep(65)).lines).toEqual(['f.json: expected at most 64 levels of nesting, was 65']);
  expect(parse('['.repeat(200_000)).lines).toEqual(['f.json: expected at most 64 levels of nesting, was far more']);
  expect(parse(deep(200_000)).lines).toEqual(['f.json: expected at most 64 levels of nesting, was 200000']);
  expect(parse('['.repeat(200_000)).lines).toHaveLength(1);
});

test('any JSON parses to what JSON.parse gives, without problems', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      fc.pre(!text.includes('__proto__'));
      expect(parse(text)).toEqual({ value: JSON.parse(text), lines: [] });
    }),
  );
});

test('any text gives a value or a problem', () => {
  const symbol = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', '-', 'null', '\n', ' ', '\\u', '/', '*');
  fc.assert(
    fc.property(fc.string({ unit: symbol, maxLength: 12 }), (text) => {
      const { value, lines } = parse(text);
      expect(value === undefined).toBe(!isJson(text));
      expect(lines.length).toBeGreaterThanOrEqual(value === undefined ? 1 : 0);
    }),
    { numRuns: 2000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
