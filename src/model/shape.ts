/** Zod schemas whose errors are problems: every node says what it expects. Knows no schema in particular. */
// biome-ignore lint/style/noRestrictedImports: pure, and the one door by which it comes into the model
import { z } from 'zod';
import { member, place } from './json-path.js';
import { type ProblemList, show } from './problems.js';

export { z };

/** A leaf: what it accepts, and how a problem says so. */
export function leaf<Value>(accepts: (value: unknown) => boolean, expected: string): z.ZodType<Value> {
  return z.custom<Value>(accepts, { error: expected, abort: true });
}

const NO_SUCH_KEY = 'no such key';

/** An object with these keys and no other. `what` is how a problem calls it: `a market`. */
export function object<Shape extends z.ZodRawShape>(shape: Shape, what: string): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `${NO_SUCH_KEY} (${what} has ${keys})` : `an object: ${what}`),
  });
}

export type Path = readonly (string | number)[];

/**
 * Adds what `input` lacks of the schema's shape and returns the paths of the parts that do not have theirs. What a part should
 * not have (an unknown key) spoils nothing of what it has, so that its path is not returned.
 */
export function addShapeProblems(schema: z.ZodType, input: unknown, where: string, problems: ProblemList): Path[] {
  const broken: Path[] = [];
  const issues = schema.safeParse(input).error?.issues ?? [];
  const swapped = swappedKeys(issues, input);
  for (const issue of issues) {
    const path = issue.path as Path;
    const here = path.reduce<string>(member, where);
    const found = valueAt(input, path);
    if (issue.code === 'unrecognized_keys') {
      const holder = found as Record<string, unknown>;
      const missing = swapped.get(path.join(' '));
      const message = missing === undefined ? issue.message : issue.message.replace(NO_SUCH_KEY, `${missing} in its place`);
      for (const key of issue.keys) problems.add(member(here, key), message, show(holder[key]));
    } else if (path.length > 0 && swapped.get(path.slice(0, -1).join(' ')) === path.at(-1)) {
      broken.push(path);
    } else {
      const counted = issue.code === 'too_small' || issue.code === 'too_big';
      problems.add(place(here), issue.message, counted && Array.isArray(found) ? String(found.length) : show(found));
      broken.push(path);
    }
  }
  return broken;
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], input);
}

/** By the path of an object with one key too many and one too few, the latter: one mistake, to be told in one line. */
function swappedKeys(issues: readonly z.core.$ZodIssue[], input: unknown): Map<string, string> {
  const swapped = new Map<string, string>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys' || issue.keys.length !== 1) continue;
    const path = issue.path as Path;
    const inside = issues.filter((each) => each.path.length === path.length + 1 && path.every((key, i) => each.path[i] === key));
    const missing = inside
      .filter((each) => valueAt(input, each.path as Path) === undefined)
      .map((each) => String(each.path.at(-1)));
    if (missing.length === 1) swapped.set(path.join(' '), missing[0]);
  }
  return swapped;
}
