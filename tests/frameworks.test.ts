// What holds of the fixtures of `npm run test:frameworks` without running a tool, and of the table that it leaves.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../scripts/host.js";
import { tabled } from "./frameworks/table.js";

interface Fixture {
  readonly name: string;
  readonly packages?: Readonly<Record<string, string>>;
}

const folder = join(root, "tests/frameworks/fixtures");
const modules = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
const fixtures: Fixture[] = modules.flatMap((module) => module.fixtures);
const hosts = readFileSync(join(root, "docs/hosts.md"), "utf8");

test("names are told apart, and versions are exact", () => {
  const names = fixtures.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(5);
  expect(new Set(names).size).toBe(names.length);
  const versions = fixtures.flatMap(({ packages = {} }) => Object.values(packages));
  expect(versions.filter((version) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test("the table in docs/hosts.md is of fixtures that there are, and names no folder of a machine", () => {
  const rows = hosts.split("\n").filter((line) => /^\|.*\| \d{4}-\d\d-\d\d \|$/.test(line));
  expect(rows.length).toBeGreaterThan(5);
  const known = (row: string) =>
    fixtures.some(({ name }) => row.startsWith(`| ${name} |`) || row.startsWith(`| ${name}: `));
  expect(rows.filter((row) => !known(row))).toEqual([]);
  expect(rows.filter((row) => /\/(tmp|home|root|usr|work|Users)\//.test(row))).toEqual([]);
});

test("a run changes the rows of its fixtures alone", () => {
  const [head, tail] = ["before\n", "\nafter"];
  const empty = `${head}${hosts.match(/<!-- frameworks.*?-->/)?.[0]}\n<!-- /frameworks -->${tail}`;
  const order = (name: string) => ["a", "b"].indexOf(name.slice(0, 1));
  const row = (name: string, result: string) => ({ name, version: "1.0.0", how: "x | y", result, date: "2026-01-01" });
  const first = tabled(empty, [row("b", "good"), row("c", "of no fixture")], order);
  expect(first).toContain("| b | 1.0.0 | x \\| y | good | 2026-01-01 |\n");
  expect(first).not.toContain("of no fixture");
  const second = tabled(first, [row("a: one", "good"), row("a: two", "bad")], order);
  expect(second.match(/^\| [ab].*$/gm)?.map((line) => line.split(" | ").at(-2))).toEqual(["good", "bad", "good"]);
  expect(tabled(second, [row("a", "bad")], order).match(/^\| a/gm)).toHaveLength(1);
  expect([second.startsWith(head), second.endsWith(tail)]).toEqual([true, true]);
  expect(() => tabled("nothing", [], order)).toThrow("docs/hosts.md: a place for the table must be");
});
