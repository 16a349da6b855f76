/** Pieces of the report's page as HTML text. Whatever they are given is text, never markup. */

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A bar that is so much of the longest, with its number beside it and, exactly, under the cursor. Its name says its colour. */
export function barOf(name: 'before' | 'after' | 'loss', share: number, exact: string, label: string): string {
  const width = (share * 100).toFixed(2);
  return `<div class="bar ${name}"><i style="width:${width}%"></i><span title="${escapeHtml(exact)}">${escapeHtml(label)}</span></div>`;
}
