/** Rows of texts in columns of equal width, with two spaces between. */

/** Columns padded to their widest cell: those in `left` are left-aligned, the others right-aligned. */
export function table(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (left.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const isNumber = (text: string) => text === "" || Number.isFinite(Number(text));

/** Lines of a table with its head; columns of numbers are right-aligned. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const isText = (column: number) => rows.length === 0 || !rows.every((row) => isNumber(row[column]));
  const left = head.flatMap((_, column) => (isText(column) ? [column] : []));
  return table([head, ...rows], left).split("\n");
}
