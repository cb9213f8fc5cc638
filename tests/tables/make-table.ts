/** Small tables for tests and examples: columns of numbers, or of texts, which are categories; null where a cell is missing. */
import type { LearnedColumn } from "#src/data/tables/column-spec";
import type { Table } from "#src/data/tables/table";

export function table(columns: Readonly<Record<string, readonly (number | string | null)[]>>, decimals = 0): Table {
  const entries = Object.entries(columns);
  const specs = entries.map(([name, cells]): LearnedColumn => {
    const known = cells.filter((cell) => cell !== null);
    if (known.some((cell) => typeof cell === "string"))
      return { name, kind: "category", values: [...new Set(known as string[])].sort() };
    const [low, high] = [Math.min(...(known as number[])), Math.max(...(known as number[]))];
    return { name, kind: "number", low, high, decimals, modes: [{ mean: low, deviation: 1, weight: 1 }] };
  });
  return {
    name: "table",
    columns: specs,
    rows: entries[0][1].length,
    cells: entries.map(([, cells], i) => {
      const spec = specs[i];
      return Float64Array.from(cells, (cell) => {
        if (cell === null) return Number.NaN;
        return spec.kind === "category" ? spec.values.indexOf(cell as string) : (cell as number);
      });
    }),
  };
}
