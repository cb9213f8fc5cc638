/** Rows as records and back, classes of rows, drawing by class, conditions, filling in. */
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, select } from "#src/index";
import { decodeTable } from "#src/data/tables/decode";
import { encodeTable } from "#src/data/tables/encode";
import { classNamesOf, conditionSpans, layoutOf } from "#src/data/tables/spans";
import type { Table } from "#src/data/tables/table";
import { strataOf } from "#src/data/tables/strata";
import { tableData, tableOf } from "#src/data/tables/table-data";
import {
  fillRows,
  holds,
  inferColumns,
  parseWhere,
  readCells,
  readTable,
  tableCsv,
  tableOfCells,
} from "#src/domains/tables/index";
import { batchFeed } from "#src/train/batch-feed";
import { peopleCsv } from "./people.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = peopleCsv(400);
const cells = readCells(bytes(text), { name: "people.csv" });
const table = tableOfCells(cells, inferColumns(cells));

describe("records", () => {
  const layout = layoutOf(table.columns);
  test("have a span for each value and each choice", () => {
    const { columns, spans, width } = layout;
    expect(width).toBe(spans.reduce((a, b) => a + b, 0));
    expect(columns.map(({ column }) => column.name)).toEqual(["age", "city", "joined", "member", "income"]);
    // income: its modes, and missing behind them.
    const income = columns[4];
    if (income.column.kind !== "number") throw new Error("income must be a column of numbers");
    expect(income.choice?.size).toBe(income.column.modes.length + 1);
    expect(conditionSpans(layout).map((at) => spans[at])).toEqual([3, 2]);
    expect(classNamesOf(layout)).toEqual(["city = Oslo", "city = Rome", "city = Lima", "member = no", "member = yes"]);
  });
  test("give back the cells, and the file as it was written", () => {
    const again = decodeTable(encodeTable(table), table);
    again.cells.forEach((column, i) => {
      column.forEach((value, row) => {
        expect(value).toBe(table.cells[i][row]);
      });
    });
    expect(tableCsv(again)).toBe(text);
  });
  test("are the same for a seed", () => {
    expect(encodeTable(table, 1)).toEqual(encodeTable(table, 1));
    expect(encodeTable(table, 1)).not.toEqual(encodeTable(table, 2));
  });
  test("have values from -1 to 1 and one choice in each span", () => {
    const records = encodeTable(table);
    for (let row = 0; row < table.rows; row++) {
      let at = row * layout.width;
      for (const size of layout.spans) {
        const span = records.subarray(at, at + size);
        if (size === 1) expect(Math.abs(span[0])).toBeLessThanOrEqual(1);
        else expect([...span].sort().join()).toBe([...new Array(size - 1).fill(0), 1].join());
        at += size;
      }
    }
  });
});

describe("data of a table", () => {
  const data = readTable(bytes(text), { name: "people.csv" });
  test("keep their columns, and give the table again", () => {
    expect(data.table?.columns).toEqual(table.columns);
    expect(tableOf(data).cells).toEqual(table.cells);
  });
  test("know the records of each class, also of a part", () => {
    for (const some of [data, select(data, [5, 3, 8, 9, 200])]) {
      const strata = strataOf(some);
      const part = tableOf(some);
      const members = [...part.cells[3]];
      expect(strata?.counts.slice(3)).toEqual([0, 1].map((value) => members.filter((cell) => cell === value).length));
      const start = strata?.counts.slice(0, 3).reduce((a, b) => a + b, 0) ?? 0;
      expect(
        [...(strata?.rows.subarray(start, start + strata.counts[3]) ?? [])].every((row) => members[row] === 0),
      ).toBe(true);
    }
  });
  test.each([
    ["x,y\n1,a\n2,a\n", "at least two columns must have values that differ, found 1 of 2"],
    ["a,b\nann,q\nbob,r\ncid,s\n", "at least two columns must have values that differ, found 0 of 0"],
    ["a,b\nNA,\n,NA\n", "at least two columns must have values that differ, found 0 of 0"],
    ["x,y,z\n1.5,a,b\n", "at least two rows must be given, found 1"],
  ])("%j cannot be learned", (bad, message) =>
    expect(() => readTable(bytes(bad), { name: "t.csv" })).toThrow(`table t.csv: ${message}`),
  );
});

describe("batches by class", async () => {
  const runtime = await createRuntime({ threads: 1 });
  afterAll(() => runtime.close());
  // 1,000 rows: 990 of a, 10 of b; half of p and q.
  const rare: Table = {
    name: "rare",
    columns: [
      { name: "one", kind: "category", values: ["a", "b"] },
      { name: "two", kind: "category", values: ["p", "q"] },
    ],
    rows: 1000,
    cells: [
      Float64Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? 1 : 0)),
      Float64Array.from({ length: 1000 }, (_, i) => i % 2),
    ],
  };
  test("have records of their class, and rare values by the logarithm of their number", async () => {
    const data = tableData(rare);
    const batchSize = 500;
    const feed = batchFeed(runtime, data, { batchSize, draws: 1, seed: 3, steps: 10, byClass: true });
    const program = runtime.compile(() => {
      const { values, labels } = feed.batches().next();
      return { outputs: { values, labels: labels as NonNullable<typeof labels> } };
    });
    const counts = [0, 0, 0, 0];
    const rows = new Set<string>();
    for (let step = 0; step < 20; step++) {
      const { values, labels } = await program.run({}, { seed: 3, step });
      labels.data.forEach((label, i) => {
        counts[label]++;
        const record = values.data.subarray(4 * i, 4 * i + 4);
        expect(record[label]).toBe(1);
        rows.add(record.join());
      });
    }
    // Both columns half of the time; b by log(11) / (log(11) + log(991)) = .258. Five deviations of 10,000 draws.
    const share = (k: number) => counts[k] / 10_000;
    expect(Math.abs(share(0) + share(1) - 0.5)).toBeLessThan(0.025);
    expect(Math.abs(share(1) - 0.129)).toBeLessThan(5 * Math.sqrt((0.129 * 0.871) / 10_000));
    expect(Math.abs(share(2) - 0.25)).toBeLessThan(0.022);
    // Rows 0, 100, ... have b and are even, so b never goes with q.
    expect([...rows].sort()).toEqual(["0,1,1,0", "1,0,0,1", "1,0,1,0"]);
    program.release();
    feed.release();
  });
});

describe("conditions", () => {
  const { columns } = table;
  const rowsThat = (condition: string) => {
    const where = parseWhere(condition, columns);
    return Array.from({ length: table.rows }, (_, row) => row).filter((row) => holds(where, table, row));
  };
  const ages = table.cells[0];
  test.each([
    ["age >= 50", (row: number) => ages[row] >= 50],
    ["age < 30 and city = Oslo", (row: number) => ages[row] < 30 && table.cells[1][row] === 0],
    ["city != Oslo", (row: number) => table.cells[1][row] !== 0],
    ["joined > 2006-01-01", (row: number) => table.cells[2][row] > 13_149],
    ["income = ", (row: number) => Number.isNaN(table.cells[4][row])],
    ["income =", (row: number) => Number.isNaN(table.cells[4][row])],
    ["income != ", (row: number) => !Number.isNaN(table.cells[4][row])],
    ["income <= 2500.5", (row: number) => table.cells[4][row] <= 2500.5],
  ])("%s", (condition, wanted) => {
    const found = rowsThat(condition);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(Array.from({ length: table.rows }, (_, row) => row).filter(wanted));
  });
  test("values and names with words that look like conditions", () => {
    const odd = [
      { name: "a and b", kind: "category", values: ["x and y", "z = 1"] },
      { name: "c", kind: "category", values: ["p", "q"] },
    ] as const;
    expect(parseWhere("a and b = x and y and c = q", odd)).toMatchObject([
      { column: 0, operator: "=", value: 0 },
      { column: 1, operator: "=", value: 1 },
    ]);
    expect(parseWhere("a and b = z = 1", odd)).toMatchObject([{ column: 0, operator: "=", value: 1 }]);
  });
  test.each([
    ["cty = Oslo", 'where: no column is named "cty"; did you mean "city"?'],
    ["city = Paris", 'where: "Paris" is not one of Oslo, Rome, Lima, as column "city" has them'],
    ["city < Rome", 'where: the values of column "city" have no order, so < cannot compare them'],
    ["age > 200", 'where: column "age" has values from'],
    ["age = ", 'where: no cell of column "age" was missing in the training data'],
    ["age = old", 'where: "old" is not a number, as column "age" has them'],
    ["age", 'where: a condition must be COLUMN OP VALUE, with blanks around one of = != < <= > >=, found "age"'],
  ])("%s is refused", (condition, message) => expect(() => parseWhere(condition, columns)).toThrow(message));
});

describe("filling in", () => {
  test("takes the cells of the nearest samples", () => {
    const missing = { ...table, cells: table.cells.map((column) => column.slice()) };
    const rows = Array.from({ length: 100 }, (_, i) => 4 * i);
    for (const row of rows) {
      missing.cells[0][row] = Number.NaN;
      missing.cells[3][row] = Number.NaN;
    }
    const cleared = table.cells[4].filter(Number.isNaN).length;
    const { table: filled, filled: count } = fillRows(missing, table);
    expect(count).toBeGreaterThanOrEqual(200);
    expect(count).toBeLessThanOrEqual(200 + cleared);
    // Age follows from the date, membership from the age: medians and modes would miss by 10 years, and 4 in 10.
    const right = rows.filter((row) => filled.cells[3][row] === table.cells[3][row]).length;
    expect(right).toBeGreaterThan(95);
    const error = Math.sqrt(
      rows.reduce((sum, row) => sum + (filled.cells[0][row] - table.cells[0][row]) ** 2, 0) / 100,
    );
    expect(error).toBeLessThan(3);
    // What was known stays.
    filled.cells[1].forEach((value, row) => {
      expect(value).toBe(table.cells[1][row]);
    });
  });
});
