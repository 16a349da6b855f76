/** Plain text tables: aligned columns, nothing that a terminal has to interpret. */

const NUMERIC = /^[+-]?[\d,]+(\.\d+)?( ?[A-Za-z%]{1,4})?$/;
const GAP = '  ';

/**
 * Header, rule and rows, each line ended by a newline. A column whose every filled cell is a number is aligned right; `-` and the
 * empty text stand for no value.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = header.map((title, index) => {
    const cells = rows.map((row) => row[index]);
    return {
      width: cells.reduce((width, cell) => Math.max(width, cell.length), title.length),
      isRight: cells.length > 0 && cells.every((cell) => cell === '' || cell === '-' || NUMERIC.test(cell)),
    };
  });
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (columns[index].isRight ? cell.padStart(columns[index].width) : cell.padEnd(columns[index].width)))
      .join(GAP)
      .trimEnd();
  const rule = columns.map(({ width }) => '-'.repeat(width)).join(GAP);
  return `${[line(header), rule, ...rows.map(line)].join('\n')}\n`;
}
