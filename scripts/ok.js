// `npm run ok`: runs every check, even after a failed one, and writes .cache/ok.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executeNpm, ProgramFailed, root } from "./host.js";
import { ensureReady } from "./prepare.js";

const steps = [
  { name: "types", command: ["run", "--silent", "types"] },
  { name: "lint", command: ["run", "--silent", "lint"] },
  { name: "format", command: ["run", "--silent", "format:check"] },
  { name: "circles", command: ["run", "--silent", "circles"] },
  { name: "build", command: ["run", "--silent", "build"] },
  { name: "test", command: ["--silent", "test"] },
  { name: "sizes", command: ["run", "--silent", "sizes"] },
];

const seconds = (/** @type {number} */ from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

const start = performance.now();
await ensureReady();
/** @type {{ name: string, passed: boolean }[]} */
const results = [];
for (const { name, command } of steps) {
  process.stdout.write(`\n--- ${name}\n`);
  const from = performance.now();
  let passed = true;
  try {
    await executeNpm(command);
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    passed = false;
  }
  results.push({ name, passed });
  process.stdout.write(`--- ${name}: ${passed ? "passed" : "FAILED"}, ${seconds(from)}\n`);
}
mkdirSync(join(root, ".cache"), { recursive: true });
writeFileSync(join(root, ".cache/ok.json"), JSON.stringify(results));
const failed = results.filter((result) => !result.passed).map((result) => result.name);
const verdict = failed.length === 0 ? "ok: everything passed" : `not ok: ${failed.join(", ")} failed`;
process.stdout.write(`\n${verdict}, ${seconds(start)}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
