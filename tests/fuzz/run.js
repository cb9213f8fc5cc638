// `npm run fuzz`: builds what is stale, bundles the fuzzer (TypeScript that Node 20 does not run by itself) and runs it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";

await ensureReady();
const file = join(root, ".cache/fuzz/main.js");
const bundle = await rolldown({ input: join(root, "tests/fuzz/main.ts"), external: [/^#/, /^node:/] });
await bundle.write({ file, format: "esm" });
await bundle.close();
await import(pathToFileURL(file).href);
