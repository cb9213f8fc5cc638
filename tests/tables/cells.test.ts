/** Cells of table files: forms of CSV, encodings, numbers and dates. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dateFormatOf, parseDate } from "#src/data/tables/cell-dates";
import { writeDate, writeNumber } from "#src/data/tables/write-cell";
import { decimalsOf, parseNumber, styleOf } from "#src/data/tables/cell-numbers";
import { mayBeMixed, readCells } from "#src/domains/tables/read-cells";
import { root } from "../../scripts/host.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const cells = (text: string | Uint8Array) =>
  readCells(typeof text === "string" ? bytes(text) : text, { name: "t.csv" });

describe("all of csv-spectrum", () => {
  const folder = join(root, "node_modules/csv-spectrum");
  const decode = (data: Uint8Array) => {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(data);
    } catch {
      return new TextDecoder("windows-1252").decode(data);
    }
  };
  test.each(readdirSync(join(folder, "csvs")))("%s", (file) => {
    const data = readFileSync(join(folder, "csvs", file));
    const wanted: unknown = JSON.parse(decode(readFileSync(join(folder, "json", file.replace(".csv", ".json")))));
    const { header, rows } = readCells(data, { name: file, header: true });
    const found = rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
    const list = Array.isArray(wanted) ? wanted : [wanted];
    // The expected object of the coordinates is of another row than the file's.
    if (file === "location_coordinates.csv")
      expect(found[0]).toMatchObject({ Cities: "Modesto", Counties: "Stanislaus" });
    else expect(found.map((row) => normalised(row))).toEqual(list.map((row) => normalised(row)));
  });
});

/** Line ends within cells as one sign: the expected files have them as the file has, or as \n. */
const normalised = (row: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value.replaceAll("\r\n", "\n")]));

describe("forms of a file", () => {
  const wanted = {
    header: ["name", "height"],
    rows: [
      ["Åsa", "1,5"],
      ["Zoë", "2,5"],
    ],
  };
  test("decimal commas between semicolons", () =>
    expect(cells("name;height\nÅsa;1,5\nZoë;2,5\n")).toMatchObject(wanted));
  test("without a header, decimal commas between semicolons", () =>
    expect(cells("1,5;2,5\n2,5;3\n3;4,25\n")).toMatchObject({
      header: ["column 1", "column 2"],
      delimiter: ";",
      rows: [
        ["1,5", "2,5"],
        ["2,5", "3"],
        ["3", "4,25"],
      ],
    }));
  test.each([
    ["UTF-16 with a mark", [0xff, 0xfe], 1],
    ["UTF-16 big-endian with a mark", [0xfe, 0xff], 0],
    ["UTF-16 without a mark", [], 1],
    ["UTF-16 big-endian without a mark", [], 0],
  ] as const)("%s", (_, mark, high) => {
    const text = "name;height\nÅsa;1,5\nZoë;2,5\n";
    const units = [...text].flatMap((sign) => {
      const code = sign.charCodeAt(0);
      return high === 1 ? [code & 255, code >> 8] : [code >> 8, code & 255];
    });
    expect(cells(Uint8Array.from([...mark, ...units]))).toMatchObject(wanted);
  });
  test("UTF-8 with a mark", () => expect(cells("\ufeffname;height\nÅsa;1,5\nZoë;2,5\n")).toMatchObject(wanted));
  test("Windows-1252", () =>
    expect(
      cells(Uint8Array.from([...bytes("name;height\n"), 0xc5, ...bytes("sa;1,5\nZo"), 0xeb, ...bytes(";2,5\n")])),
    ).toMatchObject(wanted));
  test("comments before and between the rows, but not a header that begins with #", () => {
    expect(cells("# from a survey\n#\na,b\n1,x\n# end\n2,y\n").rows).toEqual([
      ["1", "x"],
      ["2", "y"],
    ]);
    expect(cells("#id,b\n1,x\n2,y\n").header).toEqual(["#id", "b"]);
  });
  test("names that are empty or there twice become different", () =>
    expect(cells(",a,a\n1,x,y\n").header).toEqual(["column 1", "a", "a 2"]));
  test("tabs and bars", () => {
    expect(cells("a\tb\n1,5\tx\n").rows).toEqual([["1,5", "x"]]);
    expect(cells("a|b\n1|x\n").rows).toEqual([["1", "x"]]);
  });
  test.each([
    ["", "empty file (0 bytes)"],
    ["\n\n", "holds no rows"],
    ["a,b\n", "holds names of columns but no rows"],
    ["a,b\n1,x\n2\n3,y\n", "row 2 has 1 cells, and the header 2"],
  ])("%j is refused", (text, message) => expect(() => cells(text)).toThrow(`t.csv: ${message}`));
});

describe("a look at the signs of a file", () => {
  test.each([
    ["a,b\n1,2\n-3.5,4e-5\n", false],
    ['"a";"b"\r\n1,5;2\r\n', false],
    ["1\n2\n3\n\n", false],
    ["a,b\n1,x\n", true],
    ["a,b\n1,\n", true],
    ["a,b\n,1\n", true],
    ["a,b\n2026-11-29,1\n", true],
    ["a,b\n29.11.2026,1\n", true],
    ["a,b\n11/29/2026,1\n", true],
    ["a,b\n1,nan\n", true],
  ])("%j may be mixed: %s", (text, mixed) => expect(mayBeMixed(bytes(text))).toBe(mixed));
});

describe("numbers", () => {
  test.each([
    [["1", "2.50", "-3e2"], false, {}],
    [["1,234", "12"], false, { thousands: "," }],
    [["1,234", "12"], true, { decimalSign: "," }],
    [["1.234,5", "12"], false, { decimalSign: ",", thousands: "." }],
    [["1 234", "12"], false, { decimalSign: ",", thousands: " " }],
    [["1'234.5", "12"], false, { thousands: "'" }],
    [["1", "x"], false, undefined],
  ] as const)("the style of %j", (texts, semicolons, style) => expect(styleOf(texts, semicolons)).toEqual(style));

  test("are read and written in their style", () => {
    const style = { decimalSign: ",", thousands: "." } as const;
    expect(parseNumber("-1.234.567,25", style)).toBe(-1_234_567.25);
    expect(parseNumber("12.34", style)).toBeNaN();
    const column = { name: "x", kind: "number", low: 0, high: 1, decimals: 2, modes: [], ...style } as const;
    expect(writeNumber(-1_234_567.25, column)).toBe("-1.234.567,25");
    expect(writeNumber(12, column)).toBe("12,00");
    expect(decimalsOf("1.234,250", style)).toBe(3);
    expect(decimalsOf("1.5e-3", {})).toBe(4);
    expect(decimalsOf("15e2", {})).toBe(0);
  });
});

describe("dates", () => {
  test.each([
    [["2026-11-29", "1969-12-31"], "YYYY-MM-DD"],
    [["29.11.2026", "01.02.2026"], "DD.MM.YYYY"],
    [["1.2.2026", "29.11.2026"], "D.M.YYYY"],
    [["11/29/2026", "01/02/2026"], "MM/DD/YYYY"],
    [["29/11/2026", "01/02/2026"], "DD/MM/YYYY"],
    [["2026-11-29T16:30:05Z"], "YYYY-MM-DDThh:mm:ssZ"],
    [["2026-11-29 16:30"], "YYYY-MM-DD hh:mm"],
    [["2026-02-30"], undefined],
    [["2026-11-29", "soon"], undefined],
  ])("the format of %j", (texts, format) => {
    expect(dateFormatOf(texts)).toBe(format);
    if (format) for (const text of texts) expect(writeDate(parseDate(text, format), format)).toBe(text);
  });
  test("count days, or seconds if they have a time", () => {
    expect(parseDate("1970-01-11", "YYYY-MM-DD")).toBe(10);
    expect(parseDate("1969-12-31", "YYYY-MM-DD")).toBe(-1);
    expect(parseDate("1970-01-02 00:01:01", "YYYY-MM-DD hh:mm:ss")).toBe(86_461);
    expect(parseDate("1970-01-02 24:00:00", "YYYY-MM-DD hh:mm:ss")).toBeNaN();
  });
});
