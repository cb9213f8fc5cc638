// `npm test`: everything that tests/ holds, from a fresh checkout on. Arguments go to vitest (file filters, -t NAME).
import { rmSync } from "node:fs";
import { join } from "node:path";
import { executeNode, ProgramFailed, root } from "./host.js";
import { ensureReady } from "./prepare.js";

await ensureReady();
// Left by an earlier run, it would be taken for this one's.
rmSync(join(root, ".cache/tests.json"), { force: true });
try {
  await executeNode("node_modules/vitest/vitest.mjs", ["run", ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof ProgramFailed)) throw error;
  process.exitCode = error.code;
}
