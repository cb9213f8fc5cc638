/** The background of a likelihood ratio: columns of a table as if they were independent. */
import { expect, test } from "vitest";
import { tableData } from "#src/domains/tables/index";
import { independentColumns } from "#src/metrics/tables/independent-columns";
import { table } from "./make-table.js";

test("log shares of the choices, and densities of values by a histogram, by hand", () => {
  const data = tableData(table({ x: [0, 0, 0, 2], y: ["a", "a", "b", "a"] }));
  const logs = independentColumns(data)(data.records);
  const [ofA, ofB] = [Math.log(3.5 / 5), Math.log(1.5 / 5)];
  // A value is 0 in three records and 2 deviations above the mean, at 0.5, in one: of 32 intervals of 1/16, each with 0.5 more.
  const density = (count: number) => Math.log(((count + 0.5) / (4 + 0.5 * 32)) * 16);
  const expected = [density(3), ofA, 0, density(3), ofA, 0, density(3), 0, ofB, density(1), ofA, 0];
  expect(data.shape).toEqual([3]);
  expected.forEach((one, i) => {
    expect(logs[i]).toBeCloseTo(one, 5);
  });
});

test("what was never seen has a density above 0", () => {
  const data = tableData(table({ x: [0, 0, 0, 2], y: ["a", "a", "b", "a"] }));
  const logs = independentColumns({ ...data, count: 3, records: data.records.subarray(0, 9) })(data.records);
  expect(Number.isFinite(logs[9])).toBe(true);
  expect(logs[9]).toBeLessThan(logs[0]);
});
