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

/** An object with these keys and no other. `what` is how a problem calls it: `a market`. */
export function object<Shape extends z.ZodRawShape>(shape: Shape, what: string): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `no such key (${what} has ${keys})` : `an object: ${what}`),
  });
}

export type Path = readonly (string | number)[];

/**
 * Adds what `input` lacks of the schema's shape and returns the paths of the parts that do not have theirs. What a part should
 * not have (an unknown key) spoils nothing of what it has, so that its path is not returned.
 */
export function addShapeProblems(schema: z.ZodType, input: unknown, where: string, problems: ProblemList): Path[] {
  const broken: Path[] = [];
  for (const issue of schema.safeParse(input).error?.issues ?? []) {
    const path = issue.path as Path;
    const here = path.reduce<string>(member, where);
    const found = path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], input);
    if (issue.code === 'unrecognized_keys') {
      const holder = found as Record<string, unknown>;
      for (const key of issue.keys) problems.add(member(here, key), issue.message, show(holder[key]));
    } else {
      const counted = issue.code === 'too_small' || issue.code === 'too_big';
      problems.add(place(here), issue.message, counted && Array.isArray(found) ? String(found.length) : show(found));
      broken.push(path);
    }
  }
  return broken;
}
