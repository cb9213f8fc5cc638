/** Parquet: the forms of cells, the way to a data set and the command line's readers, and every error. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/domains/load.js";
import { optionalPackage } from "../../src/domains/optional-package.js";
import { isParquet, needHyparquet, readAnyCells, readParquet } from "../../src/domains/tables/read-parquet.js";
import { BadFileError, UsageError } from "../../src/errors.js";

const parquet = (columnData: ColumnSource[], codec: "SNAPPY" | "UNCOMPRESSED" = "SNAPPY") =>
  new Uint8Array(parquetWriteBuffer({ columnData, codec }));

const day = (text: string) => new Date(`${text}Z`);
const people = parquet([
  { name: "age", data: [31, null, 7], type: "INT32", nullable: true },
  { name: "id", data: [9_007_199_254_740_993n, -1n, 0n], type: "INT64" },
  { name: "share", data: [0.1, -2.5, 1 / 3], type: "FLOAT" },
  { name: "income", data: [0.1, 1e21, Number.NaN], type: "DOUBLE" },
  { name: "member", data: [true, false, null], type: "BOOLEAN", nullable: true },
  { name: "city", data: [" Köln ", 'a,"b"\nc', null], type: "STRING", nullable: true },
  {
    name: "seen",
    data: [day("2026-11-29T16:30:05.250"), day("1969-12-31T00:00"), null],
    type: "TIMESTAMP",
    nullable: true,
  },
  { name: "day", data: [day("2026-11-29T00:00"), null, day("1969-12-31T00:00")], type: "TIMESTAMP", nullable: true },
  { name: "more", data: [{ a: [1, 2] }, null, [3]], type: "JSON", nullable: true },
]);

describe("cells", () => {
  test("have one form for each kind", async () => {
    const { header, rows } = await readParquet(people, { name: "f" });
    expect(header).toEqual(["age", "id", "share", "income", "member", "city", "seen", "day", "more"]);
    expect(rows).toEqual([
      ["31", "9007199254740993", "0.1", "0.1", "true", "Köln", "2026-11-29T16:30:05", "2026-11-29", '{"a":[1,2]}'],
      ["", "-1", "-2.5", "1e+21", "false", 'a,"b"\nc', "1969-12-31T00:00:00", "", ""],
      ["7", "0", "0.33333334", "NaN", "", "", "", "1969-12-31", "[3]"],
    ]);
  });

  test("are those of CSV, if the bytes are", async () => {
    const csv = new TextEncoder().encode("PAR1,b\n1,x\n");
    expect(isParquet(csv, "f.csv")).toBe(false);
    expect((await readAnyCells(csv, { name: "f.csv" })).rows).toEqual([["1", "x"]]);
    expect((await readAnyCells(people, { name: "f" })).rows).toHaveLength(3);
  });
});

test("a file becomes a table with columns of different kinds", async () => {
  const folder = await mkdtemp(join(tmpdir(), "genloom-parquet-"));
  try {
    const path = join(folder, "people.parquet");
    const at = Array.from({ length: 300 }, (_, i) => i);
    const bytes = parquet([
      { name: "age", data: at.map((i) => 18 + ((i * 7) % 60) + 0.5), type: "DOUBLE" },
      { name: "city", data: at.map((i) => ["Rome", "Oslo", "Bonn"][i % 3]), type: "STRING" },
      { name: "day", data: at.map((i) => new Date(86_400_000 * ((i * 37) % 1000))), type: "TIMESTAMP" },
      { name: "member", data: at.map((i) => i % 2 === 0), type: "BOOLEAN" },
    ]);
    await writeFile(path, bytes);
    const data = await openSource(path);
    expect(data).toMatchObject({ count: 300, source: { kind: "file", path } });
    expect(data.table?.columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "age number",
      "city category",
      "day date",
      "member boolean",
    ]);
    expect((await openSource(path, { count: 20 })).count).toBe(20);
    await expect(openSource(path, { table: false })).rejects.toThrow(UsageError);
    await expect(openSource(path, { stream: true })).rejects.toThrow("only IDX and .npy files can be read in pieces");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe("errors", () => {
  test("name the package that is missing", async () => {
    const library = (await optionalPackage("genloom-has-no-such-package")) as undefined;
    expect(() => needHyparquet(library, "f.parquet")).toThrow(UsageError);
    try {
      needHyparquet(library, "f.parquet");
    } catch (error) {
      expect(error).toMatchObject({
        message: "f.parquet: Parquet files need the package hyparquet, which is not installed",
        hint: "npm install hyparquet",
      });
    }
  });

  test.each([
    ["other bytes", new TextEncoder().encode("a,b\n1,2\n"), /^f\.parquet: the Parquet file cannot be read \(/],
    ["no bytes", new Uint8Array(0), /^f\.parquet: empty file \(0 bytes\)$/],
    ["a missing end", people.subarray(0, -20), /^f\.parquet: the Parquet file cannot be read \(/],
    ["no rows", parquet([{ name: "a", data: [], type: "INT32" }]), /^f\.parquet: holds no rows$/],
  ])("name %s", async (_, bytes, message) => {
    const error: unknown = await readAnyCells(bytes, { name: "f.parquet" }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(BadFileError);
    expect((error as BadFileError).message).toMatch(message);
    expect((error as BadFileError).hint).not.toBe("");
  });
});
