/** Rows as text: columns of equal width, with two spaces between; numbers stand at the right. */

const isNumber = (text: string) => text === "" || Number.isFinite(Number(text));

/** Lines of a table with its head; columns of numbers are right-aligned. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => isNumber(row[i])));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => (right[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line);
}
