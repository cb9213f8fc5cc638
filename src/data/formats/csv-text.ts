/** Numbers as a table of comma-separated values (RFC 4180); `csv.ts` reads such tables. */

/** A line for each `columns` values, after one of the columns' names if they are given. */
export function csvText(values: Float32Array, columns: number, names?: readonly string[]): string {
  const lines = names ? [names.map(cell).join(",")] : [];
  for (let from = 0; from < values.length; from += columns) lines.push(values.subarray(from, from + columns).join(","));
  return `${lines.join("\n")}\n`;
}

/** A name as a cell: in quotes if it contains a separator or a line break. */
const cell = (text: string) => (/[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
