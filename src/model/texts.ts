/** Texts that files of ours have in common: names, lines, sources. Schemas only; knows no file in particular. */
import { leaf } from './shape.js';

/** Characters of a title, a source or a formula. */
const TEXT_LENGTH_MAX = 500;

const text = (accepts: (text: string) => boolean, expected: string) =>
  leaf<string>((value) => typeof value === 'string' && accepts(value), expected);

export const anyText = text(() => true, 'a text');
export const line = text(
  (value) => /^\S(?:.*\S)?$/u.test(value) && value.length <= TEXT_LENGTH_MAX,
  `a line of text of at most ${TEXT_LENGTH_MAX} characters, without spaces at its ends`,
);
export const source = text(
  (value) => /^https:\/\/[!-~]+$/.test(value) && value.length <= TEXT_LENGTH_MAX,
  `an https address of at most ${TEXT_LENGTH_MAX} characters`,
);
export const name = text(
  (value) => /^[a-z0-9][a-z0-9-]{0,63}$/.test(value),
  'a name of 1 to 64 of a-z, 0-9 and -, not beginning with -',
);
