/** YAML texts to plain values: every syntax error and duplicate key by line and column. Knows nothing of what the values mean. */
import { parseDocument } from 'yaml';
import type { ProblemList } from '../model/problems.js';

/** More than any file of ours repeats; a hostile one would only fill the memory. */
const ALIASES_MAX = 100;

/** The value, or undefined when the text is not YAML 1.2; then every problem has been added. Numbers are numbers: quote what must stay exact. */
export function parseYaml(text: string, file: string, problems: ProblemList): unknown {
  const before = problems.count;
  const at = (place: readonly { readonly line: number; readonly col: number }[] | undefined): string =>
    place === undefined ? file : `${file}:${place[0].line}:${place[0].col}`;
  try {
    const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
    for (const { linePos, message } of document.errors) {
      // The library's message goes on with an excerpt of the text.
      problems.add(at(linePos), 'valid YAML', message.split(' at line ')[0]);
    }
    return problems.count > before ? undefined : document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    // Aliases beyond the limit, or nesting beyond the parser's stack.
    problems.add(file, 'YAML of reasonable depth and few aliases', (cause as Error).message);
    return undefined;
  }
}
