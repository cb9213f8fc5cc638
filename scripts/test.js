// `npm test`: all tests in tests/, from a fresh checkout. Arguments go to vitest (file filters, -t NAME).
import { rmSync } from "node:fs";
import { join } from "node:path";
import { executeNode, ProgramFailed, root } from "./host.js";
import { ensureReady } from "./prepare.js";

await ensureReady();
// A file left by an earlier run would be taken for the result of this one.
rmSync(join(root, ".cache/tests.json"), { force: true });
try {
  await executeNode("node_modules/vitest/vitest.mjs", ["run", ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof ProgramFailed)) throw error;
  process.exitCode = error.code;
}
