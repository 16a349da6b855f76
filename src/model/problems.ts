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
  if (ArrayBuffer.isView(value)) return bytesText(value);
  const text = JSON.stringify(beginning(value)) ?? String(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX - 3)}...`;
}

const SHOWN_LENGTH_MAX = 80;

/** So much of a value that the shown part of its JSON is the same: a hostile one may be megabytes. */
function beginning(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return value.slice(0, SHOWN_LENGTH_MAX);
  if (Array.isArray(value)) return value.slice(0, SHOWN_LENGTH_MAX).map(beginning);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return bytesText(value);
  const members: [string, unknown][] = [];
  for (const key in value) {
    if (members.length === SHOWN_LENGTH_MAX) break;
    members.push([key, beginning((value as Record<string, unknown>)[key])]);
  }
  return Object.fromEntries(members);
}

function bytesText(value: ArrayBufferView): string {
  return `${value.byteLength} bytes`;
}
