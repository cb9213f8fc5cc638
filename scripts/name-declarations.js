// Compiled modules name their declaration files, for registries that read JavaScript (JSR): `@ts-self-types` on the first
// line, if the declarations of an entry point reach them. Deno's check of public types removes the others and would then
// report them as missing.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./host.js";

const mark = /^\/\* @ts-self-types=.*? \*\/ /;

/**
 * Declaration files reachable from `files` through imports.
 * @param {string[]} files absolute paths
 */
export function reachable(files) {
  /** @type {Set<string>} */
  const found = new Set();
  const queue = [...files];
  for (let file = queue.pop(); file; file = queue.pop()) {
    if (found.has(file) || !existsSync(file)) continue;
    found.add(file);
    const folder = dirname(file);
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)\.js"/g)) {
      queue.push(join(folder, `${path}.d.ts`));
    }
  }
  return found;
}

/**
 * Writes the line in the modules that need it and removes it from the others.
 * @param {string[]} modules compiled modules, as paths from the root
 * @param {string[]} entries those that users import
 */
export function nameDeclarations(modules, entries) {
  const declarations = (/** @type {string} */ path) => join(root, path.replace(/\.js$/, ".d.ts"));
  const wanted = reachable(entries.map(declarations));
  for (const path of modules) {
    const text = readFileSync(join(root, path), "utf8");
    const types = declarations(path);
    // On the first line, so that source maps stay correct.
    const marked = wanted.has(types) ? `/* @ts-self-types="./${basename(types)}" */ ` : "";
    const next = marked + text.replace(mark, "");
    if (next !== text) writeFileSync(join(root, path), next);
  }
}
