// Bundles what hosts without TypeScript and module resolution need: the table of cases, and for workerd everything.
import { copyFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../../scripts/host.js";

export const folder = join(root, ".cache/hosts");

/** tests/cases.ts as one module over the compiled package, so that both work on the same classes. */
export async function buildTable() {
  const { rolldown } = await import("rolldown");
  const made = await rolldown({
    input: join(root, "tests/cases.ts"),
    plugins: [
      {
        name: "package as compiled",
        resolveId: (id) => (id.startsWith("#src/") ? { id: `../../dist/src/${id.slice(5)}.js`, external: true } : null),
      },
    ],
  });
  await made.write({ file: join(folder, "cases.js"), format: "esm", codeSplitting: false });
  await made.close();
}

/**
 * A worker as one module for workerd, beside the .wasm files that it imports.
 * @param {{ entry: string, output: string, port: number }} options `output` is a folder
 * @returns {Promise<string>} the configuration's path
 */
export async function buildWorker({ entry, output, port }) {
  const { build } = await import("esbuild");
  /** @type {Map<string, string>} */
  const wasm = new Map();
  await build({
    entryPoints: [entry],
    outfile: join(output, "main.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["node:*"],
    logLevel: "error",
    plugins: [
      {
        name: "wasm modules",
        setup: (setup) =>
          setup.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            wasm.set(basename(path), join(resolveDir, path));
            return { path: `./${basename(path)}`, external: true };
          }),
      },
    ],
  });
  for (const [name, path] of wasm) copyFileSync(path, join(output, name));
  const modules = [...wasm.keys()].map((name) => `(name = "${name}", wasm = embed "${name}")`);
  const config = join(output, "config.capnp");
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2025-01-01",
    modules = [(name = "main.js", esModule = embed "main.js"), ${modules.join(", ")}],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  return config;
}
