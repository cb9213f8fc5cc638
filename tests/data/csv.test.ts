import { describe, expect, test } from "vitest";
import { BadFileError, UsageError } from "../../src/errors.js";
import { type CsvOptions, parseCsv } from "../../src/data/formats/csv.js";

function failure(text: string, options: CsvOptions = {}): string {
  try {
    parseCsv(text, { name: "f", ...options });
  } catch (error) {
    if (!(error instanceof BadFileError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.hint).not.toBe("");
    expect(error.message).not.toContain("\n");
    return `${error.code} ${error.message}`;
  }
  return "no error";
}

describe("csv", () => {
  test.each([
    ["commas", "1,2.5\n-3,4e2\n"],
    ["semicolons", "1;2.5\n-3;4e2\n"],
    ["tabs", "1\t2.5\n-3\t4e2\n"],
    ["CRLF and no end of line", "1,2.5\r\n-3,4e2"],
    ["CR", "1,2.5\r-3,4e2\r"],
    ["quotes and spaces", '"1" , 2.5\n "-3","4e2" \n'],
    ["a byte order mark", "\ufeff1,2.5\n-3,4e2"],
    ["blank lines", "\n1,2.5\n\n-3,4e2\n\n\n"],
    ["other ways to write numbers", "1.,+2.5\n-3.0,4E+2"],
  ])("reads %s", (_, text) => {
    expect(parseCsv(text)).toEqual({ data: Float32Array.of(1, 2.5, -3, 400), rows: 2, columns: 2 });
  });

  test("takes a first line without numbers for the names, and a column named label for the labels", () => {
    const table = parseCsv('"pixel ""a"", first",label,b\n1,7,2\n3,0,4');
    expect(table.names).toEqual(['pixel "a", first', "b"]);
    expect(table).toMatchObject({
      data: Float32Array.of(1, 2, 3, 4),
      rows: 2,
      columns: 2,
      labels: Int32Array.of(7, 0),
    });
  });

  test.each([
    ["last", "5,6,1\n7,8,2"],
    ["first", "1,5,6\n2,7,8"],
    [1, "5,1,6\n7,2,8"],
    ["kind", "a,kind,b\n5,1,6\n7,2,8"],
    ["kind", "0,kind,1\n5,1,6\n7,2,8"],
  ])("label column %o", (label, text) => {
    expect(parseCsv(text, { label })).toMatchObject({ data: Float32Array.of(5, 6, 7, 8), labels: Int32Array.of(1, 2) });
  });

  test("labels that are names are classes in alphabetical order", () => {
    const table = parseCsv('x,class,y\n1,red,2\n3,"blue, dark",4\n5,red,6');
    expect(table).toMatchObject({
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
      names: ["x", "y"],
      labels: Int32Array.of(1, 0, 1),
      classNames: ["blue, dark", "red"],
    });
  });

  test("label: false keeps every column; header says what cannot be seen", () => {
    expect(parseCsv("x,label\n1,2", { label: false })).toMatchObject({ data: Float32Array.of(1, 2), columns: 2 });
    expect(parseCsv("0,1\n5,6", { header: true })).toMatchObject({ names: ["0", "1"], data: Float32Array.of(5, 6) });
  });

  test.each([
    ["", "ERR_FILE_EMPTY f: holds no lines"],
    ["\n \n", "ERR_FILE_EMPTY f: holds no lines"],
    ["a,b\n", "ERR_FILE_EMPTY f: holds column names but no records"],
    ["1,2\n3,x", 'ERR_FILE_FORMAT f: line 2, column 2: "x" is not a number'],
    ["1,2\n\n3,0x10", 'ERR_FILE_FORMAT f: line 3, column 2: "0x10" is not a number'],
    ["1,b\n3,4", 'ERR_FILE_FORMAT f: line 1, column 2: "b" is not a number'],
    ["1,2\n3,NaN", "ERR_FILE_VALUE f: line 2, column 2: NaN is not a finite number"],
    ["nan,2\n3,4", "ERR_FILE_VALUE f: line 1, column 1: nan is not a finite number"],
    ["1,2\n-inf,4", "ERR_FILE_VALUE f: line 2, column 1: -inf is not a finite number"],
    ["1,2\n1e39,4", "ERR_FILE_VALUE f: line 2, column 1: 1e39 is beyond the range of f32"],
    ["1,2\n3,", "ERR_FILE_VALUE f: line 2, column 2: empty cell"],
    ["1,2\n3,4,5", "ERR_FILE_FORMAT f: line 2 has 3 columns, line 1 has 2"],
    ["1,2\n3", "ERR_FILE_FORMAT f: line 2 has 1 columns, line 1 has 2"],
    ['1,2\n"3,4', "ERR_FILE_FORMAT f: line 2, column 1: missing closing quote"],
    ['1,2\n"3"4,5', "ERR_FILE_FORMAT f: line 2, column 1: missing closing quote"],
    ["label\n1", "ERR_FILE_FORMAT f: has no column besides the labels"],
    ["x,label\n1,0.5", 'ERR_FILE_LABELS f: line 2, column 2: a label must be an integer from 0 to 65535, found "0.5"'],
    ["x,label\n1,-1", 'ERR_FILE_LABELS f: line 2, column 2: a label must be an integer from 0 to 65535, found "-1"'],
    [
      "x,label\n1,",
      'ERR_FILE_LABELS f: line 2, column 2: a label must be an integer from 0 to 65535 or the name of a class, found ""',
    ],
    [
      "x,label\n1,2\n3,red",
      'ERR_FILE_LABELS f: line 3, column 2: a label must be an integer from 0 to 65535, found "red"',
    ],
    [
      "x,label\n1,red\n3,NA",
      'ERR_FILE_LABELS f: line 3, column 2: a label must be an integer from 0 to 65535 or the name of a class, found "NA"',
    ],
  ])("names what is wrong with %j", (text, message) => {
    expect(failure(text)).toBe(message);
  });

  test("a decimal comma gets its own hint, a long cell is shortened", () => {
    expect(() => parseCsv("1;2\n1,5;3")).toThrow(expect.objectContaining({ hint: "write decimal points, not commas" }));
    expect(failure(`1\n${"x".repeat(1000)}`).length).toBeLessThan(120);
  });

  test("a label column that does not exist is a matter of usage", () => {
    expect(() => parseCsv("a,b\n1,2", { label: "kind" })).toThrow(UsageError);
    expect(() => parseCsv("a,b\n1,2", { label: "kind" })).toThrow(
      expect.objectContaining({ hint: "columns are a, b" }),
    );
    expect(() => parseCsv("1,2", { label: 2 })).toThrow("no label column 2: the table has 2 columns");
  });
});
