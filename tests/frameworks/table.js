// The table of docs/hosts.md: the last result of every fixture, kept from run to run.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/host.js";

/** @typedef {{ name: string, version: string, how: string, result: string, date: string }} Row */

const path = join(root, "docs/hosts.md");
const [begin, end] = ["<!-- frameworks: npm run test:frameworks -- --write -->", "<!-- /frameworks -->"];
const columns = /** @type {const} */ (["name", "version", "how", "result", "date"]);

/** @param {string} cell */
const escaped = (cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ");

/** @param {Row[]} rows */
const lines = (rows) => [
  "| where | version | how | result | date |",
  "| --- | --- | --- | --- | --- |",
  ...rows.map((row) => `| ${columns.map((column) => escaped(row[column])).join(" | ")} |`),
];

/** @param {string} text of the table @returns {Row[]} */
const parsed = (text) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => {
      const cells = line
        .slice(2, -2)
        .split(/(?<!\\) \| /)
        .map((cell) => cell.replaceAll("\\|", "|"));
      return /** @type {Row} */ (Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ""])));
    });

/**
 * The document with results in its table. Rows of fixtures that did not run stay as they are; those of no fixture leave.
 * @param {string} text of the document
 * @param {Row[]} found
 * @param {(name: string) => number} order of a row's fixture; -1 if there is none
 */
export function tabled(text, found, order) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/hosts.md: a place for the table must be between ${begin} and ${end}, found none`);
  const before = parsed(text.slice(from + begin.length, to));
  const again = new Set(found.map(({ name }) => order(name)));
  const rows = [...before.filter(({ name }) => !again.has(order(name))), ...found]
    .filter(({ name }) => order(name) >= 0)
    .sort((a, b) => order(a.name) - order(b.name));
  return `${text.slice(0, from + begin.length)}\n${lines(rows).join("\n")}\n${text.slice(to)}`;
}

/** Writes results into docs/hosts.md. @param {Row[]} found @param {(name: string) => number} order */
export const writeTable = (found, order) => writeFileSync(path, tabled(readFileSync(path, "utf8"), found, order));
