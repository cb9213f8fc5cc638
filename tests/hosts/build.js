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
 * The suite as one module for workerd, beside the kernels that it imports.
 * @returns {Promise<string>} the configuration's path
 */
export async function buildEdge(port = 8787) {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [join(root, "tests/hosts/edge.js")],
    outfile: join(folder, "edge/main.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["node:*"],
    logLevel: "error",
    plugins: [
      {
        name: "wasm modules",
        setup: (setup) =>
          setup.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `./${basename(path)}`, external: true })),
      },
    ],
  });
  const kernels = ["simd", "relaxed"];
  for (const name of kernels) copyFileSync(join(root, `dist/kernels/${name}.wasm`), join(folder, `edge/${name}.wasm`));
  const modules = kernels.map((name) => `(name = "${name}.wasm", wasm = embed "${name}.wasm")`);
  const config = join(folder, "edge/config.capnp");
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
