/** JSON texts to values: syntax errors by line and column, duplicate keys by path. Knows nothing of what the values mean. */
import { type JSONPath, type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { member } from '../model/json-path.js';
import { type ProblemList, show } from '../model/problems.js';

/** Deeper than any input of ours, and shallow enough for every recursive reader. */
const NESTING_MAX = 64;
const FORBIDDEN_KEY = '__proto__';

/** Where a text comes from: a file, or one line of it. */
export interface JsonSource {
  readonly file: string;
  readonly line?: number;
}

/** What goes before a path in the text: `book.json: ` or `book.jsonl:3: `. */
export function prefixOf({ file, line }: JsonSource): string {
  return line === undefined ? `${file}: ` : `${file}:${line}: `;
}

/**
 * The value, or undefined when the text is not JSON or too deep (one problem, with file, line and column). Duplicate keys and
 * `__proto__` are problems with their paths; the value is returned all the same, without any `__proto__`, so that it can be
 * checked further.
 */
export function parseJson(text: string, source: JsonSource, problems: ProblemList): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    addSyntaxProblem(text, source, problems);
    return undefined;
  }
  const { keys, depth } = measure(text);
  if (depth > NESTING_MAX) {
    problems.add(prefixOf(source).slice(0, -2), `at most ${NESTING_MAX} levels of nesting`, String(depth));
    return undefined;
  }
  if (keys !== takeKeys(value)) addKeyProblems(text, prefixOf(source), problems);
  return value;
}

const QUOTE = 34;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Of a valid JSON text: how many keys it writes (the colons outside strings) and how deep it nests. */
function measure(text: string): { keys: number; depth: number } {
  let keys = 0;
  let depth = 0;
  let level = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      for (i += 1; text.charCodeAt(i) !== QUOTE; i += 1) if (text.charCodeAt(i) === BACKSLASH) i += 1;
    } else if (code === COLON) {
      keys += 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      level += 1;
      if (level > depth) depth = level;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      level -= 1;
    }
  }
  return { keys, depth };
}

/** How many keys parsing has kept. Drops every `__proto__`, which the readers of values would not see as they see other keys. */
function takeKeys(root: unknown): number {
  const open: unknown[] = [root];
  let count = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === 'object') open.push(item);
    } else if (typeof value === 'object' && value !== null) {
      if (Object.hasOwn(value, FORBIDDEN_KEY)) Reflect.deleteProperty(value, FORBIDDEN_KEY);
      for (const key in value) {
        count += 1;
        const item = (value as Record<string, unknown>)[key];
        if (typeof item === 'object') open.push(item);
      }
    }
  }
  return count;
}

function addKeyProblems(text: string, prefix: string, problems: ProblemList): void {
  const open: Set<string>[] = [];
  visit(text, {
    onObjectBegin: () => {
      open.push(new Set());
    },
    onObjectEnd: () => {
      open.pop();
    },
    onObjectProperty: (key, _offset, _length, _line, _column, path) => {
      const keys = open[open.length - 1];
      if (key === FORBIDDEN_KEY || keys.has(key)) {
        const where = member((path() as JSONPath).reduce<string>(member, prefix), key);
        if (key === FORBIDDEN_KEY) problems.add(where, 'no such key', show(key));
        else problems.add(where, 'each key once', `${show(key)} again`);
      }
      keys.add(key);
    },
  });
}

const EXPECTED: Readonly<Record<string, string>> = {
  ValueExpected: 'a JSON value',
  PropertyNameExpected: 'a key in double quotes',
  ColonExpected: 'a colon',
  CommaExpected: 'a comma',
  CloseBraceExpected: 'a comma or a closing brace',
  CloseBracketExpected: 'a comma or a closing bracket',
  EndOfFileExpected: 'nothing more',
  InvalidCommentToken: 'JSON without comments',
  UnexpectedEndOfString: 'a string that ends on its line',
  InvalidCharacter: 'no control character in a string',
};

function addSyntaxProblem(text: string, source: JsonSource, problems: ProblemList): void {
  const { file, line = 1 } = source;
  let first = { error: '', offset: 0, line: 0, column: 0 };
  try {
    const onError = (code: ParseErrorCode, offset: number, _length: number, startLine: number, column: number) => {
      if (first.error === '') first = { error: printParseErrorCode(code), offset, line: startLine, column };
    };
    visit(text, { onError }, { disallowComments: true });
  } catch {
    // The second parser is a recursive one. Where exactly the text is broken stays unknown.
    problems.add(prefixOf(source).slice(0, -2), `at most ${NESTING_MAX} levels of nesting`, 'far more');
    return;
  }
  const word = /^(?:[A-Za-z0-9_.+-]{1,20}|.)/su.exec(text.slice(first.offset, first.offset + 20));
  const where = `${file}:${line + first.line}:${first.column + 1}`;
  problems.add(where, EXPECTED[first.error] ?? 'valid JSON', word === null ? 'the end of the text' : show(word[0]));
}
