/** Rules and scenarios are equal: each id in docs/waterfall-rules.md has a scenario, and no scenario has another. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const here = new URL('.', import.meta.url);
const docs = new URL('../../../docs/waterfall-rules.md', here);

const idsOf = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, id]) => id);

it('every rule has a scenario, every scenario a rule, and every rule stands once', () => {
  const rules = idsOf(readFileSync(docs, 'utf8'), /^- `(WF-[A-Z]+-\d{3})` \S/gm);
  const scenarios = readdirSync(here)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => idsOf(readFileSync(new URL(name, here), 'utf8'), /^scenario\(\s*'(WF-[A-Z]+-\d{3})'/gm));
  expect(rules.length).toBeGreaterThan(100);
  expect(rules.filter((id, i) => rules.indexOf(id) !== i)).toEqual([]);
  expect([...new Set(scenarios)].sort()).toEqual(rules.toSorted());
});
