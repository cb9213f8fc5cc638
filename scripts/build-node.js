// Bundles the compiled package for Node, because its loader takes about a millisecond per module and there are some
// hundred. The bundle is CommonJS, which `require` reads in every tool (Jest, single executables), and the entry points
// share its files. `import` takes the same bundle through an ES module of names: whichever way a program loads genloom, it
// has one instance of it.
//
//   require("genloom") ────────────────────────────► genloom.cjs ──► chunks, which files.cjs, … share
//   import … from "genloom" ──► genloom.js ──► genloom-all.cjs ──┘
//
// Of the declarations, `require` reads a copy whose package.json says CommonJS: TypeScript takes the format of a declaration
// file from there.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { root } from "./host.js";
import { reachable } from "./name-declarations.js";

const folder = "dist/node";

const kernels = /\/kernels\/(simd|relaxed|wide)(-threads)?\.js$/;

/**
 * Globals that test environments lack, or have a lesser form of, where they imitate a page in Node (jsdom under Jest): the
 * bundle takes them from Node's modules. Streams where they are used, because it takes milliseconds to load them.
 * @type {{ inject: Record<string, [string, string]>, define: Record<string, string> }}
 */
const globals = {
  inject: {
    Blob: ["node:buffer", "Blob"],
    TextDecoder: ["node:util", "TextDecoder"],
    TextEncoder: ["node:util", "TextEncoder"],
  },
  define: {
    CompressionStream: 'process.getBuiltinModule("node:stream/web").CompressionStream',
    DecompressionStream: 'process.getBuiltinModule("node:stream/web").DecompressionStream',
  },
};

/** Entry points that Node can use, by the name of their file: the compiled module. */
const entries = {
  genloom: "bindings/node",
  files: "src/files",
  sequences: "src/domains/public",
  tables: "src/domains/tables/index",
  mpi: "bindings/mpi",
};

/** Files whose absence means that the bundle must be built, in dist. */
export const nodeFiles = Object.entries(entries).flatMap(([name, module]) => [
  `node/${name}.cjs`,
  `node/${name}-all.cjs`,
  `node/${name}.js`,
  `node/types/${module}.d.ts`,
]);

/**
 * The ES module of an entry, and the module between: Node looks for the names of a CommonJS module that is imported by
 * reading all of its source, which takes longer than to load it. In the module between there is one name to find.
 * @param {string} name @param {readonly string[]} exported
 */
function writeModules(name, exported) {
  const write = (/** @type {string} */ file, /** @type {string} */ code) =>
    writeFileSync(join(root, folder, file), code);
  write(`${name}-all.cjs`, `const all = require("./${name}.cjs");\nexports.all = all;\n`);
  const names = exported.map((one) => `  ${one},\n`).join("");
  write(`${name}.js`, `import { all } from "./${name}-all.cjs";\n\nexport const {\n${names}} = all;\n`);
}

/** Copies the declarations that the entries reach, and makes the module of those that are nothing but types. */
function copyDeclarations() {
  writeFileSync(join(root, folder, "types.cjs"), '"use strict";\n');
  const types = join(root, folder, "types");
  const modules = [...Object.values(entries), "src/types"];
  for (const file of reachable(modules.map((module) => join(root, "dist", `${module}.d.ts`)))) {
    const copy = join(types, relative(join(root, "dist"), file));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
  }
  writeFileSync(join(types, "package.json"), '{ "type": "commonjs" }\n');
}

/** Bundles the compiled TypeScript in dist for Node, and returns the bundle's files. */
export async function buildNode() {
  const { rolldown } = await import("rolldown");
  const made = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, module]) => [name, join(root, "dist", `${module}.js`)]),
    ),
    platform: "node",
    // Keeps the path of a linked node_modules, because the bundle's comments contain the paths of modules.
    resolve: { symlinks: false },
    // Kernels are read from their files; as modules they are for bundles that have no such files.
    external: [kernels, /^node:/],
    transform: globals,
    // It tells of domains, which are loaded with `sequences` at once.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await made.write({
    dir: join(root, folder),
    format: "cjs",
    exports: "named",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    // Jest and single executables have `require` alone.
    dynamicImportInCjs: false,
    paths: (id) => (kernels.test(id) ? `../kernels/${basename(id)}` : id),
  });
  await made.close();
  for (const chunk of output) if (chunk.type === "chunk" && chunk.isEntry) writeModules(chunk.name, chunk.exports);
  copyDeclarations();
  return output;
}
