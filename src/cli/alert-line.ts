/** An alert as `serve` and `tail` print it. */

/** One line, whatever its text is: that may be a library's, with breaks in it. */
export function alertLine({
  timeUs,
  code,
  text,
}: {
  readonly timeUs: number;
  readonly code: string;
  readonly text: string;
}): string {
  const flat = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return `${new Date(timeUs / 1000).toISOString()}  alert  ${code}  ${flat}`;
}
