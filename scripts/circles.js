// `npm run circles`: checks that folders of src import in one direction, and that no file imports itself through
// others. Part of `npm run ok`.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./host.js";

const src = join(root, "src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll("\\", "/"));

/** Import and export statements with their path. */
const statement = /^(?:import|export)\s(?:[^;"]*?\sfrom\s)?"(\.[^"]+)";/gms;
/** Matches a statement that disappears when types are stripped: allowed in a cycle of files, not of folders. */
const typesOnly = /^(?:import|export)\s(?:type\s|\{(?:\s*type\s[^,}]+,?)+\s*\})/;

/** The files that a file imports. @param {string} file @param {boolean} types whether to include types */
function importsOf(file, types) {
  const found = [...readFileSync(join(src, file), "utf8").matchAll(statement)];
  return found
    .filter(([text]) => types || !typesOnly.test(text))
    .map(([, path]) => join(dirname(file), path).replace(/\.js$/, ".ts"))
    .filter((path) => files.includes(path));
}

/** The nodes of a cycle, or none. @param {ReadonlyMap<string, Iterable<string>>} edges @returns {string[]} */
function circleIn(edges) {
  /** @type {Map<string, "open" | "done">} */
  const state = new Map();
  /** @type {(node: string, path: string[]) => string[]} */
  const visit = (node, path) => {
    if (state.get(node) === "open") return [...path.slice(path.indexOf(node)), node];
    if (state.has(node)) return [];
    state.set(node, "open");
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle.length > 0) return circle;
    }
    state.set(node, "done");
    return [];
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

/** The folder of a file; a file in the root of src is a folder of its own. @param {string} file */
const folderOf = (file) => file.split("/")[0];
/** @type {Map<string, Set<string>>} */
const folders = new Map();
for (const file of files) {
  const own = folders.get(folderOf(file)) ?? new Set();
  folders.set(folderOf(file), own);
  for (const path of importsOf(file, true)) if (folderOf(path) !== folderOf(file)) own.add(folderOf(path));
}
const circles = [circleIn(folders), circleIn(new Map(files.map((file) => [file, importsOf(file, false)])))];
for (const circle of circles.filter(({ length }) => length > 0))
  process.stderr.write(`circle of imports: ${circle.join(" -> ")}\n`);
if (circles.some(({ length }) => length > 0)) process.exitCode = 1;
else process.stdout.write(`${files.length} files in ${folders.size} folders, no circle of imports\n`);
