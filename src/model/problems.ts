/** Collects everything that is wrong with an input, so that its owner hears it all at once. */
import { formatProblem, PlimsollError, type Problem } from './errors.js';
import { PROBLEMS_LISTED_MAX } from './limits.js';

/** Keeps the first `PROBLEMS_LISTED_MAX` problems and counts the rest. */
export class ProblemList {
  readonly listed: Problem[] = [];
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(where: string, expected: string, found: string): void {
    this.total += 1;
    if (this.listed.length < PROBLEMS_LISTED_MAX) this.listed.push({ where, expected, found });
  }

  /** One line per problem, then the count of those not listed. */
  toError(): PlimsollError {
    const lines = this.listed.map(formatProblem);
    if (this.total > this.listed.length) lines.push(`and ${this.total - this.listed.length} more problems`);
    return new PlimsollError('bad-input', lines.join('\n'), { problems: this.listed });
  }

  throwIfAny(): void {
    if (this.total > 0) throw this.toError();
  }
}

/** How a value is shown in a problem: JSON, cut to a length that still fits a line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return value.toString();
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part)) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
