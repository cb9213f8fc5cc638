// `npm run circles`: checks that folders of src import in one direction, and that no file imports itself through
// others, be it only for types. Part of `npm run ok`.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./host.js";

const src = join(root, "src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll("\\", "/"));

/** Paths of import and export statements, of dynamic imports and of types written as `import("./file.js")`. */
const imported = /(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+)"/g;
const comment = /^\s*(?:\/\/|\/?\*).*$/gm;

/** The files that a file imports, for values or for types. @param {string} file */
function importsOf(file) {
  const text = readFileSync(join(src, file), "utf8").replace(comment, "");
  return [...text.matchAll(imported)]
    .map(([, path]) => join(dirname(file), path).replaceAll("\\", "/").replace(/\.js$/, ".ts"))
    .filter((path) => files.includes(path));
}

/**
 * The circles that a depth-first search closes, each as its nodes; none is found only if there is none.
 * @param {ReadonlyMap<string, Iterable<string>>} edges
 */
function circlesIn(edges) {
  /** @type {string[][]} */
  const circles = [];
  /** @type {Map<string, "open" | "done">} */
  const state = new Map();
  /** @type {(node: string, path: string[]) => void} */
  const visit = (node, path) => {
    if (state.get(node) === "open") circles.push([...path.slice(path.indexOf(node)), node]);
    if (state.has(node)) return;
    state.set(node, "open");
    for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
    state.set(node, "done");
  };
  for (const node of edges.keys()) visit(node, []);
  return circles;
}

/** The folder of a file; a file in the root of src is a folder of its own. @param {string} file */
const folderOf = (file) => file.split("/")[0];
/** @type {Map<string, Set<string>>} */
const folders = new Map();
for (const file of files) {
  const own = folders.get(folderOf(file)) ?? new Set();
  folders.set(folderOf(file), own);
  for (const path of importsOf(file)) if (folderOf(path) !== folderOf(file)) own.add(folderOf(path));
}
const circles = [...circlesIn(folders), ...circlesIn(new Map(files.map((file) => [file, importsOf(file)])))];
for (const circle of circles) process.stderr.write(`circle of imports: ${circle.join(" -> ")}\n`);
if (circles.length > 0) process.exitCode = 1;
else process.stdout.write(`${files.length} files in ${folders.size} folders, no circle of imports\n`);
