// The package's types under the compilers that people have: a library on genloom (types/) is compiled against the tarball, strictly,
// with declarations of its own, without skipLibCheck, and without lib.dom where nothing of the web is used.
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, root } from "../../scripts/host.js";
import { packageFolder } from "../hosts/programs.js";
import { unnamedTypes } from "./type-names.js";

/** @typedef {import("./checks.js").Material} Material */

/** What strict users switch on. */
const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
};

/** Ways to find the package, each with the library that is typical of it. */
const resolutions = {
  node10: { module: "es2022", moduleResolution: "node10", lib: ["es2022"] },
  node16: { module: "node16", moduleResolution: "node16", lib: ["es2022"] },
  nodenext: { module: "nodenext", moduleResolution: "nodenext", lib: ["esnext", "dom"], types: ["node"] },
  bundler: { module: "es2022", moduleResolution: "bundler", lib: ["es2022", "dom"] },
};

/**
 * Compiles the library in one way; throws with what the compiler says.
 * @param {string} compiler folder of the package @param {string} folder @param {keyof typeof resolutions} name
 */
async function compile(compiler, folder, name) {
  const outDir = `out-${name}`;
  const always = { target: "es2022", declaration: true, emitDeclarationOnly: true, rootDir: ".", outDir, types: [] };
  const compilerOptions = {
    ...always,
    ...strict,
    typeRoots: [join(root, "node_modules/@types")],
    ...resolutions[name],
  };
  const project = join(folder, `tsconfig.${name}.json`);
  // Only these two know that a file is CommonJS.
  const common = /^node(16|next)$/.test(name) ? ["common.cts"] : [];
  const files = ["core.ts", "entries.ts", "exported.ts", ...common];
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  await execute(name, process.execPath, [join(compiler, "bin/tsc"), "--project", project], {
    capture: true,
    cwd: folder,
  });
  // What compiles here must compile where the library is used: without files that the package does not export.
  for (const file of readdirSync(join(folder, outDir))) {
    const inner = /import\("([^"]*genloom\/dist[^"]*)"\)/.exec(readFileSync(join(folder, outDir, file), "utf8"));
    if (inner) throw new Error(`${name}: declarations must name entries of the package, found ${inner[1]} in ${file}`);
  }
}

/** Where the package is installed, once for all rows. @type {Promise<string> | undefined} */
let place;

/** @param {Material} material */
function installed({ folder, install }) {
  place ??= install(folder).then(async () => {
    cpSync(join(root, "tests/packaging/types"), folder, { recursive: true });
    await execute("export", process.execPath, ["export.js"], { capture: true, cwd: folder });
    return folder;
  });
  return place;
}

/**
 * @param {() => string} compiler its folder
 * @param {...keyof typeof resolutions} names
 * @returns {(material: Material) => Promise<string>}
 */
const compiles =
  (compiler, ...names) =>
  async (material) => {
    const folder = await installed(material);
    // All end before a failure is reported, because the folder is removed then.
    const ended = await Promise.allSettled(names.map((name) => compile(compiler(), folder, name)));
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    return names.join(", ");
  };

/** @param {string} name an alias in tests/hosts */
const older = (name) => () => packageFolder(name) ?? name;
const newest = () => join(root, "node_modules/typescript");

/** @type {Record<string, import("./checks.js").Check>} */
export const typeChecks = {
  "TypeScript 5.0": {
    bundler: "typescript-5.0",
    run: compiles(older("typescript-5.0"), "node10", "node16", "bundler"),
  },
  "TypeScript 5.6": {
    bundler: "typescript-5.6",
    run: compiles(older("typescript-5.6"), "node10", "node16", "bundler"),
  },
  // TypeScript 7 has no node10.
  "TypeScript, newest": { run: compiles(newest, "node16", "nodenext", "bundler") },
  "types have public names": {
    bundler: "typescript-5.6",
    async run(material) {
      const folder = await installed(material);
      const found = await unnamedTypes(join(older("typescript-5.6")(), "lib/typescript.js"), folder);
      if (found.missing.length > 0)
        throw new Error(`src/types.ts must export these, too:\n${found.missing.join("\n")}`);
      return `${found.count} types`;
    },
  },
};
